"""Which experiments are there? A table with how far each one is."""

import streamlit as st

from core.auth.actors import Actor
from core.experiments import measures
from core.experiments.records import ExperimentRecord, ExperimentState
from core.jobs import experiment_desk
from pages.widgets import formatting, record_table, session
from pages.widgets.record_table import Cell, Column, Row

_COLUMNS = (
    Column(title="Experiment", width="minmax(0, 3fr)", is_strong=True, is_full=True, wraps=True),
    Column(title="State", width="110px"),
    Column(title="Arms", width="60px", is_number=True),
    Column(title="Jobs", width="80px", is_number=True),
    Column(title="Decided by", width="minmax(0, 1.4fr)"),
    Column(title="Since", width="120px"),
)
STATES = {
    ExperimentState.DRAFT: ("Draft", "gray", "edit_note"),
    ExperimentState.RUNNING: ("Running", "blue", "science"),
    ExperimentState.STOPPED: ("Stopped", "gray", "stop"),
}
_RULES = (
    "A job takes part in one experiment at most: the one that was started first and includes it, since two at once"
    " would blur each other. Photos of a listing keep one arm. Retries, reused results and requests that name a model"
    " take no part. What the customer pays never changes."
)


def draw(actor: Actor, *, new: str) -> str | None:
    """Draw the table; the id of the experiment that was just clicked, `new` if another is wanted, or None."""
    with session.runtime().database.read() as opened:
        found = experiment_desk.experiments(opened, actor)
        jobs = experiment_desk.jobs_assigned(opened, actor)
    if not found:
        with st.container(border=True, horizontal_alignment="center"):
            st.markdown(
                "**No experiment yet.** An experiment splits new jobs at random between two or more ways to stage, by"
                " prompt template, model or parameters, and tells which is better, whenever it is looked at."
            )
            return new if _draw_button() else None
    asked = _draw_button()
    clicked = record_table.draw(
        "Experiments", _COLUMNS, [_row(one, jobs.get(one.id, 0)) for one in found], key="experiments"
    )
    st.caption(_RULES)
    return new if asked else clicked


def _draw_button() -> bool:
    return st.button("Define an experiment", icon=":material/add:", type="primary", key="experiment-new")


def _row(one: ExperimentRecord, jobs: int) -> Row:
    word, color, icon = STATES[one.state]
    since = one.stopped_at or one.started_at or one.created_at
    return Row(
        one.id,
        (
            Cell(
                text=one.design.name,
                below=one.hypothesis,
                action=one.id,
                href=f"experiments?experiment={one.id}",
            ),
            Cell(text=word, color=color, icon=icon),
            Cell(text=formatting.number(len(one.design.arms))),
            Cell(text=formatting.number(jobs)),
            Cell(text=formatting.sentence(measures.MEASURES[one.design.measure].name)),
            Cell(text=formatting.when(since), hover=formatting.exact(since)),
        ),
    )
