"""Do jobs and credits obey their rules, whatever happens in whatever order, and does everything come to rest?"""

import functools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from core.images import preparation, thumbnails
from core.jobs import manual_sync, provider_list, seeds
from core.models import base
from tests.databases import PostgresServer, SqliteDatabases
from tests.model.crashes import CrashingDatabase, Dice, Inline
from tests.model.machine import JobsAndLedger
from tests.settable_clock import SettableClock

# Of the two ways to ask the provider about many predictions, a few jobs see both.
GET_LIMIT = 2
SETTINGS = settings(
    deadline=None, derandomize=True, stateful_step_count=40, suppress_health_check=list(HealthCheck), print_blob=False
)
# Pure functions of a picture: the same few are sent again and again.
_prepare, _thumbnail = functools.cache(preparation.prepare), functools.cache(thumbnails.thumbnail)


@pytest.fixture(autouse=True)
def dice(monkeypatch: pytest.MonkeyPatch) -> Dice:
    """One thread and no chance, so that an example happens again as it did the first time."""
    dice = Dice()
    monkeypatch.setattr(base, "secrets", dice)
    monkeypatch.setattr(seeds, "secrets", dice)
    monkeypatch.setattr(manual_sync, "ThreadPoolExecutor", Inline)
    monkeypatch.setattr(provider_list, "GET_LIMIT", GET_LIMIT)
    monkeypatch.setattr(preparation, "prepare", _prepare)
    monkeypatch.setattr(thumbnails, "thumbnail", _thumbnail)
    return dice


def test_any_order_of_events_keeps_the_rules_on_sqlite(
    sqlite_databases: SqliteDatabases, clock: SettableClock, dice: Dice, tmp_path: Path
) -> None:
    database = CrashingDatabase(sqlite_databases.new(tmp_path))

    def example() -> JobsAndLedger:
        # The same file with the same engine, which need not compile its statements anew.
        sqlite_databases.new(tmp_path)
        return JobsAndLedger(database, tmp_path / "files", time=clock, dice=dice)

    run_state_machine_as_test(example, settings=settings(SETTINGS, max_examples=70))  # type: ignore[no-untyped-call]


@pytest.mark.postgres
def test_any_order_of_events_keeps_the_rules_on_postgres(
    postgres_server: PostgresServer, clock: SettableClock, dice: Dice, tmp_path: Path
) -> None:
    def example() -> JobsAndLedger:
        return JobsAndLedger(CrashingDatabase(postgres_server.new()), tmp_path / "files", time=clock, dice=dice)

    run_state_machine_as_test(example, settings=settings(SETTINGS, max_examples=15))  # type: ignore[no-untyped-call]
