"""Does an open page go on after the server was started anew? Once it is connected again, it is drawn anew as a whole.

Parts that renew themselves are known to their own session alone; to a new one they ask for nothing.
"""

from pathlib import Path

import streamlit as st

_KEY = "reconnection"
# It is nothing to be seen, and must not take the room between two elements.
STYLE = f"<style>[data-testid='stLayoutWrapper']:has(> .st-key-{_KEY}) {{position: absolute}}</style>"
_component = st.components.v2.component(
    "staging_desk.reconnection", js=(Path(__file__).parent / "reconnection.js").read_text()
)


def watch() -> None:
    """Have this page drawn anew after every reconnection, unless a dialog is open: what is typed there would go."""
    with st.container(key=_KEY):
        _component(key=f"{_KEY}-watch", on_reconnected_change=_drawn_anew)


def _drawn_anew() -> None:
    """That the page runs at all is all that is wanted."""
