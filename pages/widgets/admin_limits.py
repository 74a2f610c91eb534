"""How much may each role refund without asking a manager? Two limits a role, changed here."""

import streamlit as st

from core.auth.actors import Actor
from core.auth.roles import Role
from core.credits import limits
from core.credits.limits import RefundLimit
from pages.widgets import address, deeds, formatting, role_form, session

_STEP_CREDITS = 20
_WIDTH = 420


def draw(actor: Actor) -> None:
    """Draw the limits of every role that may refund."""
    st.caption(
        "A refund above either limit becomes a request, which another manager approves or declines. "
        "An empty field is no limit; with 0, every refund is a request."
    )
    with session.runtime().database.read() as opened:
        found = limits.refund_limits(opened, actor)
    with st.container(horizontal=True):
        for limit in found:
            _draw_limit(actor, limit)
    without = [role_form.word(role) for role in Role if role not in {limit.role for limit in found}]
    if without:
        st.caption(f"{', '.join(without)} can't refund, so there is no limit to set.")


def _draw_limit(actor: Actor, limit: RefundLimit) -> None:
    # A form keeps what is typed until it is sent, also when the page is drawn anew meanwhile.
    with st.form(f"limit-{limit.role}", width=_WIDTH):
        st.subheader(role_form.word(limit.role), anchor=False)
        per_refund = _draw_field("Credits per refund", limit.per_refund_credits, key=f"limit-{limit.role}-refund")
        per_day = _draw_field("Credits per person in 24 hours", limit.per_day_credits, key=f"limit-{limit.role}-day")
        clicked = st.form_submit_button("Save", icon=":material/save:", key=f"limit-{limit.role}-save")
        wanted = RefundLimit(role=limit.role, per_refund_credits=per_refund, per_day_credits=per_day)
        if clicked and wanted == limit:
            st.caption("These are the limits already: nothing was changed.")
        elif clicked and deeds.attempt(lambda: _set(actor, wanted)):
            deeds.tell(f"{role_form.word(limit.role)}: {_words(wanted)}.")
            st.rerun()


def _draw_field(label: str, value: int | None, *, key: str) -> int | None:
    # A field with a default can't be emptied, so it has none; a limit that somebody else has changed is a new field.
    key = f"{key}-{value}"
    address.begin(key, value)
    return st.number_input(
        label,
        min_value=0,
        max_value=limits.LIMIT_MAX_CREDITS,
        value=None,
        step=_STEP_CREDITS,
        placeholder="No limit",
        key=key,
    )


def _set(actor: Actor, limit: RefundLimit) -> bool:
    limits.set_refund_limit(session.runtime().database, actor, limit)
    return True


def _words(limit: RefundLimit) -> str:
    refund = "any amount" if limit.per_refund_credits is None else formatting.credits(limit.per_refund_credits)
    day = "any amount" if limit.per_day_credits is None else formatting.credits(limit.per_day_credits)
    return f"{refund} per refund, {day} per person in 24 hours"
