"""Monitor: what is under way, what failed and why, and each action that puts it right."""

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import queries
from core.jobs.queries import TypicalTimes
from pages.widgets import (
    address,
    deeds,
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
from pages.widgets.job_table import Leaves
from pages.widgets.monitor_filters import Wanted
from pages.widgets.monitor_snapshot import Snapshot

_REFRESH_MS = 2_000
_PAUSE_WORDS = "Stops the refresh every 2 s while jobs are under way. Nothing else stops."
_JOB = "job"
_PAUSED = "monitor-paused"
# In pixels, about what a job's pictures and actions take beside it.
_LIST_HEIGHT, _ROW_HEIGHT = 860, 84
# What refreshes is drawn in one piece, the figures with the list; the filters stand between them all the same. On a
# phone the columns stack: the job comes first there, and second where there is room beside the list.
_ORDER = f"""<style>
.st-key-monitor > :last-child, .st-key-monitor > :last-child > [data-testid='stVerticalBlock'] {{display: contents}}
.st-key-{monitor_figures.KEY}, [data-testid='stLayoutWrapper']:has(> .st-key-monitor-warnings) {{order: -1}}
.st-key-monitor-split > [data-testid='stLayoutWrapper'] > div {{flex-direction: row-reverse}}
</style>"""


def _page() -> None:
    actor = session.require_actor()
    st.title("Monitor", anchor=False)
    deeds.draw_notice()
    st.html(_ORDER)
    with st.container(key="monitor"):
        with monitor_filters.draw(monitor_snapshot.choices(actor)):
            st.toggle("Pause", key=_PAUSED, help=_PAUSE_WORDS)
        _draw_live(actor, monitor_filters.wanted())


@st.fragment
def _draw_live(actor: Actor, wanted: Wanted) -> None:
    """Redraws itself every two seconds while anything is in flight or the queue is stopped, and is quiet otherwise.

    It holds only what changes by itself, since with many open pages this is what the server is busy with. Nor does it
    ever draw the page around it anew by itself: that would close a dialog, with what was typed there.
    """
    wanted = monitor_filters.at_page(wanted)
    seen = monitor_snapshot.look(actor, wanted)
    is_paused = bool(st.session_state.get(_PAUSED))
    _draw_warnings(seen)
    monitor_figures.draw(seen.figures, read_at=seen.read_at, is_paused=is_paused)
    if seen.page.rows:
        _draw_jobs(actor, seen, wanted)
    else:
        _draw_empty(wanted)
        _draw_job(actor, st.query_params.get(_JOB), seen.typical)
    # Last, where the little room that it takes is seen by nobody.
    if seen.figures.is_live and not is_paused:
        st_autorefresh(interval=_REFRESH_MS, key="monitor-refresh")


def _draw_warnings(seen: Snapshot) -> None:
    """What should be known before the figures are read; usually nothing."""
    if seen.paused is None and (seen.webhooks is None or not webhook_health.is_of_note(seen.webhooks)):
        return
    with st.container(key="monitor-warnings"):
        pause_banner.draw()
        if seen.webhooks is not None:
            webhook_health.draw(seen.webhooks, are_requested=session.are_webhooks_requested())


def _draw_jobs(actor: Actor, seen: Snapshot, wanted: Wanted) -> None:
    """Draw the list, and beside it the job that is open."""
    job_id = st.query_params.get(_JOB)
    if not job_id:
        _draw_list(actor, seen, wanted, None)
        return
    with st.container(key="monitor-split"):
        # The list scrolls beside the job, so that neither pushes the other out of sight.
        right, left = st.columns([6, 5])
    with right:
        _draw_job(actor, job_id, seen.typical)
    height = min(_LIST_HEIGHT, _ROW_HEIGHT * (len(seen.page.rows) + 1))
    with left, st.container(height=height, border=False, key="monitor-list"):
        _draw_list(actor, seen, wanted, job_id)


def _draw_list(actor: Actor, seen: Snapshot, wanted: Wanted, job_id: str | None) -> None:
    clicked = job_table.draw(
        seen.drawn_rows,
        opened=job_id,
        can_sync=actor.may(Action.SYNC),
        stale=seen.overview.stale,
        leaves=Leaves(goes_back=wanted.cursor is not None, goes_on=seen.page.next_cursor is not None),
        key="jobs",
    )
    if clicked.job_id and clicked.job_id != job_id:
        address.keep(_JOB, clicked.job_id)
        st.rerun()
    if clicked.turn:
        monitor_filters.turn(clicked.turn, next_cursor=seen.page.next_cursor)
        st.rerun(scope="fragment")
    if clicked.to_sync or clicked.is_stale_to_sync:
        deeds.new_opening()
        sync_dialog.draw(actor, clicked.to_sync or None)


def _draw_empty(wanted: Wanted) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        if not wanted.is_narrowed:
            st.markdown(
                "**No jobs yet.** Each staged photo appears here with its state, its pictures and its credits."
            )
            st.page_link("pages/stage.py", label="Stage a photo", icon=":material/chair:")
            return
        st.markdown("**No job is like that.** Take a filter back, or look for less of the name.")
        if st.button("Clear all filters", icon=":material/filter_alt_off:", on_click=monitor_filters.clear):
            # The filters stand outside of what refreshes.
            st.rerun()


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
