"""Which refunds wait for a manager? Each with what it would do, and the two ways to decide on it."""

import streamlit as st

from core import clock
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import refund_queries, refunds
from core.jobs.refund_queries import REASON_WORDS, RefundDetail, Waiting
from pages.widgets import confirmation, deeds, formatting, refund_list, session


def draw(actor: Actor, waiting: Waiting) -> None:
    """Draw the requests, the oldest first; nothing where none waits."""
    if not waiting.requests:
        return
    st.subheader(f"Waiting for a manager · {formatting.number(waiting.count)}", anchor=False)
    for request in waiting.requests:
        with st.container(border=True):
            _draw_one(actor, request)
    if waiting.count > len(waiting.requests):
        st.caption(f"The oldest {len(waiting.requests)} are shown; the next follow as these are decided.")


def _draw_one(actor: Actor, request: RefundDetail) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(
            f"**{formatting.credits(request.amount_credits)}**, {refund_list.what(request)} · "
            f"{formatting.plain(request.file_name)} · {formatting.plain(request.account)}",
            width="content",
        )
        with st.container(horizontal=True, width="content"):
            _draw_buttons(actor, request)
    note = f": “{formatting.plain(request.note)}”" if request.note else ""
    st.caption(
        f"job {formatting.short_id(request.job_id)} · {REASON_WORDS[request.reason]}{note} · asked by "
        f"{formatting.plain(request.requested_by)} {formatting.ago(request.requested_at, clock.now())} ago",
        help=formatting.plain(formatting.exact(request.requested_at)),
    )


def _draw_buttons(actor: Actor, request: RefundDetail) -> None:
    is_own = refund_queries.is_of(actor, request)
    not_a_manager = "" if actor.may(Action.DECIDE_REFUNDS) else "A manager decides on this."
    not_another = "You asked for it: another manager decides." if is_own else ""
    if request.is_asker_unsure:
        not_another = (
            "Since an upgrade nobody can tell for certain who asked: decline it, and have it asked for again."
        )
    if st.button("See the job", type="tertiary", icon=":material/open_in_new:", key=f"see-{request.id}"):
        st.switch_page("pages/monitor.py", query_params={"job": request.job_id})
    turn_down = (
        ("Withdraw", ":material/undo:", _draw_withdrawal, "")
        if is_own
        else ("Decline", ":material/block:", _draw_decline, not_a_manager)
    )
    for label, icon, dialog, reason in (
        turn_down,
        ("Approve", ":material/check:", _draw_approval, not_another or not_a_manager),
    ):
        if st.button(
            label, icon=icon, disabled=bool(reason), help=reason or None, key=f"{label.lower()}-{request.id}"
        ):
            deeds.new_opening()
            dialog(actor, request)


@st.dialog("Approve this refund", icon=":material/check:")
def _draw_approval(actor: Actor, request: RefundDetail) -> None:
    amount = formatting.credits(request.amount_credits)
    _draw_head(request)
    st.markdown(f"{amount} return to {formatting.plain(request.account)} at once. A refund can't be taken back.")
    note = st.text_area("Note (optional)", max_chars=refunds.NOTE_MAX, height=80, key=_key("note")).strip()
    if confirmation.button(f"Refund {amount}", icon=":material/check:", key="approve-now", is_final=True):
        done = deeds.attempt(
            lambda: refunds.approve(session.runtime().database, actor, refund_id=request.id, note=note)
        )
        if done is not None:
            deeds.tell(f"{amount} refunded. {request.account} has {formatting.credits(done.balance)}.")
            st.rerun()


@st.dialog("Decline this refund", icon=":material/block:")
def _draw_decline(actor: Actor, request: RefundDetail) -> None:
    _draw_head(request)
    st.markdown("Nothing moves. Whoever asked reads why here.")
    key = _key("note")
    label = confirmation.label("Why", "" if confirmation.typed(key) else "say why first", key=key)
    note = st.text_area(label, max_chars=refunds.NOTE_MAX, height=80, key=key).strip()
    why_not = "" if note else "Say why first."
    if confirmation.button(
        "Decline this refund", icon=":material/block:", why_not=why_not, key="decline-now", is_final=True
    ):
        done = deeds.attempt(
            lambda: refunds.decline(session.runtime().database, actor, refund_id=request.id, note=note)
        )
        if done is not None:
            deeds.tell(f"Declined: {formatting.credits(request.amount_credits)} stay as they are.")
            st.rerun()


@st.dialog("Withdraw this request", icon=":material/undo:")
def _draw_withdrawal(actor: Actor, request: RefundDetail) -> None:
    _draw_head(request)
    st.markdown("Nothing moves, and no manager needs to decide. The refund can be asked for again.")
    if confirmation.button("Withdraw", icon=":material/undo:", key="withdraw-now"):
        done = deeds.attempt(
            lambda: refunds.decline(session.runtime().database, actor, refund_id=request.id, note="")
        )
        if done is not None:
            deeds.tell(f"Withdrawn: {formatting.credits(request.amount_credits)} stay as they are.")
            st.rerun()


def _draw_head(request: RefundDetail) -> None:
    st.markdown(
        f"**{formatting.credits(request.amount_credits)}**, {refund_list.what(request)} · "
        f"{formatting.plain(request.file_name)} · {formatting.plain(request.account)}"
    )
    note = f": “{formatting.plain(request.note)}”" if request.note else ""
    st.caption(f"{REASON_WORDS[request.reason]}{note} · asked by {formatting.plain(request.requested_by)}")


def _key(name: str) -> str:
    return f"decision-{name}-{deeds.opening()}"
