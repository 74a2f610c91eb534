"""On which terms does each account stage? Whether it may rush, for how much, and how much of it runs at once."""

import streamlit as st

from core.auth.actors import Actor
from core.credits import pricing, terms
from core.credits import queries as credit_queries
from core.credits.queries import AccountBalance
from core.credits.terms import Terms
from pages.widgets import address, deeds, formatting, record_table, session
from pages.widgets.record_table import Cell, Column, Row

_WIDTH = 420
_STEP_CREDITS = 10
_VARIANTS = pricing.VARIANTS_PER_JOB
_COLUMNS = (
    Column(title="Account", is_strong=True),
    Column(title="Normal job", is_number=True),
    Column(title="Rush job", is_number=True),
    Column(title="Under way at once", is_number=True),
)


def draw(actor: Actor) -> None:
    """Draw the terms of the account that is chosen, to be changed, and those of all."""
    st.caption(
        "Rush photos go before normal ones that wait. An account may rush once it has a price for it; an empty field"
        " takes the right away, or lifts the limit. Jobs that were submitted keep their price."
    )
    with session.runtime().database.read() as opened:
        accounts = {account.name: account for account in credit_queries.accounts(opened, actor)}
    if not accounts:
        st.info("There is no account yet: a manager opens one on the Credits page.", icon=":material/domain_add:")
        return
    name = st.selectbox("Account", list(accounts), key="terms-account", width=_WIDTH)
    _draw_form(actor, accounts[name])
    record_table.draw("Terms by account", _COLUMNS, [_row(one) for one in accounts.values()], key="terms-table")


def _row(account: AccountBalance) -> Row:
    price, most = account.terms.rush_variant_credits, account.terms.in_flight_max
    told = (
        account.name,
        formatting.credits(pricing.JOB_PRICE_CREDITS),
        "no rush" if price is None else formatting.credits(price * _VARIANTS),
        "any number" if most is None else formatting.count(most, "variant"),
    )
    return Row(str(account.id), tuple(Cell(text=text) for text in told))


def _draw_form(actor: Actor, account: AccountBalance) -> None:
    known = account.terms
    # A form keeps what is typed until it is sent, also when the page is drawn anew meanwhile.
    with st.form(f"terms-{account.id}", width=_WIDTH):
        price = known.rush_variant_credits
        rush = _draw_field(
            f"Credits for a rush job ({pricing.JOB_PRICE_CREDITS} for a normal one)",
            None if price is None else price * _VARIANTS,
            lowest=pricing.JOB_PRICE_CREDITS,
            highest=terms.RUSH_VARIANT_CREDITS_MAX * _VARIANTS,
            step=_STEP_CREDITS,
            placeholder="No rush",
            key=f"terms-{account.id}-rush",
        )
        most = _draw_field(
            "Variants under way at once",
            known.in_flight_max,
            lowest=1,
            highest=terms.IN_FLIGHT_MAX,
            step=1,
            placeholder="Any number",
            key=f"terms-{account.id}-most",
        )
        if not st.form_submit_button("Save", icon=":material/save:", key=f"terms-{account.id}-save"):
            return
        if rush is not None and rush % _VARIANTS:
            st.error(f"A job has {_VARIANTS} variants: choose an even price. Nothing was changed.")
            return
        wanted = Terms(rush_variant_credits=None if rush is None else rush // _VARIANTS, in_flight_max=most)
        if wanted == known:
            st.caption("These are the terms already: nothing was changed.")
        elif deeds.attempt(lambda: _set(actor, account.name, wanted)):
            deeds.tell(f"{formatting.plain(account.name)}: {terms.words(wanted)}.")
            st.rerun()


def _draw_field(
    label: str, value: int | None, *, lowest: int, highest: int, step: int, placeholder: str, key: str
) -> int | None:
    # A field with a default can't be emptied, so it has none; a value that somebody else has changed is a new field.
    key = f"{key}-{value}"
    address.begin(key, value)
    return st.number_input(
        label, min_value=lowest, max_value=highest, value=None, step=step, placeholder=placeholder, key=key
    )


def _set(actor: Actor, account: str, wanted: Terms) -> bool:
    terms.set_terms(session.runtime().database, actor, account=account, terms=wanted)
    return True
