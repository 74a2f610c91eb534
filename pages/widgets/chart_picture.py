"""How does a chart leave the desk as a picture? With the title, period and filter that the page has around it."""

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

_component = st.components.v2.component(
    "staging_desk.chart_picture", js=(Path(__file__).parent / "chart_picture.js").read_text()
)


def listen() -> None:
    """Have every chart's camera make the picture of `told`; drawn once on a page, and seen by nobody."""
    _component(key="chart-picture")


def told(figure: go.Figure, *, title: str, lines: tuple[str, ...], file: str) -> go.Figure:
    """The chart with what its picture says above it, and is called; on the page nothing of it is drawn."""
    return go.Figure(figure).update_layout(meta={"title": title, "lines": list(lines), "file": file})
