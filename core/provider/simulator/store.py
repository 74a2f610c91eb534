"""What survives a restart? Predictions, pending webhooks, files and counters in one small SQLite database."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from core.provider.contract import PredictionStatus
from core.provider.simulator import lifecycle, records
from core.provider.simulator.records import Record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS predictions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    due_us INTEGER,
    record TEXT NOT NULL,
    listed_us INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS orders (key TEXT PRIMARY KEY, creates INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS predictions_due ON predictions (due_us) WHERE due_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS predictions_created ON predictions (created_us);
CREATE INDEX IF NOT EXISTS predictions_status ON predictions (status);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNFINISHED = (PredictionStatus.STARTING.value, PredictionStatus.PROCESSING.value)


class Filters(NamedTuple):
    """Which predictions a list shows: created at or after, before, and those it has caught up with at a time."""

    created_after: datetime | None = None
    created_before: datetime | None = None
    seen_at: datetime | None = None


def microseconds(moment: datetime) -> int:
    """An aware datetime as whole microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    """The aware UTC datetime that `microseconds` was made of."""
    return _EPOCH + timedelta(microseconds=value)


class Database:
    """One SQLite connection in WAL mode, for use by one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing this way; only a power cut could cost the last moments.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("PRAGMA busy_timeout=5000")

    def run(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute one statement."""
        return self._connection.execute(sql, values)

    def script(self, sql: str) -> None:
        """Execute the statements of a schema."""
        self._connection.executescript(sql)

    def add_column(self, table: str, column: str, definition: str) -> None:
        """Give a table a column, unless it has it: the folder may be from an earlier version."""
        if column not in {row[1] for row in self.run(f"PRAGMA table_info({table})")}:
            self.run(f"ALTER TABLE {table} ADD COLUMN {column} {definition}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what runs inside."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()


class PredictionStore:
    """The predictions, newest first by a running number, each with the time of its next change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.script(_SCHEMA)
        database.add_column("predictions", "listed_us", "INTEGER NOT NULL DEFAULT 0")

    def insert(self, record: Record) -> None:
        """Keep a new prediction."""
        self._database.run(
            "INSERT INTO predictions (id, status, created_us, due_us, record, listed_us) VALUES (?, ?, ?, ?, ?, ?)",
            (
                record.id,
                record.status.value,
                microseconds(record.created_at),
                _due_us(record),
                records.to_json(record),
                0 if record.listed_at is None else microseconds(record.listed_at),
            ),
        )

    def save(self, record: Record) -> None:
        """Keep a prediction's new state."""
        self._database.run(
            "UPDATE predictions SET status = ?, due_us = ?, record = ? WHERE id = ?",
            (record.status.value, _due_us(record), records.to_json(record), record.id),
        )

    def get(self, prediction_id: str) -> Record | None:
        """The prediction of that id as last saved."""
        row = self._database.run("SELECT record FROM predictions WHERE id = ?", (prediction_id,)).fetchone()
        return records.from_json(row[0]) if row else None

    def due(self, now: datetime, *, limit: int) -> list[Record]:
        """Predictions whose next change is due, the most overdue first."""
        sql = "SELECT record FROM predictions WHERE due_us <= ? ORDER BY due_us LIMIT ?"
        return [records.from_json(text) for (text,) in self._database.run(sql, (microseconds(now), limit))]

    def next_due_at(self) -> datetime | None:
        """When the next change of any prediction is due."""
        (due_us,) = self._database.run("SELECT min(due_us) FROM predictions WHERE due_us IS NOT NULL").fetchone()
        return None if due_us is None else from_microseconds(due_us)

    def all(self) -> Iterator[Record]:
        """Every prediction there ever was as last saved, oldest first."""
        for (text,) in self._database.run("SELECT record FROM predictions ORDER BY seq"):
            yield records.from_json(text)

    def unfinished(self) -> list[Record]:
        """Every prediction that has not ended, oldest first."""
        sql = "SELECT record FROM predictions WHERE status IN (?, ?) ORDER BY seq"
        return [records.from_json(text) for (text,) in self._database.run(sql, _UNFINISHED)]

    def move_to_port(self, port: int) -> None:
        """Make unfinished predictions name the port the simulator listens on now."""
        for record in self.unfinished():
            origin = urlsplit(record.origin)
            if origin.port is not None and origin.port != port:
                host = f"[{origin.hostname}]" if ":" in (origin.hostname or "") else origin.hostname
                self.save(replace(record, origin=f"{origin.scheme}://{host}:{port}"))

    def older_than(self, position: int | None, filters: Filters, *, limit: int) -> list[tuple[int, Record]]:
        """Up to `limit` predictions (with their positions) below a position, newest first."""
        where, values = _conditions(filters)
        sql = f"SELECT seq, record FROM predictions WHERE {where} AND seq < ? ORDER BY seq DESC LIMIT ?"  # noqa: S608
        rows = self._database.run(sql, (*values, position or 2**62, limit))
        return [(seq, records.from_json(text)) for seq, text in rows]

    def newer_than(self, position: int | None, filters: Filters, *, limit: int) -> list[tuple[int, Record]]:
        """Up to `limit` predictions (with their positions) just above a position, newest first."""
        where, values = _conditions(filters)
        sql = f"SELECT seq, record FROM predictions WHERE {where} AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
        rows = self._database.run(sql, (*values, position or 0, limit)).fetchall()
        return [(seq, records.from_json(text)) for seq, text in reversed(rows)]

    def count_by_status(self) -> dict[str, int]:
        """How many predictions there are of each status."""
        return dict(self._database.run("SELECT status, count(*) FROM predictions GROUP BY status").fetchall())

    def count_order(self, key: str) -> int:
        """Add one to the creates of an order, and tell how many that makes."""
        sql = """INSERT INTO orders VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET creates = creates + 1
            RETURNING creates"""
        (creates,) = self._database.run(sql, (key,)).fetchone()
        return int(creates)

    def count(self, name: str) -> None:
        """Add one to a named counter."""
        sql = "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
        self._database.run(sql, (name,))

    def counters(self) -> dict[str, int]:
        """Every counter that was ever touched."""
        return dict(self._database.run("SELECT name, value FROM counters").fetchall())


def _due_us(record: Record) -> int | None:
    due_at = lifecycle.due_at(record)
    return None if due_at is None else microseconds(due_at)


def _conditions(filters: Filters) -> tuple[str, list[int]]:
    given = (
        ("created_us >= ?", filters.created_after),
        ("created_us < ?", filters.created_before),
        ("listed_us <= ?", filters.seen_at),
    )
    present = [(condition, microseconds(moment)) for condition, moment in given if moment is not None]
    where = " AND ".join(condition for condition, _ in present) or "1"
    return where, [value for _, value in present]
