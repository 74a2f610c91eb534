"""How would one stage with Celery alone? One task for each variant, acknowledged when it is done, after its manual.

    python -m tests.bench.peers.celery_worker IMAGE_URL VARIANTS
    python -m celery --app tests.bench.peers.celery_worker worker --concurrency 8

The broker is the Redis of `PEER_BROKER`. Its visibility time-out, by which the tasks of a dead worker come back, is
set to little more than a task takes; by default it is an hour.
"""

import os
import sys

from celery import Celery

from tests.bench.peers import predictions

app = Celery("peer", broker=os.environ["PEER_BROKER"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 15},
)


@app.task(name="stage", autoretry_for=(OSError,), max_retries=5)
def stage(number: int, image_url: str) -> None:
    """One variant."""
    predictions.collect(number, predictions.create(number, image_url))


if __name__ == "__main__":
    for one in range(int(sys.argv[2])):
        stage.delay(one, sys.argv[1])
