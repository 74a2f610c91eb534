"""Where do the page's figures come from? From the process's own columns, the same ones for a short while."""

from datetime import date, timedelta

import streamlit as st

from core.analytics.filters import Dimension
from core.analytics.money import CreditDay
from core.analytics.reused import Saved, saved
from core.analytics.summary import Summary
from core.auth.actors import Actor
from pages.widgets import formatting, session
from pages.widgets.analytics_choice import Choice

# The columns themselves may be five seconds old; a page is told of figures that are at most half a minute old.
_KEPT = timedelta(seconds=20)
_ENTRIES_MAX = 16


def summary(actor: Actor, choice: Choice) -> Summary:
    """All figures of what was chosen.

    Raises:
        AccountNotFound, UnknownRoomType, UnknownStyle: if the filter asks for what there is not.
    """
    # On the way, it is seen to that the actor still is whom the page was drawn for.
    session.runtime()
    return _summary(actor, choice)


def reused(actor: Actor, choice: Choice) -> Saved:
    """What was given again at no charge, of what was chosen."""
    with session.runtime().database.read() as opened:
        return saved(opened, actor, choice.period, choice.filter)


def still(found: Summary) -> Summary:
    """The same figures, for a part of a page that is drawn anew by itself: all of a page is of one moment.

    It ends where the actor no longer is whom the page was drawn for.
    """
    session.runtime()
    return found


def choices(actor: Actor, dimension: Dimension) -> list[str]:
    """What a filter can be set to."""
    return session.runtime().figures().choices(actor, dimension)


def first_day(actor: Actor) -> date | None:
    """The viewer's day on which everything began."""
    moment = session.runtime().figures().first_moment(actor)
    return moment.astimezone(formatting.viewer_zone()).date() if moment is not None else None


def credit_days(actor: Actor, choice: Choice) -> tuple[CreditDay, ...]:
    """Credits by account, or what the figures are grouped by, and day."""
    figures = session.runtime().figures()
    by = choice.by or Dimension.ACCOUNT
    return figures.credit_days(actor, choice.period, wanted=choice.filter, by=by)


# Not a copy for each visitor: it is frozen, and large.
@st.cache_resource(
    ttl=_KEPT, max_entries=_ENTRIES_MAX, show_spinner="Counting … (the first time after a start takes longer)"
)
def _summary(actor: Actor, choice: Choice) -> Summary:
    figures = session.runtime().figures()
    return figures.summary(actor, choice.period, wanted=choice.filter, by=choice.by, compare=choice.is_compared)
