"""Credits: what each account has and spends, and how its balance came about."""

from datetime import datetime

import streamlit as st

from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import exports, queries
from core.credits.queries import AccountSummary
from pages.widgets import (
    address,
    credit_dialogs,
    deeds,
    formatting,
    landing,
    pause_banner,
    record_table,
    session,
    statement,
)
from pages.widgets.record_table import Cell, Column, Row

_ACCOUNT = "account"
_PANEL = "account-panel"
_COLUMNS = (
    Column(title="Account", width="minmax(0, 2fr)", is_strong=True, is_full=True, wraps=True),
    Column(title="Balance", width="minmax(90px, 1fr)", is_number=True),
    Column(title="Spent this month", width="minmax(110px, 1fr)", is_number=True),
    Column(title="", width="150px"),
)


def _page() -> None:
    actor = session.require_actor()
    st.title("Credits", anchor=False)
    pause_banner.draw()
    deeds.draw_notice()
    month_started_at = formatting.day_start(formatting.today().replace(day=1))
    accounts = _accounts(actor, month_started_at)
    _draw_head(actor, accounts, month_started_at)
    if not accounts:
        _draw_empty(actor)
        return
    if len(accounts) == 1:
        statement.draw(actor, accounts[0])
        return
    chosen = _draw_accounts(accounts)
    if chosen is not None:
        with st.container(key=_PANEL):
            statement.draw(actor, chosen)
            landing.draw(_PANEL, chosen.name)


def _accounts(actor: Actor, month_started_at: datetime) -> list[AccountSummary]:
    with session.runtime().database.read() as opened:
        return queries.summaries(opened, actor, month_started_at=month_started_at)


def _draw_head(actor: Actor, accounts: list[AccountSummary], month_started_at: datetime) -> None:
    low = sum(account.is_low for account in accounts)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.caption(
                f"{formatting.count(len(accounts), 'account')} · "
                f"{formatting.credits(sum(account.balance for account in accounts))} in all · "
                f"{formatting.credits(sum(account.spent_credits for account in accounts))} spent this month",
                width="content",
            )
            if low:
                # Not within the caption, which is too pale for a color to be read in.
                st.badge(f"{formatting.number(low)} low", icon=":material/account_balance_wallet:", color="orange")
        with st.container(horizontal=True, width="content"):
            _draw_new_account(actor)
            _draw_export(actor, accounts, month_started_at)


def _draw_new_account(actor: Actor) -> None:
    reason = "" if actor.may(Action.GRANT_CREDITS) else "Managers open accounts."
    if st.button("New account", icon=":material/add:", disabled=bool(reason), help=reason or None, key="new-account"):
        deeds.new_opening()
        credit_dialogs.draw_new_account(actor)


def _draw_export(actor: Actor, accounts: list[AccountSummary], month_started_at: datetime) -> None:
    database, still = session.runtime().database, session.still(actor)
    reason = "" if accounts else "There are no accounts yet."
    st.download_button(
        "Accounts CSV",
        data=lambda: exports.accounts_csv(database, still(), month_started_at=month_started_at),
        file_name=f"accounts-{formatting.today():%Y-%m-%d}.csv",
        mime="text/csv",
        icon=":material/download:",
        disabled=bool(reason),
        help=reason or "The accounts below. That they were exported is written to the audit log.",
        key="accounts-csv",
    )


def _draw_accounts(accounts: list[AccountSummary]) -> AccountSummary | None:
    """The account whose statement is wanted, if one was chosen."""
    clicked = record_table.draw("Accounts", _COLUMNS, [_row(account) for account in accounts], key="accounts")
    if clicked:
        address.keep(_ACCOUNT, clicked)
    asked = address.asked(_ACCOUNT)
    if not asked:
        st.caption("Choose an account to see how its balance came about.")
        return None
    found = next((account for account in accounts if account.name == asked), None)
    if found is None:
        st.warning("There is no account of that name.", icon=":material/search_off:")
    return found


def _row(account: AccountSummary) -> Row:
    low = Cell(text="Low balance", color="orange", icon="account_balance_wallet")
    return Row(
        str(account.id),
        (
            Cell(text=account.name, action=account.name, hover="See its statement"),
            Cell(text=formatting.number(account.balance)),
            Cell(text=formatting.number(account.spent_credits), hover="Charged less refunded, since the 1st"),
            low if account.is_low else Cell(text=""),
        ),
    )


def _draw_empty(actor: Actor) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(
            "**No accounts yet.** An account is a customer with a balance; every staged photo is charged to one."
        )
        if not actor.may(Action.GRANT_CREDITS):
            st.caption("A manager makes the first one.")


_page()
