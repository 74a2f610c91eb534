"""What does the provider say of one prediction? What we were told, its logs, and the raw answer on demand."""

import streamlit as st

from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import manual_sync, queries
from core.jobs.details import AttemptDetail, JobDetail
from core.jobs.states import variant_name
from core.provider.contract import Prediction
from pages.widgets import at_replicate, deeds, formatting, record_table, session
from pages.widgets.record_table import Cell, Column, Row

# A long log scrolls in a box of this many pixels, which hold about so many lines.
_LOGS_HEIGHT, _LOGS_LINES = 140, 5
_COLUMNS = (Column(title="Step", width="150px"), Column(title="When", wraps=True))


@st.dialog("Prediction", icon=":material/psychology:", width="medium")
def draw(actor: Actor, job: JobDetail, prediction_id: str) -> None:
    """Draw the dialog; Replicate is asked only on a click."""
    found = [
        (variant.index, attempt)
        for variant in job.variants
        for attempt in variant.attempts
        if attempt.prediction_id == prediction_id
    ]
    if not found:
        st.warning("This prediction belongs to another job.", icon=":material/search_off:")
        return
    index, attempt = found[0]
    st.markdown(f"**{variant_name(index)}, try {attempt.number}** of {formatting.plain(job.photo.file_name)}")
    st.code(prediction_id, language=None)
    record_table.draw(
        "Times of the prediction", _COLUMNS, _times(attempt), key="prediction-times", becomes_cards=False
    )
    if attempt.error:
        st.error(formatting.plain(attempt.error), icon=":material/error:")
    with session.runtime().database.read() as opened:
        logs = queries.prediction_logs(opened, actor, job_id=job.id).get(prediction_id, "")
    st.caption("Logs" if logs else "The model wrote no logs.")
    if logs:
        st.code(logs, language=None, height=_LOGS_HEIGHT if logs.count("\n") > _LOGS_LINES else "content")
    with st.container(horizontal=True):
        is_asked = _draw_ask(actor)
        at_replicate.draw("See it at Replicate", prediction_id, key="prediction-at-replicate")
    _draw_raw(actor, prediction_id, is_asked=is_asked)


def _times(attempt: AttemptDetail) -> list[Row]:
    steps = {
        "Ordered by us": attempt.created_at,
        "Taken by Replicate": attempt.provider_created_at,
        "Drawing began": attempt.provider_started_at,
        "Drawing ended": attempt.provider_completed_at,
    }
    rows = [
        Row(step, (Cell(text=step), Cell(text=formatting.when_exactly(moment), hover=formatting.exact(moment))))
        for step, moment in steps.items()
        if moment is not None
    ]
    status = attempt.status
    if attempt.predict_seconds is not None:
        status += f", drew for {formatting.duration(attempt.predict_seconds)}"
    return [*rows, Row("status", (Cell(text="Status"), Cell(text=f"{status} · seed {attempt.seed}")))]


def _draw_ask(actor: Actor) -> bool:
    reason = "" if actor.may(Action.ASK_PROVIDER) else "Your role can't ask Replicate."
    return st.button(
        "Ask Replicate now",
        icon=":material/travel_explore:",
        disabled=bool(reason),
        help=reason or "Shows its answer as it is. Nothing is changed.",
        key="ask-replicate",
    )


def _draw_raw(actor: Actor, prediction_id: str, *, is_asked: bool) -> None:
    key = f"raw-{deeds.opening()}"
    if is_asked:
        with st.spinner("Asking Replicate …"):
            answer = deeds.attempt(
                lambda: manual_sync.provider_view(session.runtime().desk, actor, prediction_id=prediction_id)
            )
        if answer is not None:
            st.session_state[key] = answer
    shown: Prediction | None = st.session_state.get(key)
    if shown is not None:
        st.caption(f"Replicate's answer: {shown.status}")
        st.json(dict(shown.raw), expanded=1)
