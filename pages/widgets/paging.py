"""How much of a long list is shown? Page by page on request, up to a limit that is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from pages.widgets import formatting

PAGE_SIZE = 50
SHOWN_MAX = 1_000
_Item = TypeVar("_Item")
_Cursor = TypeVar("_Cursor")


@dataclass(frozen=True, slots=True)
class Shown(Generic[_Item]):
    """What is shown of a list, and whether it goes on behind that."""

    items: Sequence[_Item]
    goes_on: bool


def read(
    read_page: Callable[[_Cursor | None], tuple[Sequence[_Item], _Cursor | None]], *, of: object, key: str
) -> Shown[_Item]:
    """The pages that were asked for so far: `read_page(cursor)` hands back a page and the next one's cursor, if any.

    `of` is what the list is of: another account or filter begins at its first page.
    """
    if st.session_state.get(f"{key}-of") != of:
        st.session_state[f"{key}-of"], st.session_state[f"{key}-pages"] = of, 1
    found: list[_Item] = []
    cursor: _Cursor | None = None
    for _ in range(st.session_state[f"{key}-pages"]):
        items, cursor = read_page(cursor)
        found += items
        if cursor is None:
            break
    return Shown(found, cursor is not None)


def draw(shown: Shown[_Item], *, noun: str, key: str) -> None:
    """Draw how much is shown, and the way to more; beyond what a page can show, where the rest is found."""
    count = len(shown.items)
    with st.container(horizontal=True, vertical_alignment="center"):
        if not shown.goes_on:
            st.caption(f"That is all: {formatting.count(count, noun)}.")
            return
        reason = "A page shows no more. Narrow it down, or take the CSV." if count >= SHOWN_MAX else ""
        st.button(
            "Load more",
            icon=":material/expand_more:",
            disabled=bool(reason),
            help=reason or None,
            on_click=_more,
            args=(key,),
            key=f"{key}-more",
        )
        st.caption(f"The newest {formatting.number(count)} are shown. {reason}", width="content")


def _more(key: str) -> None:
    st.session_state[f"{key}-pages"] += 1
