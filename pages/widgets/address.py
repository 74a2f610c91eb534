"""What does the page's address keep? Choices that a reload, a bookmark and a colleague find again."""

from datetime import date

import streamlit as st

# What can be asked for: at the ends of the calendar a day has no beginning in every zone, or no day after it.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


def asked(name: str) -> str:
    """What the address says of this choice; nothing if it says nothing."""
    return str(st.query_params.get(name, ""))


def keep(name: str, value: str) -> None:
    """Have the address say so; an empty value takes the choice out of it."""
    # Written only where it differs: each write is a message to the browser.
    if asked(name) == value:
        return
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def asked_day(name: str) -> date | None:
    """The day that the address names; None if there is none, or none that exists, or none of this century."""
    try:
        day = date.fromisoformat(asked(name))
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def begin(key: str, value: object) -> None:
    """Give a widget its first value; what was chosen since stays."""
    if key not in st.session_state:
        st.session_state[key] = value
