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
    seconds = max(0, round((paused.next_try_at - clock.now()).total_seconds()))
    again = f"tried again in {seconds} s" if seconds else "tried again with the next order"
    st.error(
        f"**Nothing is ordered since {formatting.ago(paused.since, clock.now())}.** "
        f"{formatting.plain(paused.message)} {formatting.count(waiting, 'variant')} wait; nothing is lost, and what "
        f"waits longer than 30 minutes is refunded. It is {again}. ({formatting.plain(paused.code)})",
        icon=":material/front_hand:",
    )


@st.cache_data(ttl=_KEPT, show_spinner=False)
def _look() -> tuple[Pause | None, int]:
    with session.runtime().database.read() as opened:
        paused = pause.current(opened)
        return paused, queries.queued_variants(opened) if paused is not None else 0
