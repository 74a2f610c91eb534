"""What went wrong and was saved? Retries and what they rescued, what took too long, and what stands still now."""

import streamlit as st

from core.analytics.definitions import DEFINITIONS
from core.analytics.success import Share
from core.analytics.summary import Summary
from pages.widgets import analytics_tiles, formatting

KEY = f"{analytics_tiles.KEY}-small"


def draw(summary: Summary) -> None:
    """Draw four small tiles."""
    shares = (
        ("Saved by free retry", summary.retries.free, "variant", "no free retry has ended", "free_retries"),
        ("Retries completed", summary.retries.by_people, "job", "no retry has ended", "retries_by_people"),
        ("Timed out", summary.timed_out, "job", "no job was submitted", "timed_out"),
    )
    tiles = [
        *(
            (label, formatting.percent(share.rate), _of(share, noun, none), term)
            for label, share, noun, none, term in shares
        ),
        ("Stuck now", formatting.number(summary.stuck_now), "in flight, of any day", "stuck_now"),
    ]
    with st.container(key=KEY):
        for label, value, detail, term in tiles:
            with st.container(border=True, height="stretch", gap="xxsmall"):
                st.metric(label, value, help=formatting.plain(DEFINITIONS[term]))
                st.caption(formatting.plain(detail))


def _of(share: Share, noun: str, none: str) -> str:
    if not share.whole:
        return none
    return f"{formatting.number(share.part)} of {formatting.count(share.whole, noun)}"
