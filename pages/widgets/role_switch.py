"""As whom does one look at a desk in development? A local user, in a role of their choice, kept in the address.

Only `session.visitor()` asks here, and only in development, of a visitor at this machine: in production the address
says nothing of anybody's role.
"""

from collections.abc import Sequence

import streamlit as st

from core.auth import actors
from core.auth.actors import Actor
from core.auth.roles import Role
from core.credits.queries import AccountBalance
from pages.widgets import address, formatting

_ROLE, _ACCOUNT = "local_role", "local_account"
_ROLE_IN_ADDRESS, _ACCOUNT_IN_ADDRESS = "as", "of"
_ROLES = tuple(reversed(Role))


def local_actor(role: Role = Role.MANAGER, *, account_id: int | None = None) -> Actor:
    """The person at this machine."""
    return actors.local(role, account_id=account_id)


def chosen(accounts: Sequence[AccountBalance]) -> Actor:
    """The local user in the role chosen so far: a manager at first, and staff of the first account.

    What was chosen before a reload is in the address.
    """
    role = Role(st.session_state.get(_ROLE) or _asked_role())
    if role is not Role.STAFF:
        return local_actor(role)
    ids = {account.name: account.id for account in accounts}
    name = st.session_state.get(_ACCOUNT) or address.asked(_ACCOUNT_IN_ADDRESS)
    # Staff of no account see none: ids begin at 1.
    return local_actor(role, account_id=ids.get(name, next(iter(ids.values()), 0)) if name else _first(accounts))


def draw(actor: Actor, accounts: Sequence[AccountBalance]) -> None:
    """Draw the switch in the sidebar, on every page, so that it keeps what was chosen, also in the address."""
    names = [account.name for account in accounts]
    address.begin(_ROLE, _asked_role())
    with st.sidebar:
        st.caption(f"Development: nobody signs in. Look at the desk in any role, as {formatting.plain(actor.name)}.")
        role = st.selectbox(
            "Role",
            _ROLES,
            format_func=lambda role: role.value.capitalize(),
            key=_ROLE,
            filter_mode=None,
        )
        account = ""
        if actor.role is Role.STAFF:
            asked = address.asked(_ACCOUNT_IN_ADDRESS)
            if asked in names:
                address.begin(_ACCOUNT, asked)
            account = st.selectbox("Account", names, key=_ACCOUNT) or ""
    address.keep(_ROLE_IN_ADDRESS, "" if role is Role.MANAGER else role.value)
    address.keep(_ACCOUNT_IN_ADDRESS, account if account and account != names[0] else "")


def _asked_role() -> Role:
    asked = address.asked(_ROLE_IN_ADDRESS)
    return Role(asked) if asked in list(Role) else Role.MANAGER


def _first(accounts: Sequence[AccountBalance]) -> int:
    return accounts[0].id if accounts else 0
