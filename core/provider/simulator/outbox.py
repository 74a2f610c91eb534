"""Which webhooks are still to be posted? A table of them, so that a restart forgets none."""

from datetime import datetime

from core.provider.simulator.store import Database, from_microseconds, microseconds
from core.provider.simulator.webhooks import Delivery, Kind

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id TEXT NOT NULL,
    prediction_id TEXT NOT NULL,
    event TEXT NOT NULL,
    url TEXT NOT NULL,
    body TEXT NOT NULL,
    kind TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_us INTEGER
);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due_us) WHERE due_us IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbox_held ON outbox (prediction_id) WHERE due_us IS NULL;
"""
_COLUMNS = "webhook_id, prediction_id, event, url, body, kind, attempts, due_us"


class Outbox:
    """Webhooks in the order they came up; the held ones have no due time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.script(_SCHEMA)

    def add(self, delivery: Delivery) -> None:
        """Keep a webhook until it is settled."""
        self._database.run(
            f"INSERT INTO outbox ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                delivery.webhook_id,
                delivery.prediction_id,
                delivery.event,
                delivery.url,
                delivery.body,
                delivery.kind.value,
                delivery.attempts,
                None if delivery.due_at is None else microseconds(delivery.due_at),
            ),
        )

    def release(self, prediction_id: str, *, due_at: datetime) -> None:
        """Make the held webhooks of a prediction due at that time."""
        sql = "UPDATE outbox SET due_us = ? WHERE prediction_id = ? AND due_us IS NULL"
        self._database.run(sql, (microseconds(due_at), prediction_id))

    def due(self, now: datetime, *, limit: int) -> list[Delivery]:
        """Webhooks that are due, in the order they came up."""
        sql = f"SELECT seq, {_COLUMNS} FROM outbox WHERE due_us <= ? ORDER BY seq LIMIT ?"  # noqa: S608
        return [_from_row(row) for row in self._database.run(sql, (microseconds(now), limit))]

    def next_due_at(self, *, after: datetime) -> datetime | None:
        """When the next webhook that is not due yet will be."""
        sql = "SELECT min(due_us) FROM outbox WHERE due_us > ?"
        (due_us,) = self._database.run(sql, (microseconds(after),)).fetchone()
        return None if due_us is None else from_microseconds(due_us)

    def postpone(self, delivery: Delivery, *, due_at: datetime) -> None:
        """Count a failed attempt and try again at that time."""
        sql = "UPDATE outbox SET attempts = ?, due_us = ? WHERE seq = ?"
        self._database.run(sql, (delivery.attempts + 1, microseconds(due_at), delivery.position))

    def remove(self, delivery: Delivery) -> None:
        """The webhook is settled: taken, or given up."""
        self._database.run("DELETE FROM outbox WHERE seq = ?", (delivery.position,))

    def count(self) -> int:
        """How many webhooks are not settled yet."""
        (count,) = self._database.run("SELECT count(*) FROM outbox").fetchone()
        return int(count)


def _from_row(row: tuple[int, str, str, str, str, str, str, int, int]) -> Delivery:
    position, webhook_id, prediction_id, event, url, body, kind, attempts, due_us = row
    return Delivery(
        position=position,
        webhook_id=webhook_id,
        prediction_id=prediction_id,
        event=event,
        url=url,
        body=body,
        kind=Kind(kind),
        attempts=attempts,
        due_at=from_microseconds(due_us),
    )
