"""How does a chart look? One layout, one axis of time and one set of colors for all; figures in, a drawing out.

Drawings are plain mappings, as Plotly takes them: nothing is computed here, and only the colors need a session.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.analytics.spans import Grain, Span

Trace = dict[str, Any]
HEIGHT = 296
# Stands out on light and on dark, and says nothing by itself: lines that are expected, what is neither good nor bad.
GRAY = "#8a837b"
_ORDER = ("teal", "amber", "blue", "red", "violet", "gray")
_WEEK_DAYS, _DAY_SECONDS = 7, 86_400
_TICKS_MAX = 5
_STEP_SECONDS = {Grain.HOUR: 3_600, Grain.DAY: _DAY_SECONDS, Grain.WEEK: _WEEK_DAYS * _DAY_SECONDS}
_MONTH_SECONDS = 30 * _DAY_SECONDS
# What ticks and the heads of hover boxes say; a line break parts what is said once for many ticks.
_TICKS = {Grain.HOUR: "%H:%M", Grain.DAY: "%-d %b\n%Y", Grain.WEEK: "%-d %b\n%Y", Grain.MONTH: "%b\n%Y"}
_HOVERS = {Grain.HOUR: "%H:%M", Grain.DAY: "%a, %-d %b %Y", Grain.WEEK: "Week of %-d %b %Y", Grain.MONTH: "%B %Y"}
GRAIN_WORDS = {Grain.HOUR: "hour", Grain.DAY: "day", Grain.WEEK: "week", Grain.MONTH: "month"}
_BARS = [["toImage", "zoomIn2d", "zoomOut2d", "resetScale2d"]]


@dataclass(frozen=True, slots=True)
class Palette:
    """The theme's colors for charts, by name. Teal and red are told apart by everybody; green and red are not."""

    teal: str
    amber: str
    blue: str
    red: str
    violet: str
    gray: str


def palette() -> Palette:
    """The colors of `.streamlit/config.toml`."""
    found: Sequence[str] = st.get_option("theme.chartCategoricalColors") or ()
    return Palette(**dict(zip(_ORDER, found, strict=True)))


def faded(color: str, share: float) -> str:
    """A color of which the page behind it shows through."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def place(span: Span, grain: Grain) -> str:
    """Where a span stands on the axis of time: all of a grain at equal distances, also where the period cuts them."""
    if grain is Grain.HOUR:
        return f"{span.first.isoformat()}T{span.hour or 0:02d}:00"
    return _begin(span, grain).isoformat()


def said(span: Span, grain: Grain) -> str:
    """A span in words: "14:00", "22 Nov", "16–22 Nov", "November 2026"."""
    if grain is Grain.HOUR:
        return f"{span.hour or 0:02d}:00"
    return said_days(span.first, span.last)


def said_days(first: date, last: date) -> str:
    """Days in words: "22 Nov 2026", "16–22 Nov 2026", "28 Dec 2026 – 3 Jan 2027"."""
    if first == last:
        return f"{first.day} {first:%b %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {last:%b %Y}"
    if first.year == last.year:
        return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
    return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"


def figure(traces: Sequence[Trace], layout: Mapping[str, Any] | None = None, *, height: int = HEIGHT) -> go.Figure:
    """A drawing in the layout of all; `layout` is put over it."""
    base: dict[str, Any] = {
        "height": height,
        # The buttons stand above the legend.
        "margin": {"l": 4, "r": 8, "t": 46, "b": 4},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "normal"},
        "showlegend": True,
        "hoverlabel": {"namelength": -1},
        "hovermode": "x unified",
        "dragmode": "zoom",
        "clickmode": "event+select",
        "bargap": 0.18,
        "separators": ".\u202f",
        "barcornerradius": 2,
    }
    return go.Figure({"data": list(traces), "layout": base | dict(layout or {})})


def time_axis(spans: Sequence[Span], grain: Grain) -> dict[str, Any]:
    """The axis of time that all charts of a period share, from the first span's place to the last one's."""
    return {
        "type": "date",
        "range": list(ends(spans, grain)),
        "tickformat": _TICKS[grain],
        "hoverformat": _HOVERS[grain],
        "fixedrange": False,
        # Few steps have a tick each: ticks between them would be of no day.
        **({"tickvals": [place(one, grain) for one in spans]} if len(spans) <= _WEEK_DAYS else {"nticks": 8}),
    }


def ends(spans: Sequence[Span], grain: Grain) -> tuple[str, str]:
    """Where the axis of time begins and ends: half a step around its places."""
    half = timedelta(seconds=_STEP_SECONDS.get(grain, _MONTH_SECONDS) / 2)
    begin, end = (_moment(spans[number], grain) for number in (0, -1))
    return (begin - half).isoformat(), (end + half).isoformat()


def count_axis(most: int) -> dict[str, Any]:
    """An axis of whole numbers from zero, also of one that is looked at closely: no tick stands between two."""
    return {"tickformat": ",d", "rangemode": "tozero", "tick0": 0, "dtick": _whole_step(most)}


def _whole_step(most: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50 … by which a few ticks reach so far."""
    step = 1
    for factor in itertools.cycle((2, 2.5, 2)):
        if step * _TICKS_MAX >= most:
            break
        step = round(step * factor)
    return step


def level(y: float, where: Sequence[str], name: str, *, in_legend: bool = True) -> Trace:
    """A dashed line across the chart at a height; its words are in the legend, where they lie over nothing."""
    begin, end = where[0], where[-1]
    return {
        "type": "scatter",
        "x": [begin, end],
        "y": [y, y],
        "mode": "lines",
        "name": name,
        "legendgroup": name,
        "showlegend": in_legend,
        "line": {"color": GRAY, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }


def config(name: str) -> dict[str, Any]:
    """Which buttons a chart has; its picture is called by this name, and twice as fine as on the screen."""
    return {
        "displaylogo": False,
        "modeBarButtons": _BARS,
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
    }


def _begin(span: Span, grain: Grain) -> date:
    if grain is Grain.WEEK:
        return span.first - timedelta(days=span.first.weekday())
    return span.first.replace(day=1) if grain is Grain.MONTH else span.first


def _moment(span: Span, grain: Grain) -> datetime:
    # As the viewer's clock has it: the axis knows no zones.
    return datetime.combine(_begin(span, grain), time(span.hour or 0))
