"""What becomes of a prediction, and when? Pure functions of its record and the time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from core.provider.contract import PredictionStatus
from core.provider.simulator.records import Record

STARTING_SHARE = 0.1
RETENTION = timedelta(hours=1)


def following(record: Record) -> tuple[datetime, Record] | None:
    """The next change known so far: its time, and the record after it; None while nothing is due by the clock."""
    if record.status is PredictionStatus.STARTING:
        return _after_starting(record)
    if record.status is PredictionStatus.PROCESSING:
        return _after_processing(record)
    if record.completed_at is None or record.data_removed:
        return None
    return record.completed_at + RETENTION, replace(record, input={}, data_removed=True)


def advance(record: Record, now: datetime) -> Iterator[Record]:
    """Every state the record passes through until now, oldest first; nothing if it stays as it is."""
    change = following(record)
    while change is not None and change[0] <= now:
        yield change[1]
        change = following(change[1])


def due_at(record: Record) -> datetime | None:
    """When the record changes next by the clock, or None."""
    change = following(record)
    return change[0] if change else None


def canceled(record: Record, at: datetime) -> Record:
    """The record after its creator canceled it; a finished one is left as it is."""
    if record.status.is_terminal:
        return record
    return replace(record, status=PredictionStatus.CANCELED, completed_at=at)


def _after_starting(record: Record) -> tuple[datetime, Record]:
    if record.deadline is not None and record.deadline <= record.starts_at:
        return record.deadline, replace(record, status=PredictionStatus.ABORTED, completed_at=record.deadline)
    started = replace(record, status=PredictionStatus.PROCESSING, started_at=record.starts_at)
    return record.starts_at, started


def _after_processing(record: Record) -> tuple[datetime, Record] | None:
    finishes_at = _finishes_at(record)
    if record.deadline is not None and (finishes_at is None or record.deadline < finishes_at):
        return record.deadline, canceled(record, record.deadline)
    if finishes_at is None:
        return None
    error = record.planned_error or record.draw_error
    status = PredictionStatus.SUCCEEDED if error is None else PredictionStatus.FAILED
    return finishes_at, replace(record, status=status, error=error, completed_at=finishes_at)


def _finishes_at(record: Record) -> datetime | None:
    if record.ready_at is None or record.planned_error is not None:
        return record.ready_at
    if record.drawn_at is None:
        return None
    # A picture that was drawn late keeps its prediction running: the clock is never ahead of the truth.
    return max(record.ready_at, record.drawn_at)
