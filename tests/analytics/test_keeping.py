"""Do the kept columns stay equal to the tables, whatever happens, and is a copy believed only where it fits?"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import errors
from core.analytics import column_file, keeping, reading, recount
from core.analytics.columns import History
from core.analytics.keeping import KeptHistory
from core.analytics.periods import Period
from core.analytics.summary import Figures
from core.db.session import Database
from core.models import Account, LedgerEntry
from tests import factories
from tests.analytics.histories import Writer
from tests.factories import BELLEVUE
from tests.settable_clock import SettableClock

START = datetime(2026, 3, 1, tzinfo=UTC)
Fresh = Callable[[], AbstractContextManager[Database]]


def whole(database: Database) -> History:
    with database.read() as session:
        return reading.whole(session)


def written(database: Database, *, seed: int = 1, steps: int = 40) -> Writer:
    writer = Writer(database, Random(seed), START)
    for _ in range(steps):
        writer.step()
    return writer


def test_a_look_that_fails_half_way_is_not_taken_for_the_last_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, kept = written(database), KeptHistory(database, max_age_seconds=0)
    with kept.current() as history:
        before, version = history.jobs.length, kept.version
    for _ in range(10):
        writer.step()
    with monkeypatch.context() as broken:
        broken.setattr(keeping, "off", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), kept.current():
            pass
    with kept.current() as history:
        assert history.jobs.length > before
    # What was remembered of the version before is not told any more.
    assert kept.version > version


def test_an_extension_equals_reading_everything(fresh_database: Fresh) -> None:
    @hypothesis_settings(max_examples=12)
    @given(seed=st.integers(0, 2**32), rounds=st.lists(st.integers(0, 12), min_size=1, max_size=5))
    def holds(seed: int, rounds: list[int]) -> None:
        with fresh_database() as database:
            writer = written(database, seed=seed, steps=10)
            kept = KeptHistory(database, max_age_seconds=0)
            with kept.current() as first:
                pass
            for steps in rounds:
                for _ in range(steps):
                    writer.step()
                with kept.current() as history:
                    assert history is first  # nothing but an extension was needed
                    counted = whole(database)
                    assert recount.differences(history, counted) == []
                    for name in ("at", "id_low"):
                        assert history.jobs[name].tolist() == counted.jobs[name].tolist()
                    assert history.ledger["id"].tolist() == counted.ledger["id"].tolist()

    holds()


def test_a_late_refund_moves_the_figure(database: Database) -> None:
    written(database)
    kept = KeptHistory(database, max_age_seconds=0)
    figures, period = Figures(kept), Period(date(2026, 2, 1), date(2026, 5, 1), ZoneInfo("UTC"))
    before = figures.summary(factories.manager(), period).headline.credits
    with database.write() as session:
        owner = session.scalars(sa.select(Account).where(Account.name == BELLEVUE)).one()
        job = session.scalars(
            sa.select(LedgerEntry.job_id).where(LedgerEntry.account_id == owner.id, LedgerEntry.kind == "charge")
        ).first()
        owner.balance += 1
        session.add(
            LedgerEntry(
                entry_key="late",
                account_id=owner.id,
                at=START + timedelta(days=50),
                kind="refund",
                amount=1,
                balance_after=owner.balance,
                job_id=job,
                reason="goodwill",
                actor="alice",
            )
        )
    after = figures.summary(factories.manager(), period).headline.credits
    assert (after.refunded, after.charged) == (before.refunded + 1, before.charged)


def test_columns_that_do_not_add_up_are_read_anew(database: Database) -> None:
    written(database)
    kept = KeptHistory(database, max_age_seconds=0)
    with kept.current() as history:
        version = kept.version
        history.ledger["amount"][0] += 1
    with kept.current() as again:
        assert again is not history
        assert kept.version > version
        assert recount.differences(again, whole(database)) == []


def test_a_look_is_not_repeated_within_its_age(database: Database) -> None:
    writer = written(database)
    kept = KeptHistory(database, max_age_seconds=60)
    with kept.current() as history:
        known = history.ledger.length
    for _ in range(10):
        writer.step()
    with kept.current() as history:
        assert history.ledger.length == known


def test_figures_after_an_extension_are_those_of_a_fresh_start(database: Database) -> None:
    """Also of columns that are read only where they are filled, as errors and waste are."""
    writer, manager = written(database), factories.manager()
    period = Period(date(2026, 2, 20), date(2026, 3, 20), ZoneInfo("UTC"))
    figures = Figures(KeptHistory(database, max_age_seconds=0))
    for _ in range(6):
        for _ in range(8):
            writer.step()
        found = figures.summary(manager, period)
        fresh = Figures(KeptHistory(database)).summary(manager, period)
        assert replace(found, read_at=fresh.read_at) == fresh
    assert found.failures and found.headline.costs.wasted_usd_micros


def test_entries_with_late_ids_are_found(database: Database) -> None:
    """As on PostgreSQL, where a higher id may be visible before a lower one."""
    written(database)
    history = whole(database)
    history.ledger.remove((history.ledger["id"] == history.ledger["id"].max() - 3).nonzero()[0])
    with database.read() as session:
        assert keeping.extend(session, history)
        assert keeping.off(session, history) == {}
    assert recount.differences(history, whole(database)) == []


def test_a_job_that_stands_still_is_told(database: Database, desk: object, clock: SettableClock) -> None:
    factories.job(desk)  # type: ignore[arg-type]
    kept = KeptHistory(database, max_age_seconds=0)
    period = Period(clock().date(), clock().date(), ZoneInfo("UTC"))
    figures = Figures(kept)
    assert figures.summary(factories.manager(), period).stuck_now == 0
    clock.forward(minutes=31)
    assert figures.summary(factories.manager(), period).stuck_now == 1


def test_a_start_goes_on_from_the_file(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, file = written(database), tmp_path / "figures" / "columns"
    column_file.save(file, whole(database))
    for _ in range(15):
        writer.step()
    monkeypatch.setattr(reading, "whole", None)  # nothing of it may be needed
    with KeptHistory(database, file=file).current() as history:
        found = history
    monkeypatch.undo()
    assert recount.differences(found, whole(database)) == []


def test_the_file_is_written_and_read_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_SAVE_AFTER_ENTRIES", 10)
    writer, file = written(database), tmp_path / "columns"
    kept = KeptHistory(database, file=file, max_age_seconds=0)
    with kept.current():
        first = file.read_bytes()
    for _ in range(40):
        writer.step()
    with kept.current():
        assert file.read_bytes() != first
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("columns")] == ["columns"]


@pytest.mark.parametrize("at", [0, 5, 200, 0.3, 0.7, -1])
def test_a_torn_file_is_not_believed(database: Database, tmp_path: Path, at: float) -> None:
    written(database)
    file = tmp_path / "columns"
    column_file.save(file, whole(database))
    content = bytearray(file.read_bytes())
    place = int(at * len(content)) if isinstance(at, float) else at
    # Longer than the gaps between columns, which hold nothing.
    torn = slice(place, place + 64 if place >= 0 else None)
    content[torn] = bytes(byte ^ 0xFF for byte in content[torn])
    file.write_bytes(content)
    _require_read_anew(database, file)
    file.write_bytes(content[: int(0.6 * len(content))])
    _require_read_anew(database, file)
    file.write_bytes(b"")
    _require_read_anew(database, file)


def test_a_file_of_another_database_is_not_believed(fresh_database: Fresh, tmp_path: Path) -> None:
    """Not even where every balance is the same."""
    file = tmp_path / "columns"
    with fresh_database() as other:
        written(other, seed=5)
        column_file.save(file, whole(other))
        with other.read() as session:
            balances = dict(reading.balances(session).values())
    with fresh_database() as database:
        for name, balance in balances.items():
            factories.set_balance(database, balance, account=name)
        _require_read_anew(database, file)


def _require_read_anew(database: Database, file: Path) -> None:
    with database.read() as session:
        assert column_file.load(file, session) is None
    with KeptHistory(database, file=file).current() as history:
        assert recount.differences(history, whole(database)) == []


def test_a_recount_tells_what_differs(database: Database) -> None:
    written(database)
    kept, counted = whole(database), whole(database)
    kept.jobs["cost"][0] += 1
    kept.ledger["amount"][0] += 1
    job, entry = recount.differences(kept, counted)
    assert job.startswith("job ") and "cost is" in job
    assert entry.startswith("ledger entry ") and "amount is" in entry


def test_processes_of_one_file_go_on_from_what_was_recounted(database: Database, tmp_path: Path) -> None:
    written(database)
    file = tmp_path / "columns"
    serving = KeptHistory(database, file=file, max_age_seconds=0)
    with serving.current() as history:
        right = int(history.ledger["at"][0])
        history.ledger["at"][0] = right + 1
    version = serving.version
    assert KeptHistory(database, file=file).recount() == []
    with serving.current() as history:
        assert history.ledger["at"][0] == right
    assert serving.version > version
    with serving.current() as again:
        assert again is history


def test_a_recount_that_can_not_be_kept_says_so(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(database)

    def full(*_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(column_file, "save", full)
    with pytest.raises(errors.FiguresNotKept):
        KeptHistory(database, file=tmp_path / "columns").recount()


def test_an_unfinished_copy_of_a_killed_process_is_cleared_away(database: Database, tmp_path: Path) -> None:
    file, old, new = (tmp_path / name for name in ("columns", "columns.dead.new", "columns.beef.new"))
    for path, age_seconds in ((old, 7_200), (new, 60)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age_seconds,) * 2)
    column_file.save(file, whole(database))
    assert (old.exists(), new.exists()) == (False, True)


def test_an_account_that_does_not_add_up_is_named_and_read_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = written(database)
    kept = KeptHistory(database, max_age_seconds=0)
    with database.write() as session:
        session.execute(sa.update(Account).where(Account.name == BELLEVUE).values(balance=Account.balance + 1))
    with kept.current() as history:
        pass
    assert [history.account_names[one] for one in kept.accounts_off] == [BELLEVUE]
    with monkeypatch.context() as patched:
        patched.setattr(reading, "whole", None)  # nothing of it may be needed
        writer.step()
        with kept.current():
            pass
    with database.write() as session:
        session.execute(sa.update(Account).where(Account.name == BELLEVUE).values(balance=Account.balance - 1))
    with kept.current() as history:
        assert recount.differences(history, whole(database)) == []
    assert not kept.accounts_off


def test_who_reads_ahead_behind_another_can_be_stopped(database: Database) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    kept, ended = KeptHistory(database), []

    def read_ahead() -> None:
        try:
            kept.read_ahead(stop)
        except Stopped:
            ended.append(True)

    waiting = threading.Thread(target=read_ahead)
    with kept.current():
        waiting.start()
        waiting.join(10)
    assert ended == [True]


def test_a_recount_finds_rows_that_are_missing(database: Database) -> None:
    written(database)
    kept, counted = whole(database), whole(database)
    (gone,) = kept.job_ids(np.array([0]))
    kept.jobs.remove(np.array([0]))
    assert recount.differences(kept, counted) == [f"job {gone}: missing in the columns"]
    assert recount.differences(counted, kept) == [f"job {gone}: only in the columns"]
