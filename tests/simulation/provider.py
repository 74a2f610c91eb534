"""What would the provider do? The simulator's pure rules, in memory, with calls that go wrong as the weather says."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from core import errors
from core.provider.contract import Prediction, UploadedFile, parse_prediction
from core.provider.simulator import lifecycle, views, webhooks
from core.provider.simulator.faults import MODEL_ERRORS, SAFETY_ERROR, Fault, settled
from core.provider.simulator.orders import Order
from core.provider.simulator.records import Record
from core.provider.simulator.webhooks import Delivery
from tests.simulation import pictures
from tests.simulation.weather import Weather
from tests.simulation.world import World

SECRET = "whsec_c2ltdWxhdGlvbiBvZiB0aGUgZGVzaw=="
ORIGIN = "https://replicate.delivery"
# A client gives up by then: it is what the real one's time-outs add up to.
_CALL_MAX_SECONDS = 35.0
_LATE = timedelta(seconds=75)
_UPLOAD_KEPT = timedelta(hours=24)


class MemoryProvider:
    """Implements `Provider`. It lives on true time and is not touched by a crash of the desk."""

    def __init__(self, world: World, weather: Weather, *, timeout_seconds: int) -> None:
        self.weather = weather
        self.records: dict[str, Record] = {}
        self.outbox: list[Delivery] = []
        self.silent_until = world.elapsed
        self.refusing_until = world.elapsed
        self.refusal: type[errors.ProviderError] = errors.ProviderUnauthorized
        self.ignores_cancel: set[str] = set()
        self.list_unreadable_since: timedelta | None = None
        self._world = world
        self._timeout_seconds = timeout_seconds
        self._interrupted: set[str] = set()
        self._ids = 0

    # ---- what goes on by itself --------------------------------------------------------------------

    def advance(self) -> None:
        """Bring every prediction up to now, with the webhooks that its changes bring."""
        now = self._world.true_now()
        for record in list(self.records.values()):
            for changed in lifecycle.advance(record, now):
                self._keep(changed, at=now)

    def _keep(self, record: Record, *, at: datetime) -> None:
        self.records[record.id] = record
        self.outbox.extend(webhooks.deliveries(record, at=at, late_by=_LATE, make_id=self._new_id))
        if record.status.is_terminal:
            self.outbox = [
                replace(one, due_at=at + webhooks.RELEASED_AFTER)
                if one.prediction_id == record.id and one.due_at is None
                else one
                for one in self.outbox
            ]

    def seen(self, record: Record) -> Prediction:
        """The prediction as it is, without asking for it."""
        return parse_prediction(views.prediction_view(record, origin=ORIGIN))

    def is_silent(self) -> bool:
        return self._world.elapsed < self.silent_until

    # ---- the contract ------------------------------------------------------------------------------

    def upload(self, data: bytes, *, file_name: str, content_type: str) -> UploadedFile:
        with self._call("upload"):
            self._may_refuse()
            url = f"{ORIGIN}/uploads/{self._new_id()}/{file_name}"
            return UploadedFile(url=url, expires_at=self._world.true_now() + _UPLOAD_KEPT)

    def create(self, *, model: str, input: Mapping[str, Any], webhook_url: str | None = None) -> Prediction:
        with self._world.time_limit(_CALL_MAX_SECONDS):
            with self._call("create"):
                if self._world.happens(self.weather.slow_call_rate):
                    self._world.forward(20.0)
                    self._world.step("create under way")
                self._may_refuse()
                if self._world.happens(self.weather.lost_answer_rate / 2):
                    self._say("create fails before it is taken")
                    raise errors.ProviderAmbiguous
                record = self._take(model, input, webhook_url)
            if self._world.happens(self.weather.lost_answer_rate):
                self._say(f"the answer about {record.id} is lost")
                self._world.forward(self._world.chance.choice((0.5, 30.0)))
                raise errors.ProviderAmbiguous
            self._world.step("create answered")
        return self.seen(record)

    def get(self, prediction_id: str) -> Prediction:
        with self._call("get"):
            if prediction_id not in self.records:
                raise errors.PredictionNotFound
            found = self.seen(self.records[prediction_id])
        self._world.step("get answered")
        return found

    def list_pages(self, *, created_after: datetime) -> Iterator[Sequence[Prediction]]:
        before: tuple[datetime, str] | None = None
        while True:
            asked_at, since = self._world.elapsed, self.list_unreadable_since
            self.list_unreadable_since = asked_at if since is None else since
            with self._call("list"):
                shown = self._listed(created_after, before)
            self.list_unreadable_since = None
            page = shown[: self.weather.page_size]
            self._world.step("list answered")
            if page or before is None:
                yield [self.seen(record) for record in page]
            if len(shown) <= self.weather.page_size:
                return
            before = (page[-1].created_at, page[-1].id)

    def cancel(self, prediction_id: str) -> Prediction:
        with self._call("cancel"):
            if prediction_id not in self.records:
                raise errors.PredictionNotFound
            record = self.records[prediction_id]
            if prediction_id not in self.ignores_cancel and not record.status.is_terminal:
                now = self._world.true_now()
                self._keep(lifecycle.canceled(record, now), at=now)
            found = self.seen(self.records[prediction_id])
        self._world.step("cancel answered")
        return found

    @contextmanager
    def download(self, url: str) -> Iterator[Iterator[bytes]]:
        with self._call("download"):
            data = self._content(url)
        self._world.step("downloading")
        yield iter([data[: len(data) // 2], data[len(data) // 2 :]])

    def webhook_secrets(self) -> Sequence[str]:
        with self._call("secrets"):
            return (SECRET,)

    def is_reachable(self) -> bool:
        self._world.step("reach")
        return not self.is_silent() and self._world.elapsed >= self.refusing_until

    # ---- how it comes about ------------------------------------------------------------------------

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        world = self._world
        if world.in_transaction:
            world.report("no call inside a transaction", f"provider {name}")
        world.step(name)
        if self.is_silent():
            world.forward(5.0)
            raise errors.ProviderUnavailable
        if world.happens(self.weather.call_failure_rate):
            self._say(f"{name} fails")
            raise errors.ProviderUnavailable
        world.forward(world.chance.choice((0.0, 0.05, 0.3, 2.0)))
        self.advance()
        yield

    def _may_refuse(self) -> None:
        if self._world.elapsed < self.refusing_until:
            self._say(f"refused: {self.refusal.code}")
            raise self.refusal
        if self._world.happens(self.weather.throttle_rate):
            self._say("throttled")
            raise errors.ProviderThrottled(retry_after_seconds=self._world.chance.choice((0.0, 1.0, 30.0)))
        if self._world.happens(self.weather.refusal_rate / 4):
            self._say("refused for good")
            raise errors.ProviderRefused

    def _take(self, model: str, inputs: Mapping[str, Any], webhook_url: str | None) -> Record:
        world, weather = self._world, self.weather
        rolled = frozenset(fault for fault, rate in weather.faults.items() if world.happens(rate))
        faults = settled(forced=frozenset(), rolled=rolled)
        error = SAFETY_ERROR if Fault.SAFETY in faults else MODEL_ERRORS[0] if Fault.FAILURE in faults else None
        forgets = weather.forgets_deadlines and world.happens(0.5)
        order = Order(
            model=model,
            input=dict(inputs),
            webhook=webhook_url,
            webhook_events=("start", "completed"),
            cancel_after_seconds=None if forgets else self._timeout_seconds,
            wait_seconds=0,
        )
        now = world.true_now()
        record = lifecycle.begun(
            order,
            prediction_id=self._new_id(),
            seed=0,
            origin=ORIGIN,
            faults=faults,
            planned_error=error,
            now=now,
            seconds=weather.prediction_seconds,
            list_lag_seconds=weather.list_lag_seconds,
        )
        if forgets:
            self.ignores_cancel.add(record.id)
        if record.needs_drawing:
            record = lifecycle.drawn(record, now, size_bytes=1, error=None)
        self.records[record.id] = record
        self._say(f"{record.id} is taken" + "".join(f" {fault}" for fault in sorted(faults)))
        return record

    def _listed(self, created_after: datetime, before: tuple[datetime, str] | None) -> list[Record]:
        now = self._world.true_now()
        shown = [
            record
            for record in self.records.values()
            if record.created_at >= created_after
            and (record.listed_at is None or record.listed_at <= now)
            and (before is None or (record.created_at, record.id) < before)
        ]
        return sorted(shown, key=lambda record: (record.created_at, record.id), reverse=True)

    def _content(self, url: str) -> bytes:
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != ORIGIN:
            raise errors.OutputInvalid("Replicate's result lies at an address that is not allowed.")
        record = self.records.get(parts.path.split("/")[2])
        if record is None or record.data_removed or Fault.OUTPUT_EXPIRED in record.faults:
            raise errors.OutputExpired
        data = pictures.result_of(record.id)
        if Fault.OUTPUT_NOT_IMAGE in record.faults:
            return b"<html>not a picture</html>"
        if Fault.OUTPUT_TRUNCATED in record.faults:
            return data[: len(data) // 2]
        if Fault.OUTPUT_INTERRUPTED in record.faults and record.id not in self._interrupted:
            self._interrupted.add(record.id)
            raise errors.ProviderUnavailable
        if Fault.OUTPUT_SLOW in record.faults and record.id not in self._interrupted:
            self._interrupted.add(record.id)
            self._world.forward(46.0)
        return data

    def _new_id(self) -> str:
        self._ids += 1
        return f"p{self._ids:04d}"

    def _say(self, text: str) -> None:
        self._world.trace.add(f"  provider: {text}")
