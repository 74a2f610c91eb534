"""What was refunded, to whom, why and by whom? A list, and the totals of each reason."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from core.jobs.refund_queries import REASON_WORDS, ReasonTotal, RefundDetail, RefundState
from core.jobs.states import variant_name
from pages.widgets import formatting, record_table
from pages.widgets.record_table import Cell, Column, Row

LOOKS = {
    RefundState.REQUESTED: ("Requested", "orange", "approval"),
    RefundState.REFUNDED: ("Refunded", "green", "check_circle"),
    RefundState.DECLINED: ("Declined", "gray", "block"),
}
_WITHDRAWN = ("Withdrawn", "gray", "undo")
_COLUMNS = (
    Column(title="Job", width="minmax(0, 1.4fr)", is_strong=True, is_full=True, wraps=True),
    Column(title="State", width="128px"),
    Column(title="Credits", width="70px", is_number=True),
    Column(title="Why", width="minmax(0, 1.7fr)", is_full=True, wraps=True),
    Column(title="Asked", width="minmax(0, 1fr)", wraps=True),
    Column(title="Decided", width="minmax(0, 1fr)", wraps=True),
)
_TOTALS = (
    Column(title="Reason", width="minmax(0, 2fr)", is_strong=True, is_full=True),
    Column(title="Refunds", width="100px", is_number=True),
    Column(title="Credits", width="100px", is_number=True),
)


def draw(refunds: Sequence[RefundDetail]) -> str | None:
    """Draw the refunds, newest first; the id of the job that was just clicked, or None."""
    return record_table.draw("Refunds", _COLUMNS, [_row(refund) for refund in refunds], key="refunds")


def draw_totals(totals: Sequence[ReasonTotal]) -> None:
    """Draw how many refunds, and of how many credits, each reason had; nothing where none was paid.

    The reasons are folded away, so that the list itself begins within sight.
    """
    if not totals:
        return
    count, credits = sum(total.count for total in totals), sum(total.credits for total in totals)
    rows = [
        Row(
            total.reason.value,
            (
                Cell(text=REASON_WORDS[total.reason]),
                Cell(text=formatting.number(total.count)),
                Cell(text=formatting.number(total.credits)),
            ),
        )
        for total in totals
    ]
    if len(totals) > 1:
        words = (Cell(text="All reasons"), Cell(text=formatting.number(count)), Cell(text=formatting.number(credits)))
        rows.append(Row("all", words))
    title = f"{formatting.count(count, 'refund')} of {formatting.credits(credits)}, by reason"
    with st.expander(title, icon=":material/functions:", type="compact", key="refunds-by-reason"):
        record_table.draw("Refunded credits by reason", _TOTALS, rows, key="refund-totals")


def what(refund: RefundDetail) -> str:
    """What the refund is of: a variant, or an amount of the job."""
    return "an amount of the job" if refund.variant_index is None else variant_name(refund.variant_index)


def _row(refund: RefundDetail) -> Row:
    word, color, icon = _WITHDRAWN if refund.is_withdrawn else LOOKS[refund.state]
    about = f"{formatting.short_id(refund.job_id)} · {refund.account} · {what(refund)}"
    note = " · ".join(text for text in (refund.note, refund.decision_note) if text)
    return Row(
        refund.id,
        (
            record_table.job_link(refund.job_id, refund.file_name, below=about, hover=refund.job_id),
            Cell(text=word, color=color, icon=icon),
            Cell(text=formatting.number(refund.amount_credits)),
            Cell(text=REASON_WORDS[refund.reason], below=note),
            _moment(refund.requested_at, refund.requested_by),
            _moment(refund.decided_at, refund.decided_by),
        ),
    )


def _moment(at: datetime | None, by: str | None) -> Cell:
    if at is None:
        return Cell(text="")
    return Cell(text=formatting.when(at), below=f"by {by}" if by else "", hover=formatting.exact(at))
