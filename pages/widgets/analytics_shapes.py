"""What is it made of? Charts of a whole period: how times are spread, why work failed, who brought news, and when."""

import math
from collections.abc import Sequence
from datetime import date

import plotly.graph_objects as go

from core.analytics.course import Failure, Rhythm, Settled
from core.analytics.money import RefundReason
from core.analytics.summary import Summary
from core.analytics.timing import Stage
from core.jobs import refund_queries
from pages.widgets import charts, formatting
from pages.widgets.charts import Trace

_ROW_HEIGHT, _ROWS_ROOM = 34, 46
_FAILURES_MAX = 8
_PERCENT = 100
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Ticks of an axis on which each is a multiple of the one before.
_SECONDS = {
    0.001: "1 ms",
    0.01: "10 ms",
    0.1: "0.1 s",
    1: "1 s",
    3: "3 s",
    10: "10 s",
    30: "30 s",
    60: "1 min",
    180: "3 min",
    600: "10 min",
    3_600: "1 h",
    14_400: "4 h",
    86_400: "1 d",
    604_800: "1 week",
}
# What is done in no time at all stands at the beginning of such an axis, which has no zero.
_LEAST_SECONDS = 0.0005
_DOORS = {"webhook": "Webhook", "sweep": "Sweep", "manual_sync": "Sync by hand", "other": "Something else"}


def distribution(stage: Stage, noun: str, expected: tuple[int, int] | None) -> go.Figure:
    """How many took how long, each bar a fifth longer than the one before, against what is expected."""
    bars = [(max(begin, _LEAST_SECONDS), max(end, 2 * _LEAST_SECONDS), count) for begin, end, count in stage.bars]
    trace: Trace = {
        "type": "bar",
        "x": [(begin + end) / 2 for begin, end, _count in bars],
        "width": [end - begin for begin, end, _count in bars],
        "y": [count for _begin, _end, count in bars],
        "marker": {"color": charts.palette().teal},
        "customdata": [[formatting.duration(begin), formatting.duration(end)] for begin, end, _count in stage.bars],
        "hovertemplate": "%{customdata[0]} to %{customdata[1]}: %{y:,} " + noun + "<extra></extra>",
        "showlegend": False,
    }
    lows, highs = [bars[0][0], *(expected or ())], [bars[-1][1], *(expected or ())]
    layout = {
        "hovermode": "closest",
        "bargap": 0,
        "margin": {"l": 4, "r": 8, "t": 44, "b": 4},
        "xaxis": {
            "type": "log",
            "range": [_log(min(lows) * 0.9), _log(max(highs) * 1.2)],
            "tickvals": list(_SECONDS),
            "ticktext": list(_SECONDS.values()),
        },
        "yaxis": charts.count_axis(max(count for _begin, _end, count in bars)),
        **_expected_lines(expected),
    }
    return charts.figure([trace], layout)


def refund_reasons(reasons: tuple[RefundReason, ...]) -> go.Figure:
    """Credits given back for each reason, most first."""
    colors = charts.palette()
    trace: Trace = {
        "type": "bar",
        "orientation": "h",
        "y": [reason_words(one.reason) for one in reasons],
        "x": [one.credits for one in reasons],
        "marker": {"color": [colors.gray if one.is_automatic else colors.amber for one in reasons]},
        "text": [formatting.number(one.credits) for one in reasons],
        "textposition": "auto",
        "textangle": 0,
        "cliponaxis": False,
        "customdata": [one.count for one in reasons],
        "hovertemplate": "%{y}: %{x:,} credits in %{customdata:,} refunds<extra></extra>",
        "showlegend": False,
    }
    return charts.figure([trace], _rows_layout(), height=_height(len(reasons)))


def reason_words(reason: str) -> str:
    """Why credits were given back, as a label has it."""
    words = {one.value: text for one, text in refund_queries.REASON_WORDS.items()}
    return words.get(reason, "By the desk itself" if reason == "system" else formatting.sentence(reason))


def shown_failures(summary: Summary) -> tuple[Failure, ...]:
    """The causes that are drawn, most first; a single one more takes no more room than to say that it is missing."""
    found = summary.failures
    return found if len(found) == _FAILURES_MAX + 1 else found[:_FAILURES_MAX]


