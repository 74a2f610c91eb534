"""The loops behind the simulator wake for what is due and for news, survive errors, and end when told to."""

import asyncio
from datetime import datetime, timedelta

import pytest

from core import clock
from core.provider.simulator import alarm as alarms
from core.provider.simulator.alarm import Alarm


@pytest.mark.parametrize("steps", range(6))
def test_loop_ends_even_when_news_comes_at_the_same_moment(steps: int) -> None:
    async def scenario() -> bool:
        alarm = Alarm("test", clock.now)

        async def nothing_due(_now: datetime) -> None:
            return None

        loop = asyncio.create_task(alarm.every_due(nothing_due))
        for _ in range(3):
            await asyncio.sleep(0)
        alarm.ring()
        for _ in range(steps):
            await asyncio.sleep(0)
        loop.cancel()
        done, _ = await asyncio.wait([loop], timeout=0.3)
        loop.cancel()
        return loop in done

    assert asyncio.run(scenario())


def worked(*due_in_seconds: float | None, ring: bool = False, within_seconds: float = 0.3) -> int:
    """How often the work was done in that time; each round answers when it is due next, the last one for ever."""
    rounds = 0

    async def scenario() -> None:
        alarm = Alarm("test", clock.now)

        async def work(now: datetime) -> datetime | None:
            nonlocal rounds
            due_in = due_in_seconds[min(rounds, len(due_in_seconds) - 1)]
            rounds += 1
            if due_in == -1:
                raise RuntimeError("a bad record")
            return None if due_in is None else now + timedelta(seconds=due_in)

        loop = asyncio.create_task(alarm.every_due(work))
        await asyncio.sleep(within_seconds / 2)
        if ring:
            alarm.ring()
        await asyncio.sleep(within_seconds / 2)
        loop.cancel()
        await asyncio.wait([loop])

    asyncio.run(scenario())
    return rounds


def test_loop_sleeps_while_nothing_is_due() -> None:
    assert worked(None) == 1
    assert worked(60) == 1


def test_loop_wakes_at_the_due_time() -> None:
    assert worked(0.05, None) == 2


def test_news_wakes_the_loop() -> None:
    assert worked(None, ring=True) == 2


def test_error_does_not_end_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "RECOVERY_SECONDS", 0.05)
    assert worked(-1, None) == 2
