"""Does Prometheus hear what the rows say: counts, ages and delays, each once, and no stale ones?"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.orm import Session

from core import clock as core_clock
from core.analytics.collector import MAX_AGE_SECONDS, DatabaseCollector
from core.auth.actors import Source, system
from core.db.session import Database
from core.jobs import sync
from core.jobs.desk import Desk
from core.jobs.states import JobState, Priority, VariantState
from core.models import Job, QueuePause, Variant, WebhookDelivery
from tests import factories
from tests.exposition import Scrape
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock

DELAY = "staging_desk_settlement_delay_seconds"
APPLIED = "staging_desk_webhooks_applied_total"


class Asked:
    """A collector of its own in a registry; counts how often it opened a session."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.reads = 0
        self.registry = CollectorRegistry()
        self.collector = DatabaseCollector(self._read)
        self.registry.register(self.collector)

    @contextmanager
    def _read(self) -> Iterator[Session]:
        self.reads += 1
        with self.database.read() as session:
            yield session

    def scrape(self) -> Scrape:
        return Scrape(generate_latest(self.registry).decode())


@pytest.fixture
def asked(clock: SettableClock, database: Database, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """A collector that asks the database each time."""
    ask_each_time(monkeypatch)
    return Asked(database)


def ask_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.analytics.collector.MAX_AGE_SECONDS", 0.0)
    monkeypatch.setattr("core.analytics.collector._WORK_SHARE_MAX", math.inf)


def rows(database: Database, table: Any, column: Any) -> dict[str, float]:
    with database.read() as session:
        found = session.execute(sa.select(column, sa.func.count()).select_from(table).group_by(column))
        return {str(key): float(count) for key, count in found}


def deliver(database: Database, webhook_id: str, outcome: str | None) -> None:
    with database.write() as session:
        session.execute(
            sa.insert(WebhookDelivery).values(
                webhook_id=webhook_id,
                prediction_id="p",
                body={},
                received_at=core_clock.now(),
                applied_at=None if outcome is None else core_clock.now(),
                outcome=outcome,
            )
        )


def test_counts_are_those_of_the_rows(asked: Asked, desk: Desk, provider: FakeProvider) -> None:
    factories.job(desk)
    factories.job(desk, number=1, priority=Priority.RUSH)
    _, (first, second) = factories.ordered_job(desk, number=2)
    sync.apply(desk, factories.manager(), provider.finish(first))
    sync.apply(desk, factories.manager(), provider.finish(second))
    factories.ordered_job(desk, number=3)

    scrape = asked.scrape()

    assert scrape.by("state", "staging_desk_jobs") == rows(desk.database, Job, Job.state)
    assert scrape.by("state", "staging_desk_variants") == rows(desk.database, Variant, Variant.state)
    assert scrape.by("priority", "staging_desk_queue_depth") == {"normal": 2, "rush": 2}
    assert scrape.value("staging_desk_database_up") == 1


def test_a_fresh_desk_shows_every_state_with_nothing_in_it(asked: Asked) -> None:
    scrape = asked.scrape()
    for name, kind in {"jobs": JobState, "variants": VariantState}.items():
        assert scrape.labels(f"staging_desk_{name}") == {state.value for state in kind}
        assert scrape.by("state", f"staging_desk_{name}") == {}
    assert scrape.value("staging_desk_oldest_job_in_flight_age_seconds") == 0
    assert scrape.value("staging_desk_queue_paused") == 0
    assert not scrape.has("staging_desk_last_webhook_timestamp_seconds")


def test_the_oldest_unfinished_job_is_as_old_as_it_is(asked: Asked, desk: Desk, clock: SettableClock) -> None:
    factories.ordered_job(desk)
    clock.forward(seconds=30)
    factories.job(desk, number=1)
    clock.forward(seconds=12)
    assert asked.scrape().value("staging_desk_oldest_job_in_flight_age_seconds") == 42


@pytest.mark.parametrize(
    ("source", "seconds", "bucket"), [(Source.WEBHOOK, 0.15, "0.2"), (Source.SWEEP, 0.45, "0.5")]
)
def test_a_settlement_is_observed_once_with_its_delay(
    asked: Asked,
    desk: Desk,
    provider: FakeProvider,
    clock: SettableClock,
    source: Source,
    seconds: float,
    bucket: str,
) -> None:
    _, (first, _) = factories.ordered_job(desk)
    prediction = provider.finish(first)
    clock.forward(seconds=seconds)
    sync.apply(desk, system(source), prediction)

    for _ in range(3):
        scrape = asked.scrape()
        clock.forward(seconds=1)

    assert scrape.value(f"{DELAY}_count", source=source.value) == 1
    assert scrape.value(f"{DELAY}_sum", source=source.value) == pytest.approx(seconds)
    buckets = {one.labels["le"]: one.value for one in scrape.families[DELAY].samples if one.name.endswith("_bucket")}
    assert scrape.value(f"{DELAY}_bucket", source=source.value, le=bucket) == 1
    assert scrape.value(f"{DELAY}_bucket", source=source.value, le="0.1") == 0
    assert len(buckets) > 5


def test_what_ended_before_this_process_began_is_not_counted_again(
    desk: Desk, provider: FakeProvider, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_each_time(monkeypatch)
    _, (first, _) = factories.ordered_job(desk)
    sync.apply(desk, system(Source.SWEEP), provider.finish(first))
    deliver(desk.database, "msg_1", "applied")
    clock.forward(seconds=1)
    asked = Asked(desk.database)
    for _ in range(3):
        scrape = asked.scrape()
        assert scrape.value(f"{DELAY}_count", source="sweep") == 0
        assert scrape.by("outcome", APPLIED) == {}


def test_a_row_that_was_committed_late_is_still_counted(asked: Asked, clock: SettableClock) -> None:
    written_at = clock.time
    clock.forward(seconds=40)
    deliver(asked.database, "msg_2", "applied")
    assert asked.scrape().by("outcome", APPLIED) == {"applied": 1}
    clock.time, later = written_at, clock.time
    deliver(asked.database, "msg_1", "no news")
    clock.time = later
    assert asked.scrape().by("outcome", APPLIED) == {"applied": 1, "no_news": 1}


def test_another_machines_fast_clock_hides_nothing(asked: Asked, clock: SettableClock) -> None:
    clock.forward(minutes=10)
    deliver(asked.database, "from ahead", "applied")
    clock.forward(minutes=-10)
    for number in range(3):
        deliver(asked.database, f"msg_{number}", "no news")
        assert asked.scrape().by("outcome", APPLIED) == {"applied": 1, "no_news": number + 1}
        clock.forward(seconds=5)


def test_webhooks_are_counted_by_what_became_of_them(asked: Asked, clock: SettableClock) -> None:
    for number, outcome in enumerate(["applied", "no news", "unknown prediction", "failed", "of a later version"]):
        deliver(asked.database, f"msg_{number}", outcome)
    received_at = clock.time
    deliver(asked.database, "msg_waiting", None)
    clock.forward(seconds=7)

    scrape = asked.scrape()

    outcomes = ("applied", "no_news", "unknown_prediction", "failed", "unknown")
    assert scrape.by("outcome", APPLIED) == dict.fromkeys(outcomes, 1)
    assert scrape.value("staging_desk_webhooks_waiting") == 1
    assert scrape.value("staging_desk_oldest_webhook_waiting_age_seconds") == 7
    assert scrape.value("staging_desk_last_webhook_timestamp_seconds") == received_at.timestamp()


def test_a_paused_queue_is_seen(asked: Asked) -> None:
    now = core_clock.now()
    with asked.database.write() as session:
        values = {"name": "creates", "code": "provider_unauthorized", "message": "…"}
        session.execute(sa.insert(QueuePause).values(since=now, next_try_at=now + timedelta(minutes=1), **values))
    assert asked.scrape().value("staging_desk_queue_paused") == 1


def test_however_often_it_is_asked_the_database_is_asked_once_in_a_while(database: Database) -> None:
    asked = Asked(database)
    assert MAX_AGE_SECONDS >= 1
    factories.at_once(*[asked.scrape for _ in range(8)])
    assert asked.reads == 1


@pytest.mark.parametrize(
    ("takes_seconds", "is_away", "rests_seconds"), [(0.01, False, 2), (1, False, 20), (30, False, 60), (30, True, 2)]
)
def test_a_database_that_takes_long_is_asked_less_often(
    database: Database, monkeypatch: pytest.MonkeyPatch, takes_seconds: float, is_away: bool, rests_seconds: float
) -> None:
    seconds = 0.0
    monkeypatch.setattr("core.analytics.collector.time.monotonic", lambda: seconds)
    asked = Asked(Database("postgresql+psycopg://127.0.0.1:9/nowhere") if is_away else database)
    read = asked.collector._read

    def takes_its_time() -> Any:
        nonlocal seconds
        seconds += takes_seconds
        return read()

    asked.collector._read = takes_its_time
    asked.scrape()
    for pause, reads in ((0.0, 1), (rests_seconds - 0.1, 1), (0.2, 2)):
        seconds += pause
        asked.scrape()
        assert asked.reads == reads


def test_a_database_that_is_away_is_said_and_counted_on_afterwards(asked: Asked, clock: SettableClock) -> None:
    deliver(asked.database, "msg_1", "applied")
    assert asked.scrape().by("outcome", APPLIED) == {"applied": 1}
    there, asked.database = asked.database, Database("postgresql+psycopg://127.0.0.1:9/nowhere")
    deliver(there, "msg_2", "applied")

    scrape = asked.scrape()

    assert scrape.value("staging_desk_database_up") == 0
    assert not scrape.has("staging_desk_jobs")
    assert scrape.by("outcome", APPLIED) == {"applied": 1}
    asked.database = there
    scrape = asked.scrape()
    assert (scrape.value("staging_desk_database_up"), scrape.by("outcome", APPLIED)) == (1, {"applied": 2})


def test_one_question_that_hangs_does_not_hold_up_the_next(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.analytics.collector._TURN_TIMEOUT_SECONDS", 0.01)
    inner: list[Scrape] = []
    read = asked.collector._read

    def hangs() -> Any:
        # While this question is open, another comes.
        if not inner:
            inner.append(asked.scrape())
        return read()

    asked.collector._read = hangs
    assert asked.scrape().value("staging_desk_database_up") == 1
    assert inner[0].value("staging_desk_database_up") == 0
