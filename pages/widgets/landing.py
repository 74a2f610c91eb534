"""Does a phone show what was just chosen? What opens above or below a long list is brought into view, once."""

from pathlib import Path

import streamlit as st

_component = st.components.v2.component("staging_desk.landing", js=(Path(__file__).parent / "landing.js").read_text())


def draw(panel: str, shown: str) -> None:
    """Bring the container with the key `panel` into view on a phone, whenever it shows something else than before.

    Called last within that container, where the room that it takes is seen by nobody.
    """
    _component(key=f"{panel}-landing", data={"panel": panel, "shown": shown})
