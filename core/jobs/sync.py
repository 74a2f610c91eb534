"""What does the provider's word mean for a variant? Webhook, sweep, manual sync and restart all end here.

Whatever the order, repetition or loss of news, the outcome is the same: each state changes by a conditional UPDATE,
and what is terminal stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core import clock, errors, logs
from core.auth.actors import Actor
from core.jobs import attempts, endings, retry, settlement, transitions
from core.jobs.desk import Desk
from core.jobs.states import VariantState, variant_name
from core.models import Attempt, Job, Photo, Variant
from core.provider.contract import Prediction, PredictionStatus

_log = logs.get(__name__)
_SAFETY_WORDS = ("flagged as sensitive", "e005", "nsfw", "safety")
_ERROR_TEXT_MAX = 200
# The provider's clock and ours may differ: a prediction that it ended this close to the deadline ran into it.
_DEADLINE_TOLERANCE = timedelta(seconds=5)
# Told why a result that is there could not be fetched or stored just now.
NoteDelay = Callable[[errors.StagingError], None]
_OTHERWISE = {
    VariantState.QUEUED: "It failed, and is ordered once more at no charge.",
    VariantState.CANCELED: "It was canceled; its credits were returned.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the news did to one variant."""

    job_id: str
    variant_index: int
    before: VariantState
    after: VariantState
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A variant and the prediction it follows."""

    variant_id: str
    job_id: str
    variant_index: int
    state: VariantState
    known_status: str
    deadline_at: datetime | None
    cancel_requested: bool
    was_retried: bool
    account_id: int
    photo_width: int
    photo_height: int


def find_variant(desk: Desk, prediction_id: str) -> Followed | None:
    """The variant that follows the prediction, or None if none does (any more)."""
    with desk.database.read() as session:
        row = session.execute(
            sa.select(
                Variant.id.label("variant_id"),
                Variant.job_id,
                Variant.variant_index,
                Variant.state,
                Attempt.status.label("known_status"),
                Variant.deadline_at,
                Job.cancel_requested_at.is_not(None).label("cancel_requested"),
                Variant.retried_at.is_not(None).label("was_retried"),
                Job.account_id,
                Photo.width.label("photo_width"),
                Photo.height.label("photo_height"),
            )
            .join(Attempt, Attempt.variant_id == Variant.id)
            .join(Job, Job.id == Variant.job_id)
            .join(Photo, Photo.id == Job.photo_id)
            .where(Attempt.prediction_id == prediction_id, attempts.followed_prediction_id() == prediction_id)
        ).one_or_none()
    if row is None:
        return None
    return Followed(**{**row._mapping, "state": VariantState(row.state)})


def apply(desk: Desk, actor: Actor, prediction: Prediction, *, note_delay: NoteDelay | None = None) -> Change | None:
    """Bring the prediction's variant to where the provider says it is; None if that changes nothing.

    Also None if the result can't be fetched or stored just now, which `note_delay` is told; it is tried again.

    1. Find the variant that follows the prediction. There is none, or it is not running: done.
    2. Still under way: note the status.
    3. Succeeded: claim the settling, fetch and store the result, and only then say so.
    4. Ended otherwise: the variant fails with its reason and its credits return, or it has its free retry.
    """
    variant = find_variant(desk, prediction.id)
    if variant is None or variant.state is not VariantState.RUNNING:
        return None
    if not prediction.status.is_terminal:
        if variant.known_status != prediction.status.value:
            with desk.database.write() as session:
                transitions.note_progress(session, actor, prediction=prediction)
        return None
    log = _log.bind(job_id=variant.job_id, variant=variant.variant_index, prediction_id=prediction.id)
    if prediction.status is PredictionStatus.SUCCEEDED:
        return _settle(desk, actor, variant, prediction, note_delay)
    failure = failure_of(prediction, deadline_at=variant.deadline_at)
    log.info("prediction ended without a result", status=prediction.status.value, code=failure.code)
    return end_without_result(desk, actor, variant, prediction.id, failure, prediction=prediction)


def end_without_result(
    desk: Desk,
    actor: Actor,
    variant: Followed,
    prediction_id: str,
    failure: errors.StagingError,
    *,
    prediction: Prediction | None = None,
) -> Change | None:
    """End a running variant's prediction without a result; None if it had ended already."""
    with desk.database.write() as session:
        after = endings.end_without_result(
            session,
            actor,
            variant_id=variant.variant_id,
            failure=failure,
            allowed=(VariantState.RUNNING,),
            prediction_id=prediction_id,
            prediction=prediction,
        )
    if after is None:
        return None
    if after is VariantState.QUEUED:
        desk.wake.set()
    return _change(variant, after, failure.message if after is VariantState.FAILED else _OTHERWISE[after])


