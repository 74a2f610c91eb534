"""Does a real durable queue hand out what it is given, in one process that starts and stops it again?"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.jobs.queue import VariantQueue, queue_database_url
from tests.waiting import eventually


class Ran:
    """Remembers what the queue ran, and breaks on demand."""

    def __init__(self) -> None:
        self.variants: list[str] = []
        self.begun = 0
        self.breaks_on: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, variant_id: str) -> None:
        self.begun += 1
        self.gate.wait(10)
        self.variants.append(variant_id)
        if variant_id in self.breaks_on:
            raise RuntimeError("unexpected")


@pytest.fixture
def ran() -> Ran:
    return Ran()


@pytest.fixture
def queue(tmp_path: Path, ran: Ran) -> Iterator[VariantQueue]:
    made = VariantQueue(database_url=f"sqlite:///{tmp_path / 'queue' / 'queue.sqlite'}", run=ran)
    made.start()
    yield made
    made.stop()


def test_what_is_enqueued_runs_once_and_may_come_again(queue: VariantQueue, ran: Ran) -> None:
    for number in range(5):
        queue.enqueue(f"v{number}", turn=100)
    eventually(lambda: len(ran.variants) == 5)
    # The same variant after a lost task: an identifier of its own, or it would be refused.
    queue.enqueue("v1", turn=100)
    eventually(lambda: ran.variants.count("v1") == 2)
    assert sorted(set(ran.variants)) == ["v0", "v1", "v2", "v3", "v4"]
    assert len(ran.variants) == 6


def test_a_task_that_breaks_does_not_stop_the_queue(queue: VariantQueue, ran: Ran) -> None:
    ran.breaks_on = {"bad"}
    queue.enqueue("bad", turn=1)
    queue.enqueue("good", turn=100)
    eventually(lambda: "good" in ran.variants)


def test_the_queue_starts_again_in_the_same_process(queue: VariantQueue, ran: Ran, tmp_path: Path) -> None:
    queue.enqueue("before", turn=100)
    eventually(lambda: ran.variants == ["before"])
    queue.stop()
    for again in range(2):
        queue.start()
        queue.enqueue(f"after {again}", turn=100)
        eventually(lambda again=again: f"after {again}" in ran.variants)
        if again == 0:
            queue.stop()


def test_waiting_tasks_come_by_their_turn(queue: VariantQueue, ran: Ran) -> None:
    ran.gate.clear()
    for number in range(8):
        queue.enqueue(f"busy {number}", turn=1)
    for number in range(3):
        queue.enqueue(f"normal {number}", turn=100)
        queue.enqueue(f"rush {number}", turn=10)
    ran.gate.set()
    eventually(lambda: len(ran.variants) == 14)
    waited = [one for one in ran.variants if not one.startswith("busy")]
    assert {one.split()[0] for one in waited} == {"rush", "normal"}


def test_the_queue_file_is_durable(queue: VariantQueue, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "queue" / "queue.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_queue_lies_beside_the_data_or_in_our_postgres(tmp_path: Path) -> None:
    assert queue_database_url("sqlite:////x/staging.sqlite", tmp_path) == f"sqlite:///{tmp_path / 'queue.sqlite'}"
    url = "postgresql+psycopg://me:secret@host/desk?sslmode=require"
    assert queue_database_url(url, tmp_path) == "postgresql://me:secret@host/desk?sslmode=require"
    assert os.fspath(tmp_path) not in queue_database_url(url, tmp_path)


def test_finished_tasks_are_forgotten_after_a_day_and_waiting_ones_kept(
    queue: VariantQueue, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran.breaks_on = {"bad"}
    for variant_id in ("good", "bad"):
        queue.enqueue(variant_id, turn=1)
    eventually(lambda: len(ran.variants) == 2)
    assert queue.forget_finished() == 0
    ran.gate.clear()
    queue.enqueue("waiting", turn=1)
    tomorrow = clock.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    # The queue notes the end of a task a moment after the task itself has ended.
    forgotten = 0
    while forgotten < 2:
        forgotten += eventually(queue.forget_finished)
    assert (forgotten, queue.forget_finished()) == (2, 0)
    ran.gate.set()
    eventually(lambda: "waiting" in ran.variants)


def test_a_task_that_a_killed_process_had_begun_is_forgotten_after_a_day(
    queue: VariantQueue, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the process that began a task could end it; its variant is released again as another task."""
    ran.gate.clear()
    queue.enqueue("cut off", turn=1)
    eventually(lambda: ran.begun == 1)
    assert queue.forget_finished() == 0
    tomorrow = clock.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    eventually(lambda: queue.forget_finished() == 1)
    ran.gate.set()
