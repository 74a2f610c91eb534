"""Of which days shall a list be? The same two fields, first and last day, wherever a list is narrowed by time."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import streamlit as st

from pages.widgets import formatting

NAMES = ("from", "to")
_LABELS = {"from": "From", "to": "To"}
_WIDTH = 140


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` on and before `until`, in UTC; None does not narrow."""

    since: datetime | None
    until: datetime | None


def draw(prefix: str, *, persist_state: Literal["session"] | None = None) -> Span:
    """Draw both fields, under the keys `{prefix}-from` and `{prefix}-to`; the days of the viewer that they say.

    `persist_state` keeps what was chosen while the fields are not drawn.
    """
    for name in NAMES:
        st.date_input(
            _LABELS[name],
            value=None,
            format="YYYY-MM-DD",
            key=f"{prefix}-{name}",
            persist_state=persist_state,
            width=_WIDTH,
        )
    return read(prefix)


def read(prefix: str) -> Span:
    """What the fields say now."""
    first, last = (st.session_state.get(f"{prefix}-{name}") for name in NAMES)
    return Span(
        since=formatting.day_start(first) if isinstance(first, date) else None,
        until=formatting.day_end(last) if isinstance(last, date) else None,
    )
