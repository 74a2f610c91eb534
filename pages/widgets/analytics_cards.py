"""How is a chart shown? On a card: what it says, of how many, what that means, and the way to the jobs behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.analytics.definitions import DEFINITIONS
from pages.widgets import analytics_jobs, chart_picture, charts, formatting
from pages.widgets.analytics_jobs import Jobs

Point = Mapping[str, Any]
KEY = "analytics-charts"
# Cards beside each other are of one height, though each is drawn by itself.
STYLE = f"""<style>
.st-key-{KEY} [data-testid='stColumn'] > [data-testid='stVerticalBlock'],
.st-key-{KEY} [data-testid='stColumn'] > * > [data-testid='stLayoutWrapper']:only-child,
.st-key-{KEY} [data-testid='stColumn'] > * > [data-testid='stVerticalBlock']:only-child {{height: 100%}}
</style>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A chart with its words. Without a figure there is nothing to draw, and `empty` says why.

    `file` is what its picture is called, and `of` which days and filter it says to show. `jobs` are those behind the
    whole chart; `narrowed` finds those behind a point of it that was clicked.
    """

    key: str
    title: str
    count: str
    terms: tuple[str, ...]
    figure: go.Figure | None
    empty: str
    file: str
    of: str
    jobs: Jobs | None = None
    narrowed: Callable[[Point], Jobs | None] | None = None


def draw(card: Card) -> None:
    """Draw the card."""
    with st.container(border=True, height="stretch"):
        draw_inside(card)


def draw_inside(card: Card) -> None:
    """Draw what is on the card, where there is a card already."""
    jobs = _clicked(card) or card.jobs
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{card.title}**", help=_definition(card), width="content")
        if jobs is not None and card.figure is not None:
            analytics_jobs.draw(jobs)
    st.caption(formatting.plain(card.count if card.figure is not None else card.empty))
    if card.figure is None:
        return
    clickable: dict[str, Any] = {"on_select": "rerun", "selection_mode": "points"} if card.narrowed else {}
    st.plotly_chart(
        chart_picture.told(card.figure, title=card.title, lines=(card.count, card.of), file=card.file),
        key=_key(card),
        config=charts.config(card.file),
        alt=f"{card.title}. {card.count}",
        **clickable,
    )


def _definition(card: Card) -> str:
    return formatting.plain(" ".join(DEFINITIONS[term] for term in card.terms))


def _key(card: Card) -> str:
    # Of other days or another filter it is another chart, in which nothing is chosen yet.
    if card.jobs is None:
        return f"chart-{card.key}"
    chosen = (card.jobs.first, card.jobs.last, *sorted(card.jobs.filter.wanted().items()))
    return f"chart-{card.key}~{chosen}"


def _clicked(card: Card) -> Jobs | None:
    """The jobs behind the point that was clicked last, if it still is chosen."""
    seen = st.session_state.get(_key(card))
    points = seen["selection"]["points"] if seen else []
    return card.narrowed(points[0]) if points and card.narrowed is not None else None
