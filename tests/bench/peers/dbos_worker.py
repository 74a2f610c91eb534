"""How would one stage with DBOS alone? A workflow of two steps on a durable queue, after its documentation.

    python -m tests.bench.peers.dbos_worker enqueue IMAGE_URL VARIANTS
    python -m tests.bench.peers.dbos_worker work

DBOS records each step's result, and takes unfinished workflows up again when the same executor starts anew. Its
SQLite file is that of `PEER_DATABASE`.
"""

import os
import sys
import threading

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions

from tests.bench.peers import predictions

_QUEUE, _VERSION = "staging", "1"


@DBOS.step()
def create(number: int, image_url: str) -> str:
    """Buy the prediction."""
    return predictions.create(number, image_url)


@DBOS.step(retries_allowed=True, max_attempts=5)
def collect(number: int, prediction_id: str) -> None:
    """Keep its picture."""
    predictions.collect(number, prediction_id)


@DBOS.workflow(name="stage")
def stage(number: int, image_url: str) -> None:
    """One variant."""
    collect(number, create(number, image_url))


def enqueue(image_url: str, variants: int) -> None:
    """Put the variants into the queue, from which nobody takes them yet."""
    _launch()
    client = DBOSClient(system_database_url=os.environ["PEER_DATABASE"])
    for number in range(variants):
        options = EnqueueOptions(queue_name=_QUEUE, workflow_name="stage", app_version=_VERSION)
        client.enqueue(options, number, image_url)
    client.destroy()
    DBOS.destroy()


def work() -> None:
    """Work until killed."""
    _launch()
    DBOS.register_queue(_QUEUE, worker_concurrency=8, polling_interval_sec=0.1, on_conflict="always_update")
    threading.Event().wait()


def _launch() -> None:
    DBOS(
        config=DBOSConfig(
            name="peer",
            system_database_url=os.environ["PEER_DATABASE"],
            application_version=_VERSION,
            executor_id="worker",
        )
    )
    DBOS.launch()


if __name__ == "__main__":
    if sys.argv[1] == "enqueue":
        enqueue(sys.argv[2], int(sys.argv[3]))
    else:
        work()
