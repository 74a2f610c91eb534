"""Which jobs are there? A list that is updated in place; a click on a row opens its job, a check selects it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from core.jobs.search import JobRow
from core.prompts import presets
from pages.widgets import formatting, pictures
from pages.widgets.states import JOB_LOOKS

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "staging_desk.job_table",
    html=(_HERE / "job_table.html").read_text(),
    css=(_HERE / "job_table.css").read_text(),
    js=(_HERE / "job_table.js").read_text(),
)


@dataclass(frozen=True, slots=True)
class Clicked:
    """The job whose row was just clicked, if one was, and the ids of those that are checked."""

    job_id: str | None
    checked: tuple[str, ...]


def draw(jobs: Sequence[JobRow], *, opened: str | None, can_check: bool, now: datetime, key: str) -> Clicked:
    """Draw the jobs; `can_check` lets those in flight be checked, `opened` is the one shown beside the list."""
    checkable = [job.id for job in jobs if can_check and not job.state.is_terminal]
    result = _component(
        key=key,
        data={
            "rows": [_row(job, opened=job.id == opened, can_check=job.id in checkable, now=now) for job in jobs],
            "isCheckable": bool(checkable),
            "checked": _checked(st.session_state.get(key), checkable),
        },
        default={"checked": []},
        on_selected_change=lambda: None,
        on_checked_change=lambda: None,
    )
    return Clicked(
        job_id=str(result.selected) if result.selected else None,
        checked=tuple(_checked(result, checkable)),
    )


def _checked(state: Any, checkable: Sequence[str]) -> list[str]:
    """Which jobs the list's state says are checked: since then, one may have ended or left the page."""
    kept = getattr(state, "checked", None)
    return [job_id for job_id in checkable if isinstance(kept, list) and job_id in kept]


def _row(job: JobRow, *, opened: bool, can_check: bool, now: datetime) -> dict[str, Any]:
    look = JOB_LOOKS[job.state]
    return {
        "id": job.id,
        "selected": opened,
        "canCheck": can_check,
        "isStuck": job.is_stuck,
        "thumbnail": pictures.url(job.thumbnail_key),
        "file": job.file_name,
        "account": job.account,
        "why": "" if job.error_code is None else formatting.reason(job.error_code),
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
