"""Which staged photos are wanted? Choices kept in the address, for reloads and colleagues."""

from collections.abc import Sequence

import streamlit as st

from core.jobs.favorites import STARS_MAX
from core.listings.library import LibraryFilter
from core.prompts import presets
from pages.widgets import address, day_filter

_TEXT_MAX = 200
_TEXTS = ("q", "person")
_FAVORITES = "favorites"
_BLANK: dict[str, object] = {
    "q": "",
    "account": "",
    "room_type": "",
    "style": "",
    "person": "",
    "stars": "",
    _FAVORITES: False,
    "from": None,
    "to": None,
}


def draw(accounts: Sequence[str]) -> LibraryFilter:
    """Draw the filters; what they say now."""
    _begin()
    st.text_input(
        "Search the library",
        placeholder="Search by listing or file name",
        icon=":material/search:",
        label_visibility="collapsed",
        key=_key("q"),
        max_chars=_TEXT_MAX,
        autocomplete="off",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.session_state[_key("account")]
        _select("Account", ["", *accounts, *([chosen] if chosen and chosen not in accounts else [])], "account")
        rooms = {slug: room.name for slug, room in presets.ROOM_TYPES.items()}
        _select("Room", ["", *rooms], "room_type", rooms)
        styles = {slug: style.name for slug, style in presets.STYLES.items()}
        _select("Style", ["", *styles], "style", styles)
        st.text_input("Staged by", key=_key("person"), max_chars=_TEXT_MAX, placeholder="Anybody", width=140)
        stars = {str(count): f"{count} stars or more" for count in range(2, STARS_MAX)} | {"5": "5 stars"}
        _select("Rating", ["", *stars], "stars", stars)
        day_filter.draw("library")
        st.checkbox("Favorites only", key=_key(_FAVORITES))
        wanted = _read()
        if wanted != LibraryFilter():
            st.button("Clear", icon=":material/filter_alt_off:", type="tertiary", on_click=clear, key="library-clear")
    for name, blank in _BLANK.items():
        value = st.session_state[_key(name)]
        address.keep(name, "" if not value or value == blank else str(value))
    return wanted


def clear() -> None:
    """Take every filter back."""
    for name, blank in _BLANK.items():
        st.session_state[_key(name)] = blank


def _select(label: str, options: list[str], name: str, words: dict[str, str] | None = None) -> None:
    any_of = f"Any {label.lower()}"
    st.selectbox(
        label,
        options,
        format_func=lambda value: (words or {}).get(value, value) or any_of,
        key=_key(name),
        width=150,
    )


def _begin() -> None:
    known = {
        "room_type": presets.ROOM_TYPES,
        "style": presets.STYLES,
        "stars": [str(count) for count in range(2, STARS_MAX + 1)],
    }
    for name, values in known.items():
        asked = address.asked(name)
        address.begin(_key(name), asked if asked in values else "")
    for name in (*_TEXTS, "account"):
        address.begin(_key(name), address.asked(name)[:_TEXT_MAX])
    address.begin(_key(_FAVORITES), bool(address.asked(_FAVORITES)))
    for name in day_filter.NAMES:
        address.begin(_key(name), address.asked_day(name))


def _read() -> LibraryFilter:
    chosen = {name: st.session_state[_key(name)] for name in _BLANK}
    days = day_filter.read("library")
    return LibraryFilter(
        text=(chosen["q"] or "").strip(),
        account=chosen["account"] or "",
        room_type=chosen["room_type"] or "",
        style=chosen["style"] or "",
        person=(chosen["person"] or "").strip(),
        since=days.since,
        until=days.until,
        stars_min=int(chosen["stars"]) if chosen["stars"] else None,
        favorites_only=bool(chosen[_FAVORITES]),
    )


def _key(name: str) -> str:
    return f"library-{name}"
