"""What went wrong and was saved? Retries and what they rescued, what took too long, and what stands still now."""

import streamlit as st

from core.analytics.definitions import DEFINITIONS
from core.analytics.success import Share
from core.analytics.summary import Summary
from pages.widgets import analytics_tiles, formatting

KEY = f"{analytics_tiles.KEY}-small"


def draw(summary: Summary) -> None:
    """Draw four small tiles."""
    free, people, late = summary.retries.free, summary.retries.by_people, summary.timed_out
    tiles = (
        ("Rescued by the free retry", formatting.percent(free.rate), _of(free, "variant"), "free_retries"),
        ("Retried by people, completed", formatting.percent(people.rate), _of(people, "job"), "retries_by_people"),
        ("Timed out", formatting.percent(late.rate), _of(late, "job"), "timed_out"),
        ("Stuck now", formatting.number(summary.stuck_now), "in flight, of any day", "stuck_now"),
    )
    with st.container(key=KEY):
        for label, value, detail, term in tiles:
            with st.container(border=True, height="stretch", gap="xxsmall"):
                st.metric(label, value, help=formatting.plain(DEFINITIONS[term]))
                st.caption(formatting.plain(detail))


def _of(share: Share, noun: str) -> str:
    if not share.whole:
        return f"no {noun} was"
    return f"{formatting.number(share.part)} of {formatting.count(share.whole, noun)}"
