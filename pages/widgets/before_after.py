"""How do a photo and its staged variant compare? One picture with a line to drag; while it is drawn, its progress."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "staging_desk.before_after",
    html=(_HERE / "before_after.html").read_text(),
    css=(_HERE / "before_after.css").read_text(),
    js=(_HERE / "before_after.js").read_text(),
)


def draw(
    *,
    name: str,
    before_url: str,
    after_url: str | None,
    width: int,
    height: int,
    key: str,
    title: str = "",
    detail: str = "",
    progress_percent: int = 0,
    has_ended: bool = False,
) -> None:
    """Draw the comparison; without `after_url`, the dimmed photo with `title`, `detail` and a bar until it ended."""
    _component(
        key=key,
        data={
            "name": name,
            "before": before_url,
            "after": after_url,
            "width": width,
            "height": height,
            "title": title,
            "detail": detail,
            "progress": progress_percent,
            "ended": has_ended,
        },
    )
