"""How do a million rows get into a table quickly? Many a statement on SQLite, by COPY on PostgreSQL."""

from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.jobs.demo_history.columns import Columns
from core.models import Base

# What is written at once stays in memory until the commit, rather than being written over and over; in KiB.
_CACHE_KIB = 131_072
_TOGETHER = 100


def prepare(session: Session) -> None:
    """Ready this session's connection for many rows, until the session ends or the process does."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
    else:
        # Times are sent without their zone.
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")


def insert(session: Session, table: type[Base], rows: Columns) -> None:
    """Insert the rows, in their order, in the session's transaction."""
    if not rows or not len(next(iter(rows.values()))):
        return
    connection = session.connection()
    name, names = table.__tablename__, ", ".join(rows)
    if connection.dialect.name == "sqlite":
        # Names come from our own tables, never from outside.
        statement = f"INSERT INTO {name} ({names}) VALUES "  # noqa: S608
        _insert_together(connection, statement, list(zip(*rows.values(), strict=True)))
        return
    _copy(connection, f"COPY {name} ({names}) FROM STDIN", rows)


def _insert_together(connection: sa.Connection, statement: str, rows: list[tuple[Any, ...]]) -> None:
    """A statement for many rows at a time: SQLite prepares what a CHECK compares with once for each statement."""
    places = f"({', '.join('?' * len(rows[0]))})"
    whole = len(rows) - len(rows) % _TOGETHER
    together = [tuple(chain.from_iterable(rows[start : start + _TOGETHER])) for start in range(0, whole, _TOGETHER)]
    if together:
        connection.exec_driver_sql(statement + ", ".join([places] * _TOGETHER), together)
    if whole < len(rows):
        connection.exec_driver_sql(statement + places, rows[whole:])


def _copy(connection: sa.Connection, statement: str, rows: Columns) -> None:
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection of an open session is gone")
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in zip(*rows.values(), strict=True):
            copy.write_row(row)
