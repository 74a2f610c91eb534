"""How does a variant change state? One conditional UPDATE each, with its event and the credits it implies.

Inner functions: they take an open writing session and never commit. Each returns whether it changed anything; a
lost race is a normal result. Where a job may finish, its row is locked first, so that two variants which end at
once take turns.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.auth.actors import Actor
from core.credits import ledger
from core.jobs import events
from core.jobs.events import EventKind
from core.jobs.states import JobState, VariantState, final_job_state
from core.models import Attempt, Job, Variant
from core.models.base import UtcTime, new_id
from core.provider.contract import Prediction

# An attempt whose order is out, or was: no prediction is known for it yet.
SUBMITTING = VariantState.SUBMITTING.value
# An attempt whose order never arrived, as far as the provider's list can tell.
ABANDONED = "abandoned"
# A healthy create call is back by then; to look for it in the list while it runs does no harm.
SUBMITTING_FIRST_LOOK = timedelta(seconds=3)
POLL_INTERVAL = timedelta(milliseconds=400)


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


def variant_name(index: int) -> str:
    """What people call a variant: A, B, …"""
    return f"Variant {chr(ord('A') + index)}"


def begin_attempt(session: Session, actor: Actor, *, variant_id: str, input: dict[str, Any], seed: int) -> str | None:
    """queued → submitting, with the exact input on record before the order is sent; the attempt's id."""
    _lock_job_of(session, variant_id)
    now = clock.now()
    variant = session.execute(
        sa.update(Variant)
        .where(Variant.id == variant_id, Variant.state == VariantState.QUEUED)
        .values(
            state=VariantState.SUBMITTING,
            started_at=sa.func.coalesce(Variant.started_at, sa.literal(now, UtcTime())),
            next_due_at=now + SUBMITTING_FIRST_LOOK,
        )
        .returning(Variant.job_id, Variant.variant_index)
    ).one_or_none()
    if variant is None:
        return None
    earlier = session.scalar(sa.select(sa.func.count()).where(Attempt.variant_id == variant_id)) or 0
    attempt_id = new_id()
    session.execute(
        sa.insert(Attempt).values(
            id=attempt_id,
            variant_id=variant_id,
            number=earlier + 1,
            seed=seed,
            input=input,
            status=SUBMITTING,
            created_at=now,
        )
    )
    session.execute(
        sa.update(Job)
        .where(Job.id == variant.job_id, Job.state == JobState.PENDING)
        .values(state=JobState.PROCESSING, started_at=now)
    )
    events.add(
        session,
        actor,
        job_id=variant.job_id,
        kind=EventKind.SUBMITTING,
        variant_index=variant.variant_index,
        message=f"{variant_name(variant.variant_index)} is being ordered, seed {seed}.",
    )
    return attempt_id


def record_prediction(
    session: Session,
    actor: Actor,
    *,
    attempt_id: str,
    prediction: Prediction,
    timeout_seconds: int,
    cost_usd_micros: int,
    adopted: bool = False,
) -> bool:
    """submitting → running: the attempt owns this prediction from now on. Its deadline runs from the creation."""
    now = clock.now()
    taken = sa.select(Attempt.id).where(Attempt.prediction_id == prediction.id).exists()
    recorded = session.execute(
        sa.update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.status == SUBMITTING, ~taken)
        .values(
            prediction_id=prediction.id,
            status=prediction.status.value,
            provider_created_at=prediction.created_at,
            call_ended_at=now,
            cost_usd_micros=cost_usd_micros,
        )
        .returning(Attempt.variant_id)
    ).scalar_one_or_none()
    if recorded is None:
        return False
    variant = session.execute(
        sa.update(Variant)
        .where(Variant.id == recorded, Variant.state == VariantState.SUBMITTING)
        .values(
            state=VariantState.RUNNING,
            # A clock ahead of ours must not make the limit longer.
            deadline_at=min(now, prediction.created_at) + timedelta(seconds=timeout_seconds),
            next_due_at=now + POLL_INTERVAL,
        )
        .returning(Variant.job_id, Variant.variant_index)
    ).one_or_none()
    if variant is None:
        return False
    verb = "was found at Replicate and is followed" if adopted else "is at Replicate"
    events.add(
        session,
        actor,
        job_id=variant.job_id,
        kind=EventKind.ADOPTED if adopted else EventKind.CREATED,
        variant_index=variant.variant_index,
        message=f"{variant_name(variant.variant_index)} {verb} as {prediction.id}.",
    )
    return True


