"""What surrounds every page? Title, logo, the role's navigation, and the line that says when a simulator draws."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.auth.actors import Actor
from core.auth.roles import Action
from pages.widgets import confirmation, formatting, reconnection, role_switch, session, sign_in
from pages.widgets.visitor import Stranger

_STATIC = Path(__file__).parents[2] / ".streamlit" / "static"
_SIDEBAR_WIDTH = 220
# Streamlit writes what is chosen in the accent, which also lies under white words on buttons: no one color can be
# read as both in the dark theme. So it is written as text is, and the accent stays around and behind it.
_CHOSEN = (
    "<style>[data-testid='stButtonGroup'] button[data-variant][data-rac][data-selected='true'] {color: inherit}"
    "</style>"
)


@dataclass(frozen=True, slots=True)
class PageRule:
    """A page of the navigation, and what its visitor must be allowed to do."""

    name: str
    icon: str
    needs: Action

    @property
    def title(self) -> str:
        """As it stands in the navigation."""
        return self.name.capitalize()


PAGES = (
    PageRule("stage", ":material/chair:", Action.STAGE),
    PageRule("listings", ":material/home_work:", Action.STAGE),
    PageRule("library", ":material/photo_library:", Action.READ_JOBS),
    PageRule("monitor", ":material/monitor_heart:", Action.READ_JOBS),
    PageRule("refunds", ":material/undo:", Action.REFUND),
    PageRule("credits", ":material/toll:", Action.READ_ACCOUNTS),
    PageRule("analytics", ":material/analytics:", Action.READ_ANALYTICS),
    PageRule("experiments", ":material/science:", Action.MANAGE_EXPERIMENTS),
    PageRule("admin", ":material/admin_panel_settings:", Action.MANAGE_USERS),
)


def draw() -> None:
    """Draw the frame and run the page that the address names.

    1. Who is there? 2. Lay out the navigation: what the role may not see is not in it, but keeps its address.
    3. A stranger, or a page the role may not see, gets the reason in the page's place. 4. Otherwise the page runs.
    """
    st.set_page_config(
        page_title="Staging Desk",
        page_icon=str(_STATIC / "icon.png"),
        layout="wide",
        initial_sidebar_state=_SIDEBAR_WIDTH,
    )
    st.logo(str(_STATIC / "logo.png"), icon_image=str(_STATIC / "icon.png"))
    st.html(_CHOSEN + confirmation.STYLE + reconnection.STYLE)
    reconnection.watch()
    visitor = session.visitor()
    actor = visitor if isinstance(visitor, Actor) else None
    chosen, rule = _navigate(actor)
    if isinstance(visitor, Stranger):
        session.draw_stranger(visitor)
        return
    _draw_person(visitor)
    if session.runtime().settings.is_demo:
        st.caption(
            ":material/science: Demo: a simulator draws the pictures. Set `REPLICATE_API_TOKEN` to connect Replicate."
        )
    if not visitor.may(rule.needs):
        sign_in.draw_refusal(visitor.role, rule.needs, title=rule.title, managers=session.managers())
        return
    session.enter()
    chosen.run()


def _navigate(actor: Actor | None) -> tuple[st.Page, PageRule]:
    pages = {
        st.Page(
            f"pages/{rule.name}.py",
            title=rule.title,
            icon=rule.icon,
            default=rule is PAGES[0],
            visibility="visible" if actor is not None and actor.may(rule.needs) else "hidden",
        ): rule
        for rule in PAGES
    }
    chosen = st.navigation(list(pages), position="top" if actor is not None else "hidden")
    (rule,) = [rule for page, rule in pages.items() if page.url_path == chosen.url_path]
    return chosen, rule


def _draw_person(actor: Actor) -> None:
    if not session.runtime().settings.is_production:
        role_switch.draw(actor, session.all_accounts())
        return
    row = st.container(horizontal=True, horizontal_alignment="right")
    with row.popover(formatting.plain(actor.name), icon=":material/person:"):
        accounts = "all accounts" if actor.account_id is None else session.account_name(actor)
        st.caption(f"{actor.role.capitalize()} · {formatting.plain(accounts)}")
        st.button("Sign out", icon=":material/logout:", on_click=session.sign_out, key="sign-out")
