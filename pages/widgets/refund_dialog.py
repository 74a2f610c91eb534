"""How much of a job is given back, and why? What is left, what will happen, and one button that says it."""

from dataclasses import dataclass

import streamlit as st

from core.auth.actors import Actor
from core.credits import limits
from core.credits.limits import RefundLimit
from core.jobs import refundable, refunds
from core.jobs.details import JobDetail
from core.jobs.refund_queries import REASON_WORDS, RefundReason, RefundState
from core.jobs.refundable import Refundable
from core.jobs.refunds import RefundRequest
from core.jobs.states import variant_name
from pages.widgets import confirmation, deeds, formatting, session

_ALL, _AMOUNT = "all", "amount"
_LEFT_CHANGED = "Meanwhile somebody else refunded part of this job, or asked for it."
_LIMIT_CHANGED = "Meanwhile what you may refund by yourself has changed."
_REASON_MISSING = "Choose a reason first."
_NOTE_MISSING = "“Other” needs a note: say what happened."
# What is left of the job, what the role may, and what is left of the day's limit, where there is one.
_Shown = tuple[Refundable, RefundLimit, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """What was filled in so far. Neither an amount nor a variant: all that is left."""

    credits: int
    amount: int | None
    variant: int | None
    reason: RefundReason | None
    note: str

    @property
    def why_not(self) -> str:
        """Why it can't be sent yet; nothing if it can."""
        if self.reason is None:
            return _REASON_MISSING
        if self.reason is RefundReason.OTHER and not self.note:
            return _NOTE_MISSING
        return ""


@st.dialog("Refund", icon=":material/undo:")
def draw(actor: Actor, job: JobDetail) -> None:
    """Draw the dialog; on a click, refund or ask a manager for it."""
    with session.runtime().database.read() as opened:
        left = refundable.of_job(opened, actor, job_id=job.id)
        limit = limits.limit_of(opened, actor.role)
        spent = refunds.spent_today(opened, actor)
    st.markdown(f"**{formatting.plain(job.photo.file_name)}** · {formatting.plain(job.account)}")
    returned = _or_none(job.credits_used - left.job_credits - left.waiting_credits)
    waiting = f", {formatting.number(left.waiting_credits)} wait for a manager" if left.waiting_credits else ""
    st.caption(
        f"{formatting.credits(job.credits_used)} charged, {returned} returned so far{waiting}: "
        f"**{_or_none(left.job_credits)} can be refunded**."
    )
    # What a click means is what its button said: other choices than those that were shown are shown first.
    left_today = _left_today(limit, spent)
    now: _Shown = (left, limit, left_today)
    shown: _Shown = st.session_state.setdefault(_key("shown"), now)
    if shown != now:
        st.session_state[_key("shown")] = now
        why = _LEFT_CHANGED if shown[0] != left else _LIMIT_CHANGED
        st.warning(f"{why} Nothing was refunded here: look at the choices again.", icon=":material/group:")
    if left.why_not:
        st.info(formatting.plain(left.why_not), icon=":material/info:")
        return
    chosen = _draw_choices(left)
    above = not limit.covers(chosen.credits, spent_credits=spent)
    _draw_limit(limit, left_today, above=above)
    st.caption("A refund can't be taken back; a mistake is put right by a manager's adjustment.")
    amount = formatting.credits(chosen.credits)
    clicked = confirmation.button(
        f"Request a refund of {amount}" if above else f"Refund {amount}",
        icon=":material/undo:",
        why_not=chosen.why_not,
        is_final=not above,
        key="refund-now",
    )
    if clicked and shown == now and chosen.reason is not None:
        _send(actor, job, chosen, chosen.reason, RefundState.REQUESTED if above else RefundState.REFUNDED)


def _or_none(credits: int) -> str:
    return formatting.number(credits) if credits else "none"


def _left_today(limit: RefundLimit, spent_credits: int) -> int | None:
    return None if limit.per_day_credits is None else max(0, limit.per_day_credits - spent_credits)


def _draw_limit(limit: RefundLimit, left_today: int | None, *, above: bool) -> None:
    """Say what the person may still refund by themselves, and that what is above it goes to a manager."""
    parts = []
    if limit.per_refund_credits is not None:
        parts.append(f"By yourself you refund up to {formatting.credits(limit.per_refund_credits)} at a time.")
    if limit.per_day_credits is not None and left_today is not None:
        of = formatting.credits(limit.per_day_credits)
        parts.append(f"{formatting.number(left_today)} of {of} are left to you in these 24 hours.")
    if above:
        parts.append("This goes to a manager as a request; nothing moves until it is approved.")
        st.info(" ".join(parts), icon=":material/approval:")
    elif parts:
        st.caption(" ".join(parts))


def _draw_choices(left: Refundable) -> _Chosen:
    variants = {str(index): credits for index, credits in left.variant_credits.items() if credits}
    words = {_ALL: f"All that is left: {formatting.credits(left.job_credits)}", _AMOUNT: "Another amount"}
    words |= {name: _variant_words(int(name), credits, left) for name, credits in variants.items()}
    part = st.radio("How much", [_ALL, *variants, _AMOUNT], format_func=words.__getitem__, key=_key("part"))
    amount = None
    if part == _AMOUNT:
        amount = int(
            st.number_input(
                "Credits",
                min_value=1,
                max_value=left.job_credits,
                value=min(10, left.job_credits),
                step=1,
                key=_key("amount"),
            )
        )
    reason_key, note_key = _key("reason"), _key("note")
    reason = st.selectbox(
        confirmation.label("Reason", "" if st.session_state.get(reason_key) else "choose one first", key=reason_key),
        list(RefundReason),
        index=None,
        format_func=REASON_WORDS.__getitem__,
        placeholder="Why is it refunded?",
        key=reason_key,
    )
    is_needed = reason is RefundReason.OTHER
    missing = "say what happened" if is_needed and not confirmation.typed(note_key) else ""
    note = st.text_area(
        confirmation.label("Note" if is_needed else "Note (optional)", missing, key=note_key),
        max_chars=refunds.NOTE_MAX,
        height=80,
        help="Stands beside the refund for whoever looks at it later. “Other” needs one.",
        key=note_key,
    )
    return _Chosen(
        credits=amount or variants.get(part, left.job_credits),
        amount=amount,
        variant=int(part) if part in variants else None,
        reason=reason,
        note=note.strip(),
    )


def _variant_words(index: int, credits: int, left: Refundable) -> str:
    name, amount = variant_name(index), formatting.credits(credits)
    if index not in left.whole_variants:
        return f"{amount} of {name[0].lower()}{name[1:]} are still refundable"
    return f"{name}: {amount}"


def _send(actor: Actor, job: JobDetail, chosen: _Chosen, reason: RefundReason, state: RefundState) -> None:
    done = deeds.attempt(
        lambda: refunds.refund_job(
            session.runtime().database,
            actor,
            RefundRequest(
                job_id=job.id,
                amount_credits=chosen.amount,
                variant_index=chosen.variant,
                reason=reason,
                note=chosen.note,
                idempotency_key=deeds.opening(),
            ),
            expected_credits=chosen.credits,
            expected_state=state,
        )
    )
    if done is None:
        return
    amount = formatting.credits(done.refund.amount_credits)
    if done.refund.state is RefundState.REFUNDED:
        deeds.tell(f"{amount} refunded. {job.account} has {formatting.credits(done.balance)}.")
        st.rerun()
    else:
        deeds.tell(f"A refund of {amount} is requested: a manager decides on it. Nothing has moved yet.")
        st.rerun()


def _key(name: str) -> str:
    return f"refund-{name}-{deeds.opening()}"
