"""Which models may new jobs use, which one do they use, and what does each cost and take?"""

from collections.abc import Mapping

import streamlit as st

from core.auth.actors import Actor
from core.experiments import records
from core.experiments.records import ExperimentState
from core.jobs import model_settings, queries
from core.jobs.model_settings import ModelState
from core.jobs.queries import TypicalTimes
from pages.widgets import confirmation, deeds, formatting, record_table, session
from pages.widgets.record_table import Cell, Column, Row

_COLUMNS = (
    Column(title="Model", width="minmax(0, 1.7fr)", is_strong=True, is_full=True),
    Column(title="State", width="minmax(0, 0.8fr)"),
    Column(title="Cost of a picture", width="minmax(0, 1fr)", is_number=True),
    Column(title="Takes about", width="minmax(0, 1fr)", is_number=True),
    Column(title="", width="110px"),
    Column(title="", width="120px"),
)
_ON, _OFF, _DEFAULT = "on", "off", "default"


def draw(actor: Actor) -> None:
    """Draw the models, and the ways to switch each and to make another the default."""
    st.caption(
        "New jobs use the default, unless a program names another that is on, or an experiment that runs takes them."
        " Jobs that were submitted keep their model. What a customer pays in credits stays"
        " the same; what Replicate asks does not."
    )
    with session.runtime().database.read() as opened:
        states = {state.model.name: state for state in model_settings.models(opened, actor)}
        times = queries.typical_times_by_model(opened)
    clicked = record_table.draw("Models", _COLUMNS, [_row(one, times) for one in states.values()], key="models")
    what, _, name = (clicked or "").partition(" ")
    if name not in states:
        return
    if what == _DEFAULT:
        deeds.new_opening()
        _ask_for_default(actor, states[name], next(one for one in states.values() if one.is_default))
    else:
        switch(actor, states[name], is_on=what == _ON)


def _row(state: ModelState, times: Mapping[str, TypicalTimes]) -> Row:
    model = state.model
    seconds, source = _takes(state, times)
    return Row(
        model.name,
        (
            Cell(text=model.title, below=model.name, hover=model.name),
            _state(state),
            Cell(text=_cost(state), below=f"on {model.price.as_of:%d %b %Y}", hover=_cost_by_size(state)),
            Cell(text="Not known" if seconds is None else formatting.duration(seconds), below=source),
            Cell(text="") if state.is_default else _switch(state),
            Cell(text="Make default", action=f"{_DEFAULT} {model.name}") if _may_be_default(state) else Cell(text=""),
        ),
    )


def _state(state: ModelState) -> Cell:
    if state.is_default:
        return Cell(text="Default", color="green", icon="star")
    return (
        Cell(text="On", color="green", icon="check") if state.is_on else Cell(text="Off", color="gray", icon="block")
    )


def _switch(state: ModelState) -> Cell:
    word, action = ("Switch off", _OFF) if state.is_on else ("Switch on", _ON)
    return Cell(text=word, action=f"{action} {state.model.name}")


def _may_be_default(state: ModelState) -> bool:
    return state.is_on and not state.is_default


def _cost(state: ModelState) -> str:
    return formatting.dollars(state.model.cost_usd_micros)


def _cost_by_size(state: ModelState) -> str:
    each = state.model.price.megapixel_usd_micros
    return f"{formatting.dollars(each)} more for a photo that is sent with over one megapixel." if each else ""


def _takes(state: ModelState, times: Mapping[str, TypicalTimes]) -> tuple[float | None, str]:
    """Seconds, and where they are from: measured here, or else told by others."""
    measured = times.get(state.model.name)
    if measured is not None and measured.median_seconds is not None:
        return measured.median_seconds, f"measured, {formatting.count(measured.count, 'picture')}"
    return state.model.expected_seconds, "" if state.model.expected_seconds is None else "told by others"


def switch(actor: Actor, state: ModelState, *, is_on: bool) -> None:
    """Switch the model, and tell so when the page is drawn anew; or tell here why not."""
    if deeds.attempt(lambda: _change(actor, state, is_on=is_on)):
        told = "New jobs may use it." if is_on else "Jobs that were submitted keep it."
        deeds.tell(f"{state.model.title} is {'on' if is_on else 'off'}. {told}")
        st.rerun()


@st.dialog("Change the default model", icon=":material/star:")
def _ask_for_default(actor: Actor, wanted: ModelState, now: ModelState) -> None:
    st.markdown(f"From **{formatting.plain(now.model.title)}** to **{formatting.plain(wanted.model.title)}**")
    st.markdown(
        formatting.plain(
            f"From now on every new job uses it, of all accounts, unless a program names another{_experiments()}."
            f" A picture costs"
            f" {_cost(wanted)} at Replicate instead of {_cost(now)}; the price in credits stays."
            f" {_cost_by_size(wanted)} Look at a few of its pictures first: it may furnish otherwise."
        )
    )
    if confirmation.button(f"Use {wanted.model.title}", icon=":material/star:", key="default-now") and deeds.attempt(
        lambda: _change(actor, wanted, is_default=True)
    ):
        deeds.tell(f"New jobs use {wanted.model.title}.")
        st.rerun()


def _experiments() -> str:
    """The exception that those make which run."""
    with session.runtime().database.read() as opened:
        names = [one.design.name for one in records.all_of(opened, state=ExperimentState.RUNNING)]
    return f", or an experiment takes it ({', '.join(names)} runs with models of its own)" if names else ""


def _change(actor: Actor, state: ModelState, *, is_on: bool | None = None, is_default: bool | None = None) -> bool:
    database = session.runtime().database
    model_settings.change(database, actor, model=state.model.name, is_on=is_on, is_default=is_default)
    return True