def note_call_ended(session: Session, *, attempt_id: str) -> None:
    """Remember that the create call came back without an answer; from now on only the list can tell."""
    now = clock.now()
    session.execute(
        sa.update(Attempt).where(Attempt.id == attempt_id, Attempt.prediction_id.is_(None)).values(call_ended_at=now)
    )


def postpone(session: Session, actor: Actor, *, attempt_id: str, due_at: datetime, why: str) -> bool:
    """submitting → queued: nothing was bought, so the attempt is struck off and comes again at `due_at`."""
    variant_id = session.scalar(
        sa.delete(Attempt).where(Attempt.id == attempt_id, Attempt.status == SUBMITTING).returning(Attempt.variant_id)
    )
    return variant_id is not None and _queue_again(session, actor, variant_id=variant_id, due_at=due_at, why=why)


def wait_in_queue(session: Session, *, variant_id: str, due_at: datetime) -> bool:
    """queued → queued: it could not be ordered just now and is released again at `due_at`."""
    waits = session.execute(
        sa.update(Variant)
        .where(Variant.id == variant_id, Variant.state == VariantState.QUEUED)
        .values(next_due_at=due_at)
    )
    return waits.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def refuse(session: Session, actor: Actor, *, attempt_id: str, failure: errors.StagingError) -> bool:
    """submitting → failed: the provider refused this attempt's order; a newer attempt is not concerned."""
    variant_id = session.scalar(
        sa.select(Attempt.variant_id).where(Attempt.id == attempt_id, Attempt.status == SUBMITTING)
    )
    return variant_id is not None and fail_variant(
        session, actor, variant_id=variant_id, failure=failure, allowed=(VariantState.SUBMITTING,)
    )


def _queue_again(session: Session, actor: Actor, *, variant_id: str, due_at: datetime, why: str) -> bool:
    variant = session.execute(
        sa.update(Variant)
        .where(Variant.id == variant_id, Variant.state == VariantState.SUBMITTING)
        .values(state=VariantState.QUEUED, next_due_at=due_at)
        .returning(Variant.job_id, Variant.variant_index)
    ).one_or_none()
    if variant is None:
        return False
    events.add(
        session,
        actor,
        job_id=variant.job_id,
        kind=EventKind.POSTPONED,
        variant_index=variant.variant_index,
        message=f"{variant_name(variant.variant_index)} waits and is ordered again: {why}",
    )
    return True


def abandon(session: Session, actor: Actor, *, attempt_id: str, due_at: datetime) -> bool:
    """submitting → queued: the provider's list does not know the order. The attempt stays, to be told from the next.

    Should its prediction turn up after all, nobody may adopt it any more, and the audit finds it by its input.
    """
    variant_id = session.scalar(
        sa.update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.status == SUBMITTING)
        .values(status=ABANDONED)
        .returning(Attempt.variant_id)
    )
    return variant_id is not None and _queue_again(
        session, actor, variant_id=variant_id, due_at=due_at, why="Replicate did not receive the first order."
    )


def note_progress(session: Session, actor: Actor, *, prediction: Prediction) -> bool:
    """Keep what the provider says of a prediction that is still under way, when its status is news."""
    changed = session.execute(
        sa.update(Attempt)
        .where(Attempt.prediction_id == prediction.id, Attempt.status != prediction.status.value)
        .values(**_provider_columns(prediction))
        .returning(Attempt.variant_id)
    ).scalar_one_or_none()
    if changed is None:
        return False
    variant = session.execute(sa.select(Variant.job_id, Variant.variant_index).where(Variant.id == changed)).one()
    events.add(
        session,
        actor,
        job_id=variant.job_id,
        kind=EventKind.STARTED,
        variant_index=variant.variant_index,
        message=f"{variant_name(variant.variant_index)}: Replicate says {prediction.status.value}.",
    )
    return True


