"""Where does Replicate show a prediction? A link to its own page of it, or why there is none."""

import streamlit as st

from pages.widgets import session

_PAGE = "https://replicate.com/p/"
_SIMULATED = "A simulator draws: there is nothing at Replicate."


def draw(label: str, prediction_id: str | None, *, key: str) -> None:
    """Draw the way to the prediction's page, disabled with the reason while there is none."""
    reason = "" if prediction_id else "No prediction was ordered so far."
    if session.runtime().settings.is_demo:
        reason = _SIMULATED
    icon = ":material/open_in_new:"
    if reason:
        st.button(label, icon=icon, disabled=True, help=reason, key=key)
    else:
        st.link_button(label, f"{_PAGE}{prediction_id}", icon=icon)
