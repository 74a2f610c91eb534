"""How did an account's balance come about? Each movement with the balance after it, linked to its job."""

import functools
from collections.abc import Mapping, Sequence

import streamlit as st

from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import exports, ledger, queries
from core.credits.ledger import EntryKind
from core.credits.queries import AccountSummary, Entry
from core.jobs.refund_queries import REASON_WORDS
from pages.widgets import credit_dialogs, deeds, figures, formatting, paging, record_table, session
from pages.widgets.figures import Figure
from pages.widgets.record_table import Cell, Column, Row

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
                detail="credits: low" if account.is_low else "credits",
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
    shown = paging.read(functools.partial(_page, actor, account.name), of=account.id, key="statement")
    if not shown.items:
        st.info("Nothing has moved on this account so far.", icon=":material/receipt_long:")
        return
    job_id = record_table.draw("Statement", _COLUMNS, [_row(entry) for entry in shown.items], key="statement-table")
    if job_id:
        st.switch_page("pages/monitor.py", query_params={"job": job_id})
    paging.draw(shown, noun="movement", key="statement")


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
            # Not "CSV" alone: the accounts have one too, on the same page.
            "Statement CSV",
            data=lambda: exports.statement_csv(database, still(), account=account.name),
            file_name=f"statement-{formatting.file_word(account.name)}-{formatting.today():%Y-%m-%d}.csv",
            mime="text/csv",
            icon=":material/download:",
            help="The whole statement, newest first. That it was exported is written to the audit log.",
            key="statement-csv",
        )


def _page(actor: Actor, name: str, before_id: int | None) -> tuple[Sequence[Entry], int | None]:
    with session.runtime().database.read() as opened:
        page = queries.statement(opened, actor, name=name, before_id=before_id, limit=paging.PAGE_SIZE)
    return page.entries, page.next_before_id


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
