"""How did an account's balance come about? Each movement with the balance after it, linked to its job."""

from collections.abc import Mapping

import streamlit as st

from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import exports, ledger, queries
from core.credits.ledger import EntryKind
from core.credits.queries import AccountSummary, Entry
from core.jobs.refund_queries import REASON_WORDS
from pages.widgets import credit_dialogs, deeds, figures, formatting, record_table, session
from pages.widgets.figures import Figure
from pages.widgets.record_table import Cell, Column, Row

_PAGE, _PAGES_MAX = 50, 40
_KINDS = {
    EntryKind.GRANT: ("Grant", "green", "add"),
    EntryKind.CHARGE: ("Charge", "gray", "chair"),
    EntryKind.REFUND: ("Refund", "blue", "undo"),
    EntryKind.ADJUSTMENT: ("Adjustment", "orange", "tune"),
}
_COLUMNS = (
    Column(title="When", width="124px"),
    Column(title="What", width="136px"),
    Column(title="Why", width="minmax(0, 2fr)", is_full=True, wraps=True),
    Column(title="Job", width="92px"),
    Column(title="By", width="minmax(0, 1fr)", wraps=True),
    Column(title="Credits", width="80px", is_number=True),
    Column(title="Balance", width="84px", is_number=True),
)


def draw(actor: Actor, account: AccountSummary) -> None:
    """Draw the account's figures, what a manager can do, and its movements, newest first."""
    st.subheader(formatting.plain(account.name), anchor=False)
    figures.draw(
        [
            Figure(
                label="Balance",
                value=formatting.number(account.balance),
                detail="low: grant some before it runs out" if account.is_low else "credits",
                tone="orange" if account.is_low else "",
            ),
            Figure(
                label="Spent this month",
                value=formatting.number(account.spent_credits),
                detail="charged less refunded",
            ),
        ],
        key="account-figures",
    )
    _draw_actions(actor, account)
    pages_key = f"statement-pages-{account.id}"
    entries, has_more = _entries(actor, account.name, pages=st.session_state.get(pages_key, 1))
    if not entries:
        st.info("Nothing has moved on this account so far.", icon=":material/receipt_long:")
        return
    job_id = record_table.draw("Statement", _COLUMNS, [_row(entry) for entry in entries], key="statement")
    if job_id:
        st.switch_page("pages/monitor.py", query_params={"job": job_id})
    if has_more:
        st.button("Load more", icon=":material/expand_more:", on_click=lambda: _more(pages_key), key="statement-more")
    else:
        st.caption(f"That is all: {formatting.count(len(entries), 'movement')}.")


def _draw_actions(actor: Actor, account: AccountSummary) -> None:
    reason = "" if actor.may(Action.GRANT_CREDITS) else "Managers grant and adjust credits."
    with st.container(horizontal=True):
        if st.button("Grant", icon=":material/add:", disabled=bool(reason), help=reason or None, key="grant"):
            deeds.new_opening()
            credit_dialogs.draw_grant(actor, account.name, account.balance)
        if st.button("Adjust", icon=":material/tune:", disabled=bool(reason), help=reason or None, key="adjust"):
            deeds.new_opening()
            credit_dialogs.draw_adjustment(actor, account.name, account.balance)
        database, still = session.runtime().database, session.still(actor)
        st.download_button(
            "CSV",
            data=lambda: exports.statement_csv(database, still(), account=account.name),
            file_name=f"statement-{formatting.file_word(account.name)}-{formatting.today():%Y-%m-%d}.csv",
            mime="text/csv",
            icon=":material/download:",
            help="The whole statement, newest first. That it was exported is written to the audit log.",
            key="statement-csv",
        )


def _entries(actor: Actor, name: str, *, pages: int) -> tuple[list[Entry], bool]:
    """The newest movements, and whether there are older ones."""
    found: list[Entry] = []
    before_id: int | None = None
    with session.runtime().database.read() as opened:
        for _ in range(pages):
            page = queries.statement(opened, actor, name=name, before_id=before_id, limit=_PAGE)
            found += page.entries
            before_id = page.next_before_id
            if before_id is None:
                break
    return found, before_id is not None and pages < _PAGES_MAX


def _more(key: str) -> None:
    st.session_state[key] = st.session_state.get(key, 1) + 1


def _row(entry: Entry) -> Row:
    word, color, icon = _KINDS[EntryKind(entry.kind)]
    why, note = _why(entry)
    job = Cell(text="")
    if entry.job_id:
        job = record_table.job_link(entry.job_id, formatting.short_id(entry.job_id), hover="See it on the Monitor")
    return Row(
        str(entry.id),
        (
            Cell(text=formatting.when(entry.at), hover=formatting.exact(entry.at)),
            Cell(text=word, color=color, icon=icon),
            Cell(text=why, below=note),
            job,
            Cell(text=formatting.who(entry.actor), hover=entry.actor),
            Cell(text=formatting.signed(entry.amount)),
            Cell(text=formatting.number(entry.balance_after)),
        ),
    )


def _why(entry: Entry) -> tuple[str, str]:
    """Why it moved, in words, and the note to it."""
    if entry.reason == ledger.SYSTEM_REASON:
        return formatting.reason(entry.note), "returned by itself"
    if entry.reason == ledger.STAGING_REASON:
        return "Staging", entry.note
    words: Mapping[str, str] = {reason.value: text for reason, text in REASON_WORDS.items()}
    return words.get(entry.reason, formatting.sentence(entry.reason)), entry.note
