"""How does a change end for the person who asked for it? With a word that it is done, or with the reason why not."""

import secrets
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core import errors
from pages.widgets import formatting

_T = TypeVar("_T")
_NOTICE = "deed_notice"
_OPENING = "dialog_opening"


def new_opening() -> None:
    """A dialog is opened anew: what is typed there, and the key against doing it twice, begin afresh.

    What the one before it kept is forgotten.
    """
    if before := st.session_state.get(_OPENING):
        for name in [name for name in st.session_state if before in str(name)]:
            del st.session_state[name]
    st.session_state[_OPENING] = secrets.token_hex(8)


def opening() -> str:
    """A word of the dialog that is open, the same for as long as it is."""
    if _OPENING not in st.session_state:
        new_opening()
    return str(st.session_state[_OPENING])


def attempt(call: Callable[[], _T]) -> _T | None:
    """What the use case returned; None if it was refused, which is then told here, beside what was typed."""
    try:
        return call()
    except errors.StagingError as error:
        st.error(formatting.refusal(error), icon=":material/error:")
        return None


def tell(words: str) -> None:
    """Remember that it is done, to be told when the page has been drawn anew."""
    st.session_state[_NOTICE] = formatting.plain(words)


def draw_notice() -> None:
    """Tell what was done in the run before."""
    words = st.session_state.pop(_NOTICE, None)
    if words:
        st.toast(words, icon=":material/done:")
