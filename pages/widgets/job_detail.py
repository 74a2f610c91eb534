"""What happened to this job? The reason on top, then what can be done, its pictures, its orders and its history."""

import streamlit as st

from core import clock
from core.auth.actors import Actor
from core.jobs import manual_retry, refundable
from core.jobs.details import JobDetail
from core.jobs.queries import TypicalTimes
from core.jobs.states import JobState
from core.prompts import presets
from pages.widgets import (
    address,
    deeds,
    formatting,
    job_actions,
    job_failure,
    job_history,
    job_view,
    landing,
    prediction_dialog,
    session,
    states,
)

_PANEL = "job-panel"


def draw(actor: Actor, job: JobDetail, typical: TypicalTimes) -> None:
    """Draw all there is to know of the job."""
    with st.container(border=True, key=_PANEL):
        with session.runtime().database.read() as opened:
            left = refundable.of_job(opened, actor, job_id=job.id)
        _draw_head(job, left.waiting_credits)
        _draw_reasons(job)
        _draw_links(job)
        job_actions.draw(actor, job, left)
        job_view.draw_variants(job, typical, says_why=not job_failure.is_told_of_the_job(job))
        with st.expander(
            f"Predictions · {sum(len(variant.attempts) for variant in job.variants)}",
            icon=":material/psychology:",
            key="job-predictions",
            type="compact",
        ):
            asked = job_history.draw_predictions(job, key="predictions")
            if not any(variant.attempts for variant in job.variants):
                st.caption("Nothing was ordered at Replicate so far.")
        with st.expander(
            f"Timeline · {formatting.count(len(job.events), 'event')}",
            icon=":material/history:",
            expanded=True,
            key="job-timeline",
            type="compact",
        ):
            job_history.draw_timeline(job, key="timeline")
        if asked:
            deeds.new_opening()
            prediction_dialog.draw(actor, job, asked)
        landing.draw(_PANEL, job.id)


def _draw_head(job: JobDetail, waiting_credits: int) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="stretch"):
            st.subheader(formatting.plain(job.photo.file_name), anchor=False, width="content")
            states.badge(job.state)
        st.button("Close", icon=":material/close:", type="tertiary", key="job-close", on_click=_close)
    if waiting_credits:
        # On a line of its own: beside the state, a phone has no room for it.
        words = f"Refund of {formatting.credits(waiting_credits)} waits for a manager"
        st.badge(words, icon=":material/approval:", color="orange")
    look = f"{presets.room_type(job.room_type).name}, {presets.style(job.style).name.lower()}"
    now = clock.now()
    since = formatting.ago(job.state_since, now)
    st.caption(
        f"{formatting.plain(job.account)} · {look} · {formatting.credits(job.credits_used)} · ordered by "
        f"{formatting.plain(job.created_by)} {formatting.ago(job.created_at, now)} ago · {job.state.value} "
        + (f"{since} ago" if job.state.is_terminal else f"for {since}")
    )


def _draw_reasons(job: JobDetail) -> None:
    why = job_failure.words(job)
    if why and job.state is JobState.FAILED:
        st.error(why, icon=":material/error:")
    elif why:
        st.warning(why, icon=":material/contrast:")
    elif job.state.is_terminal:
        st.caption(job_view.outcome(job))
    if job.instructions:
        # What was asked for is half of the reason when a filter refuses it.
        st.caption(f"Notes: “{formatting.plain(job.instructions)}”")


def _draw_links(job: JobDetail) -> None:
    """Draw the way to the job that this one tries again, and to those that try this one again."""
    with session.runtime().database.read() as opened:
        retries = manual_retry.retries_of(opened, job.id)
    links = {one.job_id: f"Retried as job {formatting.short_id(one.job_id)} · {one.state.value}" for one in retries}
    if job.retry_of is not None:
        links = {job.retry_of: f"A retry of job {formatting.short_id(job.retry_of)}", **links}
    if not links:
        return
    with st.container(horizontal=True):
        for job_id, words in links.items():
            st.button(
                words,
                icon=":material/replay:",
                type="tertiary",
                help="What has no result in the one is staged again in the other.",
                on_click=address.keep,
                args=("job", job_id),
                key=f"job-link-{job_id}",
            )


def _close() -> None:
    address.keep("job", "")
