"""Does the provider take no orders? A banner on every page until it does again."""

from datetime import timedelta

import streamlit as st

from core import clock
from core.jobs import pause, queries
from core.jobs.pause import Pause
from pages.widgets import formatting, session

_KEPT = timedelta(seconds=1)


def draw() -> None:
    """Say that nothing is ordered just now, why, and what waits; nothing while orders are taken."""
    paused, waiting = _look()
    if paused is None:
        return
    # Most pages don't renew themselves: the times stay true, and it is said when they were read.
    st.error(
        f"**Nothing has been ordered since {formatting.when(paused.since)}.** {formatting.plain(paused.message)} "
        f"{_what_waits(paused, waiting)} ({formatting.plain(paused.code)}; "
        f"read at {formatting.when_exactly(clock.now())})",
        icon=":material/front_hand:",
    )


def _what_waits(paused: Pause, waiting: int) -> str:
    if not waiting:
        return "No variant waits. The next order tries again."
    verb = "waits" if waiting == 1 else "wait"
    seconds = max(0, round((paused.next_try_at - clock.now()).total_seconds()))
    again = f"tried again in {seconds} s" if seconds else "tried again with the next order"
    return (
        f"{formatting.count(waiting, 'variant')} {verb}; nothing is lost, and what waits longer than 30 minutes is "
        f"refunded. It is {again}."
    )


@st.cache_data(ttl=_KEPT, show_spinner=False)
def _look() -> tuple[Pause | None, int]:
    with session.runtime().database.read() as opened:
        paused = pause.current(opened)
        return paused, queries.queued_variants(opened) if paused is not None else 0
