"""How are records listed? A quiet table that becomes cards on a phone; it is updated in place and never blinks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "staging_desk.record_table",
    html=(_HERE / "record_table.html").read_text(),
    css=(_HERE / "record_table.css").read_text(),
    js=(_HERE / "record_table.js").read_text(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its width in CSS; `is_full` gives it a line of its own on a phone, `wraps` lets long text break."""

    title: str
    width: str = "minmax(0, 1fr)"
    is_number: bool = False
    is_strong: bool = False
    is_full: bool = False
    wraps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in one place. With `color` and `icon` it is a badge; `action` is what a click on it hands back.

    `href` alone opens another tab; with `action` it is where a click with a modifier key leads.
    """

    text: str
    below: str = ""
    hover: str = ""
    color: str = ""
    icon: str = ""
    href: str = ""
    action: str = ""
    copy: str = ""
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One record, known again by its id at the next run."""

    id: str
    cells: Sequence[Cell] = field(default_factory=tuple)


def draw(
    title: str, columns: Sequence[Column], rows: Sequence[Row], *, key: str, becomes_cards: bool = True
) -> str | None:
    """Draw the records; the action of the cell that was just clicked, or None. Screen readers hear `title`.

    On a phone each record becomes a card, unless the columns are few enough to stay (`becomes_cards=False`).
    """
    result = _component(
        key=key,
        data={
            "title": title,
            "becomesCards": becomes_cards,
            "columns": [_column(column) for column in columns],
            "rows": [{"id": row.id, "cells": [_cell(cell) for cell in row.cells]} for row in rows],
        },
        on_action_change=lambda: None,
    )
    return str(result.action) if result.action else None


def job_link(job_id: str, text: str, *, below: str = "", hover: str = "") -> Cell:
    """A cell that leads to a job on the Monitor; its action is the job's id."""
    return Cell(text=text, below=below, hover=hover, href=f"monitor?job={job_id}", action=job_id)


def _column(column: Column) -> dict[str, str]:
    styles = {
        "right": column.is_number,
        "strong": column.is_strong,
        "full": column.is_full,
        "wrap": column.wraps,
        "line": not column.wraps,
    }
    return {
        "title": column.title,
        "width": column.width,
        "style": " ".join(style for style, applies in styles.items() if applies),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "text": cell.text,
        "below": cell.below,
        "hover": cell.hover,
        "color": cell.color,
        "icon": cell.icon,
        "href": cell.href,
        "action": cell.action,
        "copy": cell.copy,
        "isCode": cell.is_code,
    }
