"""Is a transaction all or nothing, durable, and never refused because another one writes?"""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from core.db.engine import open_engine
from core.db.session import Database
from core.models import Account
from core.models.base import new_id
from tests import factories


def add_account(session: sa.orm.Session, name: str, created_at: datetime) -> None:
    session.execute(sa.insert(Account).values(name=name, balance=0, created_at=created_at))


def names(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(sa.select(Account.name)))


def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as session:
        add_account(session, "Half", datetime.now(UTC))
        raise ZeroDivisionError
    assert "Half" not in names(database)


def test_what_is_done_in_a_read_is_not_kept(database: Database) -> None:
    with database.read() as session:
        add_account(session, "Reader", datetime.now(UTC))
    assert "Reader" not in names(database)


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.write() as session:
        add_account(session, "Late", datetime.now(UTC))
        assert "Late" not in names(database)
    assert "Late" in names(database)


def test_forty_writers_on_two_pools_all_come_through(database: Database, database_url: str) -> None:
    other = Database(database_url)

    def raise_balance(opened: Database) -> None:
        with opened.write() as session:
            read = session.scalars(sa.select(Account.balance).where(Account.name == factories.BELLEVUE)).one()
            assert read >= 1_000
            changed = Account.balance + 1
            session.execute(sa.update(Account).where(Account.name == factories.BELLEVUE).values(balance=changed))

    calls = [lambda opened=opened: raise_balance(opened) for opened in [database, other] * 20]
    outcomes = factories.at_once(*calls, threads=20)
    other.close()

    assert outcomes == [None] * 40
    assert factories.balance(database) == 1_040


def test_times_come_back_as_they_went_in_to_the_microsecond(database: Database) -> None:
    moment = datetime(2027, 1, 2, 3, 4, 5, 678_901, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with database.write() as session:
        add_account(session, "Time", moment)
    with database.read() as session:
        found = session.scalars(sa.select(Account.created_at).where(Account.name == "Time")).one()
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_naive_times_are_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="aware UTC"), database.write() as session:
        add_account(session, "Naive", datetime(2027, 1, 1))  # noqa: DTZ001


def test_sqlite_is_durable_and_checks_its_keys(tmp_path: object) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/new/deep.sqlite")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_an_unreachable_database_is_said_to_be_so(tmp_path: object) -> None:
    there = Database(f"sqlite:///{tmp_path}/there.sqlite")
    away = Database("postgresql+psycopg://nobody@127.0.0.1:9/none?connect_timeout=1")
    assert there.is_reachable() is True
    assert away.is_reachable() is False
    there.close()
    away.close()


def test_identifiers_sort_by_their_time() -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)
    ids = [new_id(start + timedelta(milliseconds=step)) for step in range(50)]
    assert ids == sorted(ids)
    assert len({new_id(start) for _ in range(1_000)}) == 1_000
    assert all(one[14] == "7" and one[19] in "89ab" for one in ids)


@pytest.mark.parametrize("kind", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_new_file_that_another_process_is_just_setting_up_is_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "new.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute(f"BEGIN {kind}")
        other.execute("CREATE TABLE first (id INTEGER)")
        release = threading.Timer(0.3, other.execute, ["COMMIT"])
        release.start()
        database = Database(f"sqlite:///{path}")
        with database.read() as session:
            assert session.scalar(sa.text("SELECT count(*) FROM first")) == 0
            assert session.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        release.join()
        database.close()
