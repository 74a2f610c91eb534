"""Which jobs are behind a figure? The Monitor's address for them, or why it can't list them."""

from dataclasses import dataclass
from datetime import date

import streamlit as st

from core.analytics.filters import Dimension, Filter
from core.jobs.states import JobState
from pages.widgets import analytics_choice, formatting

# What the Monitor has no filter for.
_NOT_THERE = {Dimension.MODEL: "model", Dimension.PRIORITY: "priority"}


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs submitted on these days, of this filter; `called` says which they are where that is not plain.

    `uncounted` says which of them the figure left out, where the Monitor can't.
    """

    first: date
    last: date
    filter: Filter
    state: JobState | None = None
    code: str = ""
    called: str = ""
    uncounted: str = ""
    why_not: str = ""

    @property
    def label(self) -> str:
        """The words of the link to them."""
        which = ", ".join(filter(None, (self.called, f"{self.uncounted} too" if self.uncounted else "")))
        return f"Show jobs: {which}" if which else "Show jobs"


def address(jobs: Jobs) -> dict[str, str]:
    """What the Monitor's address has to say to list exactly these."""
    chosen = {analytics_choice.word(dimension): value for dimension, value in jobs.filter.wanted().items()}
    days = {"from": jobs.first.isoformat(), "to": jobs.last.isoformat()}
    return {
        **days,
        **chosen,
        **({"state": jobs.state.value} if jobs.state is not None else {}),
        **({"code": jobs.code} if jobs.code else {}),
    }


def refusal(jobs: Jobs) -> str:
    """Why the Monitor can't list exactly these; nothing if it can."""
    if jobs.why_not:
        return jobs.why_not
    missing = [word for dimension, word in _NOT_THERE.items() if dimension in jobs.filter.wanted()]
    if missing:
        return f"The Monitor can't be narrowed to a {' or '.join(missing)}, and would list other jobs as well."
    return ""


def draw(jobs: Jobs) -> None:
    """Draw the way to the jobs."""
    reason = refusal(jobs)
    st.page_link(
        "pages/monitor.py",
        label=formatting.plain(jobs.label),
        icon=":material/arrow_forward:",
        icon_position="right",
        disabled=bool(reason),
        help=reason or None,
        query_params=None if reason else address(jobs),
        width="content",
    )
