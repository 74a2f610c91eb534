"""What do the rows say now? All of them, read by plain SQL beside the code that is examined."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The rows that the rules are about; jobs and variants by id, everything in the order it came up."""

    accounts: Sequence[Row] = ()
    jobs: Mapping[str, Row] = field(default_factory=dict)
    variants: Mapping[str, Row] = field(default_factory=dict)
    attempts: Sequence[Row] = ()
    ledger: Sequence[Row] = ()
    events: Sequence[Row] = ()
    webhooks: Sequence[Row] = ()
    is_paused: bool = False

    def of_job(self, job_id: str) -> list[Row]:
        """The variants of a job."""
        return [variant for variant in self.variants.values() if variant["job_id"] == job_id]

    @property
    def has_queued(self) -> bool:
        """Whether any variant waits for its turn."""
        return any(variant["state"] == "queued" for variant in self.variants.values())

    @property
    def has_unapplied(self) -> bool:
        """Whether any webhook waits to be applied."""
        return any(row["applied_at"] is None for row in self.webhooks)

    @property
    def states(self) -> str:
        """How all stands, on one line."""
        jobs = (
            f"{job['state']}({','.join(variant['state'] for variant in self.of_job(job['id']))})"
            for job in self.jobs.values()
        )
        return " ".join(jobs)


_ACCOUNTS = """
    SELECT id, name, balance,
        (SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account_id = accounts.id) AS entries
    FROM accounts ORDER BY id
"""
_JOBS = "SELECT id, state, credits_used, credits_refunded, cancel_requested_at, retry_of FROM jobs ORDER BY rowid"
_VARIANTS = """
    SELECT id, job_id, variant_index, state, price_credits, error_code, result_key, result_sha256, completed_at,
        retried_at, next_due_at, deadline_at
    FROM variants ORDER BY rowid
"""
_ATTEMPTS = """
    SELECT id, variant_id, number, prediction_id, status, input, created_at FROM attempts ORDER BY variant_id, number
"""
_LEDGER = "SELECT kind, job_id, amount, balance_after FROM ledger_entries ORDER BY id"
_EVENTS = """
    SELECT job_id, variant_index, kind, count(*) AS times FROM job_events
    WHERE kind IN ('succeeded', 'failed', 'canceled', 'finished', 'refunded', 'retried')
    GROUP BY job_id, variant_index, kind ORDER BY min(id)
"""
_WEBHOOKS = "SELECT webhook_id, prediction_id, applied_at FROM webhook_deliveries ORDER BY rowid"


def order_of(inputs: Row) -> tuple[Any, ...] | None:
    """What tells one order from another: its prompt, its picture and its seed; None once they are forgotten."""
    order = (inputs.get("prompt"), inputs.get("input_image"), inputs.get("seed"))
    return None if None in order else order


class Reader:
    """Reads snapshots; the same one again while nobody has committed anything."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._version: int | None = None
        self._last = Snapshot()

    def read(self) -> Snapshot:
        """Everything as it is now."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self._last = self._read()
        return self._last

    def close(self) -> None:
        self._connection.close()

    def _read(self) -> Snapshot:
        return Snapshot(
            accounts=self._rows(_ACCOUNTS),
            jobs={row["id"]: row for row in self._rows(_JOBS)},
            variants={row["id"]: row for row in self._rows(_VARIANTS)},
            attempts=[row | {"order": order_of(json.loads(row["input"]))} for row in self._rows(_ATTEMPTS)],
            ledger=self._rows(_LEDGER),
            events=self._rows(_EVENTS),
            webhooks=self._rows(_WEBHOOKS),
            is_paused=bool(self._rows("SELECT code FROM queue_pauses")),
        )

    def _rows(self, query: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(query)]
