"""What is an experiment, what has it shown, and how is it started, stopped or discarded?"""

from collections.abc import Callable

import streamlit as st

from core import errors
from core.auth.actors import Actor
from core.experiments import results
from core.experiments.design import Arm
from core.experiments.records import ExperimentRecord, ExperimentState
from core.experiments.results import MeasureResult, Results
from core.experiments.sequential import Estimate
from core.experiments.verdicts import Outcome
from core.jobs import experiment_desk
from core.prompts import compose, presets
from core.provider import registry
from pages.widgets import charts, confirmation, deeds, experiment_list, formatting, record_table, session
from pages.widgets.record_table import Cell, Column, Row

_ARM_COLUMNS = (
    Column(title="Arm", is_strong=True, is_full=True, wraps=True),
    Column(title="Prompt template", width="minmax(0, 2fr)", wraps=True),
    Column(title="Model", width="minmax(0, 1.5fr)", wraps=True),
    Column(title="Share", width="80px", is_number=True),
    Column(title="Jobs", width="100px", is_number=True),
)
_SIGNS = {
    Outcome.BETTER: (":material/trending_up:", "green"),
    Outcome.WORSE: (":material/trending_down:", "red"),
    Outcome.ALIKE: (":material/drag_handle:", "blue"),
    Outcome.OPEN: (":material/hourglass_top:", "gray"),
    Outcome.TOO_EARLY: (":material/hourglass_top:", "gray"),
}
_ROW_HEIGHT, _FRAME_HEIGHT = 46, 64


def draw(actor: Actor, experiment_id: str) -> bool:
    """Draw the experiment; whether it was just discarded."""
    try:
        with session.runtime().database.read() as opened:
            shown = experiment_desk.read(opened, actor, experiment_id)
    except errors.ExperimentNotFound as error:
        st.warning(formatting.plain(error.message), icon=":material/search_off:")
        return False
    record = shown.experiment
    is_gone = _draw_head(actor, record)
    if record.state is not ExperimentState.DRAFT:
        _draw_verdicts(shown)
    _draw_arms(shown)
    if record.state is not ExperimentState.DRAFT:
        _draw_measures(shown)
        st.caption(results.METHOD)
    return is_gone


def _draw_head(actor: Actor, record: ExperimentRecord) -> bool:
    word, color, icon = experiment_list.STATES[record.state]
    with st.container(border=True):
        row = st.container(horizontal=True, vertical_alignment="center")
        row.subheader(formatting.plain(record.design.name), anchor=False, width="content")
        row.badge(word, color=color, icon=f":material/{icon}:")  # type: ignore[arg-type]
        if record.hypothesis:
            st.markdown(formatting.plain(record.hypothesis))
        st.caption(f"{_who(record)} · {_history(record)}")
        return _draw_switches(actor, record)


def _who(record: ExperimentRecord) -> str:
    participants = record.design.participants
    share = "All jobs" if participants.share_percent == 100 else f"{participants.share_percent} % of the jobs"
    rooms = ", ".join(sorted(presets.ROOM_TYPES[slug].name for slug in participants.room_types)) or "all room types"
    accounts = ", ".join(sorted(participants.accounts)) or "all accounts"
    return formatting.plain(f"{share} of {rooms} and {accounts} take part")


def _history(record: ExperimentRecord) -> str:
    steps = (
        ("defined", record.created_at, record.created_by),
        ("started", record.started_at, record.started_by),
        ("stopped", record.stopped_at, record.stopped_by),
    )
    return formatting.plain(" · ".join(f"{word} {formatting.when(at)} by {by}" for word, at, by in steps if at))


def _draw_switches(actor: Actor, record: ExperimentRecord) -> bool:
    database = session.runtime().database
    row = st.container(horizontal=True)
    if record.state is ExperimentState.RUNNING and row.button("Stop", icon=":material/stop:", key="stop-experiment"):
        deeds.new_opening()
        _ask_to_stop(actor, record)
    if record.state is not ExperimentState.DRAFT:
        return False
    if row.button("Start", type="primary", icon=":material/play_arrow:", key="start-experiment"):
        _do(lambda: experiment_desk.start(database, actor, record.id), "It runs: new jobs take part from now on.")
    is_gone = row.button("Discard", icon=":material/delete:", key="discard-experiment") and _done(
        lambda: experiment_desk.discard(database, actor, record.id)
    )
    if is_gone:
        deeds.tell(f"{record.design.name} was discarded.")
    return is_gone


@st.dialog("Stop this experiment", icon=":material/stop:")
def _ask_to_stop(actor: Actor, record: ExperimentRecord) -> None:
    st.markdown(f"**{formatting.plain(record.design.name)}**")
    st.markdown(
        "New jobs are staged as ever from now on. Jobs that it has keep their arms, and what they show still counts."
        " A stopped experiment can't be started again: define another instead."
    )
    if confirmation.button("Stop it for good", icon=":material/stop:", key="stop-now", is_final=True):
        _do(
            lambda: experiment_desk.stop(session.runtime().database, actor, record.id),
            "Stopped. No new jobs take part.",
        )


def _do(deed: Callable[[], None], told: str) -> None:
    if _done(deed):
        deeds.tell(told)
        st.rerun()


