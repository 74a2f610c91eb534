"""How do webhooks get to their receivers? Posted in order for each prediction, retried only at the end."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from core import logs
from core.provider.simulator import webhooks
from core.provider.simulator.alarm import Alarm
from core.provider.simulator.outbox import Outbox
from core.provider.simulator.webhooks import Delivery

_log = logs.get(__name__)

# After the first attempt, so that the last one comes about a minute later.
RETRY_DELAYS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
TIMEOUT_SECONDS = 10.0
CONCURRENT_POSTS = 32
# The counters of posts are called so, then the kind of the webhook and what came of it: "genuine 200".
POSTS = "posts "
_TAKEN = "2"
# Every prediction has ten webhooks at most, so the busy ones can't hide all the others.
_BATCH = 8 * CONCURRENT_POSTS


class Courier:
    """Posts what the outbox holds; failures are logged, never raised."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        secret: str,
        clock: Callable[[], datetime],
        counted: Callable[[str], None],
    ) -> None:
        self._outbox = outbox
        self._secret = secret
        self._clock = clock
        self._counted = counted
        self._client: httpx.AsyncClient | None = None
        self._busy: dict[str, asyncio.Task[None]] = {}
        self.alarm = Alarm("webhooks", clock)

    async def run(self) -> None:
        """Post webhooks as they come due, until canceled."""
        await self.alarm.every_due(self._post_due)

    async def close(self) -> None:
        """Stop posting; what was not taken yet is posted after the next start."""
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _post_due(self, now: datetime) -> datetime | None:
        for delivery in self._outbox.due(now, limit=_BATCH):
            if len(self._busy) >= CONCURRENT_POSTS:
                break
            if delivery.prediction_id not in self._busy:
                self._busy[delivery.prediction_id] = asyncio.create_task(self._settle(delivery))
        # What is due already but has to wait is looked at again when one of the busy tasks rings.
        return self._outbox.next_due_at(after=now)

    async def _settle(self, delivery: Delivery) -> None:
        try:
            outcome = await self._post(delivery)
            self._record(delivery, outcome=outcome)
        finally:
            self._busy.pop(delivery.prediction_id, None)
            self.alarm.ring()

    async def _post(self, delivery: Delivery) -> str:
        """Post once; the status it was answered with, or the name of what went wrong."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
        headers = webhooks.signed_headers(delivery, secret=self._secret, at=self._clock())
        try:
            response = await self._client.post(delivery.url, content=delivery.body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as exception:
            return type(exception).__name__
        return str(response.status_code)

    def _record(self, delivery: Delivery, *, outcome: str) -> None:
        self._counted(f"{POSTS}{delivery.kind} {outcome}")
        if outcome.startswith(_TAKEN):
            self._outbox.remove(delivery)
            self._counted("webhooks_delivered")
            return
        is_retried = delivery.is_retried and delivery.attempts < len(RETRY_DELAYS_SECONDS)
        _log.warning(
            "simulated webhook not taken",
            prediction_id=delivery.prediction_id,
            event_kind=delivery.event,
            webhook_kind=delivery.kind.value,
            reason=outcome,
            retried=is_retried,
        )
        if is_retried:
            delay = timedelta(seconds=RETRY_DELAYS_SECONDS[delivery.attempts])
            self._outbox.postpone(delivery, due_at=self._clock() + delay)
        else:
            self._outbox.remove(delivery)
            self._counted("webhooks_given_up")
