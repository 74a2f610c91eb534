"""How do things stand, in one line? A few figures side by side that change in place, and how old they are."""

from collections.abc import Sequence
from dataclasses import dataclass
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


def draw(figures: Sequence[Figure], *, key: str, read_at: datetime | None = None, note: str = "") -> None:
    """Draw the figures in a row that wraps.

    With `read_at`, "Updated n s ago" stands below them, counted in the browser from when this reading arrived there,
    and the note behind it.
    """
    _figures(
        key=key,
        data={
            "reading": read_at.isoformat() if read_at is not None else "",
            "note": note,
            "figures": [
                {
                    "label": one.label,
                    "value": one.value,
                    "detail": one.detail,
                    "hover": one.hover,
                    "tone": one.tone,
                }
                for one in figures
            ],
        },
    )
