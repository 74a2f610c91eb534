"""What has to be looked at now? One round of the loop that runs in every worker, webhooks or not.

Work is claimed by moving `next_due_at` on in a conditional UPDATE, so two processes never poll the same variant.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors, logs
from core.auth.actors import Source, system
from core.jobs import attempts, creation, dispatch, endings, pause, provider_list, settlement, sync, transitions
from core.jobs.desk import Desk, Silence
from core.jobs.states import VariantState
from core.models import Attempt, Job, Photo, Variant
from core.provider.contract import Prediction, order_key
from core.provider.registry import MODELS

# The provider's list may lag behind a create by seconds.
LIST_LAG = timedelta(seconds=15)
# Longer than a create call may take by its limits (`provider.replicate`), a host name that resolves at once provided:
# one that did not come back by then was cut off by a crash.
CALL_MAX = timedelta(seconds=40)
# A prediction past its deadline is asked for this long before silence counts as the end.
_SILENCE_MAX = timedelta(seconds=5)
# Whoever did not ask for longer than a call can take stood still, and has not found anybody silent meanwhile.
_ASKED_AGAIN_WITHIN = timedelta(seconds=60)
# Who is told to wait, or not to ask, is answered: that may be over in a moment.
_REFUSED_MAX = timedelta(seconds=45)
_NOTED_TOGETHER = 25
# Among the predictions that were asked about in vain, what stands for the list of all.
_THE_LIST = "list"
_LOOK_AGAIN = timedelta(seconds=3)
# The provider erases inputs an hour after the end; what was not found by then can't be found any more.
INPUT_KEPT = timedelta(minutes=55)
_log = logs.get(__name__)
_SWEEP = system(Source.SWEEP)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    variant_id: str
    prediction_id: str
    known_status: str
    provider_created_at: datetime
    deadline_at: datetime
    cancel_requested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """What the provider's list said, and since when it is complete; None if nothing of it could be read.

    `silent_for`: how long this process has asked for it in vain.
    """

    asked_at: datetime
    predictions: Sequence[Prediction]
    complete_since: datetime | None
    silent_for: timedelta


def poll_running(desk: Desk, workers: Executor) -> list[Future[Any]]:
    """Apply the truth to every running variant that is due; what was handed to `workers` is returned.

    1. Claim what is due.
    2. Ask the provider: one by one while few are due, by list pages when many are.
    3. Note which have begun, in one transaction; look closer at those that have ended, are missing, are overdue, or
       are to be canceled. Where the list does not answer, nobody waits for an answer about each of many.
    """
    due = _claim_due(desk)
    if not due:
        return []
    known = _ask_by_list(desk, due) if len(due) > provider_list.GET_LIMIT else {}
    if isinstance(known, errors.ProviderError):
        return [_hand_over(desk, workers, _end_if_silent, item, known) for item in due]
    _note_begun(desk, [known[item.prediction_id] for item in due if _has_begun(item, known)])
    now = clock.now()
    return [
        _hand_over(desk, workers, _look_at, item, known.get(item.prediction_id))
        for item in due
        if item.deadline_at <= now or item.cancel_requested or not _is_under_way(item, known)
    ]


def _is_under_way(item: _Due, known: Mapping[str, Prediction]) -> bool:
    prediction = known.get(item.prediction_id)
    return prediction is not None and not prediction.status.is_terminal


def _has_begun(item: _Due, known: Mapping[str, Prediction]) -> bool:
    return _is_under_way(item, known) and known[item.prediction_id].status.value != item.known_status


def _note_begun(desk: Desk, predictions: Sequence[Prediction]) -> None:
    # In one order everywhere, since each locks its attempt's row, and few at a time, since other writers wait.
    in_order = sorted(predictions, key=lambda one: one.id)
    for start in range(0, len(in_order), _NOTED_TOGETHER):
        with desk.database.write() as session:
            for prediction in in_order[start : start + _NOTED_TOGETHER]:
                transitions.note_progress(session, _SWEEP, prediction=prediction)


def resolve_submitting(desk: Desk) -> int:
    """Find out what became of creates that never answered; returns how many were adopted or postponed.

    1. Claim the variants that are `submitting` for longer than a healthy call takes.
    2. Look in the provider's list for a prediction with the exact input that no attempt owns: adopt it.
    3. If there is none although the list had time to catch up, nothing was bought: it may be ordered again.
    4. What can't be found out while the provider remembers inputs is given up and refunded.
    """
    waiting = _claim_submitting(desk)
    if not waiting:
        return 0
    since = min(row.created_at for row in waiting) - provider_list.CLOCK_SKEW
    listing = _read_list(desk, since)
    return sum(_resolve(desk, row, listing) for row in waiting)


def end_overdue_queued(desk: Desk) -> int:
    """Fail and refund the variants that waited half an hour for their turn; returns how many."""
    before = clock.now() - dispatch.QUEUE_TIMEOUT
    with desk.database.read() as session:
        overdue = session.scalars(
            sa.select(Variant.id).where(
                Variant.state == VariantState.QUEUED,
                dispatch.waiting_since() < before,
            )
        ).all()
    for variant_id in overdue:
        try:
            _end_queued(desk, variant_id)
        except Exception:
            # One that can't be ended must not keep the others from it.
            _log.exception("a queued variant could not be ended; the next round tries again", variant_id=variant_id)
    return len(overdue)


def _end_queued(desk: Desk, variant_id: str) -> None:
    with desk.database.write() as session:
        endings.end_without_result(
            session, _SWEEP, variant_id=variant_id, failure=errors.QueueTimedOut(), allowed=(VariantState.QUEUED,)
        )


def in_flight(desk: Desk) -> bool:
    """Whether anything is under way, so that the loop should look often."""
    waiting = Variant.next_due_at.is_not(None)
    states = Variant.state.in_((VariantState.QUEUED, VariantState.SUBMITTING, VariantState.RUNNING))
    with desk.database.read() as session:
        return session.scalar(sa.select(Variant.id).where(states, waiting).limit(1)) is not None


def _claim_due(desk: Desk) -> list[_Due]:
    now = clock.now()
    due = (
        Variant.state == VariantState.RUNNING,
        Variant.next_due_at <= now,
        sa.or_(Variant.settling_until.is_(None), Variant.settling_until < now),
        # A slow provider is not asked again about what it has yet to answer.
        Variant.id.not_in(tuple(desk.looking)),
    )
    with desk.database.read() as session:
        if session.scalar(sa.select(Variant.id).where(*due).limit(1)) is None:
            return []
    with desk.database.write() as session:
        claimed = _claim(session, due, again_at=now + desk.poll_interval)
        rows = session.execute(
            sa.select(
                Attempt.variant_id,
                Attempt.prediction_id,
                Attempt.status.label("known_status"),
                Attempt.provider_created_at,
                Variant.deadline_at,
                Job.cancel_requested_at.is_not(None).label("cancel_requested"),
            )
            .join(Variant, Variant.id == Attempt.variant_id)
            .join(Job, Job.id == Variant.job_id)
            .where(Attempt.variant_id.in_(claimed), Attempt.prediction_id == attempts.followed_prediction_id())
        ).all()
    return [_Due(**row._mapping) for row in rows]


def _claim(session: Session, due: Sequence[sa.ColumnElement[bool]], *, again_at: datetime) -> Sequence[str]:
    """Take the variants that are due for this process, except those whose rows somebody is changing just now."""
    # Locked one after the other, in no order of our choosing, rows of two processes could wait for each other.
    taken = session.scalars(sa.select(Variant.id).where(*due).with_for_update(skip_locked=True)).all()
    session.execute(sa.update(Variant).where(Variant.id.in_(taken)).values(next_due_at=again_at))
    return taken


def _ask_by_list(desk: Desk, due: Iterable[_Due]) -> Mapping[str, Prediction] | errors.ProviderError:
    """What the list says of those due, as far as it could be read; if none of it could, why."""
    wanted = {item.prediction_id: item.provider_created_at for item in due}
    found: dict[str, Prediction] = {}
    try:
        for page in provider_list.pages_about(desk.provider, wanted):
            found.update(page)
    except errors.ProviderError as failed:
        _note_unreadable(desk, failed)
        return found or failed
    return found


def _look_at(desk: Desk, item: _Due, prediction: Prediction | None) -> None:
    """Apply what the provider says, after asking it to cancel what has to end."""
    try:
        prediction = prediction or desk.provider.get(item.prediction_id)
        is_overdue = clock.now() >= item.deadline_at
        if not prediction.status.is_terminal and (item.cancel_requested or is_overdue):
            prediction = desk.provider.cancel(item.prediction_id)
    except errors.ProviderError as failed:
        _note_unreadable(desk, failed)
        _end_if_silent(desk, item, failed)
        return
    desk.silences.pop(item.prediction_id, None)
    sync.apply(desk, _SWEEP, prediction)
    if is_overdue and not prediction.status.is_terminal:
        _time_out(desk, item)


def _end_if_silent(desk: Desk, item: _Due, failed: errors.ProviderError) -> None:
    """Past the deadline, give up what nobody could be asked about for a while.

    One unanswered question is no proof of anything: the result may be there. What counts is how long this process
    asks in vain, so that an outage of our own, however long, throws nothing away.
    """
    now = clock.now()
    silent_for = _silent_for(desk, item.prediction_id, asked_at=now)
    is_refusal = isinstance(failed, errors.ProviderThrottled | errors.ProviderUnauthorized)
    is_over = now >= item.deadline_at and silent_for >= (_REFUSED_MAX if is_refusal else _SILENCE_MAX)
    if is_over and not settlement.is_claimed(desk, item.variant_id):
        _time_out(desk, item)


def _silent_for(desk: Desk, subject: str, *, asked_at: datetime) -> timedelta:
    """Note one more question that nobody answered; since when that goes on without a pause."""
    last = desk.silences.get(subject)
    is_going_on = last is not None and asked_at - last.asked_at <= _ASKED_AGAIN_WITHIN
    began_at = last.began_at if last is not None and is_going_on else asked_at
    desk.silences[subject] = Silence(began_at, asked_at)
    return asked_at - began_at


def _time_out(desk: Desk, item: _Due) -> None:
    """The provider is silent, or won't stop: the job must not hang with it."""
    desk.silences.pop(item.prediction_id, None)
    variant = sync.find_variant(desk, item.prediction_id)
    if variant is not None:
        sync.end_without_result(desk, _SWEEP, variant, item.prediction_id, errors.TimedOut())


