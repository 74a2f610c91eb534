"""Monitor: what is under way, what failed and why, and each action that puts it right."""

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from core import clock, errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import queries
from core.jobs.queries import TypicalTimes
from pages.widgets import (
    address,
    deeds,
    figures,
    formatting,
    job_detail,
    job_table,
    monitor_figures,
    monitor_filters,
    monitor_snapshot,
    pause_banner,
    session,
    sync_dialog,
    webhook_health,
)
from pages.widgets.monitor_filters import Wanted
from pages.widgets.monitor_snapshot import Snapshot

_REFRESH_MS = 2_000
_JOB = "job"
_PAUSED = "monitor-paused"
# In pixels, about what a job's pictures and actions take beside it.
_LIST_HEIGHT, _ROW_HEIGHT = 860, 84
# On a phone the columns stack: the job comes first there, and second where there is room beside the list.
_BESIDE = "<style>.st-key-monitor-split > [data-testid='stLayoutWrapper'] > div {flex-direction: row-reverse}</style>"


def _page() -> None:
    actor = session.require_actor()
    st.title("Monitor", anchor=False)
    deeds.draw_notice()
    _draw_live(actor)


@st.fragment
def _draw_live(actor: Actor) -> None:
    """Redraws itself every two seconds while anything is in flight, and is quiet otherwise."""
    pause_banner.draw()
    place = st.container()
    wanted = monitor_filters.draw(monitor_snapshot.choices(actor))
    seen = monitor_snapshot.look(actor, wanted)
    with place:
        are_requested = session.runtime().desk.webhook_base_url is not None
        webhooks = monitor_snapshot.webhooks(actor) if actor.may(Action.SYNC) else None
        monitor_figures.draw(
            seen.overview,
            paused=seen.paused,
            typical=seen.typical,
            webhooks=webhooks,
            are_webhooks_requested=are_requested,
        )
        if webhooks is not None:
            webhook_health.draw(webhooks, are_requested=are_requested)
    if not seen.page.rows:
        _draw_toolbar(actor, seen, ())
        _draw_empty(wanted)
        _draw_job(actor, st.query_params.get(_JOB), seen.typical)
    else:
        toolbar = st.container()
        checked = _draw_jobs(actor, wanted, seen)
        with toolbar:
            _draw_toolbar(actor, seen, checked)
    # Last, where the little room that it takes is seen by nobody.
    if monitor_figures.in_flight(seen.overview) and not st.session_state.get(_PAUSED):
        st_autorefresh(interval=_REFRESH_MS, key="monitor-refresh")


def _draw_jobs(actor: Actor, wanted: Wanted, seen: Snapshot) -> tuple[str, ...]:
    """Draw the list, and beside it the job that is open; the ids of the jobs that are checked."""
    job_id = st.query_params.get(_JOB)
    if not job_id:
        return _draw_list(actor, wanted, seen, None)
    st.html(_BESIDE)
    with st.container(key="monitor-split"):
        # The list scrolls beside the job, so that neither pushes the other out of sight.
        right, left = st.columns([6, 5])
    with right:
        _draw_job(actor, job_id, seen.typical)
    with (
        left,
        st.container(
            height=min(_LIST_HEIGHT, _ROW_HEIGHT * (len(seen.page.rows) + 1)), border=False, key="monitor-list"
        ),
    ):
        return _draw_list(actor, wanted, seen, job_id)


def _draw_list(actor: Actor, wanted: Wanted, seen: Snapshot, job_id: str | None) -> tuple[str, ...]:
    rows = seen.page.rows
    clicked = job_table.draw(rows, opened=job_id, can_check=actor.may(Action.SYNC), now=clock.now(), key="jobs")
    if clicked.job_id and clicked.job_id != job_id:
        address.keep(_JOB, clicked.job_id)
        st.rerun()
    monitor_filters.draw_pages(wanted, shown=len(rows), next_cursor=seen.page.next_cursor)
    return clicked.checked


def _draw_toolbar(actor: Actor, seen: Snapshot, checked: tuple[str, ...]) -> None:
    count = monitor_figures.in_flight(seen.overview)
    reason = "" if actor.may(Action.SYNC) else "Your role can't sync jobs."
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            f"Sync {len(checked)} selected" if checked else "Sync selected",
            icon=":material/sync:",
            disabled=bool(reason) or not checked,
            help=reason or (None if checked else "Check jobs in flight in the list first."),
            key="sync-selected",
        ):
            deeds.new_opening()
            sync_dialog.draw(actor, checked)
        if st.button(
            "Sync all stale",
            icon=":material/sync_problem:",
            disabled=bool(reason) or not count,
            help=reason or ("Jobs of which there was no news for a while." if count else "Nothing is in flight."),
            key="sync-stale",
        ):
            deeds.new_opening()
            sync_dialog.draw(actor, None)
        _draw_refresh(seen, count)


def _draw_refresh(seen: Snapshot, count: int) -> None:
    paused = False
    if count:
        paused = st.toggle("Pause", key=_PAUSED, help="Stops the refresh every 2 s. Nothing else stops.")
    note = ", refresh paused" if paused else "" if count else ", quiet while nothing is in flight"
    figures.draw_freshness(
        seen.read_at, note=f"{note} · {monitor_figures.ended_words(seen.overview)}", key="monitor-freshness"
    )


def _draw_empty(wanted: Wanted) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        if wanted.is_narrowed:
            st.markdown("**No job is like that.** Take a filter back, or look for less of the name.")
            st.button("Clear all filters", icon=":material/filter_alt_off:", on_click=monitor_filters.clear)
        else:
            st.markdown(
                "**No jobs yet.** Each staged photo appears here with its state, its pictures and its credits."
            )
            st.page_link("pages/stage.py", label="Stage a photo", icon=":material/chair:")


def _draw_job(actor: Actor, job_id: str | None, typical: TypicalTimes) -> None:
    if not job_id:
        return
    try:
        with session.runtime().database.read() as opened:
            job = queries.job(opened, actor, job_id=job_id)
    except errors.JobNotFound as error:
        st.warning(formatting.plain(error.message), icon=":material/search_off:")
        st.button("Back to the list", key="job-close", on_click=lambda: address.keep(_JOB, ""))
        return
    job_detail.draw(actor, job, typical)


_page()
