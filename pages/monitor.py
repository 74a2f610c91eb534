"""Monitor: what is under way, what failed and why, and a sync by hand."""

from datetime import timedelta

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from core import clock, errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import manual_sync, queries
from core.jobs.details import JobDetail
from core.jobs.states import IN_FLIGHT_JOBS, JobState
from core.webhooks import health
from core.webhooks.health import WebhookHealth
from pages.widgets import formatting, job_actions, job_table, job_view, pause_banner, session, states, webhook_health

_REFRESH_MS = 2_000
_JOB = "job"
_FILTER = "state"
_SHOWN = 50
# In pixels, about what a job's pictures and actions take beside it.
_LIST_HEIGHT, _ROW_HEIGHT = 720, 84
# Many open pages share one look at the database.
_SNAPSHOT_KEPT = timedelta(milliseconds=500)
_HEALTH_KEPT = timedelta(seconds=2)


def _page() -> None:
    actor = session.require_actor()
    st.title("Monitor", anchor=False)
    _draw_live(actor)


@st.fragment
def _draw_live(actor: Actor) -> None:
    """Redraws itself every two seconds while anything is in flight, and is quiet otherwise."""
    pause_banner.draw()
    state = _draw_filter()
    counts, page = _snapshot(actor, (state,) if state else ())
    _draw_counts(counts)
    in_flight = sum(counts[one] for one in IN_FLIGHT_JOBS)
    _draw_toolbar(actor, in_flight)
    if actor.may(Action.SYNC):
        webhook_health.draw(_health(actor), are_requested=session.runtime().desk.webhook_base_url is not None)
    if in_flight:
        st_autorefresh(interval=_REFRESH_MS, key="monitor-refresh")
    if not page.jobs:
        _draw_empty(state)
        return
    selected = st.query_params.get(_JOB)
    if not selected:
        _draw_list(page, selected)
        return
    # The list scrolls beside the job, so that neither pushes the other out of sight.
    left, right = st.columns([5, 6])
    with left, st.container(height=min(_LIST_HEIGHT, _ROW_HEIGHT * (len(page.jobs) + 1)), border=False):
        _draw_list(page, selected)
    with right:
        _draw_job(actor, selected)


def _draw_list(page: queries.JobPage, selected: str | None) -> None:
    clicked = job_table.draw(page.jobs, selected=selected, now=clock.now(), key="jobs")
    if clicked and clicked != selected:
        _show(clicked)
    if page.next_cursor:
        st.caption(f"The newest {_SHOWN} are shown.")


@st.cache_data(ttl=_SNAPSHOT_KEPT, show_spinner=False)
def _snapshot(actor: Actor, shown: tuple[JobState, ...]) -> tuple[dict[JobState, int], queries.JobPage]:
    with session.runtime().database.read() as opened:
        return queries.counts_by_state(opened, actor), queries.jobs(opened, actor, states=shown, limit=_SHOWN)


@st.cache_data(ttl=_HEALTH_KEPT, show_spinner=False)
def _health(actor: Actor) -> WebhookHealth:
    with session.runtime().database.read() as opened:
        return health.read(opened, actor)


def _draw_filter() -> JobState | None:
    options, asked = ["all", *JobState], st.query_params.get(_FILTER, "all")
    chosen = st.segmented_control(
        "Show",
        options,
        format_func=lambda option: "All" if option == "all" else states.JOB_LOOKS[JobState(option)].word,
        default=asked if asked in options else "all",
        required=True,
        key="monitor-filter",
        label_visibility="collapsed",
    )
    if chosen is None or chosen == "all":
        st.query_params.pop(_FILTER, None)
        return None
    st.query_params[_FILTER] = str(chosen)
    return JobState(chosen)


def _draw_counts(counts: dict[JobState, int]) -> None:
    with st.container(horizontal=True):
        for state, count in counts.items():
            look = states.JOB_LOOKS[state]
            st.metric(look.word, formatting.number(count), icon=f":material/{look.icon}:", border=True, width=150)


def _draw_toolbar(actor: Actor, in_flight: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        may = actor.may(Action.SYNC)
        reason = "" if in_flight and may else "Nothing is in flight." if may else "Your role can't sync jobs."
        if st.button(
            "Sync all in flight",
            icon=":material/sync:",
            disabled=bool(reason),
            help=reason or "Ask Replicate about every job in flight, now.",
        ):
            _sync(actor, None)
        quiet = "Refreshing every 2 s" if in_flight else "Nothing in flight, so this page is quiet"
        st.caption(f"{quiet} · updated {clock.now():%H:%M:%S} UTC", width="content")
    report = st.session_state.pop("sync_report", None)
    if report:
        st.info(report, icon=":material/sync:")


def _draw_empty(state: JobState | None) -> None:
    if state is not None:
        st.info(f"No job is {states.JOB_LOOKS[state].word.lower()}.", icon=":material/filter_alt_off:")
        return
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown("**No jobs yet.** Each staged photo appears here with its state, its pictures and its credits.")
        st.page_link("pages/stage.py", label="Stage a photo", icon=":material/chair:")


def _draw_job(actor: Actor, job_id: str) -> None:
    try:
        with session.runtime().database.read() as opened:
            job = queries.job(opened, actor, job_id=job_id)
            typical = queries.typical_times(opened)
    except errors.JobNotFound as error:
        st.warning(formatting.plain(error.message), icon=":material/search_off:")
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(formatting.plain(job.photo.file_name), anchor=False, width="content")
            states.badge(job.state)
            people = f"{formatting.plain(job.account)} · {formatting.plain(job.created_by)}"
            st.caption(f"{people} · {formatting.credits(job.credits_used)}", width="content")
        st.code(job.id, language=None)
        if job.failure is not None:
            st.error(formatting.refusal(job.failure), icon=":material/error:")
        if job.state.is_terminal:
            st.caption(job_view.outcome(job))
        if job.retry_of is not None:
            st.caption(f"A retry of job {formatting.short_id(job.retry_of)}, of what had no result there.")
        job_actions.draw(actor, job, sync=lambda: _sync(actor, job.id), show=_show)
        job_view.draw_variants(job, typical)
        _draw_timeline(job)


def _show(job_id: str | None) -> None:
    if job_id is None:
        st.query_params.pop(_JOB, None)
    else:
        st.query_params[_JOB] = job_id
    st.rerun()


def _sync(actor: Actor, job_id: str | None) -> None:
    try:
        with st.spinner("Asking Replicate …"):
            report = manual_sync.sync_jobs(session.runtime().desk, actor, job_id=job_id)
    except errors.StagingError as error:
        st.error(formatting.refusal(error), icon=":material/error:")
        return
    lines = [f"{formatting.count(report.checked, 'job')} checked, {len(report.changed)} changed."]
    lines += [
        f"- `{formatting.short_id(change.job_id)}` {change.before} → {change.after}: "
        + formatting.plain(change.message)
        for change in report.changed
    ]
    st.session_state["sync_report"] = "\n".join(lines)
    _snapshot.clear()
    st.rerun()


def _draw_timeline(job: JobDetail) -> None:
    with st.expander("Timeline", icon=":material/history:", type="compact"):
        for event in job.events:
            who = formatting.plain(f"{event.source}, {event.actor}")
            words = formatting.plain(event.message)
            st.markdown(f":gray[{formatting.plain(formatting.exact(event.at))}] · {words} :gray[{who}]")


_page()