def _note_unreadable(desk: Desk, failed: errors.ProviderError) -> None:
    _log.warning("prediction not readable", code=failed.code, error=failed.message)
    if isinstance(failed, errors.ProviderUnauthorized):
        pause.begin_unless_paused(desk, failed)


def _claim_submitting(desk: Desk) -> list[sa.Row[Any]]:
    now = clock.now()
    due = (Variant.state == VariantState.SUBMITTING, Variant.next_due_at <= now)
    with desk.database.read() as session:
        if session.scalar(sa.select(Variant.id).where(*due).limit(1)) is None:
            return []
    with desk.database.write() as session:
        claimed = _claim(session, due, again_at=now + _LOOK_AGAIN)
        return list(
            session.execute(
                sa.select(
                    Attempt.id,
                    Attempt.variant_id,
                    Attempt.input,
                    Attempt.created_at,
                    Attempt.call_ended_at,
                    Job.model,
                    (Photo.prepared_width * Photo.prepared_height).label("photo_pixels"),
                )
                .join(Variant, Variant.id == Attempt.variant_id)
                .join(Job, Job.id == Variant.job_id)
                .join(Photo, Photo.id == Job.photo_id)
                .where(Attempt.variant_id.in_(claimed), Attempt.status == transitions.SUBMITTING)
            ).all()
        )


