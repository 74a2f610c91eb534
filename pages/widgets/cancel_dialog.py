"""Shall this job be canceled? What ends, what counts, and what comes back, said before it is done."""

import streamlit as st

from core.auth.actors import Actor
from core.jobs import cancellation
from core.jobs.details import JobDetail
from core.jobs.states import VariantState
from pages.widgets import confirmation, deeds, formatting, session


@st.dialog("Cancel this job", icon=":material/block:")
def draw(actor: Actor, job: JobDetail) -> None:
    """Draw the dialog, and cancel on a click."""
    waiting = sum(variant.state is VariantState.QUEUED for variant in job.variants)
    ordered = sum(not variant.state.is_terminal for variant in job.variants) - waiting
    st.markdown(f"**{formatting.plain(job.photo.file_name)}** · {formatting.plain(job.account)}")
    if waiting:
        st.markdown(f"{formatting.count(waiting, 'variant')} not ordered yet: canceled at once.")
    if ordered:
        st.markdown(
            f"{formatting.count(ordered, 'variant')} at Replicate: canceled there. One that is ready first counts, "
            "and is charged."
        )
    st.markdown("Every variant without a result is refunded. A canceled job can be retried.")
    if confirmation.button("Cancel this job", icon=":material/block:", key="cancel-now", is_final=True):
        with st.spinner("Canceling …"):
            canceled = deeds.attempt(lambda: cancellation.cancel_job(session.runtime().desk, actor, job_id=job.id))
        if canceled is not None:
            deeds.tell(_words(canceled))
            st.rerun()


def _words(job: JobDetail) -> str:
    if not job.state.is_terminal:
        return "The cancel is on its way: what is being ordered just now ends as soon as Replicate answers."
    returned = formatting.credits(job.credits_refunded) if job.credits_refunded else "No credits"
    return f"The job is {job.state}. {returned} were returned."
