"""What do predictions do while nobody looks? Runs them: by the clock, by their pictures, and by request."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from core.provider.contract import PredictionStatus
from core.provider.simulator import lifecycle, records, webhooks
from core.provider.simulator.alarm import Alarm
from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.courier import Courier
from core.provider.simulator.faults import Fault
from core.provider.simulator.orders import Order
from core.provider.simulator.outbox import Outbox
from core.provider.simulator.records import Record
from core.provider.simulator.store import Database, PredictionStore
from core.provider.simulator.studio import Studio

MAX_SEED = 2**32 - 1
_BATCH = 200


class Engine:
    """Every change of a prediction goes through here, on one event loop; reads bring it up to date first."""

    def __init__(
        self,
        *,
        config: SimulatorConfig,
        database: Database,
        store: PredictionStore,
        outbox: Outbox,
        courier: Courier,
        studio: Studio,
        clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._database = database
        self._store = store
        self._outbox = outbox
        self._courier = courier
        self._studio = studio
        self._clock = clock
        self._late_by = timedelta(seconds=config.webhook_late_seconds)
        self._alarm = Alarm("predictions", clock)
        self._loop = asyncio.get_running_loop()
        self._waiters: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def resume(self) -> None:
        """Take up what a stopped simulator left unfinished."""
        for record in self._store.unfinished():
            if record.needs_drawing:
                self._studio.submit(record, finished=self._finished_drawing)

    async def run(self) -> None:
        """Change predictions as their times come, until canceled."""
        await self._alarm.every_due(self._advance_due)

    def create(
        self,
        order: Order,
        *,
        origin: str,
        faults: frozenset[Fault],
        planned_error: str | None,
        seconds: float | None = None,
    ) -> Record:
        """Take an order: the prediction is kept before this returns, and its picture is begun.

        It takes `seconds`, or as long as all do.
        """
        record = lifecycle.begun(
            order,
            prediction_id=records.new_id(),
            seed=random.randint(0, MAX_SEED),
            origin=origin,
            faults=faults,
            planned_error=planned_error,
            now=self._clock(),
            seconds=self._config.seconds if seconds is None else seconds,
            list_lag_seconds=self._config.list_lag_seconds,
        )
        with self._database.transaction():
            self._store.insert(record)
            self._store.count("predictions")
        if record.needs_drawing:
            self._studio.submit(record, finished=self._finished_drawing)
        self._alarm.ring()
        return record

    def get(self, prediction_id: str) -> Record | None:
        """The prediction as it is now, or None."""
        record = self._store.get(prediction_id)
        return None if record is None else self.current(record)

    def current(self, record: Record) -> Record:
        """A stored prediction brought up to now."""
        changes = list(lifecycle.advance(record, self._clock()))
        return self._apply(changes) if changes else record

    def cancel(self, prediction_id: str) -> Record | None:
        """End a prediction; a finished one stays as it is."""
        record = self.get(prediction_id)
        if record is None or record.status.is_terminal:
            return record
        return self._apply([lifecycle.canceled(record, self._clock())])

    async def wait(self, prediction_id: str, *, seconds: float) -> Record | None:
        """The prediction once it has ended, or as it is after that many seconds."""
        record = self.get(prediction_id)
        if record is None or record.status.is_terminal:
            return record
        ended = asyncio.Event()
        self._waiters[prediction_id].add(ended)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await ended.wait()
        finally:
            self._waiters[prediction_id].discard(ended)
            if not self._waiters[prediction_id]:
                del self._waiters[prediction_id]
        return self.get(prediction_id)

    async def _advance_due(self, now: datetime) -> datetime | None:
        due = self._store.due(now, limit=_BATCH)
        for record in due:
            self._apply(list(lifecycle.advance(record, now)))
        # With a full batch there may be more: let requests through, then look again at once.
        await asyncio.sleep(0)
        return now if len(due) == _BATCH else self._store.next_due_at()

    def _apply(self, changes: list[Record]) -> Record:
        """Keep a prediction's new states, with the webhooks they bring, in one transaction."""
        last, now = changes[-1], self._clock()
        with self._database.transaction():
            self._store.save(last)
            for record in changes:
                for delivery in webhooks.deliveries(record, at=now, late_by=self._late_by):
                    self._outbox.add(delivery)
            if last.status.is_terminal:
                self._outbox.release(last.id, due_at=now + webhooks.RELEASED_AFTER)
        if last.webhook is not None:
            self._courier.alarm.ring()
        if last.status.is_terminal:
            self._finish(last)
        return last

    def _finish(self, record: Record) -> None:
        for waiter in self._waiters.get(record.id, ()):
            waiter.set()
        if record.status is not PredictionStatus.SUCCEEDED or record.data_removed:
            self._studio.forget(record)

    def _finished_drawing(self, prediction_id: str, size_bytes: int | None, error: str | None) -> None:
        """Hear from a drawing thread; the event loop does the rest."""
        self._loop.call_soon_threadsafe(self._keep_drawing, prediction_id, size_bytes, error)

    def _keep_drawing(self, prediction_id: str, size_bytes: int | None, error: str | None) -> None:
        record = self.get(prediction_id)
        if record is None:
            return
        if record.status.is_terminal:
            self._studio.forget(record)
            return
        drawn = lifecycle.drawn(record, self._clock(), size_bytes=size_bytes, error=error)
        changes = list(lifecycle.advance(drawn, self._clock()))
        if changes:
            self._apply(changes)
        else:
            self._store.save(drawn)
        self._alarm.ring()
