"""What does the Monitor show just now? One look at the database, which all pages that show the same share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from core import clock, errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import overview, pause, queries, search
from core.jobs.overview import Choices, Overview
from core.jobs.pause import Pause
from core.jobs.queries import TypicalTimes
from core.jobs.search import JobRows
from core.webhooks import health
from core.webhooks.health import WebhookHealth
from pages.widgets import formatting, job_table, monitor_figures, session
from pages.widgets.monitor_figures import Written
from pages.widgets.monitor_filters import Wanted

_SHOWN = 50
_KEPT = timedelta(milliseconds=500)
_CHOICES_KEPT = timedelta(seconds=30)
# Kept as resources: what is frozen needs no copy for each page.
# The account decides what is seen, and the right to sync what is told of webhooks: all who see the same share a look.
_BY_SIGHT: dict[str | type[Any], Callable[[Any], Any]] = {
    Actor: lambda actor: (actor.account_id, actor.may(Action.SYNC))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one look at the database found.

    `webhooks` is None for those whom its health does not concern; `figures` and `drawn_rows` are the head and the
    list's rows in words, written once for all pages that show them.
    """

    read_at: datetime
    overview: Overview
    page: JobRows
    typical: TypicalTimes
    paused: Pause | None
    webhooks: WebhookHealth | None
    figures: Written
    drawn_rows: str


def look(actor: Actor, wanted: Wanted) -> Snapshot:
    """The figures and the jobs that are wanted, at most half a second old."""
    day_started_at = formatting.day_start(formatting.today())
    try:
        return _look(actor, wanted, day_started_at, st.context.timezone)
    except errors.ValidationFailed:
        # A page that does not exist, as from a bookmark that was cut off: the first one does.
        return _look(actor, Wanted(wanted.filter, wanted.sort, None), day_started_at, st.context.timezone)


@st.cache_resource(ttl=_KEPT, show_spinner=False, hash_funcs=_BY_SIGHT)
def _look(actor: Actor, wanted: Wanted, day_started_at: datetime, timezone: str | None) -> Snapshot:  # noqa: ARG001
    # The zone is asked for since the rows are written with its times: another zone is another look.
    now = clock.now()
    with session.runtime().database.read() as opened:
        page = search.find(opened, actor, wanted.filter, sort=wanted.sort, cursor=wanted.cursor, limit=_SHOWN)
        totals = overview.overview(opened, actor, day_started_at=day_started_at)
        typical, paused = queries.typical_times(opened), pause.current(opened)
        webhooks = health.read(opened, actor) if actor.may(Action.SYNC) else None
    return Snapshot(
        read_at=now,
        overview=totals,
        page=page,
        typical=typical,
        paused=paused,
        webhooks=webhooks,
        figures=monitor_figures.written(totals, paused=paused, typical=typical, webhooks=webhooks),
        drawn_rows=job_table.written(page.rows, now=now),
    )


@st.cache_resource(ttl=_CHOICES_KEPT, show_spinner=False, hash_funcs=_BY_SIGHT)
def choices(actor: Actor) -> Choices:
    """What there is to filter by."""
    with session.runtime().database.read() as opened:
        return overview.choices(opened, actor)
