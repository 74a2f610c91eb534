"""Does a worker bring a photo from its upload to two stored results, and stop cleanly?"""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db.session import Database
from core.jobs import audit, creation, service
from core.jobs.desk import Desk
from core.jobs.photos import Upload
from core.jobs.queue import VariantQueue, queue_database_url
from core.jobs.service import StageRequest
from core.provider.replicate import ReplicateProvider
from core.webhooks.inbox import Inbox
from core.worker import Worker
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE, CREDITS, People
from tests.fake_provider import FakeProvider
from tests.waiting import eventually

StartWorker = Callable[[Desk], Worker]


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts real workers, with a real queue beside the test's database."""
    started: list[Worker] = []

    def start(desk: Desk) -> Worker:
        queue = VariantQueue(
            database_url=queue_database_url(database_url, tmp_path),
            run=lambda variant_id: creation.create_prediction(desk, variant_id),
        )
        worker = Worker(desk, queue=queue, inbox=Inbox(desk, configured_secrets=()))
        worker.start()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        if worker.is_alive():
            worker.stop()


def stage(desk: Desk, people: People, *numbers: int) -> list[str]:
    uploads = [Upload(file_name=f"{n}.jpg", data=pictures_to_send.photo(n)) for n in numbers]
    request = StageRequest(uploads=uploads, room_type="bedroom", style="scandinavian")
    return [job.id for job in service.submit(desk, people.bob, request).jobs]


def all_ended(database: Database) -> bool:
    with database.read() as session:
        return not session.execute(
            sa.text("SELECT 1 FROM jobs WHERE state IN ('pending', 'processing') LIMIT 1")
        ).all()


def test_photos_become_results_and_everything_adds_up(
    make_desk: Callable[..., Desk],
    simulate: Callable[..., ReplicateProvider],
    start_worker: StartWorker,
    people: People,
) -> None:
    desk = make_desk(simulate(seconds=0.2))
    worker = start_worker(desk)

    jobs = stage(desk, people, 1, 2)
    eventually(lambda: all_ended(desk.database), within_seconds=30)

    for job_id in jobs:
        assert factories.states(desk.database, job_id) == ("completed", ["succeeded", "succeeded"])
        job = factories.detail(desk.database, job_id)
        keys = [variant.result_key or "" for variant in job.variants]
        assert all(desk.storage.get(key) for key in keys)
        assert all(key.split("/")[1] == str(job.account_id) for key in keys)
    assert factories.balance(desk.database, BELLEVUE) == CREDITS - 80
    assert audit.audit(desk) == []
    worker.stop()
    assert worker.is_alive() is False


def test_bad_weather_at_the_provider_ends_every_job_with_the_right_credits(
    make_desk: Callable[..., Desk],
    simulate: Callable[..., ReplicateProvider],
    start_worker: StartWorker,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The simulator's list does not lag, so that a server's error on a create can be looked up at once.
    monkeypatch.setattr("core.jobs.sweep.LIST_LAG", timedelta(seconds=0.5))
    faults = {"safety": 0.3, "server-error": 0.2, "output-not-image": 0.2}
    desk = make_desk(simulate(seconds=0.05, failure_rate=0.2, faults=faults, seed=7))
    start_worker(desk)

    jobs = stage(desk, people, *range(6))
    eventually(lambda: all_ended(desk.database), within_seconds=90)

    results = 0
    for job_id in jobs:
        job = factories.detail(desk.database, job_id)
        succeeded = sum(variant.state == "succeeded" for variant in job.variants)
        assert job.credits_refunded == 20 * (2 - succeeded)
        results += succeeded
    assert factories.balance(desk.database) == CREDITS - 20 * results
    assert audit.audit(desk) == []


def test_a_worker_that_comes_after_a_crash_finishes_what_was_left(
    desk: Desk, provider: FakeProvider, start_worker: StartWorker, people: People
) -> None:
    released_by_the_dead, _ = stage(desk, people, 1, 2)
    running, predictions = factories.ordered_job(desk, number=3)
    provider.create = _finishing(provider)  # type: ignore[method-assign]
    for prediction_id in predictions:
        provider.finish(prediction_id)

    start_worker(desk)

    eventually(lambda: all_ended(desk.database), within_seconds=30)
    assert factories.states(desk.database, running)[0] == "completed"
    assert factories.states(desk.database, released_by_the_dead)[0] == "completed"


def _finishing(provider: FakeProvider) -> Callable[..., object]:
    create = provider.create

    def created(**options: object) -> object:
        prediction = create(**options)  # type: ignore[arg-type]
        provider.finish(prediction.id)
        return prediction

    return created


def test_the_loop_outlives_a_step_that_breaks(
    desk: Desk, provider: FakeProvider, start_worker: StartWorker, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = threading.Event()

    def breaks(*_: object) -> None:
        broken.set()
        monkeypatch.undo()
        raise RuntimeError("the database was away")

    monkeypatch.setattr("core.jobs.dispatch.release", breaks)
    provider.create = _finishing(provider)  # type: ignore[method-assign]
    worker = start_worker(desk)
    assert broken.wait(10)
    stage(desk, people, 1)
    eventually(lambda: all_ended(desk.database), within_seconds=20)
    assert worker.is_alive()
