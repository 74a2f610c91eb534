"""How is a prediction bought, exactly once? The task that the queue runs for one variant."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa

from core import clock, errors, logs
from core.auth.actors import Actor, Source, system
from core.jobs import create_rate, dispatch, endings, pause, seeds, transitions
from core.jobs.desk import Desk
from core.jobs.states import VariantState
from core.models import Attempt, Job, Photo, Variant
from core.provider.contract import Prediction
from core.provider.registry import MODELS, Model

_log = logs.get(__name__)
_INPUT_NAME = "room.jpg"
_INPUT_TYPE = "image/jpeg"
# The provider reads the input when the prediction starts; a link that ends before that is useless.
_LINK_MARGIN = timedelta(hours=1)
_BACKOFF_MIN_SECONDS = 1.0
_BACKOFF_MAX_SECONDS = 30.0
# Far less than the sweep waits before it takes an order for lost.
_STANDSTILL_MAX_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    variant_id: str
    job_id: str
    variant_index: int
    queued_at: datetime
    seed: int
    attempts: int
    prompt: str
    model: Model
    parameters: Mapping[str, Any]
    photo_id: str
    photo_pixels: int


class _PhotoLock:
    """Held while a photo is handed over, so that the variants of one job don't each upload it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_photo_locks: WeakValueDictionary[str, _PhotoLock] = WeakValueDictionary()
_photo_locks_guard = threading.Lock()


def create_prediction(desk: Desk, variant_id: str) -> None:
    """Buy the prediction of a queued variant. Running it twice, or for a variant that moved on, does nothing.

    1. See that the photo lies at the provider, where the model can read it.
    2. Write the intent: the variant is `submitting`, with the exact input (its own transaction).
    3. Ask the provider.
    4. Write what came of it: running, postponed, failed, or left for the sweep to look up.
    """
    order = _read_order(desk, variant_id)
    if order is None or _is_held_back(desk, variant_id):
        return
    log = _log.bind(job_id=order.job_id, variant=order.variant_index)
    actor = system(Source.SYSTEM)
    try:
        image_url = _hand_over_photo(desk, order.photo_id)
    except errors.ProviderRefused as refused:
        with desk.database.write() as session:
            endings.end_without_result(
                session, actor, variant_id=variant_id, failure=refused, allowed=(VariantState.QUEUED,)
            )
        return
    except pause.STOPPING as refusal:
        with desk.database.write() as session:
            transitions.wait_in_queue(session, variant_id=variant_id, due_at=clock.now())
            pause.begin(session, refusal)
        return
    except (errors.ProviderError, errors.StorageUnavailable) as failed:
        # Nothing was ordered, so nothing has to be undone.
        with desk.database.write() as session:
            transitions.wait_in_queue(session, variant_id=variant_id, due_at=_again_at(order, failed))
        log.warning("photo not handed over", code=failed.code, error=failed.message)
        return
    # The first seed is the variant's own; any later order must be told from the earlier ones.
    seed = order.seed if order.attempts == 0 else seeds.fresh()
    # An experiment sets only what its model's `adjustable` names, so nothing that belongs to the job.
    inputs = {**order.model.build_input(order.prompt, image_url, seed), **order.parameters}
    begun = time.monotonic()
    with desk.database.write() as session:
        attempt_id = transitions.begin_attempt(session, actor, variant_id=variant_id, input=inputs, seed=seed)
    if attempt_id is None:
        return
    if time.monotonic() - begun > _STANDSTILL_MAX_SECONDS:
        _postpone_after_standstill(desk, actor, attempt_id=attempt_id)
        return
    _ask(desk, actor, order, attempt_id=attempt_id, inputs=inputs)


def _postpone_after_standstill(desk: Desk, actor: Actor, *, attempt_id: str) -> None:
    """A process that was suspended must not send an order that others may have given up and ordered anew."""
    with desk.database.write() as session:
        why = "this machine stood still."
        transitions.postpone(session, actor, attempt_id=attempt_id, due_at=clock.now(), why=why)
    _log.warning("order not sent after a standstill", attempt_id=attempt_id)


def _ask(desk: Desk, actor: Actor, order: _Order, *, attempt_id: str, inputs: dict[str, Any]) -> None:
    log = _log.bind(job_id=order.job_id, variant=order.variant_index)
    try:
        prediction = desk.provider.create(
            model=order.model.name, input=inputs, webhook_url=webhook_url(desk, order.variant_id)
        )
    except errors.ProviderThrottled as throttled:
        due_at = clock.now() + timedelta(seconds=throttled.retry_after_seconds)
        with desk.database.write() as session:
            transitions.postpone(session, actor, attempt_id=attempt_id, due_at=due_at, why=throttled.message)
            create_rate.block(session, until=due_at, per_minute=desk.creates_per_minute, burst=desk.create_burst)
        log.warning("create throttled", retry_after_seconds=throttled.retry_after_seconds)
    except pause.STOPPING as refusal:
        with desk.database.write() as session:
            transitions.postpone(session, actor, attempt_id=attempt_id, due_at=clock.now(), why=refusal.message)
            pause.begin(session, refusal)
    except errors.ProviderUnavailable as failed:
        with desk.database.write() as session:
            transitions.postpone(
                session, actor, attempt_id=attempt_id, due_at=_again_at(order, failed), why=failed.message
            )
        log.warning("create postponed", code=failed.code, error=failed.message)
    except errors.ProviderAmbiguous as unknown:
        with desk.database.write() as session:
            transitions.note_call_ended(session, attempt_id=attempt_id)
        log.warning("create unanswered", code=unknown.code, error=unknown.message)
    except errors.ProviderError as refused:
        with desk.database.write() as session:
            transitions.refuse(session, actor, attempt_id=attempt_id, failure=refused)
        log.warning("create refused", code=refused.code, error=refused.message)
    else:
        cost_usd_micros = order.model.cost_of(order.photo_pixels)
        if record(desk, actor, attempt_id=attempt_id, prediction=prediction, cost_usd_micros=cost_usd_micros):
            log.info("prediction created", prediction_id=prediction.id)
        else:
            _let_go_unless_owned(desk, prediction)
    desk.wake.set()


