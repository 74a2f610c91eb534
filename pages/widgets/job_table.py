"""Which jobs are there? A list that is updated in place; a row opens its job, checked ones are synced together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from core.jobs.search import JobRow
from core.prompts import presets
from pages.widgets import formatting, pictures
from pages.widgets.states import JOB_LOOKS

Turn = Literal["back", "more"]

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "staging_desk.job_table",
    html=(_HERE / "job_table.html").read_text(),
    css=(_HERE / "job_table.css").read_text(),
    js=(_HERE / "job_table.js").read_text(),
)


@dataclass(frozen=True, slots=True)
class Clicked:
    """The job whose row was just clicked, what is to be synced (these jobs, or all stale ones), where to leaf to."""

    job_id: str | None
    to_sync: tuple[str, ...]
    is_stale_to_sync: bool
    turn: Turn | None


@dataclass(frozen=True, slots=True)
class Leaves:
    """Where the rows stand in a long list: whether there is a page before them, and one behind."""

    goes_back: bool
    goes_on: bool


def written(jobs: Sequence[JobRow], *, now: datetime) -> str:
    """The jobs as JSON for `draw`, with times in the viewer's zone."""
    return json.dumps([_row(job, now) for job in jobs])


def draw(rows: str, *, opened: str | None, can_sync: bool, stale: int, leaves: Leaves, key: str) -> Clicked:
    """Draw the rows. `opened` is the job that is shown beside the list.

    `can_sync` lets those in flight be checked and synced, and the `stale` ones, on this page or not, all at once. All
    that can be clicked is part of the one component: each element more is drawn anew at every refresh.
    """
    result = _component(
        key=key,
        data={
            "rows": rows,
            "opened": opened,
            "canSync": can_sync,
            "stale": stale,
            "goesBack": leaves.goes_back,
            "goesOn": leaves.goes_on,
        },
        on_selected_change=_nothing,
        on_sync_change=_nothing,
        on_sync_stale_change=_nothing,
        on_turn_change=_nothing,
    )
    asked = result.sync if can_sync and isinstance(result.sync, list) else []
    return Clicked(
        job_id=str(result.selected) if result.selected else None,
        to_sync=tuple(map(str, asked)),
        is_stale_to_sync=can_sync and bool(result.sync_stale),
        turn=result.turn if result.turn in ("back", "more") else None,
    )


def _nothing() -> None:
    """What was clicked is told by the result."""


def _row(job: JobRow, now: datetime) -> dict[str, Any]:
    look = JOB_LOOKS[job.state]
    return {
        "id": job.id,
        "isInFlight": not job.state.is_terminal,
        "isStuck": job.is_stuck,
        "thumbnail": pictures.url(job.thumbnail_key),
        "file": job.file_name,
        "account": job.account,
        "name": formatting.short_id(job.id) + (" · retry" if job.retry_of else ""),
        "why": "" if job.error_code is None else formatting.reason_of_job(job.error_code),
        "room": presets.room_type(job.room_type).name,
        "style": presets.style(job.style).name,
        "state": look.word,
        "color": look.color,
        "icon": look.icon,
        "progress": None if job.state.is_terminal else job.progress,
        "age": formatting.ago(job.created_at, now),
        "created": formatting.exact(job.created_at),
        "inState": formatting.ago(job.state_since, now),
        "since": formatting.exact(job.state_since),
        "credits": formatting.number(job.credits_used),
        "returned": f"{formatting.number(job.credits_refunded)} returned" if job.credits_refunded else "",
    }
