"""Who did what, and when? The audit log, narrowed, paged and taken along."""

import functools
from collections.abc import Mapping, Sequence

import streamlit as st

from core import spreadsheets
from core.auth import actors, audit, users
from core.auth.actors import Actor
from core.auth.audit import AuditFilter, AuditKind, AuditRecord
from core.credits import queries as credit_queries
from pages.widgets import audit_words, day_filter, formatting, paging, record_table, session
from pages.widgets.record_table import Cell, Column, Row

_TEXT_MAX = 254
_COLUMNS = (
    Column(title="When", width="130px"),
    Column(title="Who", width="minmax(0, 1.4fr)", is_strong=True, wraps=True),
    Column(title="What", width="172px"),
    Column(title="About", width="minmax(0, 1.7fr)", is_full=True, wraps=True),
    Column(title="Account", width="minmax(0, 0.8fr)", wraps=True),
    Column(title="Through", width="72px"),
)


def draw(actor: Actor) -> None:
    """Draw the filters, the log, newest first, and the ways to more of it."""
    names = _names(actor)
    wanted = _draw_filters(actor)
    shown = paging.read(functools.partial(_read, actor, wanted), of=wanted, key="audit")
    if not shown.items:
        words = "Nothing of this kind was done." if wanted != AuditFilter() else "Nothing was done yet."
        st.info(f"{words} Spending, refunds, grants, roles, keys, exports and sign-ins are kept here.")
        return
    clicked = record_table.draw(
        "Audit log", _COLUMNS, [_row(entry, names) for entry in shown.items], key="audit-table"
    )
    if clicked:
        st.switch_page("pages/monitor.py", query_params={"job": clicked})
    paging.draw(shown, noun="line", key="audit")


def _names(actor: Actor) -> dict[str, str]:
    """The names of people by their identities, of those who have told one."""
    with session.runtime().database.read() as opened:
        return {actors.user_identity(person.id): person.name for person in users.users(opened, actor) if person.name}


def _draw_filters(actor: Actor) -> AuditFilter:
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
            actor=(person or "").strip(),
            account=account or "",
            since=days.since,
            until=days.until,
        )
        _draw_export(actor, wanted)
    return wanted


def _draw_export(actor: Actor, wanted: AuditFilter) -> None:
    database, still = session.runtime().database, session.still(actor)
    st.download_button(
        "CSV",
        data=lambda: audit.export_csv(database, still(), wanted),
        file_name=f"audit-log-{formatting.today():%Y-%m-%d}.csv",
        mime="text/csv",
        icon=":material/download:",
        help=f"What the filters show, newest first, at most {formatting.number(spreadsheets.MAX_ROWS)} lines. "
        "The export itself is written to the log.",
        key="audit-csv",
    )


def _read(actor: Actor, wanted: AuditFilter, before_id: int | None) -> tuple[Sequence[AuditRecord], int | None]:
    with session.runtime().database.read() as opened:
        page = audit.entries(opened, actor, wanted, before_id=before_id, limit=paging.PAGE_SIZE)
    return page.entries, page.next_before_id


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
            Cell(text=told.who, below=told.known_as, hover=f"{told.who}: {told.known_as} ({entry.actor_identity})"),
            Cell(text=told.what, color=color, icon=icon),
            about,
            Cell(text=entry.account or ""),
            Cell(text=told.door),
        ),
    )
