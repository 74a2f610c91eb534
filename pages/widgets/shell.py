"""What surrounds every page? Title, logo, navigation, and the line that says when a simulator draws."""

from pathlib import Path

import streamlit as st

from pages.widgets import session

_STATIC = Path(__file__).parents[2] / ".streamlit" / "static"
_PAGES = (
    ("pages/stage.py", "Stage", ":material/chair:", True),
    ("pages/monitor.py", "Monitor", ":material/monitor_heart:", False),
    ("pages/analytics.py", "Analytics", ":material/analytics:", False),
)


def draw() -> None:
    """Draw the frame and run the page that the address names."""
    st.set_page_config(page_title="Staging Desk", page_icon=str(_STATIC / "icon.png"), layout="wide")
    st.logo(str(_STATIC / "logo.png"), icon_image=str(_STATIC / "icon.png"))
    pages = [st.Page(path, title=title, icon=icon, default=default) for path, title, icon, default in _PAGES]
    chosen = st.navigation(pages, position="top")
    session.enter()
    if session.runtime().settings.is_demo:
        st.caption(
            ":material/science: Demo: a simulator draws the pictures. Set `REPLICATE_API_TOKEN` to connect Replicate."
        )
    chosen.run()
