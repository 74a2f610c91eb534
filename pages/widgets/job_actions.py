"""What can be done with one job? Sync, cancel, retry: each says its effect first, and why it is not possible."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries as credit_queries
from core.jobs import cancellation, manual_retry
from core.jobs.details import JobDetail
from pages.widgets import formatting, session

_T = TypeVar("_T")
_NOTICE = "job_action_notice"


def draw(actor: Actor, job: JobDetail, *, sync: Callable[[], None], show: Callable[[str | None], None]) -> None:
    """Draw the actions in a row. `sync` syncs the job; `show` shows another job, or closes this one (None)."""
    with st.container(horizontal=True):
        reason = _why_not(actor, Action.SYNC, "sync", "This job has ended: there is nothing to sync.", job)
        clicked = st.button(
            "Sync now",
            icon=":material/sync:",
            disabled=bool(reason),
            help=reason or "Ask Replicate about this job, now.",
            key=f"sync-{job.id}",
        )
        if job.state.is_terminal:
            _draw_retry(actor, job, show)
        else:
            _draw_cancel(actor, job, show)
        if st.button("Close", icon=":material/close:", type="tertiary", key=f"close-{job.id}"):
            show(None)
    if clicked:
        sync()
    notice = st.session_state.pop(_NOTICE, None)
    if notice:
        st.toast(notice, icon=":material/done:")


def _draw_cancel(actor: Actor, job: JobDetail, show: Callable[[str | None], None]) -> None:
    reason = _why_not(actor, Action.CANCEL, "cancel", "This job has ended.", job)
    if job.cancel_requested_at is not None:
        reason = "It is being canceled: Replicate has yet to confirm."
    with st.popover("Cancel", icon=":material/block:", disabled=bool(reason), help=reason or None):
        st.markdown("What waits ends at once; what is being drawn is canceled at Replicate.")
        st.markdown("Credits return for every variant without a result. A canceled job can be retried.")
        if st.button("Cancel this job", type="primary", key=f"cancel-{job.id}"):
            canceled = _attempt(
                lambda: cancellation.cancel_job(session.runtime().desk, actor, job_id=job.id), _cancel_words
            )
            if canceled is not None:
                show(job.id)


def _draw_retry(actor: Actor, job: JobDetail, show: Callable[[str | None], None]) -> None:
    with session.runtime().database.read() as opened:
        price = manual_retry.price_of_retry(opened, job)
        balance = credit_queries.account(opened, actor, name=job.account).balance
    reason = "" if actor.may(Action.RETRY) else "Your role can't retry jobs."
    if not price:
        reason = "Every variant has its result: there is nothing to retry."
    with st.popover("Retry", icon=":material/replay:", disabled=bool(reason), help=reason or None):
        st.markdown(
            f"A new job draws what has no result, with new seeds. {formatting.plain(job.account)} has "
            f"{formatting.credits(balance)}."
        )
        if st.button(f"Retry for {formatting.credits(price)}", type="primary", key=f"retry-{job.id}"):
            made = _attempt(
                lambda: manual_retry.retry_job(session.runtime().desk, actor, job_id=job.id),
                lambda submission: (
                    f"{formatting.credits(submission.jobs[0].credits_used)} used: the retry is on its way."
                ),
            )
            if made is not None:
                show(made.jobs[0].id)


def _why_not(actor: Actor, action: Action, verb: str, ended: str, job: JobDetail) -> str:
    if job.state.is_terminal:
        return ended
    return "" if actor.may(action) else f"Your role can't {verb} jobs."


def _cancel_words(job: JobDetail) -> str:
    if not job.state.is_terminal:
        return "The cancel is on its way: what is being ordered just now ends as soon as Replicate answers."
    return f"The job is {job.state}. {formatting.credits(job.credits_refunded)} were returned."


def _attempt(call: Callable[[], _T], words: Callable[[_T], str]) -> _T | None:
    try:
        outcome = call()
    except errors.StagingError as error:
        st.error(formatting.refusal(error), icon=":material/error:")
        return None
    # Told after the page is drawn anew, with the job as it is then.
    st.session_state[_NOTICE] = formatting.plain(words(outcome))
    return outcome
