"""Which programs may call the API? Keys, made and shown once, with their last use, and taken back for good."""

from collections.abc import Sequence

import streamlit as st

from core import clock
from core.auth import api_keys
from core.auth.actors import Actor
from core.auth.api_keys import KeyDetail
from core.auth.roles import Role
from core.credits import queries as credit_queries
from pages.widgets import confirmation, deeds, formatting, record_table, role_form, session
from pages.widgets.record_table import Cell, Column, Row

_NAME_MAX = 80
_SHOWN = 200
_NEW_KEY = "new_api_key"
_COLUMNS = (
    Column(title="Key", width="minmax(0, 1.4fr)", is_strong=True, is_full=True),
    Column(title="Role", width="minmax(0, 1.2fr)", wraps=True),
    Column(title="Made", width="minmax(0, 1.2fr)"),
    Column(title="Last used", width="minmax(0, 0.9fr)"),
    Column(title="", width="110px"),
)
# Its button to copy is always there; that of a code block shows only under a mouse.
_NEW_KEY_COLUMNS = (Column(title="Key", is_full=True, is_strong=True, wraps=True),)


def draw(actor: Actor) -> None:
    """Draw the keys, newest first, and the ways to make and to revoke one."""
    with session.runtime().database.read() as opened:
        keys = api_keys.api_keys(opened, actor)
        accounts = [account.name for account in credit_queries.accounts(opened, actor)]
    working = [key for key in keys if key.revoked_at is None]
    revoked = len(keys) - len(working)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Create a key", type="primary", icon=":material/key:", key="create-key"):
            _forget_new_key()
            deeds.new_opening()
            _ask_for_new_key(actor, accounts)
        with_revoked = st.toggle(
            f"Show {formatting.number(revoked)} revoked",
            disabled=not revoked,
            help=None if revoked else "No key was revoked.",
            key="show-revoked",
            persist_state="session",
        )
    _draw_table(actor, keys if with_revoked else working)


def _draw_table(actor: Actor, keys: Sequence[KeyDetail]) -> None:
    if not keys:
        st.info(
            "No program may call the API yet. Create a key for the first one; README lists the calls.",
            icon=":material/key:",
        )
        return
    # By name, which a key keeps for itself: a place in the list is another key's as soon as one is made.
    shown = {key.name: key for key in keys[:_SHOWN]}
    clicked = record_table.draw("API keys", _COLUMNS, [_row(key) for key in shown.values()], key="api-keys")
    if clicked in shown:
        _ask_to_revoke(actor, shown[clicked])
    if len(keys) > _SHOWN:
        st.caption(f"The newest {_SHOWN} of {formatting.number(len(keys))} are shown.")


def _row(key: KeyDetail) -> Row:
    if key.revoked_at is None:
        action = Cell(text="Revoke", action=key.name)
    else:
        action = Cell(text="Revoked", hover=formatting.exact(key.revoked_at), color="gray", icon="key_off")
    return Row(
        key.name,
        (
            Cell(text=key.name, hover=key.name),
            _role(key),
            Cell(
                text=f"{formatting.ago(key.created_at, clock.now())} ago",
                below=f"by {key.created_by}" if key.created_by else "by command",
                hover=formatting.exact(key.created_at),
            ),
            _last_use(key),
            action,
        ),
    )


def _role(key: KeyDetail) -> Cell:
    """What it was made for and, where its maker may do less by now, what is left of that."""
    word, where = role_form.word(key.role), key.account or "All accounts"
    if key.revoked_at is not None or (key.acts_as, key.acts_for) == (key.role, key.account):
        return Cell(text=word, below=where)
    if key.acts_as is not None:
        of = f" of {key.acts_for}" if key.acts_for else ""
        why = f"Acts as {key.acts_as.value}{of}: its maker may do no more"
    elif key.is_maker_known:
        why = "Opens nothing: its maker has no role for it"
    else:
        why = "Opens nothing: its maker is not known. Make a new key"
    return Cell(text=word, below=f"{where} · {why}", color="orange", icon="key_off", hover=f"{why}.")


def _last_use(key: KeyDetail) -> Cell:
    if key.last_used_at is None:
        return Cell(text="Never")
    return Cell(text=f"{formatting.ago(key.last_used_at, clock.now())} ago", hover=formatting.exact(key.last_used_at))


def _forget_new_key() -> None:
    st.session_state.pop(_NEW_KEY, None)


@st.dialog("Create an API key", icon=":material/key:", on_dismiss=_forget_new_key)
def _ask_for_new_key(actor: Actor, accounts: Sequence[str]) -> None:
    made = st.session_state.get(_NEW_KEY)
    if made is not None:
        _draw_new_key(*made)
        return
    name = st.text_input(
        "Name",
        max_chars=_NAME_MAX,
        placeholder="What it is for, such as: website upload",
        key=f"key-{deeds.opening()}-name",
        autocomplete="off",
    )
    role, account = role_form.draw(accounts, key=f"key-{deeds.opening()}")
    reason = "Staff are bound to an account, and there is none." if role is Role.STAFF and account is None else ""
    clicked = st.button(
        "Create the key", type="primary", disabled=bool(reason), help=reason or None, key="create-key-now"
    )
    if clicked and role is not None:
        key = deeds.attempt(
            lambda: api_keys.create_key(
                session.runtime().database, actor, name=name or "", role=role, account=account
            )
        )
        if key is not None:
            st.session_state[_NEW_KEY] = (name, key)
            st.rerun(scope="fragment")


def _draw_new_key(name: str, key: str) -> None:
    st.markdown(f"**{formatting.plain(name)}** is made. Copy the key now:")
    record_table.draw(
        "The new key", _NEW_KEY_COLUMNS, [Row("key", (Cell(text=key, copy=key, is_code=True),))], key="shown-key"
    )
    st.warning("It can't be seen again: only its hash is kept. If it is lost, revoke it and create another.")
    if st.button("Done, it is copied", type="primary", key="key-copied"):
        _forget_new_key()
        deeds.tell(f"The key {name} works from now on.")
        st.rerun()


@st.dialog("Revoke an API key", icon=":material/key_off:")
def _ask_to_revoke(actor: Actor, key: KeyDetail) -> None:
    st.markdown(f"**{formatting.plain(key.name)}** · {role_form.word(key.role)}")
    used = "has never called" if key.last_used_at is None else f"last called {_last_use(key).text}"
    st.markdown(
        f"The program with this key {used}. From its next call on it is refused (401). Jobs that it ordered go on. "
        "A revoked key can't be brought back: create another instead."
    )
    if confirmation.button("Revoke this key", icon=":material/key_off:", key="revoke-now", is_final=True):
        done = deeds.attempt(lambda: _revoke(actor, key))
        if done:
            deeds.tell(f"The key {key.name} is revoked.")
            st.rerun()


def _revoke(actor: Actor, key: KeyDetail) -> bool:
    api_keys.revoke_key(session.runtime().database, actor, name=key.name)
    return True
