"""Is a made-up history one that could have been? Its books, its rhythm, its outage, and what half of one leaves."""

import functools
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from core import clock as core_clock
from core import errors
from core.db import schema
from core.db.session import Database
from core.jobs import audit
from core.jobs.demo_history import bulk, columns, history, pictures, rhythm
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundReason
from core.jobs.states import JobState
from core.models import Account, Attempt, AuditEntry, Base, Job, JobEvent, LedgerEntry, Photo, Refund, Variant
from core.models.base import new_id
from core.storage.backend import ObjectStorage
from tests import factories
from tests.fake_provider import FakeProvider
from tests.settable_clock import NOON, SettableClock

JOBS, DAYS = 12_000, 60
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def _drawn_once() -> Iterator[None]:
    """The three rooms are drawn once for all tests; each stores them anew."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pictures, "_draw", functools.cache(pictures._draw))
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Two months of a busy desk, until a Monday noon."""
    folder = tmp_path_factory.mktemp("history")
    database = Database(f"sqlite:///{folder / 'staging.sqlite'}")
    schema.migrate(database)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(core_clock, "now", SettableClock())
        history.write(_desk(database, folder), jobs=JOBS, days=DAYS)
        assert audit.audit(_desk(database, folder)) == []
    yield database
    database.close()


def _desk(database: Database, folder: Path) -> Desk:
    return Desk(
        database=database,
        storage=ObjectStorage((folder / "files").as_uri()),
        provider=FakeProvider(),
        webhook_base_url=None,
        timeout_seconds=300,
        creates_per_minute=600,
        create_burst=60,
    )


def _all(database: Database, *columns: Any) -> list[sa.Row[Any]]:
    with database.read() as session:
        return list(session.execute(sa.select(*columns)))


def test_the_books_are_right_and_what_was_there_is_as_it_was(desk: Desk, finished: str) -> None:
    before = _all(desk.database, *Job.__table__.columns)
    outsider = sa.select(Account.balance).where(Account.name == factories.OUTSIDER)

    assert history.write(desk, jobs=2_000, days=60) == 2_000

    assert audit.audit(desk) == []
    with desk.database.read() as session:
        assert session.scalar(outsider) == factories.CREDITS
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 2_001
        # What else there was is untouched, and a second history fits beside the first.
        assert session.execute(sa.select(*Job.__table__.columns).where(Job.id == finished)).all() == before
    history.write(desk, jobs=100, days=60)
    assert audit.audit(desk) == []


def test_the_database_finds_nothing_wrong(written: Database) -> None:
    with written.read() as session:
        assert session.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        assert session.scalar(sa.text("PRAGMA quick_check")) == "ok"


def test_no_balance_is_below_zero_at_any_time_and_lines_are_in_order(written: Database) -> None:
    lines = _all(written, LedgerEntry.account_id, LedgerEntry.at, LedgerEntry.id, LedgerEntry.amount)
    balances: Counter[int] = Counter()
    for line in sorted(lines, key=lambda line: (line.at, line.id)):
        balances[line.account_id] += line.amount
        assert balances[line.account_id] >= 0
    by_id = sorted(lines, key=lambda line: line.id)
    assert all(earlier.at <= later.at for earlier, later in pairwise(by_id))


def test_work_is_done_by_day_and_in_the_week(written: Database) -> None:
    moments = [row.created_at for row in _all(written, Job.created_at)]
    assert max(row.created_at for row in _all(written, Account.created_at)) <= min(moments)
    by_weekday = Counter(moment.weekday() for moment in moments)
    by_hour = Counter(moment.hour for moment in moments)
    assert min(by_weekday[day] for day in range(5)) > 1.5 * max(by_weekday[5], by_weekday[6])
    assert min(by_hour[hour] for hour in range(8, 17)) > 5 * max(by_hour[hour] for hour in (*range(5), 23))
    assert NOON - timedelta(days=DAYS) <= min(moments)
    assert max(row.completed_at for row in _all(written, Job.completed_at)) <= NOON


