"""How is an experiment defined? A form whose every flaw is told in words before anything is kept."""

from collections.abc import Sequence

import streamlit as st

from core.auth.actors import Actor
from core.credits import queries as credit_queries
from core.experiments import measures
from core.experiments.design import ARMS_MAX, Arm, Design, Parameter, Participants, Surroundings
from core.experiments.measures import Measure
from core.jobs import experiment_desk
from core.prompts import compose, presets
from core.provider import registry
from pages.widgets import deeds, formatting, session

_NAMES = "ABCDE"
_ARMS_A_ROW = 3


def draw(actor: Actor) -> str | None:
    """Draw the form; the id of the draft that was just kept, or None. It starts by a button of its own."""
    with session.runtime().database.read() as opened:
        within = experiment_desk.surroundings(opened)
        accounts = [one.name for one in credit_queries.accounts(opened, actor)]
    left, right = st.columns(2)
    with left, st.container(border=True, height="stretch"):
        name, hypothesis = _question()
    with right, st.container(border=True, height="stretch"):
        measure, difference = _decision()
    with st.container(border=True):
        participants = _participants(within, accounts)
    arms = _arms(within)
    st.caption(
        "The first arm is what the others are held against. A design is not changed once it is kept: a change in the"
        " middle would void the test. It starts by a button of its own."
    )
    if not st.button("Keep as a draft", type="primary", icon=":material/save:", key="keep-experiment"):
        return None
    design = Design(
        name=name,
        arms=arms,
        participants=participants,
        measure=measure.slug,
        smallest_difference=difference / measure.shown_times,
    )
    return _keep(actor, design, hypothesis)


def _question() -> tuple[str, str]:
    st.subheader("What is to be found out", anchor=False)
    name = st.text_input("Name", max_chars=experiment_desk.NAME_MAX, key="experiment-name")
    hypothesis = st.text_area(
        "Hypothesis",
        max_chars=experiment_desk.HYPOTHESIS_MAX,
        key="experiment-hypothesis",
        height=110,
        placeholder="What you expect, and why: it helps whoever reads the result.",
    )
    return name, hypothesis


def _decision() -> tuple[Measure, float]:
    st.subheader("What decides", anchor=False)
    slug = st.selectbox(
        "Measure",
        list(measures.MEASURES),
        format_func=lambda one: formatting.sentence(measures.MEASURES[one].name),
        key="experiment-measure",
        help="All measures are shown. This one alone decides: among many, one always differs by chance.",
    )
    measure = measures.MEASURES[str(slug)]
    difference = st.number_input(
        f"Smallest difference worth a change, in {measure.unit}",
        min_value=0.0,
        value=measure.smallest_difference * measure.shown_times,
        step=measure.smallest_difference * measure.shown_times / 4,
        format=f"%.{measure.digits}f",
        key=f"experiment-difference-{slug}",
        help="The smaller it is, the more jobs it takes: half of it takes four times as many.",
    )
    return measure, difference


def _participants(within: Surroundings, accounts: list[str]) -> Participants:
    st.subheader("Who takes part", anchor=False)
    share, rooms, whose = st.columns((1, 2, 2))
    share_percent = share.number_input("Share of jobs, in %", 1, 100, 100, key="experiment-share")
    room_types = rooms.multiselect(
        "Room types",
        list(within.room_types),
        format_func=lambda one: presets.ROOM_TYPES[one].name,
        placeholder="All",
        key="experiment-rooms",
    )
    chosen = whose.multiselect("Accounts", accounts, placeholder="All", key="experiment-accounts")
    return Participants(
        share_percent=int(share_percent), accounts=frozenset(chosen), room_types=frozenset(room_types)
    )


def _arms(within: Surroundings) -> tuple[Arm, ...]:
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    row.subheader("Arms", anchor=False)
    count = row.segmented_control(
        "Number of arms",
        range(2, ARMS_MAX + 1),
        default=2,
        required=True,
        key="experiment-arms",
        label_visibility="collapsed",
        width="content",
    )
    number = int(count or 2)
    made: list[Arm] = []
    for start in range(0, number, _ARMS_A_ROW):
        in_row = range(start, min(start + _ARMS_A_ROW, number))
        for column, index in zip(st.columns(len(in_row)), in_row, strict=True):
            with column, st.container(border=True, height="stretch"):
                made.append(_arm(index, number, within))
    return tuple(made)


def _arm(index: int, count: int, within: Surroundings) -> Arm:
    name = st.text_input("Name", value=_NAMES[index], max_chars=40, key=f"arm-name-{index}")
    version = st.selectbox(
        "Prompt template",
        list(within.prompt_versions),
        index=min(index, len(within.prompt_versions) - 1),
        format_func=lambda one: f"{compose.TEMPLATES[one].title} · {one}",
        key=f"arm-prompt-{index}",
    )
    models = list(within.models)
    usual = registry.DEFAULT_MODEL.name
    model = st.selectbox(
        "Model",
        models,
        index=models.index(usual) if usual in models else 0,
        format_func=lambda one: registry.find(one).title,
        key=f"arm-model-{index}",
    )
    parameters = {
        parameter: _parameter(parameter, choices, index) for parameter, choices in within.models[str(model)].items()
    }
    even = 100 // count + (1 if index < 100 % count else 0)
    split = st.number_input("Share of the jobs, in %", 1, 99, even, key=f"arm-split-{index}-{count}")
    return Arm(
        name=name, split_percent=int(split), prompt_version=str(version), model=str(model), parameters=parameters
    )


def _parameter(name: str, choices: Sequence[Parameter], arm: int) -> Parameter:
    words = [("On" if one else "Off") if isinstance(one, bool) else str(one) for one in choices]
    words[0] += " (usual)"
    chosen = st.selectbox(formatting.sentence(name.replace("_", " ")), words, key=f"arm-{name}-{arm}")
    return choices[words.index(str(chosen))]


def _keep(actor: Actor, design: Design, hypothesis: str) -> str | None:
    database = session.runtime().database
    with database.read() as opened:
        found = experiment_desk.flaws(opened, design)
    for flaw in found:
        st.error(formatting.plain(f"{flaw.message} Nothing was kept."), icon=":material/error:")
    if found:
        return None
    kept = deeds.attempt(lambda: experiment_desk.define(database, actor, design, hypothesis=hypothesis))
    if kept:
        deeds.tell(f"{design.name} is kept as a draft.")
    return kept
