"""How is a change confirmed? By one button that says its effect and is always awake; red where nothing undoes it.

A button that wakes up only when a field is filled in would swallow the click that leaves the field. So a click too
early does nothing, and what is missing is told in the field's own label: a line that came and went above the button
would move it away under the pointer.
"""

import streamlit as st

from pages.widgets import deeds

_UNDONE = "undone"
# Readable on light and on dark, which both have their own color of text.
_MISSING_COLOR = "color-mix(in srgb, currentColor 35%, #e0402f)"
# Streamlit knows no dangerous buttons. White on this red is well readable on light and on dark.
STYLE = f"""<style>
[class*='st-key-{_UNDONE}-'] button {{background: #b3362a; border-color: #b3362a; color: #fff}}
[class*='st-key-{_UNDONE}-'] button:hover, [class*='st-key-{_UNDONE}-'] button:focus-visible
{{background: #962c22; border-color: #962c22; color: #fff}}
</style>"""


def label(name: str, missing: str, *, key: str) -> str:
    """The label of this key's field; once a click was refused, red and with what is missing, empty if nothing is."""
    if not missing or not _was_refused():
        return name
    # Not as Markdown, whose signs screen readers would read out.
    st.html(f"<style>.st-key-{key} [data-testid='stWidgetLabel'] p {{color: {_MISSING_COLOR}}}</style>")
    return f"{name} · {missing}"


def typed(key: str) -> str:
    """What is in the text field of this key just now, also before it is drawn."""
    return str(st.session_state.get(key) or "").strip()


def button(words: str, *, key: str, why_not: str = "", icon: str | None = None, is_final: bool = False) -> bool:
    """Draw the confirming button; True if it was clicked and may do what it says.

    `why_not` says what stands against it, and is told below it after a click; `is_final` is for what can't be undone.
    """
    place = st.container(key=f"{_UNDONE}-{key}") if is_final else st.container()
    clicked = place.button(words, type="primary", icon=icon, key=key, on_click=_note_click)
    if why_not and _was_refused():
        # Not as a caption: paler, the red would hardly be read.
        st.markdown(f":red[:small[{why_not} Nothing was changed.]]")
    return clicked and not why_not


def _note_click() -> None:
    st.session_state[_refused()] = True


def _was_refused() -> bool:
    return bool(st.session_state.get(_refused()))


def _refused() -> str:
    return f"clicked-{deeds.opening()}"
