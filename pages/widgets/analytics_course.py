"""How did it go over time? Charts of success, volume, time, credits and dollars, all on one axis."""

import bisect
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go

from core.analytics import definitions
from core.analytics.spans import Grain
from core.analytics.summary import Headline, Step, Summary
from core.analytics.timing import Durations
from core.jobs.states import JobState
from pages.widgets import charts, formatting
from pages.widgets.charts import Trace
from pages.widgets.states import JOB_LOOKS

_PERCENT, _MICROS = 100, 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNDER_WAY = {Grain.HOUR: "this hour", Grain.DAY: "today", Grain.WEEK: "this week", Grain.MONTH: "this month"}
# A bar of what is not over yet.
_FAINT = 0.45
# A chart of shares begins in steps of so many percent below the lowest, and ends a little above all.
_SHARE_STEP, _SHARE_TOP = 5, 100.8
_IN_FLIGHT = "In flight"
# How far beyond what is expected, and beyond what is usual, an axis of times goes: one bad day hides not the rest.
_ROOM_ABOVE, _FAR_ABOVE = 1.15, 4.0
# From the bottom up, with what the figures call them.
ENDS: tuple[tuple[str, JobState | None, str, str], ...] = (
    ("completed", JobState.COMPLETED, JOB_LOOKS[JobState.COMPLETED].word, "teal"),
    ("partial", JobState.PARTIAL, JOB_LOOKS[JobState.PARTIAL].word, "amber"),
    ("failed", JobState.FAILED, JOB_LOOKS[JobState.FAILED].word, "red"),
    ("canceled", JobState.CANCELED, JOB_LOOKS[JobState.CANCELED].word, "gray"),
    ("in_flight", None, _IN_FLIGHT, "blue"),
)


def places(summary: Summary) -> list[str]:
    """Where each step stands on the axis of time."""
    return [charts.place(step.span, summary.grain) for step in summary.steps]


def unfinished(summary: Summary) -> int | None:
    """The number of the step in which the figures were read, which is not over; None where none of them is."""
    now_us = (summary.read_at - _EPOCH) // timedelta(microseconds=1)
    begins = [*(step.span.since_us for step in summary.steps), summary.period.borders_us[-1]]
    number = bisect.bisect_right(begins, now_us) - 1
    return number if 0 <= number < len(summary.steps) else None


def unfinished_words(summary: Summary, drawn: str) -> str:
    """That the step under way is `drawn` in another way, to stand behind a count; nothing where none is."""
    last = unfinished(summary)
    if last is None or summary.steps[last].headline.is_empty:
        return ""
    return f"; {_UNDER_WAY[summary.grain]}, not over yet, is {drawn}"


def _ends(summary: Summary) -> tuple[str, str]:
    return charts.ends([step.span for step in summary.steps], summary.grain)


