"""Who did what, and when? The audit log, narrowed, paged and taken along."""

from collections.abc import Mapping

import streamlit as st

from core.auth import audit, users
from core.auth.actors import SYSTEM_NAME, Actor
from core.auth.audit import AuditFilter, AuditKind, AuditPage, AuditRecord
from core.credits import queries as credit_queries
from pages.widgets import audit_words, day_filter, formatting, record_table, session
from pages.widgets.record_table import Cell, Column, Row

_PAGE_SIZE = 50
_SHOWN_MAX = 1_000
_TEXT_MAX = 254
_PAGES = "audit-pages"
_WANTED = "audit-wanted"
_COLUMNS = (
    Column(title="When", width="130px"),
    Column(title="Who", width="minmax(0, 1fr)", is_strong=True, wraps=True),
    Column(title="What", width="172px"),
    Column(title="About", width="minmax(0, 2fr)", is_full=True, wraps=True),
    Column(title="Account", width="minmax(0, 0.8fr)", wraps=True),
    Column(title="Through", width="80px"),
)


def draw(actor: Actor) -> None:
    """Draw the filters, the log, newest first, and the ways to more of it."""
    names = _names(actor)
    wanted = _draw_filters(actor, names)
    if st.session_state.get(_WANTED) != wanted:
        st.session_state[_WANTED], st.session_state[_PAGES] = wanted, 1
    page = _read(actor, wanted, pages=st.session_state[_PAGES])
    if not page.entries:
        words = "Nothing of this kind was done." if wanted != AuditFilter() else "Nothing was done yet."
        st.info(f"{words} Spending, refunds, grants, roles, keys, exports and sign-ins are kept here.")
        return
    clicked = record_table.draw("Audit log", _COLUMNS, [_row(entry, names) for entry in page.entries], key="audit")
    if clicked:
        st.switch_page("pages/monitor.py", query_params={"job": clicked})
    _draw_more(page)


def _names(actor: Actor) -> dict[str, str]:
    """The names of people by their e-mails, of those who have told one."""
    with session.runtime().database.read() as opened:
        return {person.email: person.name for person in users.users(opened, actor) if person.name}


def _draw_filters(actor: Actor, names: Mapping[str, str]) -> AuditFilter:
    with session.runtime().database.read() as opened:
        accounts = [account.name for account in credit_queries.accounts(opened, actor)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "What",
            ["", *(kind.value for kind in AuditKind)],
            format_func=lambda kind: audit_words.KINDS[AuditKind(kind)][0] if kind else "Everything",
            key="audit-kind",
            persist_state="session",
            width=135,
        )
        person = st.text_input(
            "Who",
            placeholder="Name, e-mail or key",
            max_chars=_TEXT_MAX,
            key="audit-person",
            persist_state="session",
            width=150,
        )
        account = st.selectbox(
            "Account",
            ["", *accounts],
            format_func=lambda name: name or "Any account",
            key="audit-account",
            persist_state="session",
            width=135,
        )
        days = day_filter.draw("audit", persist_state="session")
        wanted = AuditFilter(
            kind=AuditKind(kind) if kind else None,
            actor=_noted_as((person or "").strip(), names),
            account=account or "",
            since=days.since,
            until=days.until,
        )
        _draw_export(actor, wanted)
    return wanted


def _noted_as(asked: str, names: Mapping[str, str]) -> str:
    """As the log has whom the reader knows by a name: the table shows names, and notes e-mails."""
    if asked.lower() == SYSTEM_NAME:
        return SYSTEM_NAME
    return next((email for email, name in names.items() if name.lower() == asked.lower()), asked)


def _draw_export(actor: Actor, wanted: AuditFilter) -> None:
    database, still = session.runtime().database, session.still(actor)
    st.download_button(
        "CSV",
        data=lambda: audit.export_csv(database, still(), wanted),
        file_name=f"audit-log-{formatting.today():%Y-%m-%d}.csv",
        mime="text/csv",
        icon=":material/download:",
        help=f"What the filters show, newest first, at most {formatting.number(audit.EXPORT_MAX_ROWS)} lines. "
        "The export itself is written to the log.",
        key="audit-csv",
    )


def _read(actor: Actor, wanted: AuditFilter, *, pages: int) -> AuditPage:
    found: list[AuditRecord] = []
    before_id: int | None = None
    with session.runtime().database.read() as opened:
        for _ in range(pages):
            page = audit.entries(opened, actor, wanted, before_id=before_id, limit=_PAGE_SIZE)
            found += page.entries
            before_id = page.next_before_id
            if before_id is None:
                break
    return AuditPage(tuple(found), before_id)


def _draw_more(page: AuditPage) -> None:
    shown = len(page.entries)
    with st.container(horizontal=True, vertical_alignment="center"):
        if page.next_before_id is None:
            st.caption(f"{formatting.count(shown, 'line')}, and no more.")
            return
        reason = "Narrow the filters, or take the CSV, to see more." if shown >= _SHOWN_MAX else ""
        if st.button("Load more", icon=":material/expand_more:", disabled=bool(reason), help=reason or None):
            st.session_state[_PAGES] += 1
            st.rerun()
        st.caption(f"The newest {formatting.number(shown)} are shown.", width="content")


def _row(entry: AuditRecord, names: Mapping[str, str]) -> Row:
    told = audit_words.tell(entry, names)
    _, icon, color = audit_words.KINDS[entry.kind]
    if entry.job_id:
        about = record_table.job_link(entry.job_id, told.about, below=told.detail, hover="See it on the Monitor")
    else:
        about = Cell(text=told.about, below=told.detail)
    return Row(
        str(entry.id),
        (
            Cell(text=formatting.when(entry.at), hover=formatting.exact(entry.at)),
            Cell(text=told.who, below=told.role, hover=told.email or told.who),
            Cell(text=told.what, color=color, icon=icon),
            about,
            Cell(text=entry.account or ""),
            Cell(text=told.door),
        ),
    )
