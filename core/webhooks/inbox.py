"""What news is waiting? Each webhook is kept once, answered at once, and applied by the worker."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError

from core import clock, errors, logs
from core.auth.actors import Source, system
from core.db.group_commit import GroupCommit
from core.jobs import creation, sync, transitions
from core.jobs.desk import Desk
from core.jobs.states import VariantState
from core.models import Attempt, Job, Photo, Variant, WebhookDelivery
from core.provider.contract import Prediction, order_key, parse_prediction
from core.provider.registry import MODELS
from core.webhooks import signature

BODY_MAX_BYTES = 10 * 1024 * 1024
_BATCH = 50
# News may come before the answer to the create call was written down.
_WAIT_FOR_OWNER = timedelta(seconds=60)
_KEPT = timedelta(days=7)
_REFRESH_PAUSE_SECONDS = 60.0
_FETCH_RETRY_SECONDS = 3.0
_FETCH_WAIT_SECONDS = 5.0
_WEBHOOK = system(Source.WEBHOOK)
_log = logs.get(__name__)


_Delivery = sa.Row[str, dict[str, Any], str | None, datetime]


class Outcome(StrEnum):
    """What became of a webhook."""

    APPLIED = "applied"
    NO_NEWS = "no news"
    UNKNOWN = "unknown prediction"
    FAILED = "failed"


class Inbox:
    """Receives and applies webhooks. `configured_secrets` may be empty: then the provider is asked for its secret."""

    def __init__(self, desk: Desk, *, configured_secrets: tuple[str, ...]) -> None:
        self._desk = desk
        self._configured = configured_secrets
        self._fetched: tuple[str, ...] = ()
        self._fetched_at = float("-inf")
        self._fetch_failure: errors.ProviderError | None = None
        self._fetching = threading.Lock()
        self._deliveries = GroupCommit(self._keep, is_fault_of_an_item=_is_bad_text)
        self._closings = GroupCommit(self._close_together, is_fault_of_an_item=_is_bad_text)
        self._being_applied: set[str] = set()

    def receive(self, body: bytes, headers: Mapping[str, str], *, variant_id: str | None) -> bool:
        """Verify a webhook and keep it; False if it was kept before. It is applied by `apply_waiting`.

        Raises:
            WebhookTooLarge, WebhookRejected, ValidationFailed: nothing was kept.
        """
        if len(body) > BODY_MAX_BYTES:
            raise errors.WebhookTooLarge
        self._require_signed(body, headers)
        try:
            content = json.loads(body)
            prediction = parse_prediction(content)
        except (ValueError, TypeError, AttributeError, errors.ProviderError) as exception:
            raise errors.ValidationFailed("This webhook's body is not a prediction. It was ignored.") from exception
        webhook_id = {name.lower(): value for name, value in headers.items()}["webhook-id"]
        try:
            is_new = self._deliveries.submit(
                {
                    "webhook_id": webhook_id,
                    "prediction_id": prediction.id,
                    "variant_id": variant_id,
                    "body": content,
                    "received_at": clock.now(),
                }
            )
        except DataError as exception:
            raise errors.ValidationFailed(
                "This webhook holds characters that can't be kept. It was ignored."
            ) from exception
        self._desk.wake.set()
        _log.info("webhook received", prediction_id=prediction.id, status=prediction.status.value, new=is_new)
        return is_new

    def apply_waiting(self) -> int:
        """Apply what was received, oldest first; returns how many webhooks were dealt with for good."""
        return sum(self._apply_guarded(delivery) for delivery in self._waiting())

    def hand_out_waiting(self, workers: Executor) -> list[Future[bool]]:
        """The same by `workers`, several at once; what is being applied by this process is left to it."""
        waiting = self._waiting()
        self._being_applied.update(delivery.webhook_id for delivery in waiting)
        return [workers.submit(self._apply_and_let_go, delivery) for delivery in waiting]

    def forget_applied(self) -> int:
        """Delete what was applied over a week ago, which the provider never sends again; returns how many."""
        with self._desk.database.write() as session:
            deleted = session.execute(
                sa.delete(WebhookDelivery).where(WebhookDelivery.applied_at < clock.now() - _KEPT)
            )
        return int(deleted.rowcount)  # type: ignore[attr-defined]

    def _waiting(self) -> Sequence[_Delivery]:
        """The oldest deliveries that can be dealt with now.

        News of predictions that nobody owns yet is passed over, so that it does not hold up the rest: its owner may
        be found while the variant that it names is being ordered, and after a minute it is put aside.
        """
        owned = sa.exists().where(Attempt.prediction_id == WebhookDelivery.prediction_id)
        being_ordered = sa.exists().where(
            Variant.id == WebhookDelivery.variant_id, Variant.state == VariantState.SUBMITTING
        )
        waited = WebhookDelivery.received_at <= clock.now() - _WAIT_FOR_OWNER
        with self._desk.database.read() as session:
            return session.execute(
                sa.select(
                    WebhookDelivery.webhook_id,
                    WebhookDelivery.body,
                    WebhookDelivery.variant_id,
                    WebhookDelivery.received_at,
                )
                .where(
                    WebhookDelivery.applied_at.is_(None),
                    WebhookDelivery.webhook_id.not_in(tuple(self._being_applied)),
                    sa.or_(owned, waited, being_ordered),
                )
                .order_by(WebhookDelivery.received_at)
                .limit(_BATCH - min(len(self._being_applied), _BATCH))
            ).all()

    def _keep(self, deliveries: Sequence[dict[str, Any]]) -> list[bool]:
        """Insert deliveries in one transaction; for each, whether it is new."""
        insert = sqlite.insert if self._desk.database.is_sqlite else postgresql.insert
        # The table, not the class: a third of the work for the same statement.
        table = WebhookDelivery.__table__
        # In one order everywhere: two processes that insert the same ids would wait for each other.
        in_order = sorted(deliveries, key=lambda delivery: str(delivery["webhook_id"]))
        with self._desk.database.write() as session:
            kept = set(
                session.connection().scalars(
                    insert(table).values(in_order).on_conflict_do_nothing().returning(table.c.webhook_id)  # type: ignore[arg-type]
                )
            )
        return [_take(kept, delivery["webhook_id"]) for delivery in deliveries]

    def _apply_and_let_go(self, delivery: _Delivery) -> bool:
        try:
            return self._apply_guarded(delivery)
        finally:
            self._being_applied.discard(delivery.webhook_id)

    def _apply_guarded(self, row: _Delivery) -> bool:
        try:
            return self._apply(row)
        except Exception:
            _log.exception(
                "a webhook could not be applied; the sweep reads its prediction", webhook_id=row.webhook_id
            )
        if clock.now() - row.received_at < _WAIT_FOR_OWNER:
            return False
        self._close(row.webhook_id, outcome=Outcome.FAILED)
        return True

    def _apply(self, row: _Delivery) -> bool:
        prediction = parse_prediction(row.body)
        if row.variant_id is not None:
            self._adopt(row.variant_id, prediction)
        if not self._is_owned(prediction.id):
            if clock.now() - row.received_at < _WAIT_FOR_OWNER:
                return False
            self._close(row.webhook_id, outcome=Outcome.UNKNOWN)
            return True
        change = sync.apply(self._desk, _WEBHOOK, prediction)
        self._close(row.webhook_id, outcome=Outcome.NO_NEWS if change is None else Outcome.APPLIED)
        return True

    def _is_owned(self, prediction_id: str) -> bool:
        with self._desk.database.read() as session:
            return session.scalar(sa.select(Attempt.id).where(Attempt.prediction_id == prediction_id)) is not None

    def _close(self, webhook_id: str, *, outcome: Outcome) -> None:
        self._closings.submit((webhook_id, outcome))

    def _close_together(self, closings: Sequence[tuple[str, Outcome]]) -> list[None]:
        """Note what became of each, in one transaction."""
        now = clock.now()
        with self._desk.database.write() as session:
            for outcome in {outcome for _, outcome in closings}:
                session.execute(
                    sa.update(WebhookDelivery)
                    .where(
                        WebhookDelivery.webhook_id.in_([one for one, became in closings if became is outcome]),
                        WebhookDelivery.applied_at.is_(None),
                    )
                    .values(applied_at=now, outcome=outcome)
                )
        return [None] * len(closings)

    def _adopt(self, variant_id: str, prediction: Prediction) -> None:
        # The news names the variant, but only the exact input proves that the prediction is this variant's.
        with self._desk.database.read() as session:
            attempt = session.execute(
                sa.select(
                    Attempt.id,
                    Attempt.input,
                    Job.model,
                    (Photo.prepared_width * Photo.prepared_height).label("photo_pixels"),
                )
                .join(Variant, Variant.id == Attempt.variant_id)
                .join(Job, Job.id == Variant.job_id)
                .join(Photo, Photo.id == Job.photo_id)
                .where(
                    Variant.id == variant_id,
                    Variant.state == VariantState.SUBMITTING,
                    Attempt.status == transitions.SUBMITTING,
                )
            ).one_or_none()
        if attempt is None or not (order_key(prediction.input) == order_key(attempt.input) is not None):
            return
        creation.record(
            self._desk,
            _WEBHOOK,
            attempt_id=attempt.id,
            prediction=prediction,
            cost_usd_micros=MODELS[attempt.model].cost_of(attempt.photo_pixels),
            adopted=True,
        )

    def _require_signed(self, body: bytes, headers: Mapping[str, str]) -> None:
        signature.require_well_formed(headers)
        if self._configured:
            signature.require_valid(body, headers, self._configured)
            return
        if self._is_signed_by_fetched(body, headers):
            return
        # None was fetched yet, or it was rotated. Those who come meanwhile wait a little for the one who asks.
        if not self._fetching.acquire(timeout=_FETCH_WAIT_SECONDS):
            raise errors.ProviderUnavailable
        try:
            if self._is_signed_by_fetched(body, headers):
                return
            self._fetch_secrets()
        finally:
            self._fetching.release()
        signature.require_valid(body, headers, self._fetched)

    def _is_signed_by_fetched(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            signature.require_valid(body, headers, self._fetched)
        except errors.WebhookRejected:
            return False
        return True

    def _fetch_secrets(self) -> None:
        # Asking on every forgery would let strangers make us busy.
        pause_seconds = _REFRESH_PAUSE_SECONDS if self._fetch_failure is None else _FETCH_RETRY_SECONDS
        if time.monotonic() < self._fetched_at + pause_seconds:
            raise self._fetch_failure or errors.WebhookRejected()
        try:
            self._fetched = tuple(self._desk.provider.webhook_secrets())
        except errors.ProviderError as failed:
            # Not a refusal: the sender tries again for a minute, and then never again.
            self._fetch_failure = errors.ProviderUnavailable(failed.message)
            raise self._fetch_failure from failed
        else:
            self._fetch_failure = None
        finally:
            self._fetched_at = time.monotonic()


def _is_bad_text(exception: Exception) -> bool:
    return isinstance(exception, DataError)


def _take(kept: set[str], webhook_id: str) -> bool:
    # The second of two alike in one transaction is a repetition.
    is_new = webhook_id in kept
    kept.discard(webhook_id)
    return is_new
