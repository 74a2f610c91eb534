"""How does a variant end, and its job with it? One conditional UPDATE each, with its event and its credits.

Inner functions: they take an open writing session and never commit. The job's row is locked first, so that two
variants which end at once take turns, and a person's cancel is either seen by all that follows or comes after it.
Rows are locked in one order everywhere, or PostgreSQL would find deadlocks: first, where a person refunds, the turn
of who does (`core.credits.limits.take_turn`); then job, refund, attempt, variant, account, and last what all share
(create rate, queue pause). People's roles have an order of their own (`core.auth.users`); no transaction needs both.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.credits import ledger
from core.jobs import attempts, events, retry
from core.jobs.events import EventKind
from core.jobs.states import ENDED_WORDS, JobState, VariantState, final_job_state, variant_name
from core.models import Attempt, Job, Variant
from core.models.base import UtcTime
from core.provider.contract import Prediction, PredictionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """A result that lies in our storage."""

    key: str
    thumbnail_key: str
    sha256: str
    media_type: str
    width: int
    height: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedVariant:
    """A variant as it is while its job's row is locked."""

    id: str
    job_id: str
    account_id: int
    variant_index: int
    price_credits: int
    state: VariantState
    retried_at: datetime | None
    cancel_requested_at: datetime | None
    prediction_id: str | None


def lock_job_of(session: Session, variant_id: str) -> LockedVariant:
    """Lock the row of the variant's job until the commit; the variant as it is now."""
    session.execute(
        sa.select(Job.id)
        .where(Job.id == sa.select(Variant.job_id).where(Variant.id == variant_id).scalar_subquery())
        # key_share: events of the same job, whose foreign key looks at its row, must not wait for this lock.
        .with_for_update(key_share=True)
    ).one()
    # Read when the lock is held: what was read before it may have changed while we waited.
    row = session.execute(
        sa.select(
            Variant.id,
            Variant.job_id,
            Job.account_id,
            Variant.variant_index,
            Variant.price_credits,
            Variant.state,
            Variant.retried_at,
            Job.cancel_requested_at,
            attempts.followed_prediction_id().label("prediction_id"),
        )
        .join(Job, Job.id == Variant.job_id)
        .where(Variant.id == variant_id)
    ).one()
    return LockedVariant(**{**row._mapping, "state": VariantState(row.state)})


def succeed_variant(
    session: Session, actor: Actor, *, variant_id: str, prediction: Prediction, result: StoredResult
) -> bool:
    """running → succeeded, and the job with it if this was the last; not by a prediction it no longer follows."""
    variant = lock_job_of(session, variant_id)
    if variant.state is not VariantState.RUNNING or variant.prediction_id != prediction.id:
        return False
    changed = _end(
        session,
        actor,
        variant,
        state=VariantState.SUCCEEDED,
        result_key=result.key,
        result_thumbnail_key=result.thumbnail_key,
        result_sha256=result.sha256,
        result_media_type=result.media_type,
        result_width=result.width,
        result_height=result.height,
        result_size_bytes=result.size_bytes,
    )
    if not changed:
        return False
    _keep_provider_columns(session, prediction)
    seconds = f" in {prediction.predict_seconds:.1f} s" if prediction.predict_seconds is not None else ""
    _tell(session, actor, variant, EventKind.SUCCEEDED, f"{variant_name(variant.variant_index)} is ready{seconds}.")
    _finish_job(session, actor, job_id=variant.job_id)
    return True


def end_without_result(
    session: Session,
    actor: Actor,
    *,
    variant_id: str,
    failure: errors.StagingError,
    allowed: tuple[VariantState, ...],
    prediction_id: str | None = None,
    prediction: Prediction | None = None,
) -> VariantState | None:
    """in flight → failed, canceled, or queued again for its free retry; None if the variant had moved on.

    What ends for good returns its credits, and ends the job with it if it was the last. With `prediction_id`, only
    while the variant follows that prediction; `prediction` is what the provider said of it last.
    """
    variant = lock_job_of(session, variant_id)
    if variant.state not in allowed or prediction_id not in (None, variant.prediction_id):
        return None
    after = retry.after_failure(
        failure,
        state=variant.state,
        cancel_requested=variant.cancel_requested_at is not None,
        was_retried=variant.retried_at is not None,
    )
    if not _ENDINGS[after](session, actor, variant, failure):
        return None
    if prediction is not None:
        _keep_provider_columns(session, prediction)
        if prediction.status is not PredictionStatus.SUCCEEDED:
            # A prediction that failed is, as far as is known, not billed.
            session.execute(
                sa.update(Attempt).where(Attempt.prediction_id == prediction.id).values(cost_usd_micros=0)
            )
    if after.is_terminal:
        _finish_job(session, actor, job_id=variant.job_id)
    return after


