"""What do the faults strike? A whole desk: its worker, a door for webhooks, and a real simulator, all over HTTP."""

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import uvicorn

from core import clock
from core.api.app import build_alone
from core.db.session import Database
from core.jobs import creation
from core.jobs.desk import Desk
from core.jobs.queue import VariantQueue, queue_database_url
from core.models import Job, Variant, WebhookDelivery
from core.provider.replicate import ReplicateProvider
from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.server import SimulatorServer
from core.runtime import Runtime
from core.settings import Settings
from core.storage.backend import ObjectStorage
from core.webhooks.inbox import Inbox
from core.worker import Worker
from tests import factories
from tests.faults.table import Outcome, Row
from tests.pictures_to_send import QUICK_DRAWING
from tests.waiting import eventually

CREDITS = 5_000
_WAIT_SECONDS = 120
_LATE_SECONDS = 3.0
StartDesk = Callable[..., "LiveDesk"]


@dataclass(frozen=True)
class Case:
    """A job that meets a fault."""

    name: str
    job_id: str
    prompt: str
    expected: Outcome


class LiveDesk:
    """The running desk, and what its simulator knows."""

    def __init__(self, desk: Desk, simulator_url: str, start_worker: Callable[[], None]) -> None:
        self.desk = desk
        self.start_worker = start_worker
        self._simulator_url = simulator_url

    def job(self, row: Row, *, once: bool) -> Case:
        """A job whose prompt asks for the fault, made before the worker starts, ordered when it is let go."""
        job_id, prompt = factories.job(self.desk), row.prompt(once=once)
        with self.desk.database.write() as session:
            session.execute(sa.update(Job).where(Job.id == job_id).values(prompt=prompt))
        self._queue(job_id, at=clock.now() + timedelta(days=1))
        return Case(f"{row.fault}{'@1' if once else ''}", job_id, prompt, row.once if once else row.always)

    def let_go(self, *cases: Case) -> None:
        """Order them, as if they had been submitted just now."""
        for case in cases:
            self._queue(case.job_id, at=clock.now())
        self.desk.wake.set()

    def outcome(self, case: Case) -> Outcome:
        """What became of it, with as much of the words as is expected."""
        job = factories.detail(self.desk.database, case.job_id)
        words = None if job.failure is None else job.failure.message[: len(case.expected.words or "")]
        code = None if job.failure is None else job.failure.code
        bought = len(self.bought(case))
        return Outcome(job.state.value, code, words, refund=job.credits_refunded, bought=bought)

    def bought(self, case: Case) -> set[str]:
        """The ids of all predictions that the simulator sold for the job, by its own account."""
        digest = hashlib.sha256(case.prompt.encode()).hexdigest()
        return {one["id"] for one in self.ask("predictions")["predictions"] if one["prompt_sha256"] == digest}

    def recorded(self, case: Case) -> set[str]:
        """The ids of all predictions that the job's attempts own."""
        return {one.prediction_id for one in factories.attempts(self.desk.database, case.job_id) if one.prediction_id}

    def webhooks_about(self, prediction_ids: set[str]) -> int:
        """How many webhooks about these predictions were kept."""
        with self.desk.database.read() as session:
            of_them = WebhookDelivery.prediction_id.in_(prediction_ids)
            return session.scalar(sa.select(sa.func.count()).where(of_them)) or 0

    def strangers(self) -> set[str]:
        """The ids that webhooks were kept of, and that the simulator never sold."""
        with self.desk.database.read() as session:
            told = set(session.scalars(sa.select(WebhookDelivery.prediction_id)))
        return told - {one["id"] for one in self.ask("predictions")["predictions"]}

    def ask(self, what: str) -> dict[str, Any]:
        """What the simulator tells auditors: `stats` or `predictions`."""
        answer = httpx.get(f"{self._simulator_url}/simulator/{what}", timeout=20)
        return dict(answer.raise_for_status().json())

    def wait_for_the_end_of(self, *cases: Case) -> None:
        """Return when the jobs are over."""
        ids = [case.job_id for case in cases]
        unfinished = sa.select(Job.prompt).where(Job.id.in_(ids), Job.completed_at.is_(None))

        def are_over() -> bool:
            with self.desk.database.read() as session:
                return session.scalar(unfinished.limit(1)) is None

        eventually(are_over, within_seconds=_WAIT_SECONDS, what=f"the end of {[case.name for case in cases]}")

    def _queue(self, job_id: str, *, at: datetime) -> None:
        with self.desk.database.write() as session:
            of_job = sa.update(Variant).where(Variant.job_id == job_id)
            session.execute(of_job.values(created_at=at, next_due_at=at))


@pytest.fixture
def start_desk(database_url: str, database: Database, storage: ObjectStorage, tmp_path: Path) -> Iterator[StartDesk]:
    """Makes a desk with all that is around it; its worker is still to be started: `start_desk(timeout_seconds=8)`."""
    with ExitStack() as running:

        def start(*, timeout_seconds: int = 300) -> LiveDesk:
            factories.set_balance(database, CREDITS)
            simulator_url = running.enter_context(_simulator(tmp_path / "simulator"))
            listener = running.enter_context(socket.create_server(("127.0.0.1", 0)))
            desk = Desk(
                database=database,
                storage=storage,
                provider=ReplicateProvider(token="any", base_url=simulator_url, cancel_after_seconds=timeout_seconds),
                webhook_base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
                timeout_seconds=timeout_seconds,
                creates_per_minute=6_000,
                create_burst=60,
            )
            inbox = Inbox(desk, configured_secrets=())
            running.enter_context(_door(desk, inbox, listener, database_url=database_url, data_dir=tmp_path))
            worker = _worker(desk, inbox, queue_url=queue_database_url(database_url, tmp_path))
            return LiveDesk(desk, simulator_url, lambda: running.enter_context(worker))

        yield start


@contextmanager
def _simulator(folder: Path) -> Iterator[str]:
    config = SimulatorConfig(
        seconds=0.2, creates_per_minute=0, allow_http_webhooks=True, webhook_late_seconds=_LATE_SECONDS
    )
    server = SimulatorServer(config, state_dir=folder, drawing=QUICK_DRAWING)
    server.start()
    yield server.url
    server.stop()


@contextmanager
def _door(desk: Desk, inbox: Inbox, listener: socket.socket, *, database_url: str, data_dir: Path) -> Iterator[None]:
    settings = Settings(data_dir=data_dir, database_url=database_url, secret="a-secret-of-the-tests", _env_file=None)  # type: ignore[call-arg,arg-type]
    runtime = Runtime(settings)
    runtime.close()
    runtime.database, runtime.desk, runtime.inbox = desk.database, desk, inbox
    server = uvicorn.Server(uvicorn.Config(build_alone(runtime), log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    eventually(lambda: server.started)
    yield
    server.should_exit = True
    thread.join(20)


@contextmanager
def _worker(desk: Desk, inbox: Inbox, *, queue_url: str) -> Iterator[None]:
    queue = VariantQueue(database_url=queue_url, run=lambda variant_id: creation.create_prediction(desk, variant_id))
    worker = Worker(desk, queue=queue, inbox=inbox)
    worker.start()
    yield
    worker.stop()
