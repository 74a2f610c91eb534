"""How is the room to look, and who pays? Room type, style, wishes, the prompt before paying, and the price."""

from dataclasses import dataclass

import streamlit as st

from core import errors
from core.credits import pricing
from core.credits.queries import AccountBalance
from core.prompts import compose, presets
from core.prompts import instructions as wishes
from pages.widgets import formatting

# Leaves room for the button beside it.
_ACCOUNT_WIDTH = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenLook:
    """What is to be staged. `refusal` says why it can't be, if so."""

    room_type: str
    style: str
    instructions: str
    refusal: str


def draw() -> ChosenLook:
    """Draw the choices and the prompt that follows from them."""
    st.subheader("Look", anchor=False)
    room_type = st.pills(
        "Room",
        list(presets.ROOM_TYPES),
        format_func=lambda slug: presets.ROOM_TYPES[slug].name,
        default="living_room",
        required=True,
        key="room_type",
    )
    style = st.pills(
        "Style",
        list(presets.STYLES),
        format_func=lambda slug: presets.STYLES[slug].name,
        default="modern",
        required=True,
        key="style",
    )
    instructions = st.text_area(
        "Notes (optional)",
        key="instructions",
        max_chars=wishes.MAX_LENGTH,
        height=76,
        placeholder="For example: a reading corner by the window",
    )
    refusal = _draw_prompt(str(room_type), str(style), instructions)
    return ChosenLook(room_type=str(room_type), style=str(style), instructions=instructions, refusal=refusal)


def price_label(price_credits: int, *, again: bool = False) -> str:
    """The words on the button: what it does and what it costs."""
    verb = "Stage again with new seeds" if again else "Stage"
    return f"{verb} · {pricing.VARIANTS_PER_JOB} variants · {formatting.credits(price_credits)}"


def price_of(account: AccountBalance | None, *, is_rush: bool) -> int:
    """What a job costs that account, in credits; the usual price if there is none, or it may not rush."""
    if account is None or account.terms.rush_variant_credits is None:
        return pricing.JOB_PRICE_CREDITS
    return account.terms.variant_credits(is_rush=is_rush) * pricing.VARIANTS_PER_JOB


def draw_rush(account: AccountBalance) -> bool:
    """Draw the choice to rush, if the account may; whether it is wanted."""
    if account.terms.rush_variant_credits is None:
        return False
    price = formatting.credits(price_of(account, is_rush=True))
    words = f"Rush: before normal photos that wait, for {price} instead of {pricing.JOB_PRICE_CREDITS}"
    return st.toggle(words, key=f"rush-{account.id}")


def _draw_prompt(room_type: str, style: str, instructions: str) -> str:
    try:
        prompt = compose.compose(room_type=room_type, style=style, instructions=instructions)
    except errors.StagingError as refused:
        st.error(formatting.plain(refused.message), icon=":material/block:")
        return refused.message
    with st.expander("What the model is told", icon=":material/description:", type="compact"):
        st.write(formatting.plain(prompt.text))
    return ""


def draw_account(accounts: list[AccountBalance], *, usual_account_id: int | None) -> AccountBalance | None:
    """Draw the choice of the account that pays, at first the usual one; None if there is no account."""
    if not accounts:
        st.warning(
            "There is no account yet. A manager opens one with"
            " `python -m core grant --account NAME --credits 1000 --reason REASON`.",
            icon=":material/account_balance_wallet:",
        )
        return None
    by_id = {account.id: account for account in accounts}
    chosen = st.selectbox(
        "Account",
        list(by_id),
        index=list(by_id).index(usual_account_id) if usual_account_id in by_id else 0,
        format_func=lambda account_id: by_id[account_id].name,
        key="account_id",
        icon=":material/account_balance_wallet:",
        width=_ACCOUNT_WIDTH,
    )
    return by_id[chosen]


def draw_balance(account: AccountBalance, price_credits: int) -> None:
    """Draw what the account has and will have after the job, or that it has not enough."""
    after = account.balance - price_credits
    if after >= 0:
        st.caption(f"{formatting.credits(account.balance)} now, {formatting.number(after)} after this job.")
    else:
        st.warning(
            f"Not enough credits: this needs {price_credits}, {formatting.plain(account.name)} has"
            f" {account.balance}. A manager can grant more.",
            icon=":material/account_balance_wallet:",
        )
