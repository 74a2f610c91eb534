"""What do the tables hold? Rows of jobs and of the ledger as columns: all of them, or some.

Nothing is read through the ORM, and at no time more than one chunk of rows: a million jobs are read like a few.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.analytics import columns, histogram
from core.analytics.columns import SLOTS, STAGES, Array, History
from core.analytics.histogram import NEVER
from core.jobs.states import JobState, VariantState
from core.models import Account, Attempt, Job, LedgerEntry, Variant

CHUNK_JOBS, CHUNK_ENTRIES, CHUNK_IDS = 20_000, 50_000, 500
_STATE_CODES = {state.value: code for code, state in enumerate(columns.STATES)}
_KIND_CODES = {kind.value: code for code, kind in enumerate(columns.KINDS)}
_VARIANT_STATES = {state.value: code for code, state in enumerate(VariantState)}
_RUNNING, _SUCCEEDED, _FAILED, _CANCELED = (
    _VARIANT_STATES[state]
    for state in (VariantState.RUNNING, VariantState.SUCCEEDED, VariantState.FAILED, VariantState.CANCELED)
)
_COMPLETED = _STATE_CODES[JobState.COMPLETED]
_ABSENT = -1
_VARIANT_WIDTH = 12
_DIMENSIONS = (Job.account_id, Job.created_by, Job.room_type, Job.style, Job.model, Job.priority)
Rows = Sequence[Sequence[Any]]
_Chunk = TypeVar("_Chunk")


def whole(session: Session, *, at_each_chunk: Callable[[], None] | None = None) -> History:
    """Everything there is, in the state that this session's transaction sees.

    `at_each_chunk` is called again and again meanwhile, and may end it by an exception of its own.
    """
    history = History(account_names=_account_names(session))
    chunks = [_job_columns(history, *chunk) for chunk in _watched(_job_chunks(session), at_each_chunk)]
    history.jobs = columns.joined(columns.JOB_SHAPE, columns.JOB_ORDER, chunks)
    rows_found = _watched(entry_chunks(session, after_id=0), at_each_chunk)
    entries = [entry_columns(history, rows) for rows in rows_found]
    history.ledger = columns.joined(columns.LEDGER_SHAPE, columns.LEDGER_ORDER, entries)
    return history


def _watched(chunks: Iterator[_Chunk], watch: Callable[[], None] | None) -> Iterator[_Chunk]:
    for chunk in chunks:
        if watch is not None:
            watch()
        yield chunk


def jobs(session: Session, history: History, job_ids: Sequence[str]) -> Iterator[dict[str, Array]]:
    """The rows of these jobs, in chunks; new words get codes in the history."""
    for start in range(0, len(job_ids), CHUNK_IDS):
        some = job_ids[start : start + CHUNK_IDS]
        found = _rows(session, _job_query(session).where(Job.id.in_(some)).order_by(Job.id))
        variants = _rows(session, _variant_query(session).where(Variant.job_id.in_(some)))
        if found:
            yield _job_columns(history, found, variants)


def entry_chunks(session: Session, *, after_id: int) -> Iterator[Rows]:
    """Ledger rows with a higher id, by id: id, time, kind, amount, reason, job, and what a job is chosen by."""
    while True:
        rows = _rows(
            session,
            sa.select(
                LedgerEntry.id,
                _microseconds(session, LedgerEntry.at),
                LedgerEntry.kind,
                LedgerEntry.amount,
                LedgerEntry.reason,
                LedgerEntry.job_id,
                LedgerEntry.account_id,
                *_DIMENSIONS[1:],
            )
            .outerjoin(Job, Job.id == LedgerEntry.job_id)
            .where(LedgerEntry.id > after_id)
            .order_by(LedgerEntry.id)
            .limit(CHUNK_ENTRIES),
        )
        if rows:
            yield rows
        if len(rows) < CHUNK_ENTRIES:
            return
        after_id = rows[-1][0]


def entry_columns(history: History, rows: Rows) -> dict[str, Array]:
    """Ledger rows, at least one, as columns."""
    ids, times, kinds, amounts, reasons, _jobs, *dimensions = zip(*rows, strict=True)
    words = history.words
    return {
        "id": np.array(ids, dtype=np.int64),
        "at": np.array(times, dtype=np.int64),
        "kind": _coded(kinds, _KIND_CODES, np.uint8),
        "amount": np.array(amounts, dtype=np.int64),
        "reason": words["reason"].of_all(reasons),
        **{name: words[name].of_all(found) for name, found in zip(columns.DIMENSIONS, dimensions, strict=True)},
    }


def balances(session: Session) -> dict[int, tuple[str, int]]:
    """The name and the balance of each account, by its id."""
    rows = session.execute(sa.select(Account.id, Account.name, Account.balance))
    return {account_id: (name, balance) for account_id, name, balance in rows}


def _account_names(session: Session) -> dict[int, str]:
    return {account_id: name for account_id, (name, _balance) in balances(session).items()}


def _rows(session: Session, query: sa.Select[*tuple[Any, ...]]) -> Rows:
    # Of the connection: a session would look at each row once more.
    return session.connection().execute(query).all()


def _microseconds(session: Session, column: InstrumentedAttribute[Any]) -> sa.ColumnElement[int]:
    """A time as whole microseconds since 1970, NEVER where there is none."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.func.coalesce(sa.type_coerce(column, sa.BigInteger), NEVER)
    # A decimal number there, so nothing is rounded.
    return sa.func.coalesce(sa.cast(sa.extract("epoch", column) * 1_000_000, sa.BigInteger), NEVER)


