"""How many credits shall an account have? Grants and adjustments that say the balance before and after."""

import streamlit as st

from core.auth.actors import Actor
from core.credits import service
from pages.widgets import address, confirmation, deeds, formatting, session

_GRANT, _ADJUSTMENT = 500, 20


@st.dialog("New account", icon=":material/add:")
def draw_new_account(actor: Actor) -> None:
    """Draw the dialog that opens an account with its first credits."""
    key = _key("name")
    name = st.text_input(
        confirmation.label("Name", "" if confirmation.typed(key) else "name it first", key=key),
        max_chars=service.ACCOUNT_NAME_MAX,
        key=key,
        placeholder="As the customer is called",
    ).strip()
    amount, reason = _draw_amount(_GRANT)
    shown = formatting.plain(name) or "the account"
    st.markdown(f"Grant {formatting.credits(amount)} to {shown}. If there is one of that name, it gets them too.")
    why_not = "Name the account first." if not name else _why_not(reason)
    if confirmation.button(f"Open with {formatting.credits(amount)}", why_not=why_not, key="credits-now"):
        _grant(actor, name, amount, reason)


@st.dialog("Grant credits", icon=":material/add:")
def draw_grant(actor: Actor, account: str, balance: int) -> None:
    """Draw the dialog that gives an account credits."""
    amount, reason = _draw_amount(_GRANT)
    _draw_effect(f"Grant {formatting.credits(amount)} to", account, balance, amount)
    if confirmation.button(f"Grant {formatting.credits(amount)}", why_not=_why_not(reason), key="credits-now"):
        _grant(actor, account, amount, reason)


@st.dialog("Adjust the balance", icon=":material/tune:")
def draw_adjustment(actor: Actor, account: str, balance: int) -> None:
    """Draw the dialog that corrects a balance, upwards or down."""
    st.caption("For mistakes: what is in the ledger stays, and this is added to it.")
    direction = st.segmented_control(
        "Direction", ["Take away", "Add"], default="Take away", required=True, key=_key("direction")
    )
    amount, reason = _draw_amount(_ADJUSTMENT, limit=None if direction == "Add" else balance)
    change = amount if direction == "Add" else -amount
    _draw_effect(f"Adjust by {formatting.signed(change)} credits:", account, balance, change)
    why_not = _why_not(reason)
    if balance + change < 0:
        why_not = f"The balance can't go below zero: at most {formatting.credits(balance)} can be taken away."
    words = f"Adjust by {formatting.signed(change)}"
    if confirmation.button(words, why_not=why_not, key="credits-now"):
        after = deeds.attempt(
            lambda: service.adjust(
                session.runtime().database,
                actor,
                account=account,
                amount_credits=change,
                reason=reason,
                idempotency_key=deeds.opening(),
            )
        )
        _finish(account, after)


def _draw_amount(first: int, *, limit: int | None = None) -> tuple[int, str]:
    """Ask for the credits and the reason; what is above the `limit` is marked."""
    key = _key("amount")
    is_above = limit is not None and int(st.session_state.get(key) or first) > limit
    amount = st.number_input(
        confirmation.label("Credits", f"at most {formatting.number(limit or 0)}" if is_above else "", key=key),
        min_value=1,
        max_value=service.GRANT_MAX_CREDITS,
        value=first,
        key=key,
    )
    reason_key = _key("reason")
    reason = st.text_input(
        confirmation.label("Reason", "" if confirmation.typed(reason_key) else "give one first", key=reason_key),
        max_chars=service.REASON_MAX,
        key=reason_key,
        placeholder="Package of November, invoice 1042 …",
        help="Stands in the statement and in the audit log.",
    )
    return int(amount), reason.strip()


def _draw_effect(words: str, account: str, balance: int, change: int) -> None:
    after = formatting.number(max(0, balance + change))
    st.markdown(f"{words} {formatting.plain(account)}: {formatting.number(balance)} → **{after}**")


def _why_not(reason: str) -> str:
    return "" if reason else "Give a reason first."


def _grant(actor: Actor, account: str, amount: int, reason: str) -> None:
    after = deeds.attempt(
        lambda: service.grant(
            session.runtime().database,
            actor,
            account=account,
            amount_credits=amount,
            reason=reason,
            idempotency_key=deeds.opening(),
        )
    )
    _finish(account, after)


def _finish(account: str, after: int | None) -> None:
    if after is None:
        return
    address.keep("account", account)
    deeds.tell(f"{account} has {formatting.credits(after)} now.")
    st.rerun()


def _key(name: str) -> str:
    return f"credits-{name}-{deeds.opening()}"
