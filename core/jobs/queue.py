"""Who runs the next create? A durable queue on DBOS hands each released variant to one thread of one process.

The one importer of DBOS. What must hold even if a task is lost or run twice is in our own tables: the task begins
with a conditional claim, and a released variant that nobody took is released again (`dispatch`).
"""

import logging
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

from core import clock, logs
from core.db.engine import use_write_ahead_log
from core.models.base import new_id

_QUEUE = "creates"
_APPLICATION = "staging-desk"
# Pinned: a version derived from the code would leave the tasks of the previous release waiting for ever.
_VERSION = "1"
_POLL_SECONDS = 0.1
_THREADS = 8
_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_BEGUN = "PENDING"
_KEPT = timedelta(days=1)
_FORGET_MAX = 1_000
_log = logs.get(__name__)
_run: Callable[[str], None] | None = None


@DBOS.workflow(name="create_prediction")
def _create_prediction(variant_id: str) -> None:
    if _run is None:
        raise RuntimeError("the queue was used before it was started")
    _run(variant_id)


class VariantQueue:
    """The queue of this process; one at a time, since DBOS is one per process."""

    def __init__(self, *, database_url: str, run: Callable[[str], None]) -> None:
        self._database_url = database_url
        self._run = run

    def start(self) -> None:
        """Begin to take tasks; `run` is called with a variant's id, in up to 8 threads at once."""
        global _run
        _run = self._run
        _prepare_sqlite(self._database_url)
        DBOS(
            config=DBOSConfig(
                name=_APPLICATION,
                system_database_url=self._database_url,
                application_version=_VERSION,
                executor_id=f"{socket.gethostname()}-{os.getpid()}-{new_id()[-6:]}",
                log_level="WARNING",
            )
        )
        # DBOS installs a handler of its own; ours redacts, and one is enough.
        dbos_logger = logging.getLogger("dbos")
        dbos_logger.handlers.clear()
        dbos_logger.propagate = True
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE, worker_concurrency=_THREADS, polling_interval_sec=_POLL_SECONDS, on_conflict="always_update"
        )

    def enqueue(self, variant_id: str, *, turn: int) -> None:
        """Hand over one variant; the lower turn comes first. Each task has an id of its own: a used one blocks."""
        with SetWorkflowID(f"{variant_id}:{new_id()}"), SetEnqueueOptions(priority=turn):
            DBOS.enqueue_workflow(_QUEUE, _create_prediction, variant_id)

    def forget_finished(self) -> int:
        """Delete tasks that ended, or were begun by a process that was killed, over a day ago; returns how many.

        A thousand of each kind at most. What a killed process had begun was released anew, as another task.
        """
        before = (clock.now() - _KEPT).isoformat()
        finished = DBOS.list_workflows(
            status=list(_ENDED), completed_before=before, limit=_FORGET_MAX, load_input=False, load_output=False
        )
        cut_off = DBOS.list_workflows(
            status=_BEGUN, dequeued_before=before, limit=_FORGET_MAX, load_input=False, load_output=False
        )
        forgotten = [task.workflow_id for task in (*finished, *cut_off)]
        if forgotten:
            DBOS.delete_workflows(forgotten)
        return len(forgotten)

    def stop(self) -> None:
        """Take no more tasks; running ones are cut off, which the sweep heals."""
        DBOS.destroy()


def queue_database_url(database_url: str, data_dir: Path) -> str:
    """Where the queue keeps its tables: in a SQLite file of its own, or in our PostgreSQL, in a schema of its own."""
    if sa.make_url(database_url).get_backend_name() == "sqlite":
        return f"sqlite:///{data_dir.resolve() / 'queue.sqlite'}"
    return database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def _prepare_sqlite(url: str) -> None:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # With the rollback journal the queue is half as fast; the mode is kept in the file.
    with closing(sqlite3.connect(parsed.database)) as connection:
        use_write_ahead_log(connection)
