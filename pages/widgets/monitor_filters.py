"""Which jobs are wanted on the Monitor? Choices kept in the address, for reloads and colleagues."""

import functools
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.jobs.overview import Choices
from core.jobs.search import JobFilter
from core.jobs.search_order import Sort
from core.jobs.states import JobState
from core.prompts import presets
from pages.widgets import address, day_filter, formatting
from pages.widgets.job_table import Turn
from pages.widgets.states import JOB_LOOKS

_ALL = "all"
_TEXT_MAX = 200
_SORTS = {
    Sort.NEWEST: "Newest first",
    Sort.OLDEST: "Oldest first",
    Sort.LONGEST_IN_STATE: "Longest in state",
    Sort.MOST_CREDITS: "Most credits",
}
# Name in the address and its words for "any".
_SELECTS = {
    "account": ("Account", "Any account"),
    "person": ("Ordered by", "Anybody"),
    "room": ("Room type", "Any room"),
    "style": ("Style", "Any style"),
    "code": ("Reason of failure", "Any or none"),
}
_BLANK: dict[str, object] = {
    "state": _ALL,
    "q": "",
    "stuck": False,
    **dict.fromkeys(_SELECTS, ""),
    "from": None,
    "to": None,
}
_CURSOR = "cursor"
_NEWER = "monitor-newer"
_LAST = "monitor-last-wanted"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list: the filter, the order, and where the page begins."""

    filter: JobFilter
    sort: Sort
    cursor: str | None

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return self.filter != JobFilter()


def draw(choices: Choices) -> DeltaGenerator:
    """Draw the filters in two lines; the second, at whose end there is room for more."""
    _begin()
    st.segmented_control(
        "State",
        [_ALL, *JobState],
        format_func=lambda state: "All" if state == _ALL else JOB_LOOKS[JobState(state)].word,
        required=True,
        key=_key("state"),
        label_visibility="collapsed",
    )
    line = st.container(horizontal=True, vertical_alignment="center")
    with line:
        st.text_input(
            "Search",
            key=_key("q"),
            max_chars=_TEXT_MAX,
            placeholder="File name, job, prediction or account",
            icon=":material/search:",
            label_visibility="collapsed",
            width=300,
        )
        _draw_more(choices)
        st.selectbox(
            "Sort",
            list(_SORTS),
            format_func=_SORTS.__getitem__,
            key=_key("sort"),
            label_visibility="collapsed",
            width=170,
        )
        if _read() != JobFilter():
            st.button("Clear", icon=":material/filter_alt_off:", type="tertiary", on_click=clear, key="monitor-clear")
    _keep()
    return line


def wanted() -> Wanted:
    """What the filters say now, and where the page begins."""
    _begin()
    chosen, sort = _read(), Sort(st.session_state[_key("sort")])
    return Wanted(chosen, sort, _cursor(chosen, sort))


def clear() -> None:
    """Take every filter back; the order stays."""
    for name, blank in _BLANK.items():
        st.session_state[_key(name)] = blank


def at_page(wanted: Wanted) -> Wanted:
    """The same, at the page that the address names by now: leafing leaves the filters as they are."""
    return replace(wanted, cursor=address.asked(_CURSOR) or None)


def turn(to: Turn, *, next_cursor: str | None) -> None:
    """Have the address name the page before this one, or the one behind it."""
    newer: list[str] = st.session_state.get(_NEWER, [])
    if to == "back":
        _go(newer[:-1], newer[-1] if newer else "")
    elif next_cursor is not None:
        _go([*newer, address.asked(_CURSOR)], next_cursor)


def _draw_more(choices: Choices) -> None:
    options = {
        "account": choices.accounts,
        "person": choices.people,
        "room": tuple(presets.ROOM_TYPES),
        "style": tuple(presets.STYLES),
        "code": choices.error_codes,
    }
    names = {slug: room.name for slug, room in presets.ROOM_TYPES.items()}
    names |= {slug: style.name for slug, style in presets.STYLES.items()}
    with st.popover("Filters", icon=":material/tune:", width=130):
        for name, (label, anything) in _SELECTS.items():
            chosen = st.session_state[_key(name)]
            st.selectbox(
                label,
                # What the address asks for stays choosable, even if there is nothing of it.
                ["", *options[name], *([chosen] if chosen and chosen not in options[name] else [])],
                format_func=functools.partial(_words, blank=anything, kind=name, names=names),
                key=_key(name),
            )
        with st.container(horizontal=True):
            day_filter.draw("monitor")
        st.toggle("Stuck only", key=_key("stuck"), help="In flight, and in their state for longer than they can be.")


def _words(value: str, blank: str, kind: str, names: dict[str, str]) -> str:
    if not value:
        return blank
    return formatting.reason(value) if kind == "code" else names.get(value, value)


def _key(name: str) -> str:
    return f"monitor-{name}"


def _begin() -> None:
    state, sort = address.asked("state"), address.asked("sort")
    address.begin(_key("state"), JobState(state) if state in list(JobState) else _ALL)
    address.begin(_key("sort"), Sort(sort) if sort in list(Sort) else Sort.NEWEST)
    address.begin(_key("q"), address.asked("q")[:_TEXT_MAX])
    address.begin(_key("stuck"), address.asked("stuck") == "yes")
    for name in _SELECTS:
        address.begin(_key(name), address.asked(name)[:_TEXT_MAX])
    for name in day_filter.NAMES:
        address.begin(_key(name), address.asked_day(name))


def _read() -> JobFilter:
    chosen, days = {name: st.session_state[_key(name)] for name in _BLANK}, day_filter.read("monitor")
    return JobFilter(
        states=() if chosen["state"] in (None, _ALL) else (JobState(chosen["state"]),),
        account=chosen["account"] or "",
        person=chosen["person"] or "",
        room_type=chosen["room"] or "",
        style=chosen["style"] or "",
        error_code=chosen["code"] or "",
        since=days.since,
        until=days.until,
        stuck_only=bool(chosen["stuck"]),
        text=(chosen["q"] or "").strip(),
    )


def _keep() -> None:
    chosen = {name: st.session_state[_key(name)] for name in _BLANK}
    for name, blank in _BLANK.items():
        value = chosen[name]
        text = "" if value == blank or not value else "yes" if value is True else str(value)
        address.keep(name, text)
    sort = st.session_state[_key("sort")]
    address.keep("sort", "" if sort == Sort.NEWEST else str(sort))


def _cursor(wanted: JobFilter, sort: Sort) -> str | None:
    """Where the page begins; another filter or order begins at its first page."""
    asked = (wanted, sort)
    if st.session_state.setdefault(_LAST, asked) != asked:
        st.session_state[_LAST] = asked
        _go([], "")
    return address.asked(_CURSOR) or None


def _go(newer: list[str], cursor: str) -> None:
    st.session_state[_NEWER] = newer
    address.keep(_CURSOR, cursor)