def _read_list(desk: Desk, since: datetime) -> _Listing:
    # A list is as old as its first page: what was bought while the others came may be missing from it.
    asked_at = clock.now()
    found: list[Prediction] = []
    try:
        for page in desk.provider.list_pages(created_after=since):
            found.extend(page)
    except errors.ProviderError as failed:
        _note_unreadable(desk, failed)
        if not found:
            silent_for = _silent_for(desk, _THE_LIST, asked_at=asked_at)
            return _Listing(asked_at=asked_at, predictions=(), complete_since=None, silent_for=silent_for)
        # It answers, if not in full: the rest comes with one of the next looks.
        desk.silences.pop(_THE_LIST, None)
        oldest = min(prediction.created_at for prediction in found)
        return _Listing(asked_at=asked_at, predictions=found, complete_since=oldest, silent_for=timedelta())
    desk.silences.pop(_THE_LIST, None)
    return _Listing(asked_at=asked_at, predictions=found, complete_since=since, silent_for=timedelta())


def _resolve(desk: Desk, row: sa.Row[Any], listing: _Listing) -> bool:
    for prediction in listing.predictions:
        if order_key(prediction.input) == order_key(row.input) is not None:
            adopted = creation.record(
                desk,
                _SWEEP,
                attempt_id=row.id,
                prediction=prediction,
                cost_usd_micros=MODELS[row.model].cost_of(row.photo_pixels),
                adopted=True,
            )
            if adopted:
                _log.info("prediction adopted", prediction_id=prediction.id)
                return True
    now = clock.now()
    with desk.database.write() as session:
        needed_since = row.created_at - provider_list.CLOCK_SKEW
        is_covered = listing.complete_since is not None and listing.complete_since <= needed_since
        # A prediction does not outlive its time limit: where the list stays silent, nobody waits for longer.
        is_silent = not is_covered and listing.silent_for >= _SILENCE_MAX
        limit = min(INPUT_KEPT, LIST_LAG + CALL_MAX + desk.timeout) if is_silent else INPUT_KEPT
        if now - row.created_at > limit:
            # The provider erases inputs after an hour: whether one was bought can't be known any more.
            _log.error("possible orphan at the provider", attempt_id=row.id)
            return transitions.give_up_looking(session, _SWEEP, attempt_id=row.id)
        call_ended_at = row.call_ended_at or row.created_at + CALL_MAX
        if not is_covered or listing.asked_at - call_ended_at < LIST_LAG:
            return False
        return transitions.abandon(session, _SWEEP, attempt_id=row.id, due_at=now)


def _hand_over(
    desk: Desk, workers: Executor, look: Callable[[Desk, _Due, Any], None], item: _Due, known: Any
) -> Future[Any]:
    def run() -> None:
        try:
            look(desk, item, known)
        except Exception:
            _log.exception("a look at a prediction failed; the next round tries again")
        finally:
            desk.looking.discard(item.variant_id)

    desk.looking.add(item.variant_id)
    return workers.submit(run)
