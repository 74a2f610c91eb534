"""Who may come in, and as what? People and invitations, with the role of each."""

from collections.abc import Sequence

import streamlit as st

from core import clock
from core.auth import actors, users
from core.auth.actors import Actor
from core.auth.roles import Role
from core.auth.users import Person
from core.credits import queries as credit_queries
from pages.widgets import deeds, formatting, record_table, role_form, session
from pages.widgets.record_table import Cell, Column, Row

_EMAIL_MAX = 254
_SHOWN = 200
_SEARCHED_FROM = 8
_ROLE_COLORS = {Role.STAFF: "gray", Role.SUPPORT: "blue", Role.MANAGER: "green", None: "orange"}
_ROLE_ICONS = {Role.STAFF: "person", Role.SUPPORT: "support_agent", Role.MANAGER: "verified_user", None: "help"}
_UNVERIFIED = (
    "The sign-in service hasn't confirmed that this address is theirs: anybody could have typed it there, so an "
    "invitation of it is not given to them. Ask them to confirm it with the sign-in service and to sign in again; "
    "give a role before that only if you know in another way who they are."
)
_COLUMNS = (
    Column(title="Person", width="minmax(0, 2fr)", is_strong=True, is_full=True, wraps=True),
    Column(title="Role", width="minmax(0, 1fr)"),
    Column(title="Account", width="minmax(0, 1fr)"),
    Column(title="Last sign-in", width="minmax(0, 1fr)"),
    Column(title="", width="110px", wraps=True),
)


def draw(actor: Actor) -> None:
    """Draw the people, those without a role first, and what can be done with each."""
    with session.runtime().database.read() as opened:
        people = users.users(opened, actor)
        accounts = [account.name for account in credit_queries.accounts(opened, actor)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button("Invite somebody", type="primary", icon=":material/person_add:", key="invite"):
            deeds.new_opening()
            _ask_whom_to_invite(actor, accounts)
        wanted = _draw_search() if len(people) >= _SEARCHED_FROM else ""
    waiting = sum(person.role is None for person in people)
    if waiting:
        who = "1 person has" if waiting == 1 else f"{formatting.number(waiting)} people have"
        st.info(f"{who} signed in without a role. They see nothing until one is given.", icon=":material/help:")
    if any(person.is_unverified for person in people):
        st.info(
            f"“Address not confirmed”: {_UNVERIFIED[0].lower()}{_UNVERIFIED[1:]}", icon=":material/unknown_document:"
        )
    found = [person for person in people if wanted in f"{person.email} {person.name}".lower()]
    _draw_table(actor, found[:_SHOWN], people, accounts)
    if not people:
        st.info("Nobody has signed in or was invited. Invite the first person above.", icon=":material/group:")
    elif not found:
        st.info("Nobody is called so.", icon=":material/search_off:")
    elif len(found) > _SHOWN:
        st.caption(f"The first {_SHOWN} of {formatting.number(len(found))} are shown: search for the others.")


def _draw_search() -> str:
    text = st.text_input(
        "Search",
        placeholder="Name or e-mail",
        icon=":material/search:",
        label_visibility="collapsed",
        width=300,
        key="people-search",
        persist_state="session",
    )
    return (text or "").strip().lower()


def _draw_table(actor: Actor, shown: Sequence[Person], people: Sequence[Person], accounts: Sequence[str]) -> None:
    if not shown:
        return
    clicked = record_table.draw("People", _COLUMNS, [_row(actor, person) for person in shown], key="people")
    chosen = [person for person in people if str(person.id) == clicked]
    if chosen and not _is_self(actor, chosen[0]):
        deeds.new_opening()
        _ask_for_role(actor, chosen[0], accounts)


def _row(actor: Actor, person: Person) -> Row:
    if _is_self(actor, person):
        action = Cell(text="You", hover="Your own role is changed by another manager.", below="Ask another manager")
    else:
        action = Cell(text="Change role", action=str(person.id))
    return Row(
        str(person.id),
        (
            _who(person),
            Cell(text=role_form.word(person.role), color=_ROLE_COLORS[person.role], icon=_ROLE_ICONS[person.role]),
            Cell(text=person.account or ("All" if person.role else "–")),
            _last_sign_in(person),
            action,
        ),
    )


def _is_self(actor: Actor, person: Person) -> bool:
    return actors.user_identity(person.id) in actor.identities


def _who(person: Person) -> Cell:
    below = [person.address] if person.name else []
    if person.is_unverified:
        below.append("Address not confirmed")
    hover = _UNVERIFIED if person.is_unverified else person.email
    return Cell(text=person.name or person.address, below=" · ".join(below), hover=hover)


def _last_sign_in(person: Person) -> Cell:
    if person.last_sign_in_at is None:
        return Cell(text="Invited", below=formatting.when(person.created_at), hover="Has not signed in yet.")
    text = f"{formatting.ago(person.last_sign_in_at, clock.now())} ago"
    return Cell(text=text, hover=formatting.exact(person.last_sign_in_at))


@st.dialog("Change a role", icon=":material/manage_accounts:")
def _ask_for_role(actor: Actor, person: Person, accounts: Sequence[str]) -> None:
    st.markdown(f"**{formatting.plain(person.name or person.email)}**")
    if person.name:
        # As plain text: in Markdown, an address becomes a link.
        st.text(person.address)
    if person.is_unverified:
        st.warning(_UNVERIFIED, icon=":material/unknown_document:")
    role, account = role_form.draw(
        accounts, key=f"person-{deeds.opening()}", role=person.role, account=person.account, with_none=True
    )
    is_same = (role, account) == (person.role, person.account)
    reason = "That is the role they have." if is_same else _no_account(role, account)
    st.caption(reason or "It counts from their next click on. The change is written to the audit log.")
    if person.live_key_count:
        keys = formatting.count(person.live_key_count, "API key")
        st.info(f"They have made {keys} that work: a key may never do more than its maker.", icon=":material/key:")
    label = "Change the role" if is_same else "Take the role away" if role is None else f"Make {role.value}"
    if st.button(label, type="primary", disabled=bool(reason), help=reason or None, key=f"set-role-{person.id}"):
        changed = deeds.attempt(
            lambda: users.set_role(session.runtime().database, actor, user_id=person.id, role=role, account=account)
        )
        if changed is not None:
            deeds.tell(f"{person.email}: {_words(role, account)}.")
            st.rerun()


@st.dialog("Invite somebody", icon=":material/person_add:")
def _ask_whom_to_invite(actor: Actor, accounts: Sequence[str]) -> None:
    st.markdown("The first sign-in with this address gets the role, if the sign-in service has verified the address.")
    email = st.text_input(
        "E-mail", type="email", max_chars=_EMAIL_MAX, key=f"invite-{deeds.opening()}-email", autocomplete="off"
    )
    role, account = role_form.draw(accounts, key=f"invite-{deeds.opening()}")
    st.caption("No mail is sent: tell them to sign in here.")
    reason = _no_account(role, account)
    clicked = st.button("Invite", type="primary", disabled=bool(reason), help=reason or None, key="send-invitation")
    if clicked and role is not None:
        invited = deeds.attempt(
            lambda: users.invite(session.runtime().database, actor, email=email or "", role=role, account=account)
        )
        if invited is not None:
            deeds.tell(f"{invited.email} is invited as {_words(role, account)}.")
            st.rerun()


def _no_account(role: Role | None, account: str | None) -> str:
    return "Staff are bound to an account, and there is none." if role is Role.STAFF and account is None else ""


def _words(role: Role | None, account: str | None) -> str:
    return "no role" if role is None else f"{role.value}{f' of {account}' if account else ''}"
