"""Does SQLite keep the books' rows as they are, also from programs that don't ask its triggers for everything?"""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core.jobs.desk import Desk
from tests import factories
from tests.fake_provider import FakeProvider

DATABASES = ("sqlite",)
# What of a row INSERT OR REPLACE would put in its place.
FORGED = {
    "ledger_entries": {"actor": "'nobody'"},
    "audit_entries": {"actor": "'nobody'"},
    "job_events": {"actor": "'nobody'"},
    "refunds": {"requested_by_identity": "'user:99'"},
}


@pytest.fixture
def plain(database_url: str, desk: Desk, provider: FakeProvider) -> Iterator[sqlite3.Connection]:
    """A connection as any other program would open it, to a desk with a refund that waits for a decision."""
    factories.requested_refund(desk, provider)
    connection = sqlite3.connect(sa.make_url(database_url).database or "")
    assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
    yield connection
    connection.close()


def rows(connection: sqlite3.Connection, table: str) -> list[Any]:
    return connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def replace_all(connection: sqlite3.Connection, table: str, *, where: str = "1", **changed: str) -> None:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changed.get(name, name) for name in names)
    connection.execute(
        f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} WHERE {where}"
    )


@pytest.mark.parametrize("table", list(FORGED))
def test_no_row_is_replaced_by_a_plain_connection(plain: sqlite3.Connection, table: str) -> None:
    before = rows(plain, table)
    with pytest.raises(sqlite3.DatabaseError, match=r"append-only|written once"):
        replace_all(plain, table, **FORGED[table])
    plain.rollback()
    assert rows(plain, table) == before != []


@pytest.mark.parametrize("changed", [{}, {"entry_key": "entry_key || 'x'"}], ids=["entry key", "charge of a job"])
def test_no_movement_is_replaced_by_another_of_the_same(plain: sqlite3.Connection, changed: dict[str, str]) -> None:
    before = rows(plain, "ledger_entries")
    with pytest.raises(sqlite3.DatabaseError, match="append-only"):
        replace_all(plain, "ledger_entries", where="kind = 'charge'", id="NULL", amount="amount * 2", **changed)
    plain.rollback()
    assert rows(plain, "ledger_entries") == before
