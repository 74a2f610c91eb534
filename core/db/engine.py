"""How is the database opened? One engine, with SQLite made durable and its transactions made explicit."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

WRITES = "writes"
_BUSY_TIMEOUT_MS = 30_000
_MODE_RETRY_SECONDS = 0.05
_POOL_SIZE = 10
_POOL_OVERFLOW = 30


def open_engine(url: str) -> sa.Engine:
    """An engine for the URL. Its execution option `writes` makes SQLite transactions begin immediately.

    A file-based SQLite database's folder is created if it is missing.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_size=_POOL_SIZE, max_overflow=_POOL_OVERFLOW, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        connect_args={"check_same_thread": False, "timeout": _BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # pysqlite opens transactions by itself and only before DML; with None it leaves that to _begin_sqlite.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "synchronous = FULL",
        "foreign_keys = ON",
        # Without it, INSERT OR REPLACE deletes a row past the trigger that forbids it.
        "recursive_triggers = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    use_write_ahead_log(connection)


def use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Put the file of the connection into WAL mode, where it stays.

    While another process sets up the same new file, SQLite refuses this at once, whatever the busy time-out.
    """
    give_up_at = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(_MODE_RETRY_SECONDS)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that reads first and writes later can't wait for the write lock: it fails at once instead.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