def record(
    desk: Desk, actor: Actor, *, attempt_id: str, prediction: Prediction, cost_usd_micros: int, adopted: bool = False
) -> bool:
    """Write down that the attempt owns this prediction, and what it costs; False if somebody was faster."""
    with desk.database.write() as session:
        recorded = transitions.record_prediction(
            session,
            actor,
            attempt_id=attempt_id,
            prediction=prediction,
            timeout_seconds=desk.timeout_seconds,
            poll_after=desk.poll_interval,
            cost_usd_micros=cost_usd_micros,
            adopted=adopted,
        )
        if not adopted:
            pause.end(session)
    return recorded


def _let_go_unless_owned(desk: Desk, prediction: Prediction) -> None:
    # The call took so long that its attempt was resolved meanwhile: by adoption, or by ordering anew.
    with desk.database.read() as session:
        if session.scalar(sa.select(Attempt.id).where(Attempt.prediction_id == prediction.id)) is not None:
            return
    _log.warning("late prediction belongs to nobody", prediction_id=prediction.id)
    try:
        desk.provider.cancel(prediction.id)
    except errors.ProviderError as failed:
        _log.error("possible orphan at the provider", prediction_id=prediction.id, code=failed.code)


def webhook_url(desk: Desk, variant_id: str) -> str | None:
    """Where news of this variant's prediction may be sent, or None where the provider can't reach us."""
    if desk.webhook_base_url is None:
        return None
    return f"{desk.webhook_base_url}/api/webhooks/replicate?variant={variant_id}"


def _is_held_back(desk: Desk, variant_id: str) -> bool:
    """Whether the provider said stop since this variant was released; then it waits again."""
    now = clock.now()
    with desk.database.read() as session:
        paused = pause.current(session)
        due_at = create_rate.blocked_until(
            session, per_minute=desk.creates_per_minute, burst=desk.create_burst, now=now
        )
    if paused is not None and paused.trial_variant_id != variant_id:
        due_at = now
    if due_at is None:
        return False
    with desk.database.write() as session:
        transitions.wait_in_queue(session, variant_id=variant_id, due_at=due_at)
    return True


def _read_order(desk: Desk, variant_id: str) -> _Order | None:
    attempts = sa.select(sa.func.count()).where(Attempt.variant_id == Variant.id).scalar_subquery()
    with desk.database.read() as session:
        row = session.execute(
            sa.select(
                Variant.job_id,
                Variant.variant_index,
                dispatch.waiting_since().label("queued_at"),
                Variant.seed,
                attempts.label("attempts"),
                Job.prompt,
                Job.model,
                Job.parameters,
                Job.photo_id,
                (Photo.prepared_width * Photo.prepared_height).label("photo_pixels"),
            )
            .join(Job, Job.id == Variant.job_id)
            .join(Photo, Photo.id == Job.photo_id)
            .where(Variant.id == variant_id, Variant.state == VariantState.QUEUED)
        ).one_or_none()
    if row is None:
        return None
    return _Order(
        variant_id=variant_id,
        job_id=row.job_id,
        variant_index=row.variant_index,
        queued_at=row.queued_at,
        seed=row.seed,
        attempts=row.attempts,
        prompt=row.prompt,
        model=MODELS[row.model],
        parameters=row.parameters or {},
        photo_id=row.photo_id,
        photo_pixels=row.photo_pixels,
    )


def _again_at(order: _Order, failed: errors.StagingError) -> datetime:
    now = clock.now()
    if isinstance(failed, errors.ProviderThrottled):
        return now + timedelta(seconds=failed.retry_after_seconds)
    # Half of the time it has waited already: the pauses grow by themselves, with no counter to keep.
    waited_seconds = (now - order.queued_at).total_seconds()
    return now + timedelta(seconds=min(max(waited_seconds / 2, _BACKOFF_MIN_SECONDS), _BACKOFF_MAX_SECONDS))


def _hand_over_photo(desk: Desk, photo_id: str) -> str:
    with _photo_locks_guard:
        holder = _photo_locks.setdefault(photo_id, _PhotoLock())
    with holder.lock:
        with desk.database.read() as session:
            photo = session.execute(
                sa.select(Photo.prepared_key, Photo.provider_url, Photo.provider_url_expires_at).where(
                    Photo.id == photo_id
                )
            ).one()
        ends_at = photo.provider_url_expires_at
        if photo.provider_url is not None and (ends_at is None or ends_at - _LINK_MARGIN > clock.now()):
            return str(photo.provider_url)
        data = desk.storage.get(photo.prepared_key)
        uploaded = desk.provider.upload(data, file_name=_INPUT_NAME, content_type=_INPUT_TYPE)
        with desk.database.write() as session:
            session.execute(
                sa.update(Photo)
                .where(Photo.id == photo_id)
                .values(provider_url=uploaded.url, provider_url_expires_at=uploaded.expires_at)
            )
        return uploaded.url