def _job_query(session: Session) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        Job.id,
        _microseconds(session, Job.created_at),
        _microseconds(session, Job.completed_at),
        Job.state,
        Job.retry_of.is_not(None),
        Job.error_code,
        *_DIMENSIONS,
    )


def _variant_query(session: Session) -> sa.Select[*tuple[Any, ...]]:
    """A row for each attempt of each variant, and one for each variant without any."""
    return sa.select(
        Variant.job_id,
        Variant.variant_index,
        Variant.state,
        Variant.settled_by,
        _microseconds(session, Variant.completed_at),
        _microseconds(session, Variant.retried_at),
        sa.func.coalesce(Attempt.number, 0),
        _microseconds(session, Attempt.created_at),
        _microseconds(session, Attempt.provider_started_at),
        _microseconds(session, Attempt.provider_completed_at),
        sa.func.coalesce(Attempt.predict_seconds, -1.0),
        sa.func.coalesce(Attempt.cost_usd_micros, 0),
    ).outerjoin(Attempt, Attempt.variant_id == Variant.id)


def _job_chunks(session: Session) -> Iterator[tuple[Rows, Rows]]:
    last = ""
    while True:
        found = _rows(session, _job_query(session).where(Job.id > last).order_by(Job.id).limit(CHUNK_JOBS))
        if found:
            first, last = found[0][0], found[-1][0]
            yield found, _rows(session, _variant_query(session).where(Variant.job_id.between(first, last)))
        if len(found) < CHUNK_JOBS:
            return


