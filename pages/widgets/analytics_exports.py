"""How do figures leave the page? As CSV, noted in the audit log; charts as pictures, by the button on each."""

from collections.abc import Callable

import streamlit as st

from core.analytics import exports
from core.analytics.filters import Dimension
from core.analytics.summary import Summary
from core.auth.actors import Actor
from pages.widgets import analytics_data, session
from pages.widgets.analytics_choice import Choice


def draw(actor: Actor, choice: Choice, summary: Summary) -> None:
    """Draw what can be downloaded."""
    database, still = session.runtime().database, session.still(actor)
    grouped = choice.by.value.replace("_", " ") if choice.by is not None else "account"
    with st.popover("CSV", icon=":material/download:", width=110):
        _button("Figures by day", "days", choice, lambda: exports.days_csv(database, still(), summary))
        _button(
            f"Figures by {grouped}" if choice.by is not None else "Figures by group",
            "groups",
            choice,
            lambda: exports.groups_csv(database, still(), summary),
            why_not="" if choice.by is not None else "Choose first what the figures are grouped by.",
        )
        _button(
            f"Credits by {grouped} and day",
            "credits",
            choice,
            lambda: _credits(actor, choice, still),
        )
        # In lines, or the longest would make the box as wide as the page.
        st.caption(
            "Figures are those of this page;  \ncredits by day are counted when you ask.  \n"
            "Each export is written to the audit log.  \nA chart's picture: the camera above it."
        )


def _credits(actor: Actor, choice: Choice, still: Callable[[], Actor]) -> bytes:
    moved = analytics_data.credit_days(actor, choice)
    database, by = session.runtime().database, choice.by or Dimension.ACCOUNT
    return exports.credit_days_csv(database, still(), moved, choice.period, choice.filter, by=by)


def _button(label: str, name: str, choice: Choice, made: Callable[[], bytes], *, why_not: str = "") -> None:
    st.download_button(
        label,
        data=made,
        file_name=f"figures-{name}-{choice.first:%Y-%m-%d}-to-{choice.last:%Y-%m-%d}.csv",
        mime="text/csv",
        icon=":material/download:",
        disabled=bool(why_not),
        help=why_not or None,
        key=f"analytics-csv-{name}",
        width="stretch",
    )