def provider_columns(prediction: Prediction) -> dict[str, Any]:
    """What an attempt keeps of what the provider says."""
    return {
        "status": prediction.status.value,
        "error": prediction.error,
        "logs": prediction.logs,
        "provider_started_at": prediction.started_at,
        "provider_completed_at": prediction.completed_at,
        "predict_seconds": prediction.predict_seconds,
    }


def _fail(session: Session, actor: Actor, variant: LockedVariant, failure: errors.StagingError) -> bool:
    changed = _end(
        session,
        actor,
        variant,
        state=VariantState.FAILED,
        error_code=failure.code,
        error_message=_kept_words(failure),
    )
    if changed:
        _tell(session, actor, variant, EventKind.FAILED, f"{variant_name(variant.variant_index)}: {failure.message}")
        _return_credits(session, actor, variant, note=failure.code)
    return changed


def _kept_words(failure: errors.StagingError) -> str:
    """What stands beside the refund. An order that was refused does not know by itself that credits return for it."""
    if isinstance(failure, errors.ProviderRefused):
        return f"{failure.message.rstrip('.')}. Its credits were returned; other words or another photo may pass."
    return failure.message


def _cancel(session: Session, actor: Actor, variant: LockedVariant, _failure: errors.StagingError) -> bool:
    changed = _end(session, actor, variant, state=VariantState.CANCELED)
    if changed:
        _tell(session, actor, variant, EventKind.CANCELED, f"{variant_name(variant.variant_index)} was canceled.")
        _return_credits(session, actor, variant, note="canceled")
    return changed


def _queue_again(session: Session, actor: Actor, variant: LockedVariant, failure: errors.StagingError) -> bool:
    now = clock.now()
    changed = session.execute(
        sa.update(Variant)
        .where(Variant.id == variant.id, Variant.state == variant.state, Variant.retried_at.is_(None))
        .values(state=VariantState.QUEUED, retried_at=now, next_due_at=now, deadline_at=None, settling_until=None)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    why = failure.reason if isinstance(failure, errors.VariantFailure) else failure.message
    message = f"{variant_name(variant.variant_index)}: {why} It is ordered once more with a new seed, at no charge."
    _tell(session, actor, variant, EventKind.RETRIED, message)
    return True


_ENDINGS = {
    VariantState.FAILED: _fail,
    VariantState.CANCELED: _cancel,
    VariantState.QUEUED: _queue_again,
}


def _end(session: Session, actor: Actor, variant: LockedVariant, *, state: VariantState, **values: Any) -> bool:
    ended = session.execute(
        sa.update(Variant)
        .where(Variant.id == variant.id, Variant.state == variant.state)
        .values(
            state=state,
            completed_at=clock.now(),
            next_due_at=None,
            settling_until=None,
            settled_by=actor.source.value,
            **values,
        )
    )
    return ended.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def _return_credits(session: Session, actor: Actor, variant: LockedVariant, *, note: str) -> None:
    returned = ledger.refund(
        session,
        key=f"return:{variant.id}",
        job_id=variant.job_id,
        amount_credits=variant.price_credits,
        reason=ledger.SYSTEM_REASON,
        actor=actor.name,
        note=note,
    )
    if returned is not None:
        words = f"{variant_name(variant.variant_index)}: {variant.price_credits} credits were returned."
        _tell(session, actor, variant, EventKind.REFUNDED, words)
        audit.note(
            session,
            actor,
            AuditKind.REFUND,
            account_id=variant.account_id,
            job_id=variant.job_id,
            detail=f"{variant.price_credits} credits, {ledger.SYSTEM_REASON}: {note}",
        )


def _finish_job(session: Session, actor: Actor, *, job_id: str) -> None:
    rows = session.execute(
        sa.select(Variant.state, Variant.error_code, Variant.error_message)
        .where(Variant.job_id == job_id)
        .order_by(Variant.variant_index)
    ).all()
    state = final_job_state([VariantState(row.state) for row in rows])
    if state is None:
        return
    first_error = next((row for row in rows if row.error_code is not None), None)
    now = clock.now()
    session.execute(
        sa.update(Job)
        .where(Job.id == job_id, Job.state.in_((JobState.PENDING, JobState.PROCESSING)))
        .values(
            state=state,
            completed_at=now,
            started_at=sa.func.coalesce(Job.started_at, sa.literal(now, UtcTime())),
            error_code=first_error.error_code if first_error else None,
            error_message=first_error.error_message if first_error else None,
        )
    )
    events.add(session, actor, job_id=job_id, kind=EventKind.FINISHED, message=ENDED_WORDS[state])


def _keep_provider_columns(session: Session, prediction: Prediction) -> None:
    session.execute(
        sa.update(Attempt).where(Attempt.prediction_id == prediction.id).values(**provider_columns(prediction))
    )


def _tell(session: Session, actor: Actor, variant: LockedVariant, kind: EventKind, message: str) -> None:
    events.add(session, actor, job_id=variant.job_id, kind=kind, message=message, variant_index=variant.variant_index)
