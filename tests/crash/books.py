"""What do the tables say, counted from outside? Plain SQL on a connection of its own, without a line of core."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg

_IN_FLIGHT = "('pending', 'processing')"


class Books:
    """A reader of one database, SQLite or PostgreSQL, by its SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a question; `?` stands for a value."""
        with self._connection() as connection:
            return [tuple(row) for row in connection.execute(self._in_dialect(sql), values).fetchall()]

    def value(self, sql: str, *values: object) -> Any:
        """The one value of a question."""
        return self.rows(sql, *values)[0][0]

    def job_ids(self) -> list[str]:
        """All jobs, oldest first."""
        return [row[0] for row in self.rows("SELECT id FROM jobs ORDER BY created_at, id")]

    def unfinished(self) -> int:
        """How many jobs are not terminal."""
        return int(self.value(f"SELECT count(*) FROM jobs WHERE state IN {_IN_FLIGHT}"))

    def states(self, job_ids: Sequence[str]) -> dict[str, str]:
        """Each job's state."""
        return dict(self.rows(f"SELECT id, state FROM jobs WHERE id IN ({_marks(job_ids)})", *job_ids))

    def variant_states(self, job_ids: Sequence[str]) -> list[tuple[str, str | None]]:
        """State and error code of these jobs' variants."""
        sql = "SELECT state, error_code FROM variants WHERE job_id IN"
        return [(row[0], row[1]) for row in self.rows(f"{sql} ({_marks(job_ids)}) ORDER BY id", *job_ids)]

    def predictions(self, job_ids: Sequence[str] | None = None) -> list[str]:
        """The predictions that attempts (of these jobs, or all) have on record."""
        sql = "SELECT a.prediction_id FROM attempts a JOIN variants v ON v.id = a.variant_id"
        sql += " WHERE a.prediction_id IS NOT NULL"
        if job_ids is None:
            return [row[0] for row in self.rows(sql)]
        return [row[0] for row in self.rows(f"{sql} AND v.job_id IN ({_marks(job_ids)})", *job_ids)]

    def moved(self, job_ids: Sequence[str], kind: str) -> int:
        """The sum of these jobs' ledger entries of one kind."""
        sql = "SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE kind = ? AND job_id IN"
        return int(self.value(f"{sql} ({_marks(job_ids)})", kind, *job_ids))

    def charges(self) -> list[tuple[str, int, int]]:
        """For each job: how many charges it has, and their sum."""
        sql = "SELECT j.id, count(l.id), coalesce(sum(l.amount), 0) FROM jobs j LEFT JOIN ledger_entries l"
        return [
            (row[0], int(row[1]), int(row[2]))
            for row in self.rows(f"{sql} ON l.job_id = j.id AND l.kind = 'charge' GROUP BY j.id")
        ]

    def balances(self) -> list[tuple[str, int, int]]:
        """For each account: its balance, and the sum of its entries."""
        sql = "SELECT a.name, a.balance, coalesce(sum(l.amount), 0) FROM accounts a"
        sql += " LEFT JOIN ledger_entries l ON l.account_id = a.id GROUP BY a.id, a.name, a.balance"
        return [(row[0], int(row[1]), int(row[2])) for row in self.rows(sql)]

    def footprint(self) -> list[tuple[Any, ...]]:
        """Everything that shows that work goes on: states, due times, attempts, events, webhooks dealt with."""
        questions = (
            "SELECT id, state, next_due_at, settling_until FROM variants ORDER BY id",
            "SELECT id, status, prediction_id, call_ended_at FROM attempts ORDER BY id",
            "SELECT count(*) FROM job_events",
            "SELECT count(*), count(applied_at) FROM webhook_deliveries",
        )
        return [tuple(map(str, row)) for question in questions for row in self.rows(question)]

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        if self._is_sqlite:
            with closing(sqlite3.connect(urlsplit(self._url).path, timeout=30)) as connection:
                yield connection
        else:
            with closing(psycopg.connect(self._url.replace("+psycopg", "", 1), autocommit=True)) as connection:
                yield connection

    @property
    def _is_sqlite(self) -> bool:
        return self._url.startswith("sqlite")

    def _in_dialect(self, sql: str) -> str:
        return sql if self._is_sqlite else sql.replace("?", "%s")


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" for _ in values) or "NULL"
