"""Who looks at this page, and with which tools? Every page's first line asks here."""

import getpass
import secrets

import streamlit as st

from core import runtime as core_runtime
from core.auth.actors import Actor, Source
from core.auth.roles import Role
from core.runtime import Runtime

_ENTERED = "entered_by_app"
_TOKEN = "session_token"  # noqa: S105 - the name under which it is kept


def enter() -> None:
    """Note that this run began in `app.py`, so that a page which runs alone can tell."""
    st.session_state[_ENTERED] = True


def require_actor() -> Actor:  # noqa: RET503 - st.stop() and st.switch_page() never return
    """The person at this page. Without one, or when the page was not reached through `app.py`, it ends here.

    In development that is the local user, a manager. In production it is who signed in; without a role they are
    shown whom to ask, and nothing else.
    """
    if not st.session_state.pop(_ENTERED, False):
        st.switch_page("app.py")
    if not runtime().settings.is_production:
        return Actor(name=_local_name(), role=Role.MANAGER, source=Source.PAGE)
    if st.user.get("is_logged_in"):
        _draw_no_role()
    else:
        _draw_sign_in()
    st.stop()


def _draw_sign_in() -> None:
    st.title("Staging Desk", anchor=False)
    st.write("Sign in to stage photos and see jobs.")
    st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)


def _draw_no_role() -> None:
    st.title("No role yet", anchor=False)
    person = st.user.get("email", "an unknown person")
    st.write(f"You are signed in as {person}, and have no role. Ask a manager for one.")
    st.button("Sign out", icon=":material/logout:", on_click=st.logout)


def runtime() -> Runtime:
    """The tools of this process."""
    return core_runtime.current()


def token() -> str:
    """A random word that stays the same for this browser tab, from which idempotency keys are made."""
    if _TOKEN not in st.session_state:
        st.session_state[_TOKEN] = secrets.token_hex(16)
    return str(st.session_state[_TOKEN])


def _local_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local user"
