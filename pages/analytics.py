"""Analytics: success, time, credits and costs of a period, each with what it counts, and the way to its jobs."""

import functools
from collections.abc import Callable
from datetime import date, timedelta

import streamlit as st

from core import errors
from core.analytics import definitions, telling
from core.analytics.definitions import DEFINITIONS
from core.analytics.filters import Filter
from core.analytics.summary import Summary
from core.auth.actors import Actor
from core.auth.roles import Action
from pages.widgets import (
    analytics_cards,
    analytics_charts,
    analytics_choice,
    analytics_data,
    analytics_exports,
    analytics_groups,
    analytics_reliability,
    analytics_tiles,
    chart_picture,
    charts,
    formatting,
    pause_banner,
    session,
)
from pages.widgets.analytics_cards import Card
from pages.widgets.analytics_choice import Choice


def _page() -> None:
    actor = session.require_actor()
    st.title("Analytics", anchor=False)
    pause_banner.draw()
    if not actor.may(Action.READ_ANALYTICS):
        st.info("Analytics are for managers. Ask one for the figures or the role.", icon=":material/lock:")
        return
    st.html(analytics_tiles.STYLE + analytics_cards.STYLE)
    chart_picture.listen()
    choice, line = analytics_choice.draw(
        functools.partial(analytics_data.choices, actor), first_day=lambda: analytics_data.first_day(actor)
    )
    try:
        summary = analytics_data.summary(actor, choice)
    except (errors.AccountNotFound, errors.UnknownRoomType, errors.UnknownStyle) as refused:
        st.error(
            f"{refused.message} No figures are shown: choose again in the filters above.", icon=":material/link_off:"
        )
        return
    with line:
        analytics_exports.draw(actor, choice, summary)
    _draw_period(choice, summary)
    _draw_accounts_off(summary)
    if summary.headline.is_empty:
        _draw_empty(choice)
        return
    _draw_news(summary)
    analytics_tiles.draw(analytics_tiles.TILES, summary)
    _draw_reused(actor, choice)
    _draw_charts(summary)
    if choice.by is not None:
        analytics_groups.draw(summary, choice.by)


def _draw_period(choice: Choice, summary: Summary) -> None:
    unfinished = choice.first <= formatting.today() <= choice.last
    open_end = ", which is not over" if choice.first == choice.last else ", of which today is not over"
    days = charts.said_days(choice.first, choice.last) + (open_end if unfinished else "")
    st.caption(
        formatting.plain(
            f"{days}{_compared(choice, summary)} · days as in {choice.zone} · "
            f"all figures as of {formatting.when_exactly(summary.read_at)}, until you reload or choose anew"
        ),
        help=formatting.plain(DEFINITIONS["period"]),
    )


def _compared(choice: Choice, summary: Summary) -> str:
    """With which days the period is compared, in words that are clear of months as well."""
    today = formatting.today()
    if choice.first > today:
        return ""
    if summary.before is None:
        is_asked = choice.is_compared and summary.headline.success.jobs
        return ", not compared, as the first job came later than the period before began" if is_asked else ""
    before = summary.period.before
    count = len(before.days)
    whole = " whole" if today <= choice.last else ""
    with_what = f"the {count}{whole} days before" if count > 1 else f"the{whole} day before"
    is_month = choice.first.day == 1 and (choice.last + timedelta(days=1)).day == 1 and before.first.day != 1
    no_month = ", which is not the calendar month before" if is_month else ""
    return f", compared with {with_what}: {charts.said_days(before.first, before.last)}{no_month}"


def _draw_accounts_off(summary: Summary) -> None:
    """Whose credits are not to be trusted."""
    if summary.accounts_off:
        st.error(
            f"The entries of {formatting.plain(', '.join(summary.accounts_off))} do not add up to the balance, so no "
            "figure that counts their credits is to be trusted. `python -m core check` tells what is off.",
            icon=":material/account_balance:",
        )


def _draw_reused(actor: Actor, choice: Choice) -> None:
    """What giving finished work again has spared; nothing where it spared nothing."""
    saved = analytics_data.reused(actor, choice)
    dollars = formatting.plain(formatting.dollars(saved.usd_micros))
    if saved.hits:
        st.caption(
            f":material/history: {formatting.count(saved.hits, 'photo')} given again at no charge:"
            f" {formatting.credits(saved.credits)} not taken, {dollars} not spent.",
            help=formatting.plain(DEFINITIONS["reused"]),
        )


def _draw_news(summary: Summary) -> None:
    """The period in one line, and a mark where the target is missed."""
    st.markdown(f"##### {formatting.plain(telling.sentence(summary))}")
    if not telling.is_missed(summary):
        return
    since = telling.missed_since(summary)
    target = f"The target of more than {100 * definitions.SUCCESS_TARGET:.0f} % is missed in this period"
    told = f", and on every day since {_since(summary, since)}" if since else "; its last day met it again"
    st.warning(f"{target}{told}.", icon=":material/flag:")


def _since(summary: Summary, since: date) -> str:
    """The day, and that it may be longer where the period has no day before it that met the target."""
    named = charts.said_days(since, since)
    met_before = any(one.headline.success.success.rate is not None for one in summary.days if one.day < since)
    return named if met_before else f"at least {named}, with which the period's jobs begin"


def _draw_empty(choice: Choice) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        if choice.filter != Filter():
            st.markdown("**No jobs are like that in this period.** Take a filter back, or look at more days.")
            st.button("Clear all filters", icon=":material/filter_alt_off:", on_click=analytics_choice.clear)
            return
        if choice.first > formatting.today():
            today = charts.said_days(formatting.today(), formatting.today())
            st.markdown(f"**These days have not come yet.** Choose days up to today, {today}.")
            st.button("Show the last 30 days", icon=":material/event:", on_click=analytics_choice.back_to_usual_days)
            return
        st.markdown("**No jobs in this period.** Success, times and credits appear here with the first one.")
        st.page_link("pages/stage.py", label="Stage a photo", icon=":material/chair:")


def _draw_charts(summary: Summary) -> None:
    # Seen to anew in each part that is drawn by itself, where a role may be over since.
    read = functools.partial(analytics_data.still, summary)
    with st.container(key=analytics_cards.KEY):
        _draw_all(read, summary)


def _draw_all(read: Callable[[], Summary], summary: Summary) -> None:
    _draw_pair(read, analytics_charts.success, analytics_charts.volume)
    left, right = st.columns(2)
    with left:
        analytics_charts.draw_times(read)
    with right:
        analytics_charts.draw_distribution(read)
    _draw_pair(read, analytics_charts.credits, analytics_charts.costs)
    _draw_pair(read, analytics_charts.failures, analytics_charts.refund_reasons)
    left, right = st.columns(2)
    with left:
        analytics_reliability.draw(summary)
        _draw_card(read, analytics_charts.settled)
    with right:
        _draw_card(read, analytics_charts.rhythm)


def _draw_pair(read: Callable[[], Summary], *made: Callable[[Summary], Card]) -> None:
    for column, one in zip(st.columns(len(made)), made, strict=True):
        with column:
            _draw_card(read, one)


@st.fragment
def _draw_card(read: Callable[[], Summary], made: Callable[[Summary], Card]) -> None:
    """A click on a chart draws its card anew, and nothing else."""
    analytics_cards.draw(made(read()))


_page()
