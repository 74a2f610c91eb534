"""How do things stand, in one line? A few figures side by side that change in place, and how old they are."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import streamlit as st

Tone = Literal["", "green", "orange", "red", "gray"]

_HERE = Path(__file__).parent
_figures = st.components.v2.component(
    "staging_desk.figures",
    html='<div class="figures"><dl></dl><p role="status" aria-live="off" hidden></p></div>',
    css=(_HERE / "figures.css").read_text(),
    js=(_HERE / "figures.js").read_text(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure with its name; `detail` stands small below it, `tone` colours a dot before the value."""

    label: str
    value: str
    detail: str = ""
    hover: str = ""
    tone: Tone = ""


def draw(figures: Sequence[Figure], *, key: str) -> None:
    """Draw the figures in a row that wraps."""
    _figures(key=key, data={"figures": written(figures), "reading": "", "note": ""})


def written(figures: Sequence[Figure]) -> str:
    """The figures as JSON for `draw_written`: what many pages show is written once."""
    return json.dumps([asdict(one) for one in figures])


def draw_written(figures: str, *, key: str, read_at: datetime, note: str) -> None:
    """Draw figures that were written before.

    "Updated n s ago" stands below them, counted in the browser from when this reading arrived there, and the note
    behind it.
    """
    _figures(key=key, data={"figures": figures, "reading": read_at.isoformat(), "note": note})
