"""What does somebody see who may not come in? Why, whom to ask, and the one thing to do next."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.auth.roles import Action, Role
from pages.widgets import formatting
from pages.widgets.visitor import SIGN_IN_LASTS, Stranger

_WIDTH = 560


def draw(
    stranger: Stranger,
    *,
    email: str = "",
    managers: Sequence[str] = (),
    sign_out: Callable[[], None] = st.logout,
) -> None:
    """Draw the page for a stranger. `email` is what their sign-in says, `managers` those whom they can ask."""
    with st.container(horizontal=True, horizontal_alignment="center"), st.container(border=True, width=_WIDTH):
        if stranger is Stranger.NO_ROLE:
            _draw_no_role(email, managers, sign_out)
        elif stranger is Stranger.NOT_LOCAL:
            _draw_not_local()
        else:
            _draw_sign_in(stranger)


def draw_refusal(role: Role, action: Action, *, title: str, managers: Sequence[str]) -> None:
    """Draw what is shown in place of a page that the role may not see."""
    st.title(title, anchor=False)
    st.warning(
        f"This page is not for the role {role}: it can't {action.value} (permission denied, 403). "
        f"{whom_to_ask(managers)}",
        icon=":material/lock:",
    )


def whom_to_ask(managers: Sequence[str]) -> str:
    """A sentence that names those who give roles, safe for Markdown."""
    if not managers:
        return "Ask whoever set up this desk for it."
    return f"Ask a manager for it: {', '.join(formatting.plain(manager) for manager in managers)}."


def _draw_sign_in(stranger: Stranger) -> None:
    if stranger is Stranger.EXPIRED:
        st.title("Sign-in is over", anchor=False)
        hours = SIGN_IN_LASTS.total_seconds() / 3600
        st.write(
            f"A sign-in lasts {hours:.0f} hours, or until you sign out. Nothing is lost: sign in again to go on."
        )
    else:
        st.title("Staging Desk", anchor=False)
        st.write("Sign in to stage photos and see jobs.")
    label = "Sign in again" if stranger is Stranger.EXPIRED else "Sign in"
    st.button(label, type="primary", icon=":material/login:", on_click=st.login, key="sign-in")


def _draw_no_role(email: str, managers: Sequence[str], sign_out: Callable[[], None]) -> None:
    st.title("No role yet", anchor=False)
    who = formatting.plain(email) or "somebody without an e-mail address"
    st.write(f"You are signed in as {who}, and have no role. {whom_to_ask(managers)}")
    st.caption("You are on their list already. With a role, reload this page.")
    st.button("Sign out", icon=":material/logout:", on_click=sign_out, key="sign-out")


def _draw_not_local() -> None:
    st.title("Open on its own machine only", anchor=False)
    st.write(
        "This desk runs in development mode, in which nobody signs in. So it opens only on the machine it runs on, "
        "at `http://localhost`."
    )
    st.write(
        "To open it to others, set `STAGING_ENV=production` and configure sign-in as `[auth]` in "
        "`.streamlit/secrets.toml`: README says how."
    )
