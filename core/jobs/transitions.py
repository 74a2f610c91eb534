"""How does a variant's order move on? One conditional UPDATE each, with its event (how it ends: `endings`).

Inner functions: they take an open writing session and never commit. Each returns whether it changed anything; a
lost race is a normal result.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.auth.actors import Actor
from core.jobs import endings, events
from core.jobs.events import EventKind
from core.jobs.states import JobState, VariantState, variant_name
from core.models import Attempt, Job, Variant
from core.models.base import UtcTime, new_id
from core.provider.contract import Prediction, PredictionStatus

# An attempt whose order is out, or was: no prediction is known for it yet.
SUBMITTING = VariantState.SUBMITTING.value
# An attempt whose order never arrived, as far as the provider's list can tell.
ABANDONED = "abandoned"
# An attempt whose order the provider did not take, for good.
REFUSED = "refused"
# A healthy create call is back by then; to look for it in the list while it runs does no harm.
SUBMITTING_FIRST_LOOK = timedelta(seconds=3)


def begin_attempt(session: Session, actor: Actor, *, variant_id: str, input: dict[str, Any], seed: int) -> str | None:
    """queued → submitting, with the exact input on record before the order is sent; the attempt's id."""
    endings.lock_job_of(session, variant_id)
    now = clock.now()
    variant = session.execute(
        sa.update(Variant)
        .where(Variant.id == variant_id, Variant.state == VariantState.QUEUED)
        .values(
            state=VariantState.SUBMITTING,
            seed=seed,
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
    poll_after: timedelta,
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
        .returning(Attempt.variant_id, Attempt.created_at)
    ).one_or_none()
    if recorded is None:
        return False
    # A clock ahead of ours must not make the limit longer, nor one behind it shorter.
    created_at = max(recorded.created_at, min(now, prediction.created_at))
    variant = session.execute(
        sa.update(Variant)
        .where(Variant.id == recorded.variant_id, Variant.state == VariantState.SUBMITTING)
        .values(
            state=VariantState.RUNNING,
            deadline_at=created_at + timedelta(seconds=timeout_seconds),
            next_due_at=now + poll_after,
        )
        .returning(Variant.job_id, Variant.variant_index)
    ).one()
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
    variant = _lock_job_of_attempt(session, attempt_id)
    if variant is None:
        return False
    session.execute(sa.delete(Attempt).where(Attempt.id == attempt_id, Attempt.status == SUBMITTING))
    return _queue_again(session, actor, variant, due_at=due_at, why=why)


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
    return _end_attempt(session, actor, attempt_id=attempt_id, status=REFUSED, failure=failure)


def give_up_looking(session: Session, actor: Actor, *, attempt_id: str) -> bool:
    """submitting → failed: what became of the order can't be found out any more."""
    return _end_attempt(session, actor, attempt_id=attempt_id, status=ABANDONED, failure=errors.TimedOut())


def abandon(session: Session, actor: Actor, *, attempt_id: str, due_at: datetime) -> bool:
    """submitting → queued: the provider's list does not know the order. The attempt stays, to be told from the next.

    Should its prediction turn up after all, nobody may adopt it any more, and the audit finds it by its input.
    """
    variant = _lock_job_of_attempt(session, attempt_id)
    if variant is None:
        return False
    session.execute(sa.update(Attempt).where(Attempt.id == attempt_id).values(status=ABANDONED))
    why = "Replicate did not receive the first order."
    return _queue_again(session, actor, variant, due_at=due_at, why=why)


def _lock_job_of_attempt(session: Session, attempt_id: str) -> endings.LockedVariant | None:
    """The variant of an attempt whose order is out, with its job locked; None if the attempt was resolved."""
    is_out = (Attempt.id == attempt_id, Attempt.status == SUBMITTING)
    variant_id = session.scalar(sa.select(Attempt.variant_id).where(*is_out))
    if variant_id is None:
        return None
    variant = endings.lock_job_of(session, variant_id)
    # Asked again, and locked, now that nobody else can end the variant.
    still_out = session.scalar(sa.select(Attempt.id).where(*is_out).with_for_update()) is not None
    return variant if still_out else None


def _end_attempt(
    session: Session, actor: Actor, *, attempt_id: str, status: str, failure: errors.StagingError
) -> bool:
    variant = _lock_job_of_attempt(session, attempt_id)
    if variant is None:
        return False
    session.execute(sa.update(Attempt).where(Attempt.id == attempt_id).values(status=status))
    return _give_up(session, actor, variant, failure)


def _give_up(session: Session, actor: Actor, variant: endings.LockedVariant, failure: errors.StagingError) -> bool:
    ended = endings.end_without_result(
        session, actor, variant_id=variant.id, failure=failure, allowed=(VariantState.SUBMITTING,)
    )
    return ended is not None


def _queue_again(
    session: Session, actor: Actor, variant: endings.LockedVariant, *, due_at: datetime, why: str
) -> bool:
    if variant.cancel_requested_at is not None:
        return _give_up(session, actor, variant, errors.PredictionCanceled())
    queued = session.execute(
        sa.update(Variant)
        .where(Variant.id == variant.id, Variant.state == VariantState.SUBMITTING)
        .values(state=VariantState.QUEUED, next_due_at=due_at)
    )
    if queued.rowcount != 1:  # type: ignore[attr-defined]
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


def note_progress(session: Session, actor: Actor, *, prediction: Prediction) -> bool:
    """Keep what the provider says of a prediction that is still under way, when its status is news."""
    changed = session.execute(
        sa.update(Attempt)
        # Late news of the start must not undo what is known of the end.
        .where(Attempt.prediction_id == prediction.id, Attempt.status == PredictionStatus.STARTING)
        .where(Attempt.status != prediction.status.value)
        .values(**endings.provider_columns(prediction))
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
