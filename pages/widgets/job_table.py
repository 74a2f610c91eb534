"""Which jobs are there? A list that is updated in place; a click on a row selects its job."""

from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from core.jobs.details import JobDetail
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


def draw(jobs: list[JobDetail], *, selected: str | None, now: datetime, key: str) -> str | None:
    """Draw the jobs; the id of the job that was just clicked, or None."""
    result = _component(
        key=key,
        data={"rows": [_row(job, selected=job.id == selected, now=now) for job in jobs]},
        on_selected_change=lambda: None,
    )
    return str(result.selected) if result.selected else None


def _row(job: JobDetail, *, selected: bool, now: datetime) -> dict[str, Any]:
    look = JOB_LOOKS[job.state]
    return {
        "id": job.id,
        "selected": selected,
        "thumbnail": pictures.url(_thumbnail_key(job)),
        "file": job.photo.file_name,
        "account": job.account,
        "why": "" if job.failure is None else job.failure.message,
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


def _thumbnail_key(job: JobDetail) -> str:
    ready = (variant.result_thumbnail_key for variant in job.variants if variant.result_thumbnail_key)
    return next(ready, job.photo.thumbnail_key)
