"""Who did what, and when? The audit log, narrowed, paged and taken along."""

from datetime import date
from typing import Any, cast

import streamlit as st

from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditFilter, AuditKind, AuditPage, AuditRecord
from core.credits import queries as credit_queries
from pages.widgets import formatting, record_table, session
from pages.widgets.record_table import Cell, Column, Row

_PAGE_SIZE = 50
_SHOWN_MAX = 1_000
_TEXT_MAX = 254
_PAGES = "audit-pages"
_WANTED = "audit-wanted"
_KINDS = {
    AuditKind.SPEND: ("Spend", "payments", "gray"),
    AuditKind.GRANT: ("Grant", "add_card", "green"),
    AuditKind.ADJUSTMENT: ("Adjustment", "tune", "orange"),
    AuditKind.REFUND: ("Refund", "undo", "blue"),
    AuditKind.REFUND_REQUESTED: ("Refund requested", "pending_actions", "blue"),
    AuditKind.REFUND_DECLINED: ("Refund declined", "block", "gray"),
    AuditKind.ROLE_CHANGED: ("Role changed", "manage_accounts", "orange"),
    AuditKind.INVITED: ("Invited", "person_add", "green"),
    AuditKind.KEY_CREATED: ("Key created", "key", "green"),
    AuditKind.KEY_REVOKED: ("Key revoked", "key_off", "red"),
    AuditKind.LIMIT_CHANGED: ("Limit changed", "speed", "orange"),
    AuditKind.EXPORT: ("Export", "download", "gray"),
    AuditKind.SIGN_IN: ("Sign-in", "login", "gray"),
}
_COLUMNS = (
    Column(title="When", width="130px"),
    Column(title="Who", width="minmax(0, 1.2fr)", is_strong=True),
    Column(title="What", width="180px"),
    Column(title="About", width="minmax(0, 1.4fr)", is_full=True),
    Column(title="Account", width="minmax(0, 0.8fr)"),
    Column(title="Through", width="80px"),
)


def draw(actor: Actor) -> None:
    """Draw the filters, the log, newest first, and the ways to more of it."""
    wanted = _draw_filters(actor)
    if st.session_state.get(_WANTED) != wanted:
        st.session_state[_WANTED], st.session_state[_PAGES] = wanted, 1
    page = _read(actor, wanted, pages=st.session_state[_PAGES])
    if not page.entries:
        words = "Nothing of this kind was done." if wanted != AuditFilter() else "Nothing was done yet."
        st.info(f"{words} Spending, refunds, grants, roles, keys, exports and sign-ins are kept here.")
        return
    clicked = record_table.draw("Audit log", _COLUMNS, [_row(entry) for entry in page.entries], key="audit")
    if clicked:
        st.switch_page("pages/monitor.py", query_params={"job": clicked})
    _draw_more(page)


def _draw_filters(actor: Actor) -> AuditFilter:
    with session.runtime().database.read() as opened:
        accounts = [account.name for account in credit_queries.accounts(opened, actor)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "What",
            ["", *(kind.value for kind in AuditKind)],
            format_func=lambda kind: _KINDS[AuditKind(kind)][0] if kind else "Everything",
            key="audit-kind",
            persist_state="session",
            width=160,
        )
        person = st.text_input(
            "Who",
            placeholder="E-mail, key or local user",
            max_chars=_TEXT_MAX,
            key="audit-person",
            persist_state="session",
            width=180,
        )
        account = st.selectbox(
            "Account",
            ["", *accounts],
            format_func=lambda name: name or "Any account",
            key="audit-account",
            persist_state="session",
            width=160,
        )
        days = st.date_input(
            "Days",
            # No day chosen yet: Streamlit takes an empty range, its annotations do not.
            value=cast("tuple[date]", ()),
            max_value=formatting.today(),
            format="YYYY-MM-DD",
            key="audit-days",
            persist_state="session",
            width=230,
        )
        wanted = _filter(str(kind or ""), person or "", account or "", days)
        _draw_export(actor, wanted)
    return wanted


def _filter(kind: str, person: str, account: str, days: Any) -> AuditFilter:
    first, last = _span(days)
    return AuditFilter(
        kind=AuditKind(kind) if kind else None,
        actor=person.strip(),
        account=account,
        since=formatting.day_start(first) if first else None,
        until=formatting.day_end(last) if last else None,
    )


def _span(days: Any) -> tuple[date | None, date | None]:
    # While a person chooses, there is a first day and no last one yet.
    chosen = tuple(days) if isinstance(days, tuple | list) else (days,) if isinstance(days, date) else ()
    return (chosen[0] if chosen else None), (chosen[-1] if len(chosen) > 1 else None)


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


def _row(entry: AuditRecord) -> Row:
    word, icon, color = _KINDS[entry.kind]
    if entry.job_id:
        about = record_table.job_link(
            entry.job_id, entry.target or f"Job {formatting.short_id(entry.job_id)}", below=entry.detail
        )
    else:
        about = Cell(text=entry.target, below=entry.detail, hover=f"{entry.target}  {entry.detail}")
    return Row(
        str(entry.id),
        (
            Cell(text=formatting.when(entry.at), hover=formatting.exact(entry.at)),
            Cell(text=entry.actor, below=entry.role, hover=entry.actor),
            Cell(text=word, color=color, icon=icon),
            about,
            Cell(text=entry.account or ""),
            Cell(text=entry.source),
        ),
    )
