"""What does Streamlit itself cost? A page with a timer in a fragment, and one line of text."""

import streamlit as st
from streamlit_autorefresh import st_autorefresh


@st.fragment
def draw() -> None:
    """The timer and the line."""
    st_autorefresh(interval=2_000, key="refresh")
    st.write("Nothing to see.")


draw()
