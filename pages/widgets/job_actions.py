"""What can be done with one job? Each action opens a dialog that says its effect first, or says why it can't be."""

from collections.abc import Callable

import streamlit as st

from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import manual_retry
from core.jobs.details import JobDetail
from core.jobs.refundable import Refundable
from pages.widgets import at_replicate, cancel_dialog, deeds, refund_dialog, retry_dialog, session, sync_dialog


def draw(actor: Actor, job: JobDetail, left: Refundable) -> None:
    """Draw the actions in a row; `left` is what can be refunded. What is needed seldom stands behind "More"."""
    with st.container(horizontal=True):
        _draw_button(
            "Sync",
            "sync",
            ":material/sync:",
            _why_not_in_flight(actor, Action.SYNC, "This job has ended: there is nothing to sync.", job),
            "Ask Replicate about this job, and see what would change.",
            lambda: sync_dialog.draw(actor, [job.id]),
        )
        if job.state.is_terminal:
            _draw_retry(actor, job)
        else:
            reason = _why_not_in_flight(actor, Action.CANCEL, "This job has ended.", job)
            if not reason and job.cancel_requested_at is not None:
                reason = "It is being canceled: Replicate has yet to confirm."
            _draw_button(
                "Cancel",
                "cancel",
                ":material/block:",
                reason,
                "End what has no result yet.",
                lambda: cancel_dialog.draw(actor, job),
            )
        _draw_refund(actor, job, left)
        with st.popover("More", icon=":material/more_horiz:"):
            _draw_replicate(job)
            _draw_ids(job)


def _draw_retry(actor: Actor, job: JobDetail) -> None:
    with session.runtime().database.read() as opened:
        retryable = manual_retry.retryable(opened, job)
    reason = retryable.why_not if actor.may(Action.RETRY) else "Your role can't retry jobs."
    _draw_button(
        "Retry",
        "retry",
        ":material/replay:",
        reason,
        f"Order what has no result again, for {retryable.price_credits} credits.",
        lambda: retry_dialog.draw(actor, job, retryable),
    )


def _draw_refund(actor: Actor, job: JobDetail, left: Refundable) -> None:
    reason = left.why_not if actor.may(Action.REFUND) else "Your role can't refund jobs."
    _draw_button(
        "Refund",
        "refund",
        ":material/undo:",
        reason,
        f"Give back up to {left.job_credits} credits.",
        lambda: refund_dialog.draw(actor, job),
    )


def _draw_button(
    label: str, name: str, icon: str, why_not: str, effect: str, open_dialog: Callable[[], None]
) -> None:
    if st.button(label, icon=icon, disabled=bool(why_not), help=why_not or effect, key=f"action-{name}"):
        deeds.new_opening()
        open_dialog()


def _draw_ids(job: JobDetail) -> None:
    st.caption("Id of the job")
    st.code(job.id, language=None)
    for variant in job.variants:
        for attempt in variant.attempts:
            if attempt.prediction_id:
                st.caption(f"Prediction of {_tried(variant.index, attempt.number)}")
                st.code(attempt.prediction_id, language=None)
    if not job.prediction_ids:
        st.caption("No prediction was ordered so far.")


def _draw_replicate(job: JobDetail) -> None:
    """The latest prediction of each variant; those before them have their links where they are listed."""
    latest = {
        variant.index: attempt.prediction_id
        for variant in job.variants
        for attempt in variant.attempts
        if attempt.prediction_id
    }
    if not latest or session.runtime().settings.is_demo:
        at_replicate.draw("At Replicate", None, key="action-replicate")
        return
    for index, prediction_id in latest.items():
        at_replicate.draw(f"{chr(ord('A') + index)} at Replicate", prediction_id, key=f"action-replicate-{index}")


def _tried(index: int, number: int) -> str:
    return f"variant {chr(ord('A') + index)}" + (f", try {number}" if number > 1 else "")


def _why_not_in_flight(actor: Actor, action: Action, ended: str, job: JobDetail) -> str:
    if job.state.is_terminal:
        return ended
    return "" if actor.may(action) else f"Your role can't {action.value}."
