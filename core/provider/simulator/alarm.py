"""When does a loop that waits for due work wake up? At the next due time, or when news comes first."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from core import logs

_log = logs.get(__name__)

# An idle loop looks again this often; it also bounds how far an altered clock can mislead it.
IDLE_SECONDS = 30.0
RECOVERY_SECONDS = 1.0


class Alarm:
    """Lets one loop sleep until something is due, and anyone on the same event loop wake it early."""

    def __init__(self, name: str, clock: Callable[[], datetime]) -> None:
        self._name = name
        self._clock = clock
        self._news = asyncio.Event()

    def ring(self) -> None:
        """There may be something due sooner than expected."""
        self._news.set()

    async def every_due(self, work: Callable[[datetime], Awaitable[datetime | None]]) -> None:
        """Do the work for ever: it is given the time, does what is due, and answers when it is due next."""
        while True:
            self._news.clear()
            try:
                due_at = await work(self._clock())
            except Exception:
                # One bad record must not end the loop that serves all the others.
                _log.exception("simulator loop failed", loop=self._name)
                due_at = self._clock() + timedelta(seconds=RECOVERY_SECONDS)
            await self._sleep_until(due_at)

    async def _sleep_until(self, due_at: datetime | None) -> None:
        seconds = IDLE_SECONDS if due_at is None else (due_at - self._clock()).total_seconds()
        # Not wait_for: until Python 3.12 it swallows a cancellation that comes together with the news.
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(seconds, IDLE_SECONDS))):
                await self._news.wait()