def _done(deed: Callable[[], None]) -> bool:
    def done() -> bool:
        deed()
        return True

    return bool(deeds.attempt(done))


def _draw_verdicts(shown: Results) -> None:
    if shown.is_split_off:
        st.error(
            "The arms did not get the shares they were meant to: results are missing, and no verdict below is to be"
            " trusted.",
            icon=":material/error:",
        )
    deciding = shown.deciding
    with st.container(border=True):
        st.subheader(f"{formatting.sentence(deciding.measure.name)} decides", anchor=False)
        for verdict in deciding.verdicts.values():
            icon, color = _SIGNS[verdict.outcome]
            if shown.experiment.state is ExperimentState.STOPPED:
                icon = icon.replace("hourglass_top", "hourglass_disabled")
            st.markdown(f":{color}[{icon}] **{formatting.plain(verdict.text)}**")
        if any(one.interval for one in deciding.comparison.arms):
            _draw_chart(deciding, name=shown.experiment.design.name)


def _draw_chart(result: MeasureResult, *, name: str) -> None:
    """Each arm's mean with its interval, the first arm on top."""
    arms = [one for one in result.comparison.arms if one.interval is not None and one.mean is not None]
    times, digits = result.measure.shown_times, result.measure.digits
    means = [(one.mean or 0) * times for one in arms]
    lows = [(one.interval.low if one.interval else 0) * times for one in arms]
    highs = [(one.interval.high if one.interval else 0) * times for one in arms]
    trace: charts.Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": means,
        "y": [one.arm for one in arms],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - mean for high, mean in zip(highs, means, strict=True)],
            "arrayminus": [mean - low for low, mean in zip(lows, means, strict=True)],
            "thickness": 2,
            "width": 6,
        },
        "marker": {"size": 11, "color": charts.palette().teal},
        "customdata": [[_interval(result, one)] for one in arms],
        "hovertemplate": f"%{{y}}: %{{x:.{digits}f}} {_unit(result)} (%{{customdata[0]}})<extra></extra>",
    }
    layout = {
        "showlegend": False,
        "hovermode": "closest",
        "margin": {"l": 4, "r": 8, "t": 8, "b": 4},
        "yaxis": {"autorange": "reversed", "type": "category", "fixedrange": True},
        "xaxis": {"title": {"text": f"{formatting.sentence(result.measure.name)}, {_unit(result)}"}},
    }
    figure = charts.figure([trace], layout, height=_FRAME_HEIGHT + _ROW_HEIGHT * len(arms))
    st.plotly_chart(figure, key="experiment-chart", config=charts.config(formatting.file_word(name)))


def _draw_arms(shown: Results) -> None:
    rows = [
        Row(
            arm.name,
            (
                Cell(text=arm.name),
                Cell(text=compose.TEMPLATES[arm.prompt_version].title, below=arm.prompt_version),
                Cell(text=registry.find(arm.model).title, below=_parameters(arm), hover=arm.model),
                Cell(text=f"{arm.split_percent} %"),
                Cell(text=formatting.number(shown.assigned[arm.name])),
            ),
        )
        for arm in shown.experiment.design.arms
    ]
    st.subheader("Arms", anchor=False)
    record_table.draw("Arms", _ARM_COLUMNS, rows, key="arms")


def _parameters(arm: Arm) -> str:
    words = {True: "on", False: "off"}
    return ", ".join(
        f"{name.replace('_', ' ')} {words[value] if isinstance(value, bool) else value}"
        for name, value in arm.parameters.items()
    )


def _draw_measures(shown: Results) -> None:
    st.subheader("All measures", anchor=False)
    arms = [arm.name for arm in shown.experiment.design.arms]
    columns = (
        Column(title="Measure", width="minmax(0, 1.2fr)", is_strong=True, is_full=True, wraps=True),
        *(Column(title=name, is_number=True) for name in arms),
        Column(title="What it says", width="minmax(0, 2.4fr)", wraps=True),
    )
    record_table.draw("All measures", columns, [_row(one) for one in shown.measures], key="measures")
    st.caption(
        "Below each figure: its 95 % interval, which holds however often it is looked at, and its jobs. Jobs that a"
        " person canceled count in none."
    )


def _row(result: MeasureResult) -> Row:
    name = formatting.sentence(result.measure.name)
    return Row(
        result.measure.slug,
        (
            Cell(text=name, below="decides" if result.is_deciding else ""),
            *(
                Cell(text=_value(result, one.mean), below=f"{_interval(result, one)} · {one.jobs:,}")
                for one in result.comparison.arms
            ),
            Cell(text=" ".join(verdict.text for verdict in result.verdicts.values())),
        ),
    )


def _interval(result: MeasureResult, one: Estimate) -> str:
    if one.interval is None:
        return "no interval yet"
    return f"{_figure(result, one.interval.low)} to {_figure(result, one.interval.high)}"


def _value(result: MeasureResult, value: float | None) -> str:
    return "–" if value is None else f"{_figure(result, value)} {_unit(result)}"


def _figure(result: MeasureResult, value: float) -> str:
    return f"{value * result.measure.shown_times:,.{result.measure.digits}f}"


def _unit(result: MeasureResult) -> str:
    return "%" if result.measure.is_share else result.measure.unit
