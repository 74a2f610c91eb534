"""What becomes of a prediction, and when? Pure functions of its record and the time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from core.provider.contract import PredictionStatus
from core.provider.simulator import catalog
from core.provider.simulator.faults import Fault
from core.provider.simulator.orders import Order
from core.provider.simulator.records import Record, digest

STARTING_SHARE = 0.1
RETENTION = timedelta(hours=1)
LAGGING_SECONDS = 10.0


def begun(
    order: Order,
    *,
    prediction_id: str,
    seed: int,
    origin: str,
    faults: frozenset[Fault],
    planned_error: str | None,
    now: datetime,
    seconds: float,
    list_lag_seconds: float = 0.0,
) -> Record:
    """The record of a prediction that was just accepted.

    Args:
        seed: the one to use where the order has none.
        faults, planned_error: what the fault plan decided for it.
        seconds: how long it takes when nothing is in its way.
        list_lag_seconds: how long lists don't show it.
    """
    duration = timedelta(seconds=seconds)
    lag_seconds = max(list_lag_seconds, LAGGING_SECONDS if Fault.LIST_LAG in faults else 0.0)
    is_stuck, is_hanging = Fault.STUCK_STARTING in faults, Fault.HANG in faults
    lifetime = None if Fault.DEADLINE_IGNORED in faults else order.cancel_after_seconds
    given_seed = order.input.get("seed")
    return Record(
        id=prediction_id,
        model=order.model,
        origin=origin,
        input=order.input,
        seed=seed if given_seed is None else given_seed,
        output_format=catalog.output_format(order.model, order.input),
        webhook=order.webhook,
        webhook_events=order.webhook_events,
        faults=faults,
        planned_error=planned_error,
        created_at=now,
        starts_at=None if is_stuck else now + duration * STARTING_SHARE,
        ready_at=None if is_stuck or is_hanging else now + duration,
        deadline=None if lifetime is None else now + timedelta(seconds=lifetime),
        listed_at=now + timedelta(seconds=lag_seconds) if lag_seconds else None,
        prompt_sha256=digest(order.input["prompt"]),
        input_image=catalog.image_url(order.input),
    )


def drawn(record: Record, at: datetime, *, size_bytes: int | None, error: str | None = None) -> Record:
    """The record once its picture is there, or can't be drawn; it may end from then on."""
    return replace(record, drawn_at=at, drawn_bytes=size_bytes, draw_error=error)


def following(record: Record) -> tuple[datetime, Record] | None:
    """The next change known so far: its time, and the record after it; None while nothing is due by the clock."""
    if record.status is PredictionStatus.STARTING:
        return _after_starting(record)
    if record.status is PredictionStatus.PROCESSING:
        return _after_processing(record)
    if record.completed_at is None or record.data_removed:
        return None
    retention = timedelta() if Fault.DATA_REMOVED in record.faults else RETENTION
    return record.completed_at + retention, replace(record, input={}, data_removed=True)


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


def _after_starting(record: Record) -> tuple[datetime, Record] | None:
    is_late = record.deadline is not None and (record.starts_at is None or record.deadline <= record.starts_at)
    ends_at = record.deadline if is_late else record.starts_at
    if ends_at is None:
        return None
    if is_late or Fault.ABORTED in record.faults:
        return ends_at, replace(record, status=PredictionStatus.ABORTED, completed_at=ends_at)
    return ends_at, replace(record, status=PredictionStatus.PROCESSING, started_at=ends_at)


def _after_processing(record: Record) -> tuple[datetime, Record] | None:
    finishes_at = _finishes_at(record)
    if record.deadline is not None and (finishes_at is None or record.deadline < finishes_at):
        return record.deadline, canceled(record, record.deadline)
    if finishes_at is None:
        return None
    if Fault.CANCELED in record.faults:
        return finishes_at, canceled(record, finishes_at)
    error = record.planned_error or record.draw_error
    status = PredictionStatus.SUCCEEDED if error is None else PredictionStatus.FAILED
    return finishes_at, replace(record, status=status, error=error, completed_at=finishes_at)


def _finishes_at(record: Record) -> datetime | None:
    is_decided = record.planned_error is not None or Fault.CANCELED in record.faults
    if record.ready_at is None or is_decided:
        return record.ready_at
    if record.drawn_at is None:
        return None
    # A picture that was drawn late keeps its prediction running: the clock is never ahead of the truth.
    return max(record.ready_at, record.drawn_at)
