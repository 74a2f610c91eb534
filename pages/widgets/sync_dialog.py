"""What would a sync change? First what Replicate says, as a table; then, on a click, what came of it for each job."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.auth.actors import Actor
from core.jobs import manual_sync
from core.jobs.manual_sync import JobChange, SyncReport
from pages.widgets import deeds, formatting, record_table, session
from pages.widgets.record_table import Cell, Column, Row
from pages.widgets.states import JOB_LOOKS


@st.dialog("Sync with Replicate", icon=":material/sync:", width="medium")
def draw(actor: Actor, job_ids: Sequence[str] | None) -> None:
    """Draw the dialog for these jobs; without any, for all that are stale."""
    expected = _once("expected", lambda: _sync(actor, job_ids, dry_run=True))
    if expected is None:
        st.button("Ask again", icon=":material/refresh:", key="sync-again")
        return
    place = st.empty()
    done: SyncReport | None = st.session_state.get(_key("done"))
    if done is None:
        with place.container():
            done = _draw_expected(actor, expected)
    if done is not None:
        # A container in the place of another would keep what that one had more of: its button to apply.
        place.empty()
        with place.container():
            _draw_done(done)


def _draw_expected(actor: Actor, report: SyncReport) -> SyncReport | None:
    """Draw what would change; what came of it, if it was just applied."""
    changing = [change.job_id for change in report.changed]
    if not report.checked:
        st.info("No job is stale: there is nothing to ask about.", icon=":material/done_all:")
        return None
    st.markdown(
        f"{formatting.count(report.checked, 'job')} asked about at Replicate, nothing changed yet. "
        + (f"**{formatting.count(len(changing), 'job')} would change:**" if changing else "**None would change.**")
    )
    _draw_table(report, "Would be")
    st.caption("Applying asks once more, so what counts is what Replicate says then. Refunds follow by themselves.")
    clicked = st.button(
        f"Apply to {formatting.count(len(changing), 'job')}" if changing else "Nothing to apply",
        type="primary",
        icon=":material/sync:",
        disabled=not changing,
        help=None if changing else "Replicate says nothing that we don't know.",
        key="sync-apply",
    )
    return _once("done", lambda: _sync(actor, changing, dry_run=False)) if clicked else None


def _draw_done(report: SyncReport) -> None:
    changed = formatting.number(len(report.changed)) if report.changed else "none"
    words = f"{formatting.count(report.checked, 'job')} synced, {changed} changed."
    st.success(words, icon=":material/done:")
    _draw_table(report, "Is now")
    if st.button("Close", type="primary", key="sync-close"):
        deeds.tell(words)
        st.rerun()


def _draw_table(report: SyncReport, after: str) -> None:
    columns = (
        Column(title="Job", width="minmax(0, 1.2fr)", is_strong=True, is_full=True),
        Column(title="Was" if after == "Is now" else "Is now", width="124px"),
        Column(title=after, width="124px"),
        Column(
            title="What happened" if after == "Is now" else "Why", width="minmax(0, 2fr)", is_full=True, wraps=True
        ),
    )
    record_table.draw("Jobs", columns, [_row(change) for change in report.outcomes], key=f"sync-{after}")


def _row(change: JobChange) -> Row:
    before, later = JOB_LOOKS[change.before], JOB_LOOKS[change.after]
    return Row(
        change.job_id,
        (
            Cell(
                text=change.file_name,
                below=f"{change.account} · {formatting.short_id(change.job_id)}",
                hover=change.job_id,
            ),
            Cell(text=before.word, color=before.color, icon=before.icon),
            Cell(text=later.word, color=later.color, icon=later.icon) if later != before else Cell(text="the same"),
            Cell(text=change.message),
        ),
    )


def _sync(actor: Actor, job_ids: Sequence[str] | None, *, dry_run: bool) -> SyncReport:
    return manual_sync.sync_jobs(
        session.runtime().desk, actor, job_ids=job_ids, stale_only=job_ids is None, dry_run=dry_run
    )


def _once(name: str, call: Callable[[], SyncReport]) -> SyncReport | None:
    """The report that this opening of the dialog has, or gets now; None if it was refused."""
    if _key(name) not in st.session_state:
        with st.spinner("Asking Replicate …"):
            report = deeds.attempt(call)
        if report is None:
            return None
        st.session_state[_key(name)] = report
    kept: SyncReport = st.session_state[_key(name)]
    return kept


def _key(name: str) -> str:
    return f"sync-{name}-{deeds.opening()}"