def success(summary: Summary) -> go.Figure:
    """The success rate of each step with its interval, against the target; below it, points are red."""
    colors, target = charts.palette(), _PERCENT * definitions.SUCCESS_TARGET
    shares = [step.headline.success.success for step in summary.steps]
    rates = [None if one.rate is None else _percent(one.rate) for one in shares]
    intervals = [one.interval or (0.0, 0.0) for one in shares]
    line: Trace = {
        "type": "scatter",
        "x": places(summary),
        "y": rates,
        "mode": "lines+markers",
        "name": "Success rate",
        "line": {"color": colors.teal, "width": 2},
        "marker": {
            "size": 6,
            "color": [colors.red if rate is not None and rate <= target else colors.teal for rate in rates],
            "symbol": ["diamond" if rate is not None and rate <= target else "circle" for rate in rates],
        },
        "customdata": [
            [one.part, one.whole, _percent(low), _percent(high)]
            for one, (low, high) in zip(shares, intervals, strict=True)
        ],
        "hovertemplate": "%{y:.1f} %: %{customdata[0]:,} of %{customdata[1]:,} jobs"
        "<br>95 % sure: %{customdata[2]:.1f} to %{customdata[3]:.1f} %<extra></extra>",
    }
    lows = [_PERCENT * low for (low, _high), rate in zip(intervals, rates, strict=True) if rate is not None]
    bottom = max(0, _SHARE_STEP * int((min([*lows, target]) - 1) // _SHARE_STEP))
    layout = {
        "xaxis": charts.time_axis([step.span for step in summary.steps], summary.grain),
        "yaxis": {"ticksuffix": " %", "range": [bottom, _SHARE_TOP]},
    }
    goal = charts.level(target, _ends(summary), f"Target: above {target:.0f} %")
    return charts.figure([*_band(summary, intervals, rates), goal, *_with_open_end(summary, line)], layout)


def _percent(share: float) -> float:
    # Finer than anybody sees: a page is small.
    return round(_PERCENT * share, 3)


def volume(summary: Summary) -> go.Figure:
    """Jobs submitted in each step, stacked by what became of them."""
    where, said = places(summary), [_submitted(summary, step) for step in summary.steps]
    traces: list[Trace] = [
        {
            "type": "bar",
            "x": where,
            "y": [getattr(step.headline.success, name) for step in summary.steps],
            "name": word,
            "marker": _paint(summary, getattr(charts.palette(), color)),
            "customdata": said,
            # A part is clicked by itself, but hovered with what it is a part of.
            "hovertemplate": "<b>%{y:,} " + word.lower() + "</b><br>%{customdata}<extra></extra>",
        }
        for name, _state, word, color in ENDS
        if getattr(summary.headline.success, name)
    ]
    layout = {
        "barmode": "stack",
        "hovermode": "closest",
        "xaxis": charts.time_axis([step.span for step in summary.steps], summary.grain),
        "yaxis": charts.count_axis(max(step.headline.success.jobs for step in summary.steps)),
    }
    return charts.figure(traces, layout)


def times(summary: Summary, durations: Callable[[Headline], Durations], expected: tuple[int, int]) -> go.Figure:
    """The median and the 95th percentile of each step, against what people are told to expect, in seconds."""
    colors, where = charts.palette(), places(summary)
    found = [durations(step.headline) for step in summary.steps]
    middle, high = [one.p50_seconds for one in found], [one.p95_seconds for one in found]
    lines: list[Trace] = [
        {
            "type": "scatter",
            "x": where,
            "y": values,
            "mode": "lines+markers",
            "name": name,
            "line": {"color": color, "width": 2},
            "marker": {"size": 5},
            "customdata": [one.count for one in found],
            "hovertemplate": name + " %{y:.1f} s of %{customdata:,}<extra></extra>",
        }
        for name, values, color in (("p50", middle, colors.teal), ("p95", high, colors.amber))
    ]
    name = f"Expected: {expected[0]} to {expected[1]} s"
    levels = [charts.level(one, _ends(summary), name, in_legend=one == expected[0]) for one in expected]
    layout = {
        "xaxis": charts.time_axis([step.span for step in summary.steps], summary.grain),
        "yaxis": {"ticksuffix": " s", "range": [0, _top(high, expected[1])]},
    }
    drawn = [part for line in lines for part in _with_open_end(summary, line)]
    return charts.figure([*levels, *drawn], layout)


def credits(summary: Summary) -> go.Figure:
    """Credits charged, and refunded below the line, in each step, and what stays."""
    colors, where = charts.palette(), places(summary)
    moved = [step.headline.credits for step in summary.steps]
    traces: list[Trace] = [
        _bars(summary, [one.charged for one in moved], "Charged", colors.teal, "%{y:,} charged"),
        {
            **_bars(summary, [-one.refunded for one in moved], "Refunded", colors.amber, "%{customdata:,} refunded"),
            "customdata": [one.refunded for one in moved],
        },
        {
            "type": "scatter",
            "x": where,
            "y": [one.net if one.charged or one.refunded else None for one in moved],
            # No line: it would fall wherever a step has only begun.
            "mode": "markers",
            "name": "Net",
            "marker": {"symbol": "line-ew", "size": 9, "line": {"color": colors.violet, "width": 3}},
            "hovertemplate": "%{y:,} net<extra></extra>",
        },
    ]
    layout = {
        "barmode": "relative",
        "xaxis": charts.time_axis([step.span for step in summary.steps], summary.grain),
        "yaxis": charts.count_axis(max(max(one.charged, one.refunded) for one in moved)),
    }
    return charts.figure(traces, layout)


def costs(summary: Summary) -> go.Figure:
    """Dollars paid to Replicate in each step: what bought a result, and what did not, by what became of it."""
    colors = charts.palette()
    spent = [step.headline.costs for step in summary.steps]
    parts = (
        ("With a result", [one.used_usd_micros for one in spent], colors.teal),
        ("Under way", [one.under_way_usd_micros for one in spent], colors.blue),
        ("Wasted before a retry", [one.wasted_retried_usd_micros for one in spent], colors.amber),
        ("Wasted on failures", [one.wasted_failed_usd_micros for one in spent], colors.red),
        ("Wasted on canceled work", [one.wasted_canceled_usd_micros for one in spent], colors.gray),
    )
    traces = [
        _bars(summary, [value / _MICROS for value in values], name, color, "$%{y:,.2f} " + name.lower())
        for name, values, color in parts
        if any(values)
    ]
    layout = {
        "barmode": "stack",
        "xaxis": charts.time_axis([step.span for step in summary.steps], summary.grain),
        "yaxis": {"tickprefix": "$", "tickformat": ",.2~f", "rangemode": "tozero"},
    }
    return charts.figure(traces, layout)


def _submitted(summary: Summary, step: Step) -> str:
    """A step's jobs in words: "22 Nov 2026: 40 jobs, 38 completed, 2 failed"."""
    found = step.headline.success
    parts = [
        f"{formatting.number(getattr(found, name))} {word.lower()}"
        for name, _s, word, _c in ENDS
        if getattr(found, name)
    ]
    return f"{charts.said(step.span, summary.grain)}: {', '.join([formatting.count(found.jobs, 'job'), *parts])}"


def _bars(summary: Summary, values: Sequence[float], name: str, color: str, hover: str) -> Trace:
    return {
        "type": "bar",
        "x": places(summary),
        "y": list(values),
        "name": name,
        "marker": _paint(summary, color),
        "hovertemplate": hover + "<extra></extra>",
    }


def _paint(summary: Summary, color: str) -> dict[str, object]:
    """Bars of one color, lighter where the step is not over."""
    last = unfinished(summary)
    if last is None:
        return {"color": color}
    return {"color": color, "opacity": [_FAINT if number == last else 1 for number in range(len(summary.steps))]}


def _with_open_end(summary: Summary, line: Trace) -> list[Trace]:
    """The line up to the last step that is over, and dotted from there to a hollow point in the one that is not."""
    last = unfinished(summary)
    if last is None or line["y"][last] is None:
        return [line]
    known = [number for number in range(last) if line["y"][number] is not None]
    way = [*known[-1:], last]
    color = line["line"]["color"]
    sides = {"legendgroup": line["name"], "showlegend": False}
    dotted: Trace = {
        "type": "scatter",
        "x": [line["x"][number] for number in way],
        "y": [line["y"][number] for number in way],
        "mode": "lines",
        "name": line["name"],
        "line": {"color": color, "width": 2, "dash": "dot"},
        "hoverinfo": "skip",
    }
    point: Trace = {
        **line,
        **{name: [line[name][last]] for name in ("x", "y", "customdata")},
        "mode": "markers",
        "marker": {"size": 8, "color": color, "symbol": "circle-open", "line": {"width": 2}},
    }
    over = {**line, "y": [None if number == last else value for number, value in enumerate(line["y"])]}
    return [{**over, "legendgroup": line["name"]}, dotted | sides, point | sides]


def _band(summary: Summary, intervals: Sequence[tuple[float, float]], rates: Sequence[float | None]) -> list[Trace]:
    """The interval around the line: an area for each run of steps with a rate, a stroke where one stands alone."""
    color = charts.palette().teal
    found: list[Trace] = []
    rows = [(step, interval, rate) for step, interval, rate in zip(summary.steps, intervals, rates, strict=True)]
    for has_rate, group in itertools.groupby(rows, key=lambda row: row[2] is not None):
        if not has_rate:
            continue
        run = list(group)
        where = [charts.place(step.span, summary.grain) for step, _interval, _rate in run]
        lows, highs = ([_percent(interval[end]) for _step, interval, _rate in run] for end in (0, 1))
        found.append(_area(where, lows, highs, color, is_first=not found))
    return found


def _area(where: list[str], lows: list[float], highs: list[float], color: str, *, is_first: bool) -> Trace:
    alone = len(where) == 1
    return {
        "type": "scatter",
        "x": where + where[::-1],
        "y": lows + highs[::-1],
        "mode": "lines",
        "fill": "toself",
        "fillcolor": charts.faded(color, 0.16),
        "line": {"color": charts.faded(color, 0.4) if alone else "rgba(0,0,0,0)", "width": 6 if alone else 0},
        "name": "95 % sure",
        "legendgroup": "interval",
        "showlegend": is_first,
        "hoverinfo": "skip",
    }


def _top(values: Sequence[float | None], expected: int) -> float:
    """How high the axis goes: over what is expected and what is usual, not over what is far beyond both."""
    known = sorted(value for value in values if value is not None)
    usual = _FAR_ABOVE * known[len(known) // 2] if known else 0.0
    return _ROOM_ABOVE * max(expected, min(known[-1] if known else 0.0, max(usual, expected)))


def step_at(summary: Summary, where: object) -> Step | None:
    """The step that stands there on the axis of time; None if none does."""
    # Plotly gives a moment back with its clock, and leaves out what is midnight.
    asked = str(where).replace(" ", "T")[:16]
    for step in summary.steps:
        known = charts.place(step.span, summary.grain)
        if asked == known or asked == f"{known}T00:00" or f"{asked}T00:00" == known:
            return step
    return None