def _turned(rows: Rows, width: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _coded(values: Sequence[str], codes: dict[str, int], kind: type[Any]) -> Array:
    return np.fromiter(map(codes.__getitem__, values), dtype=kind, count=len(values))


def _job_columns(history: History, found: Rows, variants: Rows) -> dict[str, Array]:
    """Rows of jobs, at least one, and of their variants, as columns."""
    ids, created, ended, states, is_retry, errors, *dimensions = zip(*found, strict=True)
    created_us, ended_us = np.array(created, dtype=np.int64), np.array(ended, dtype=np.int64)
    state = _coded(states, _STATE_CODES, np.int64)
    of = _variants(history, {job_id: place for place, job_id in enumerate(ids)}, variants)
    high, low = columns.id_halves(ids)
    is_completed = (state == _COMPLETED) & (ended_us != NEVER)
    duration = np.where(is_completed, np.maximum(ended_us - created_us, 0), NEVER)
    has_result, was_retried = of.state == _SUCCEEDED, of.retried_us != NEVER
    fate = columns.fate_of(
        state,
        has_result.sum(axis=1),
        (of.state == _FAILED).sum(axis=1),
        was_retried.sum(axis=1),
        (was_retried & has_result).sum(axis=1),
        np.array(is_retry, dtype=np.int64),
    )
    words, stages = history.words, _stages(of, created_us)
    return {
        "id_low": low,
        "id_high": high,
        "at": created_us,
        "fate": words["fate"].of_all(fate.tolist()),
        **{name: words[name].of_all(values) for name, values in zip(columns.DIMENSIONS, dimensions, strict=True)},
        "error": words["error"].of_all(errors),
        "duration": duration,
        "duration_bin": histogram.bins_of(duration),
        **_costs(of),
        "settled_by": of.settled_by,
        **stages,
        **{f"{name}_bin": histogram.bins_of(values) for name, values in stages.items()},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variants:
    """What is known of each job's variants, as arrays of shape (jobs, slots); of orders, of the last one."""

    state: Array
    settled_by: Array
    ended_us: Array
    retried_us: Array
    ordered_us: Array
    provider_us: Array
    provider_ended_us: Array
    cost: Array
    last_cost: Array


def _variants(history: History, places: dict[str, int], rows: Rows) -> _Variants:
    shape = (len(places), SLOTS)

    def spread(values: Array, fill: int) -> Array:
        flat = np.full(len(places) * SLOTS, fill, dtype=values.dtype)
        # In order of attempts: what is written last stays, which is the last attempt's.
        flat[at[order]] = values[order]
        return flat.reshape(shape)

    job_ids, indexes, states, settled, *times, predicted, cost = _turned(rows, _VARIANT_WIDTH)
    ended, retried, number, ordered, started, completed = (np.array(one, dtype=np.int64) for one in times)
    costs, seconds = np.array(cost, dtype=np.int64), np.array(predicted, dtype=np.float64)
    at = np.fromiter(map(places.__getitem__, job_ids), dtype=np.int64, count=len(rows)) * SLOTS
    at += np.array(indexes, dtype=np.int64)
    order = np.argsort(number, kind="stable")
    measured = np.where((started >= 0) & (completed >= 0), np.maximum(completed - started, 0), NEVER)
    provider = np.where(seconds >= 0, np.rint(seconds * 1e6).astype(np.int64), measured)
    spent = np.bincount(at, weights=costs, minlength=len(places) * SLOTS)
    return _Variants(
        state=spread(_coded(states, _VARIANT_STATES, np.int64), _ABSENT),
        settled_by=spread(history.words["settled_by"].of_all(settled), 0),
        ended_us=spread(ended, NEVER),
        retried_us=spread(retried, NEVER),
        ordered_us=spread(ordered, NEVER),
        provider_us=spread(provider, NEVER),
        provider_ended_us=spread(completed, NEVER),
        cost=spent.astype(np.int64).reshape(shape),
        last_cost=spread(costs, 0),
    )


def _stages(of: _Variants, created_us: Array) -> dict[str, Array]:
    """How long each stage took, of variants that have their result; clocks of two machines may give less than 0."""
    has_result = (of.state == _SUCCEEDED) & (of.ended_us != NEVER)
    begun_us = np.where(of.retried_us != NEVER, of.retried_us, created_us[:, None])

    def between(first: Array, last: Array) -> Array:
        return np.where(has_result & (first != NEVER) & (last != NEVER), np.maximum(last - first, 0), NEVER)

    found = (
        between(begun_us, of.ordered_us),
        np.where(has_result, of.provider_us, NEVER),
        between(of.provider_ended_us, of.ended_us),
        between(np.broadcast_to(created_us[:, None], of.ended_us.shape), of.ended_us),
    )
    return dict(zip(STAGES, found, strict=True))


def _costs(of: _Variants) -> dict[str, Array]:
    """What each job cost, and how much of that nobody has: by what became of the variant, or as it is under way."""
    is_failed, is_canceled = of.state == _FAILED, of.state == _CANCELED
    is_running = of.state == _RUNNING
    # Of a variant that waits to be ordered again, the last order is one that failed.
    last = np.where(is_running | (of.state == _SUCCEEDED), of.last_cost, 0)
    parts = {
        "wasted_retried": np.where(is_failed | is_canceled, 0, of.cost - last),
        "wasted_failed": np.where(is_failed, of.cost, 0),
        "wasted_canceled": np.where(is_canceled, of.cost, 0),
        columns.UNDER_WAY: np.where(is_running, last, 0),
    }
    named = {name: one.sum(axis=1).astype(np.int32) for name, one in parts.items()}
    return {"cost": of.cost.sum(axis=1), **named}
