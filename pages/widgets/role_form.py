"""Which role, and staff of which account? The same two questions for people, invitations and keys."""

from collections.abc import Sequence

import streamlit as st

from core.auth.roles import Role

_NO_ROLE = "No role"
_NONE = ""
_SCOPES = {
    Role.STAFF: "Stages photos and sees the jobs of one account.",
    Role.SUPPORT: "Sees all jobs; syncs, cancels, retries, and refunds up to a limit.",
    Role.MANAGER: "Everything, including grants, limits, people, keys and the audit log.",
}


def word(role: Role | None) -> str:
    """The role as it is written."""
    return _NO_ROLE if role is None else role.value.capitalize()


def draw(
    accounts: Sequence[str],
    *,
    key: str,
    role: Role | None = Role.STAFF,
    account: str | None = None,
    with_none: bool = False,
) -> tuple[Role | None, str | None]:
    """Ask for a role, and for staff for their account; what is chosen now. `with_none` offers no role too."""
    # Words, not roles: to Streamlit, None is a radio of which nothing is chosen.
    options = [*(one.value for one in Role), *([_NONE] if with_none else [])]
    chosen = st.radio(
        "Role",
        options,
        index=options.index(role.value if role else _NONE),
        format_func=lambda one: word(Role(one) if one else None),
        captions=[_SCOPES[Role(one)] if one else "May sign in, and sees nothing." for one in options],
        key=f"{key}-role",
    )
    if chosen != Role.STAFF.value:
        return (Role(chosen) if chosen else None), None
    if not accounts:
        st.caption("There is no account yet: a first grant of credits makes one.")
        return Role.STAFF, None
    index = list(accounts).index(account) if account and account in accounts else 0
    return Role.STAFF, st.selectbox("Account", accounts, index=index, key=f"{key}-account")
