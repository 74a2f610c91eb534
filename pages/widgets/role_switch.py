"""As whom does one look at a desk in development? A local user, in a role of their choice."""

import getpass
from collections.abc import Sequence

import streamlit as st

from core.auth.actors import Actor, Source
from core.auth.roles import Role
from core.credits.queries import AccountBalance
from pages.widgets import formatting

_ROLE, _ACCOUNT = "local_role", "local_account"
_ROLES = tuple(reversed(Role))


def local_actor(role: Role = Role.MANAGER, *, account_id: int | None = None) -> Actor:
    """The person at this machine."""
    return Actor(name=_local_name(), role=role, source=Source.PAGE, account_id=account_id)


def chosen(accounts: Sequence[AccountBalance]) -> Actor:
    """The local user in the role chosen so far: a manager at first, and staff of the first account."""
    role = Role(st.session_state.get(_ROLE) or Role.MANAGER)
    if role is not Role.STAFF:
        return local_actor(role)
    ids = {account.name: account.id for account in accounts}
    name = st.session_state.get(_ACCOUNT)
    # Staff of no account see none: ids begin at 1.
    return local_actor(role, account_id=ids.get(name, next(iter(ids.values()), 0)) if name else _first(accounts))


def draw(actor: Actor, accounts: Sequence[AccountBalance]) -> None:
    """Draw the switch in the sidebar, on every page, so that it keeps what was chosen."""
    with st.sidebar:
        st.caption("Development: nobody signs in. Look at the desk in any role.")
        st.selectbox(
            f"Role of {formatting.plain(actor.name)}",
            _ROLES,
            format_func=lambda role: role.value.capitalize(),
            key=_ROLE,
            filter_mode=None,
        )
        if actor.role is Role.STAFF:
            st.selectbox("Account", [account.name for account in accounts], key=_ACCOUNT)


def _first(accounts: Sequence[AccountBalance]) -> int:
    return accounts[0].id if accounts else 0


def _local_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local user"