def test_business_grows_over_a_year() -> None:
    span = rhythm.period(NOON, days=365)
    times = rhythm.arrivals(span, jobs=100_000, chance=np.random.default_rng(1))
    quarter = (span.ends - span.begins) // 4
    counts = [((times - span.begins) // quarter == number).sum() for number in range(4)]
    assert counts == sorted(counts)
    assert counts[3] > 1.5 * counts[0]


def test_one_day_nothing_was_completed_for_hours_and_much_failed(written: Database) -> None:
    outage = rhythm.period(NOON, days=DAYS).outage
    assert outage is not None
    begins, ends = columns.moment(outage.begins), columns.moment(outage.ends)
    assert begins.weekday() < 5
    assert ends - begins > timedelta(hours=5)
    variants = _all(written, Variant.state, Variant.created_at, Variant.completed_at, Variant.error_code)
    assert not [one for one in variants if one.state == "succeeded" and begins <= one.completed_at < ends]
    during = [one for one in variants if begins <= one.created_at < ends - timedelta(minutes=30)]
    failed = sum(one.error_code == "queue_timed_out" for one in during)
    assert failed > 0.9 * len(during) > 100
    jobs = _all(written, Job.state, Job.created_at, Job.completed_at)
    late = [one.completed_at - one.created_at for one in jobs if ends <= one.completed_at < ends + timedelta(hours=1)]
    usual = [one.completed_at - one.created_at for one in jobs if one.state == "completed"]
    assert sorted(late)[len(late) // 2] > 2 * sorted(usual)[len(usual) // 2]


def test_everything_occurs_that_can(written: Database) -> None:
    assert {row.state for row in _all(written, Job.state)} == {state for state in JobState if state.is_terminal}
    refunds = _all(written, Refund.reason, Refund.state, Refund.requested_by, Refund.decided_by)
    assert {row.reason for row in refunds} == set(RefundReason)
    assert {row.state for row in refunds} == {"requested", "refunded", "declined"}
    assert any(row.state == "refunded" and row.decided_by != row.requested_by for row in refunds)
    codes = {row.error_code for row in _all(written, Variant.error_code)}
    assert {"safety", "timed_out", "prediction_failed", "queue_timed_out", "output_expired"} <= codes
    doors = Counter(row.settled_by for row in _all(written, Variant.settled_by))
    assert doors["webhook"] > 5 * doors["sweep"] > 5 * doors["sync"] > 0
    assert {row.priority for row in _all(written, Job.priority)} == {"normal", "rush"}
    assert {row.source for row in _all(written, JobEvent.source)} >= {"page", "api", "webhook", "sweep", "system"}
    accounts = Counter(row.account_id for row in _all(written, Job.account_id))
    assert max(accounts.values()) > 5 * min(accounts.values())


def test_free_retries_rescue_most_of_what_they_try(written: Database) -> None:
    retried = Counter(row.state for row in _all(written, Variant.state, Variant.retried_at) if row.retried_at)
    assert retried["succeeded"] > retried["failed"] > 0
    seconds = _all(written, Attempt.variant_id, Attempt.number, Attempt.seed)
    seeds = {(row.variant_id, row.number): row.seed for row in seconds}
    assert all(seed != seeds[variant, 1] for (variant, number), seed in seeds.items() if number == 2)


def test_people_try_again_only_what_has_no_result_yet(written: Database) -> None:
    ended = {row.id: row for row in _all(written, Job.id, Job.completed_at, Job.photo_id, Job.account_id)}
    missing: dict[str, set[int]] = {}
    had: dict[str, set[int]] = {}
    for row in _all(written, Variant.job_id, Variant.variant_index, Variant.state):
        had.setdefault(row.job_id, set()).add(row.variant_index)
        if row.state != "succeeded":
            missing.setdefault(row.job_id, set()).add(row.variant_index)
    retries = [row for row in _all(written, Job.id, Job.retry_of, Job.created_at) if row.retry_of]
    assert len(retries) > 50
    assert len({row.retry_of for row in retries}) == len(retries)
    for row in retries:
        old = ended[row.retry_of]
        assert row.created_at > old.completed_at
        assert had[row.id] == missing[row.retry_of]
        assert (old.photo_id, old.account_id) == (ended[row.id].photo_id, ended[row.id].account_id)


def test_some_refunds_come_days_later(written: Database) -> None:
    with written.read() as session:
        later = session.execute(
            sa.select(Job.completed_at, LedgerEntry.at)
            .join(LedgerEntry, LedgerEntry.entry_key == sa.literal("refund:") + Refund.id)
            .join(Job, Job.id == Refund.job_id)
            .select_from(Refund)
        ).all()
    delays = sorted(row.at - row.completed_at for row in later)
    assert delays[0] > timedelta(0)
    assert sum(delay > timedelta(days=2) for delay in delays) > 10


def test_times_have_a_long_tail(written: Database) -> None:
    times = sorted(row.predict_seconds for row in _all(written, Attempt.predict_seconds) if row.predict_seconds)
    median, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    assert 25 < median < 60
    assert p99 > 2.5 * median


def test_each_result_is_paid_for_at_the_provider_and_a_failed_prediction_is_not(written: Database) -> None:
    paid = {(row.status, row.cost_usd_micros > 0) for row in _all(written, Attempt.status, Attempt.cost_usd_micros)}
    assert ("succeeded", True) in paid
    assert not paid & {("succeeded", False), ("failed", True), ("canceled", True), ("refused", True)}


def test_ids_are_what_the_desk_makes_and_in_order_of_time(written: Database) -> None:
    rows = _all(written, Job.id, Job.created_at)
    for row in rows[:: JOBS // 100]:
        made = new_id(row.created_at)
        assert row.id[:13] == made[:13]
        assert (len(row.id), row.id[14], row.id[19] in "89ab") == (36, "7", True)
    assert len({row.id for row in rows}) == JOBS


def test_every_movement_is_in_the_audit_log(written: Database) -> None:
    with written.read() as session:
        moved = session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry))
        kept = session.scalar(sa.select(sa.func.count()).where(AuditEntry.kind.in_(("spend", "grant", "refund"))))
    assert moved == kept


def test_the_same_seed_gives_the_same_figures_and_another_gives_others(tmp_path: Path, clock: SettableClock) -> None:
    first, again, other = (_figures(tmp_path / str(number), seed) for number, seed in enumerate((7, 7, 8)))
    assert first == again
    assert first != other


def _figures(folder: Path, seed: int) -> list[list[Any]]:
    database = Database(f"sqlite:///{folder / 'staging.sqlite'}")
    schema.migrate(database)
    history.write(_desk(database, folder), jobs=300, days=30, seed=seed)
    found = [
        _all(database, Job.created_at, Job.state, Job.completed_at, Job.credits_refunded, Job.created_by, Job.style),
        _all(database, Attempt.created_at, Attempt.predict_seconds, Attempt.seed, Attempt.status),
        _all(database, LedgerEntry.at, LedgerEntry.amount, LedgerEntry.balance_after, LedgerEntry.reason),
    ]
    database.close()
    return found


class _Killed(Exception):
    pass


@pytest.mark.parametrize("dies_at", [Photo, LedgerEntry, AuditEntry])
def test_dying_within_a_part_leaves_the_parts_before_it(
    desk: Desk, dies_at: type[Base], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_CHUNK_JOBS", 100)
    real, parts = bulk.insert, Counter[type[Base]]()

    def insert(session: Any, table: type[Base], rows: Any) -> None:
        parts[table] += 1
        if table is dies_at and parts[table] == 3:
            raise _Killed
        real(session, table, rows)

    monkeypatch.setattr(bulk, "insert", insert)
    told: list[int] = []
    with pytest.raises(_Killed):
        history.write(desk, jobs=500, days=30, progress=told.append)
    assert audit.audit(desk) == []
    with desk.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == told[-1]
    assert len(told) == 2


def test_a_command_killed_halfway_leaves_books_that_balance(tmp_path: Path) -> None:
    environment = {**os.environ, "STAGING_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "core", "demo-data", "--jobs", "60000", "--days", "20"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "of 60,000 jobs" in process.stderr.readline()
        process.send_signal(signal.SIGKILL)
    database = Database(f"sqlite:///{tmp_path / 'staging.sqlite'}")
    with database.read() as session:
        assert 0 < (session.scalar(sa.select(sa.func.count()).select_from(Job)) or 0) < 60_000
    assert audit.audit(_desk(database, tmp_path)) == []
    database.close()


@pytest.mark.parametrize(("jobs", "days"), [(0, 30), (10, 0), (-5, 30), (2_000_001, 30), (10, 3_651)])
def test_what_makes_no_sense_is_refused_and_nothing_written(desk: Desk, jobs: int, days: int) -> None:
    with pytest.raises(errors.ValidationFailed, match="Nothing was written"):
        history.write(desk, jobs=jobs, days=days)
    assert len(_all(desk.database, Account.id)) == 2


@pytest.mark.parametrize(("jobs", "days"), [(1, 1), (1, 3_650), (300, 1), (40, 7)])
def test_the_smallest_and_the_shortest_add_up_too(desk: Desk, jobs: int, days: int) -> None:
    assert history.write(desk, jobs=jobs, days=days) == jobs
    assert audit.audit(desk) == []