def succeed_variant(
    session: Session, actor: Actor, *, variant_id: str, prediction: Prediction, result: StoredResult
) -> bool:
    """running → succeeded, and the job with it if this was the last."""
    variant = _lock_job_of(session, variant_id)
    changed = _end_variant(
        session,
        variant_id,
        allowed=(VariantState.RUNNING,),
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
    events.add(
        session,
        actor,
        job_id=variant.job_id,
        kind=EventKind.SUCCEEDED,
        variant_index=variant.variant_index,
        message=f"{variant_name(variant.variant_index)} is ready{seconds}.",
    )
    _finish_job(session, actor, job_id=variant.job_id)
    return True


def fail_variant(
    session: Session,
    actor: Actor,
    *,
    variant_id: str,
    failure: errors.StagingError,
    prediction: Prediction | None = None,
    allowed: tuple[VariantState, ...] = (VariantState.QUEUED, VariantState.SUBMITTING, VariantState.RUNNING),
) -> bool:
    """in flight → failed, its credits returned, and the job ended with it if this was the last."""
    variant = _lock_job_of(session, variant_id)
    changed = _end_variant(
        session,
        variant_id,
        allowed=allowed,
        state=VariantState.FAILED,
        error_code=failure.code,
        error_message=failure.message,
    )
    if not changed:
        return False
    if prediction is not None:
        _keep_provider_columns(session, prediction)
        # A prediction that failed is, as far as is known, not billed.
        session.execute(sa.update(Attempt).where(Attempt.prediction_id == prediction.id).values(cost_usd_micros=0))
    events.add(
        session,
        actor,
        job_id=variant.job_id,
        kind=EventKind.FAILED,
        variant_index=variant.variant_index,
        message=f"{variant_name(variant.variant_index)}: {failure.message}",
    )
    _return_credits(session, actor, variant=variant, note=failure.code)
    _finish_job(session, actor, job_id=variant.job_id)
    return True


def _lock_job_of(session: Session, variant_id: str) -> sa.Row[str, str, int, int]:
    return session.execute(
        sa.select(Variant.id, Variant.job_id, Variant.variant_index, Variant.price_credits)
        .join(Job, Job.id == Variant.job_id)
        .where(Variant.id == variant_id)
        # key_share: events of the same job, whose foreign key looks at its row, must not wait for this lock.
        .with_for_update(of=Job, key_share=True)
    ).one()


def _end_variant(session: Session, variant_id: str, *, allowed: tuple[VariantState, ...], **values: Any) -> bool:
    ended = session.execute(
        sa.update(Variant)
        .where(Variant.id == variant_id, Variant.state.in_(allowed))
        .values(completed_at=clock.now(), next_due_at=None, settling_until=None, **values)
    )
    return ended.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def _return_credits(session: Session, actor: Actor, *, variant: sa.Row[str, str, int, int], note: str) -> None:
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
        events.add(
            session,
            actor,
            job_id=variant.job_id,
            kind=EventKind.REFUNDED,
            variant_index=variant.variant_index,
            message=f"{variant.price_credits} credits were returned.",
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
    events.add(session, actor, job_id=job_id, kind=EventKind.FINISHED, message=f"The job is {state.value}.")


def _keep_provider_columns(session: Session, prediction: Prediction) -> None:
    session.execute(
        sa.update(Attempt).where(Attempt.prediction_id == prediction.id).values(**_provider_columns(prediction))
    )


def _provider_columns(prediction: Prediction) -> dict[str, Any]:
    return {
        "status": prediction.status.value,
        "error": prediction.error,
        "logs": prediction.logs,
        "provider_started_at": prediction.started_at,
        "provider_completed_at": prediction.completed_at,
        "predict_seconds": prediction.predict_seconds,
    }