def failures(summary: Summary) -> go.Figure:
    """Jobs by what failed them, most first, and beside each when they came."""
    found, colors = shown_failures(summary), charts.palette()
    names = [code_words(one.code) for one in found]
    shares = [_PERCENT * (one.jobs.rate or 0) for one in found]
    bars: Trace = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": [one.jobs.part for one in found],
        "marker": {"color": colors.red},
        "text": [
            f"{formatting.number(one.jobs.part)} · {share:.0f}\u202f%"
            for one, share in zip(found, shares, strict=True)
        ],
        "textposition": "auto",
        "textangle": 0,
        "cliponaxis": False,
        "customdata": [
            [one.code, sum(shares[: number + 1]), formatting.reason_of_job(one.code)]
            for number, one in enumerate(found)
        ],
        "hovertemplate": "%{customdata[2]}<br>%{x:,} jobs; with those above %{customdata[1]:.0f} % of all"
        "<extra></extra>",
        "showlegend": False,
    }
    trend: Trace = {
        "type": "heatmap",
        "xaxis": "x2",
        "y": names,
        "x": [charts.place(step.span, summary.grain) for step in summary.steps],
        # Each row by its own most: a cause with few jobs has its bad days as well.
        "z": [[count / max(*one.by_step, 1) for count in one.by_step] for one in found],
        "zmin": 0,
        "zmax": 1,
        "customdata": [list(one.by_step) for one in found],
        "colorscale": [[0, charts.faded(colors.red, 0.05)], [1, colors.red]],
        "showscale": False,
        "xgap": 1,
        "ygap": 8,
        "hovertemplate": "%{y}, %{x}: %{customdata:,} jobs<extra></extra>",
    }
    layout = _rows_layout() | {
        "xaxis": {"visible": False, "domain": [0, 0.46], "fixedrange": True},
        "xaxis2": charts.time_axis([step.span for step in summary.steps], summary.grain)
        # Half as wide as other charts.
        | {
            "domain": [0.52, 1],
            "anchor": "y",
            "tickangle": 0,
            "tickvals": trend["x"][:: math.ceil(len(trend["x"]) / 2)],
        },
    }
    return charts.figure([bars, trend], layout, height=_height(len(found)))


def code_words(code: str) -> str:
    """An error's code as a label has it."""
    return formatting.sentence(code.replace("_", " "))


def settled(doors: tuple[Settled, ...]) -> go.Figure:
    """One bar of all ends of variants, in parts by what brought the news."""
    colors = charts.palette()
    paint = {"webhook": colors.teal, "sweep": colors.blue, "manual_sync": colors.violet, "other": colors.gray}
    traces: list[Trace] = [
        {
            "type": "bar",
            "orientation": "h",
            "x": [_PERCENT * (one.variants.rate or 0)],
            "y": [""],
            "name": f"{_DOORS[one.door]} {formatting.percent(one.variants.rate)}",
            "marker": {"color": paint[one.door]},
            "customdata": [one.variants.part],
            "hovertemplate": _DOORS[one.door] + ": %{customdata:,} variants, %{x:.1f} %<extra></extra>",
        }
        for one in doors
        if one.variants.part
    ]
    layout = {
        "barmode": "stack",
        "hovermode": "closest",
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": {"visible": False, "range": [0, _PERCENT], "fixedrange": True},
        "yaxis": {"visible": False, "fixedrange": True, "domain": [0.62, 1]},
        "legend": {"orientation": "h", "x": 0, "y": 0.5, "yanchor": "top", "traceorder": "normal"},
    }
    return charts.figure(traces, layout, height=110)


def rhythm(found: Rhythm, days: Sequence[date]) -> go.Figure:
    """Jobs submitted in each hour of the week, of those weekdays that the period has."""
    hours = [f"{hour:02d}" for hour in range(24)]
    there = sorted({day.weekday() for day in days[: len(_WEEKDAYS)]})
    trace: Trace = {
        "type": "heatmap",
        "x": hours,
        "y": [_WEEKDAYS[number] for number in there],
        "z": [list(found.jobs[number]) for number in there],
        "zmin": 0,
        "colorscale": [[0, charts.faded(charts.palette().teal, 0.06)], [1, charts.palette().teal]],
        "xgap": 2,
        "ygap": 2,
        "showscale": False,
        "hovertemplate": "%{y}, %{x}:00 to %{x}:59: %{z:,} jobs<extra></extra>",
    }
    layout = {
        "hovermode": "closest",
        "margin": {"l": 4, "r": 4, "t": 8, "b": 4},
        "yaxis": {"autorange": "reversed", "fixedrange": True, "showgrid": False},
        "xaxis": {"type": "category", "fixedrange": True, "tickvals": hours[::3], "ticktext": hours[::3]},
    }
    return charts.figure([trace], layout, height=340)


def _rows_layout() -> dict[str, object]:
    return {
        "hovermode": "closest",
        "margin": {"l": 4, "r": 8, "t": 4, "b": 4},
        "xaxis": {"visible": False, "fixedrange": True},
        "yaxis": {"autorange": "reversed", "showgrid": False, "fixedrange": True, "ticksuffix": " "},
        "uniformtext": {"mode": "show", "minsize": 11},
    }


def _height(rows: int) -> int:
    return _ROWS_ROOM + _ROW_HEIGHT * max(rows, 2)


def _expected_lines(expected: tuple[int, int] | None) -> dict[str, object]:
    if expected is None:
        return {}
    first, last = expected
    return {
        "shapes": [
            {
                "type": "line",
                "yref": "paper",
                "x0": seconds,
                "x1": seconds,
                "y0": 0,
                "y1": 1,
                "line": {"color": charts.GRAY, "width": 1.5, "dash": "dash"},
            }
            for seconds in expected
        ],
        "annotations": [
            {
                "yref": "paper",
                # Between the lines; on such an axis, places are logarithms.
                "x": (_log(first) + _log(last)) / 2,
                "y": 1.0,
                "yanchor": "bottom",
                "text": "expected",
                "showarrow": False,
                "font": {"size": 11, "color": charts.GRAY},
            }
        ],
    }


def _log(value: float) -> float:
    return math.log10(value)