def outcome_of(
    prediction: Prediction, *, deadline_at: datetime | None, cancel_requested: bool, was_retried: bool
) -> tuple[VariantState, str] | None:
    """What `apply` would make of it, for a dry run: state and words, or None while it is under way."""
    if not prediction.status.is_terminal:
        return None
    if prediction.status is PredictionStatus.SUCCEEDED and prediction.output_url is not None:
        return VariantState.SUCCEEDED, "Its result would be fetched."
    has_succeeded = prediction.status is PredictionStatus.SUCCEEDED
    failure = (
        settlement.why_without_picture(prediction)
        if has_succeeded
        else failure_of(prediction, deadline_at=deadline_at)
    )
    after = retry.after_failure(
        failure, state=VariantState.RUNNING, cancel_requested=cancel_requested, was_retried=was_retried
    )
    return after, failure.message if after is VariantState.FAILED else _OTHERWISE[after]


def failure_of(prediction: Prediction, *, deadline_at: datetime | None) -> errors.VariantFailure:
    """Why a prediction that ended without success has no result, in our words."""
    if prediction.status in (PredictionStatus.CANCELED, PredictionStatus.ABORTED):
        ended_at = prediction.completed_at or clock.now()
        if deadline_at is not None and ended_at >= deadline_at - _DEADLINE_TOLERANCE:
            return errors.TimedOut()
        return errors.PredictionCanceled()
    text = " ".join((prediction.error or "").split())
    if any(word in text.lower() for word in _SAFETY_WORDS):
        return errors.SafetyRefused()
    if not text:
        return errors.PredictionFailed()
    return errors.PredictionFailed(
        f"Replicate could not draw this variant: {logs.redact(text)[:_ERROR_TEXT_MAX].rstrip('.')}."
    )


def _settle(
    desk: Desk, actor: Actor, variant: Followed, prediction: Prediction, note_delay: NoteDelay | None = None
) -> Change | None:
    log = _log.bind(job_id=variant.job_id, variant=variant.variant_index, prediction_id=prediction.id)
    if not settlement.claim(desk, variant.variant_id, prediction_id=prediction.id):
        return None
    try:
        return _fetch_and_keep(desk, actor, variant, prediction)
    except errors.VariantFailure as failure:
        log.warning("result not usable", code=failure.code, error=failure.message)
        return end_without_result(desk, actor, variant, prediction.id, failure, prediction=prediction)
    except errors.StagingError as later:
        # The provider, the storage or the decoders are busy or away: the result is still there in a moment.
        log.warning("settlement delayed", code=later.code, error=later.message)
        is_away = isinstance(later, errors.StorageUnavailable)
        settlement.give_up_claim(desk, variant.variant_id, storage_is_away=is_away)
        if note_delay is not None:
            note_delay(later)
        return None
    except BaseException:
        settlement.give_up_claim(desk, variant.variant_id)
        raise
    finally:
        desk.settling.pop(variant.variant_id, None)


def _fetch_and_keep(desk: Desk, actor: Actor, variant: Followed, prediction: Prediction) -> Change | None:
    result = settlement.fetch_result(
        desk,
        prediction,
        account_id=variant.account_id,
        photo_width=variant.photo_width,
        photo_height=variant.photo_height,
    )
    with desk.database.write() as session:
        changed = endings.succeed_variant(
            session, actor, variant_id=variant.variant_id, prediction=prediction, result=result
        )
    if not changed:
        return None
    _log.info(
        "variant settled",
        job_id=variant.job_id,
        variant=variant.variant_index,
        prediction_id=prediction.id,
        sha256=result.sha256,
        size_bytes=result.size_bytes,
    )
    return _change(variant, VariantState.SUCCEEDED, "Its result was fetched and stored.")


def _change(variant: Followed, after: VariantState, message: str) -> Change:
    return Change(
        job_id=variant.job_id,
        variant_index=variant.variant_index,
        before=variant.state,
        after=after,
        message=f"{variant_name(variant.variant_index)}: {message}",
    )
