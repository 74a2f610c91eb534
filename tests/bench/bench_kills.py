"""How many predictions are paid for each one completed, when the worker is killed and started again a second later?

    python -m pytest tests/bench/bench_kills.py -s

24 variants are handed over; once the provider was asked for some number of them, SIGKILL ends the worker with all its
processes, and the same command starts it again. Ours is beside a workflow of two steps on DBOS, and a Celery task
with `acks_late` on Redis, each with eight at a time and a stand-alone simulator of its own. Needs the extras `test`,
`bench` and `peers`, and `redis-server` on the PATH.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from core.auth.actors import Actor, Source
from core.auth.roles import Role
from core.credits import pricing
from core.db import schema
from core.db.session import Database
from core.jobs import service
from core.jobs.desk import Desk
from core.jobs.photos import Upload
from core.jobs.service import StageRequest
from core.jobs.states import VariantState
from core.models import Variant
from core.provider.replicate import ReplicateProvider
from core.storage.backend import ObjectStorage
from tests import pictures_to_send
from tests.bench import processes, running_jobs
from tests.bench.processes import ROOT, Served
from tests.bench.report import Line, tell

VARIANTS = 24
# How many predictions had been asked for when the kill came.
KILLED_AFTER = (1, 8, 14, 20)
PREDICTION_SECONDS = 1.5
DOWN_SECONDS = 1.0
START_SECONDS = 60.0
# Ours waits 55 s before it takes a create that was cut off for one never sent. Celery's broker looks for the tasks of
# dead workers every 100 s.
PATIENCE_SECONDS = 140.0
# Alembic is one at a time in a process.
_MIGRATING = threading.Lock()
OPERATOR = Actor(name="bench", role=Role.MANAGER, source=Source.API)


@dataclass(frozen=True)
class Work:
    """What is to be run and killed: the command, its environment, and how many variants are complete."""

    command: list[str]
    environment: Mapping[str, str]
    completed: Callable[[], int]


@dataclass(frozen=True)
class Outcome:
    """What one kill led to."""

    paid: int
    completed: int

    @property
    def ratio(self) -> float:
        return self.paid / self.completed if self.completed else float("inf")


Prepare = Callable[[Path, Served, ExitStack], Work]


def test_paid_predictions_for_each_completed_one(tmp_path: Path) -> None:
    pytest.importorskip("celery", reason="the extra `peers` is not installed")
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server on the PATH, which Celery needs as its broker")
    # Celery first: while it waits for the tasks of the dead worker to become visible, the others have their turn.
    contenders: dict[str, Prepare] = {"Celery, acks_late": _celery, "DBOS, two steps": _dbos, "ours": _ours}
    with ThreadPoolExecutor(2 * len(KILLED_AFTER)) as pool:
        runs = {
            name: [
                pool.submit(_run, tmp_path / f"{name.partition(',')[0]}-{after}", prepare, killed_after=after)
                for after in KILLED_AFTER
            ]
            for name, prepare in contenders.items()
        }
        found = {name: [run.result() for run in runs[name]] for name in reversed(runs)}
    lines = []
    for name, outcomes in found.items():
        paid, completed = sum(one.paid for one in outcomes), sum(one.completed for one in outcomes)
        lines += [
            Line(f"{name}: paid for each completed, all kills", [paid / completed]),
            Line(f"{name}: paid for each completed", [one.ratio for one in outcomes], "", _TARGETS.get(name, "")),
            Line(f"{name}: never completed, of {VARIANTS}", [VARIANTS - one.completed for one in outcomes]),
        ]
    tell(f"SIGKILL after {', '.join(map(str, KILLED_AFTER))} of {VARIANTS} creates", lines)
    assert [(one.paid, one.completed) for one in found["ours"]] == [(VARIANTS, VARIANTS)] * len(KILLED_AFTER)


_TARGETS = {"ours": "1.00"}


def _run(folder: Path, prepare: Prepare, *, killed_after: int) -> Outcome:
    folder.mkdir()
    switches = ("--seconds", str(PREDICTION_SECONDS), "--creates-per-minute", "0")
    with ExitStack() as running:
        simulator = running.enter_context(processes.simulator(folder / "simulator", *switches))
        work = prepare(folder, simulator, running)
        with _started(work) as worker:
            _wait(lambda: _creates(simulator) >= killed_after, seconds=START_SECONDS, pause_seconds=0.01)
            _kill_tree(worker)
        time.sleep(DOWN_SECONDS)
        with _started(work):
            _wait(lambda: work.completed() == VARIANTS, seconds=PATIENCE_SECONDS, pause_seconds=0.5)
        return Outcome(paid=_creates(simulator), completed=work.completed())


def _ours(folder: Path, simulator: Served, running: ExitStack) -> Work:
    data = folder / "data"
    database = Database(f"sqlite:///{data / 'staging.sqlite'}")
    running.callback(database.close)
    with _MIGRATING:
        schema.migrate(database)
    desk = Desk(
        database=database,
        storage=ObjectStorage((data / "files").as_uri()),
        provider=ReplicateProvider(token="bench", base_url=simulator.url, cancel_after_seconds=300),
        webhook_base_url=None,
        timeout_seconds=300,
        creates_per_minute=600,
        create_burst=60,
    )
    jobs = VARIANTS // pricing.VARIANTS_PER_JOB
    running_jobs.open_account(desk, OPERATOR, jobs=jobs)
    uploads = [Upload(file_name=f"{number}.jpg", data=pictures_to_send.photo(number)) for number in range(jobs)]
    request = StageRequest(uploads=uploads, room_type="bedroom", style="modern", account=running_jobs.ACCOUNT)
    service.submit(desk, OPERATOR, request)

    def completed() -> int:
        with database.read() as session:
            query = sa.select(sa.func.count()).where(Variant.state == VariantState.SUCCEEDED)
            return int(session.scalar(query) or 0)

    environment = {
        "STAGING_DATA_DIR": str(data),
        "REPLICATE_API_TOKEN": "bench-token",
        "REPLICATE_BASE_URL": simulator.url,
    }
    return Work([sys.executable, "-m", "core", "worker"], environment, completed)


def _dbos(folder: Path, simulator: Served, _running: ExitStack) -> Work:
    environment, image_url = _peer(folder, simulator)
    environment["PEER_DATABASE"] = f"sqlite:///{folder / 'dbos.sqlite'}"
    command = [sys.executable, "-m", "tests.bench.peers.dbos_worker"]
    _finish([*command, "enqueue", image_url, str(VARIANTS)], environment)
    return Work([*command, "work"], environment, lambda: _pictures(folder))


def _celery(folder: Path, simulator: Served, running: ExitStack) -> Work:
    environment, image_url = _peer(folder, simulator)
    environment["PEER_BROKER"] = running.enter_context(_redis(folder))
    _finish([sys.executable, "-m", "tests.bench.peers.celery_worker", image_url, str(VARIANTS)], environment)
    command = [sys.executable, "-m", "celery", "--app", "tests.bench.peers.celery_worker", "worker"]
    return Work([*command, "--concurrency", "8"], environment, lambda: _pictures(folder))


def _peer(folder: Path, simulator: Served) -> tuple[dict[str, str], str]:
    """The environment of a peer's processes, and the photo's address at the provider."""
    (folder / "results").mkdir()
    provider = ReplicateProvider(token="peer", base_url=simulator.url, cancel_after_seconds=300)
    photo = provider.upload(pictures_to_send.photo(), file_name="room.jpg", content_type="image/jpeg")
    return {"PEER_PROVIDER": simulator.url, "PEER_RESULTS": str(folder / "results")}, photo.url


def _pictures(folder: Path) -> int:
    return len(list((folder / "results").glob("*.png")))


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """A Redis that commits each change to the disk; its address."""
    port = processes.free_port()
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    words += ["--appendonly", "yes", "--appendfsync", "always"]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def _started(work: Work) -> Iterator[subprocess.Popen[bytes]]:
    """The worker in a process group of its own, which ends with the block."""
    worker = subprocess.Popen(
        work.command,
        cwd=ROOT,
        env={**os.environ, **work.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield worker
    finally:
        _kill_tree(worker)


def _kill_tree(worker: subprocess.Popen[bytes]) -> None:
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(20)


def _finish(command: list[str], environment: Mapping[str, str]) -> None:
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True, timeout=120)


def _creates(simulator: Served) -> int:
    return int(httpx.get(f"{simulator.url}/simulator/stats", timeout=10).raise_for_status().json()["predictions"])


def _wait(condition: Callable[[], bool], *, seconds: float, pause_seconds: float) -> None:
    """Until the condition holds, or the time is over: what is missing then is told in the table."""
    give_up_at = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up_at:
        time.sleep(pause_seconds)
