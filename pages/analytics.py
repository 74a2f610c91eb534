"""Analytics: success, time and credits of a period, each with what it counts."""

from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core import clock
from core.analytics import queries
from core.analytics.queries import Summary
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries as credit_queries
from pages.widgets import formatting, pause_banner, session

_PERIODS = {"7 days": 7, "30 days": 30, "90 days": 90}
_KEPT = timedelta(seconds=30)
_CHART_HEIGHT = 300
_ALL_ACCOUNTS = "All accounts"


def _page() -> None:
    actor = session.require_actor()
    st.title("Analytics", anchor=False)
    pause_banner.draw()
    if not actor.may(Action.READ_ANALYTICS):
        st.info("Analytics are for managers. Ask one for the figures or the role.", icon=":material/lock:")
        return
    summary = _draw_choice(actor)
    if not summary.jobs and not summary.credits.charged:
        with st.container(border=True, horizontal_alignment="center"):
            st.markdown("**No jobs in this period.** Success, times and credits appear here with the first one.")
            st.page_link("pages/stage.py", label="Stage a photo", icon=":material/chair:")
        return
    _draw_tiles(summary)
    days = _as_frame(summary)
    left, right = st.columns(2)
    with left:
        _draw_success(summary, days)
        _draw_credits(summary, days)
    with right:
        _draw_times(summary, days)
        _draw_failures(summary)


def _draw_choice(actor: Actor) -> Summary:
    with session.runtime().database.read() as opened:
        names = [account.name for account in credit_queries.accounts(opened, actor)]
    with st.container(horizontal=True, vertical_alignment="center"):
        period = st.segmented_control(
            "Period", list(_PERIODS), default="30 days", required=True, key="period", label_visibility="collapsed"
        )
        account = st.selectbox(
            "Account", [_ALL_ACCOUNTS, *names], key="analytics-account", label_visibility="collapsed", width=260
        )
    last = clock.now().date()
    first = last - timedelta(days=_PERIODS[str(period)] - 1)
    st.caption(f"{first:%d %b %Y} to {last:%d %b %Y}, whole days in UTC. Figures are at most 30 s old.")
    return _summary(actor, first, last, None if account == _ALL_ACCOUNTS else account)


@st.cache_data(ttl=_KEPT, show_spinner="Counting …")
def _summary(actor: Actor, first: date, last: date, account: str | None) -> Summary:
    with session.runtime().database.read() as opened:
        return queries.summary(opened, actor, first=first, last=last, account=account)


def _draw_tiles(summary: Summary) -> None:
    success, variants, jobs, credits = summary.success, summary.variant_times, summary.job_times, summary.credits
    tiles = (
        (
            "Success rate",
            formatting.percent(success.rate),
            f"{formatting.number(success.part)} of {formatting.count(success.whole, 'job')}",
            "Completed jobs of those completed, partial or failed. Canceled jobs are left out.",
        ),
        (
            "Time per variant, p50",
            formatting.duration(variants.p50_seconds),
            f"p95 {formatting.duration(variants.p95_seconds)} · {formatting.count(variants.count, 'variant')}",
            "From the order to the stored result, for variants that succeeded.",
        ),
        (
            "Time per job, p50",
            formatting.duration(jobs.p50_seconds),
            f"p95 {formatting.duration(jobs.p95_seconds)} · {formatting.count(jobs.count, 'job')}",
            "From the submission to the last result, for completed jobs.",
        ),
        (
            "Credits, net",
            formatting.number(credits.net),
            f"{formatting.number(credits.charged)} charged, {formatting.number(credits.refunded)} refunded",
            "Charged less refunded, by the day of each movement in the ledger.",
        ),
    )
    for column, (label, value, count, definition) in zip(st.columns(len(tiles)), tiles, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.metric(label, value, help=definition)
            st.caption(count)
    if summary.in_flight:
        st.caption(f"{formatting.count(summary.in_flight, 'job')} still in flight, not counted in these figures.")


def _as_frame(summary: Summary) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": [day.day for day in summary.days],
            "jobs": [day.success.whole for day in summary.days],
            "success": [None if day.success.rate is None else day.success.rate * 100 for day in summary.days],
            "p50": [day.variant_times.p50_seconds for day in summary.days],
            "p95": [day.variant_times.p95_seconds for day in summary.days],
            "charged": [day.credits.charged for day in summary.days],
            "refunded": [-day.credits.refunded for day in summary.days],
            "net": [day.credits.net for day in summary.days],
        }
    )


def _draw_success(summary: Summary, days: pd.DataFrame) -> None:
    figure = go.Figure(
        go.Scatter(
            x=days["day"],
            y=days["success"],
            customdata=days[["jobs"]],
            mode="lines+markers",
            name="Success rate",
            hovertemplate="%{x|%d %b}: %{y:.1f} % of %{customdata[0]} jobs<extra></extra>",
        )
    )
    figure.update_yaxes(ticksuffix=" %", rangemode="tozero", range=[0, 105])
    _draw_chart(f"Success rate by day (n = {formatting.count(summary.success.whole, 'job')})", figure, key="success")


def _draw_times(summary: Summary, days: pd.DataFrame) -> None:
    figure = go.Figure(
        [
            go.Scatter(
                x=days["day"],
                y=days[column],
                mode="lines+markers",
                name=column,
                hovertemplate="%{x|%d %b}: %{y:.1f} s<extra>" + column + "</extra>",
            )
            for column in ("p50", "p95")
        ]
    )
    figure.update_yaxes(ticksuffix=" s", rangemode="tozero")
    count = formatting.count(summary.variant_times.count, "variant")
    _draw_chart(f"Time per variant by day (n = {count})", figure, key="times")


def _draw_credits(summary: Summary, days: pd.DataFrame) -> None:
    figure = go.Figure(
        [
            go.Bar(x=days["day"], y=days["charged"], name="Charged", hovertemplate="%{y} charged<extra></extra>"),
            go.Bar(x=days["day"], y=days["refunded"], name="Refunded", hovertemplate="%{y} refunded<extra></extra>"),
            go.Scatter(
                x=days["day"], y=days["net"], name="Net", mode="lines", hovertemplate="%{y} net<extra></extra>"
            ),
        ]
    )
    figure.update_layout(barmode="relative", hovermode="x unified")
    charged = formatting.number(summary.credits.charged)
    _draw_chart(f"Credits by day ({charged} charged)", figure, key="credits")


def _draw_failures(summary: Summary) -> None:
    total = sum(item.jobs for item in summary.failures)
    if not total:
        with st.container(border=True, height="stretch"):
            st.markdown("**Jobs with a failed variant, by cause**")
            st.caption("None in this period.")
        return
    ordered = list(reversed(summary.failures))
    figure = go.Figure(
        go.Bar(
            x=[item.jobs for item in ordered],
            y=[item.code.replace("_", " ") for item in ordered],
            orientation="h",
            hovertemplate="%{y}: %{x} jobs<extra></extra>",
        )
    )
    _draw_chart(f"Jobs with a failed variant, by cause (n = {formatting.number(total)})", figure, key="failures")


def _draw_chart(title: str, figure: go.Figure, *, key: str) -> None:
    figure.update_layout(
        height=_CHART_HEIGHT,
        colorway=st.get_option("theme.chartCategoricalColors"),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.12, "x": 0},
        hoverlabel={"namelength": -1},
    )
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.plotly_chart(figure, key=key, config={"displaylogo": False, "displayModeBar": False}, alt=title)


_page()
