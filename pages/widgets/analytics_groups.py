"""How do accounts, people, styles or models compare? The headline figures of each, in the order one asks for."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.analytics.filters import Dimension
from core.analytics.summary import Group, Headline, Summary
from pages.widgets import address, analytics_choice, analytics_jobs, formatting, record_table
from pages.widgets.analytics_jobs import Jobs
from pages.widgets.record_table import Cell, Column, Row

_SHOWN_MAX = 50
_SORT = "sort"
# By which figure groups are put in order, and whether the largest comes first.
_SORTS: dict[str, tuple[str, Callable[[Headline], float | None], bool]] = {
    "jobs": ("Most jobs", lambda one: one.success.jobs, True),
    "success": ("Lowest success", lambda one: one.success.success.rate, False),
    "p95": ("Slowest variants, p95", lambda one: one.variant_times.p95_seconds, True),
    "net": ("Most credits, net", lambda one: one.credits.net, True),
    "refunded": ("Most refunded", lambda one: one.credits.refunded, True),
    "spent": ("Most dollars", lambda one: one.costs.spent_usd_micros, True),
    "wasted": ("Most wasted", lambda one: one.costs.wasted_usd_micros, True),
}


def draw(summary: Summary, by: Dimension) -> None:
    """Draw the table; a click on a name opens its jobs on the Monitor."""
    heading = analytics_choice.title(by)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(f"By {heading.lower()}", anchor=False, width="content")
        sort = _draw_sort()
    if not summary.groups:
        st.caption("Nothing of this in the period.")
        return
    groups = _ordered(summary, sort)
    clicked = record_table.draw(
        f"Figures by {heading.lower()}", _columns(heading), [_row(summary, by, one) for one in groups], key="groups"
    )
    if clicked:
        jobs = _jobs(summary, by, clicked)
        st.switch_page("pages/monitor.py", query_params=analytics_jobs.address(jobs))
    reason = analytics_jobs.refusal(_jobs(summary, by, summary.groups[0].name))
    if reason:
        st.caption(reason)
    if len(summary.groups) > _SHOWN_MAX:
        st.caption(f"The first {_SHOWN_MAX} of {formatting.number(len(summary.groups))}; the CSV of groups has all.")


def _draw_sort() -> str:
    asked = address.asked(_SORT)
    address.begin("analytics-sort", asked if asked in _SORTS else "jobs")
    sort = st.selectbox(
        "Sort",
        list(_SORTS),
        format_func=lambda one: _SORTS[one][0],
        required=True,
        key="analytics-sort",
        label_visibility="collapsed",
        width=200,
    )
    address.keep(_SORT, "" if sort == "jobs" else sort)
    return sort


def _ordered(summary: Summary, sort: str) -> list[Group]:
    _words, value, is_descending = _SORTS[sort]

    def key(one: Group) -> tuple[bool, float, str]:
        found = value(one.headline)
        # What has no such figure comes last, whichever way.
        return found is None, 0.0 if found is None else -found if is_descending else found, one.name

    return sorted(summary.groups, key=key)[:_SHOWN_MAX]


def _columns(heading: str) -> tuple[Column, ...]:
    return (
        Column(title=heading, width="minmax(0, 2fr)", is_strong=True, is_full=True),
        Column(title="Jobs", width="minmax(58px, 1fr)", is_number=True),
        Column(title="Success", width="minmax(104px, 1fr)", is_number=True),
        Column(title="At first", width="minmax(66px, 1fr)", is_number=True),
        Column(title="Variant p50", width="minmax(66px, 1fr)", is_number=True),
        Column(title="Variant p95", width="minmax(66px, 1fr)", is_number=True),
        Column(title="Credits, net", width="minmax(84px, 1fr)", is_number=True),
        Column(title="Refunded", width="minmax(74px, 1fr)", is_number=True),
        Column(title="Paid", width="minmax(84px, 1fr)", is_number=True),
    )


def _row(summary: Summary, by: Dimension, group: Group) -> Row:
    one, share = group.headline, group.headline.success.success
    interval = f"{100 * share.interval[0]:.1f} to {100 * share.interval[1]:.1f}\u202f%" if share.interval else ""
    refused = analytics_jobs.refusal(_jobs(summary, by, group.name))
    refunded = one.credits.refunded / one.credits.charged if one.credits.charged else None
    return Row(
        group.name,
        (
            Cell(
                text=analytics_choice.name_of(by, group.name),
                action="" if refused else group.name,
                hover="See its jobs on the Monitor" if not refused else "",
            ),
            Cell(text=formatting.number(one.success.jobs)),
            Cell(
                text=formatting.percent(share.rate), below=interval, hover="95 % sure to lie within the second line"
            ),
            Cell(text=formatting.percent(one.success.first_attempt.rate)),
            Cell(text=formatting.duration(one.variant_times.p50_seconds)),
            Cell(text=formatting.duration(one.variant_times.p95_seconds)),
            Cell(text=formatting.number(one.credits.net)),
            Cell(text=formatting.percent(refunded), hover=formatting.credits(one.credits.refunded)),
            Cell(
                text=formatting.dollars(one.costs.spent_usd_micros),
                below=f"{formatting.dollars(one.costs.wasted_usd_micros)} wasted",
            ),
        ),
    )


def _jobs(summary: Summary, by: Dimension, name: str) -> Jobs:
    wanted = replace(summary.wanted, **{by.value: name})
    return Jobs(summary.period.first, summary.period.last, wanted)
