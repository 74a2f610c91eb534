"""Which figures are wanted? Period, filters and grouping, kept in the address for reloads and colleagues."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import clock, errors
from core.analytics import periods
from core.analytics.filters import Dimension, Filter
from core.analytics.periods import Period, Preset
from core.analytics.summary import Summary
from core.prompts import presets
from pages.widgets import address, charts, formatting

ALL, CUSTOM = "all", "custom"
_PERIODS = {
    Preset.TODAY.value: "Today",
    Preset.LAST_7_DAYS.value: "7 days",
    Preset.LAST_30_DAYS.value: "30 days",
    Preset.THIS_MONTH.value: "This month",
    Preset.LAST_MONTH.value: "Last month",
    Preset.LAST_12_MONTHS.value: "12 months",
    ALL: "All",
    CUSTOM: "Other days",
}
_FIRST_PERIOD = Preset.LAST_30_DAYS.value
# How each is called on the page and in the address, and its words for any of them.
_NAMES = {
    Dimension.ACCOUNT: ("Account", "account", "Any account"),
    Dimension.PERSON: ("Person", "person", "Anybody"),
    Dimension.ROOM_TYPE: ("Room type", "room", "Any room"),
    Dimension.STYLE: ("Style", "style", "Any style"),
    Dimension.MODEL: ("Model", "model", "Any model"),
    Dimension.PRIORITY: ("Priority", "priority", "Any priority"),
}
_DAYS = ("from", "to")
# A date, the cross that takes it out, and the calendar.
_DAY_WIDTH = 210
_TEXT_MAX, _DAY_LETTERS = 254, 40
_NO_DAY = (
    f"figures are told of days from {address.FIRST_DAY.year} to {address.LAST_DAY.year}, written as 2026-11-22. "
    "Choose some under “Other days”."
)
_REFUSED = "analytics-refused"


@dataclass(frozen=True, slots=True)
class Choice:
    """The days of a period in a time zone, which of its jobs, what they are grouped by, and whether to compare."""

    first: date
    last: date
    zone: str
    filter: Filter
    by: Dimension | None
    is_compared: bool

    @property
    def period(self) -> Period:
        """As the figures take it."""
        return periods.asked(self.first, self.last, zone=self.zone)


def title(dimension: Dimension) -> str:
    """What figures are grouped by, as a heading has it."""
    return _NAMES[dimension][0]


def word(dimension: Dimension) -> str:
    """The name of a filter in the address, here and on the Monitor."""
    return _NAMES[dimension][1]


def name_of(dimension: Dimension, value: str) -> str:
    """One of them as people know it: rooms and styles by their names."""
    if dimension is Dimension.ROOM_TYPE and value in presets.ROOM_TYPES:
        return presets.ROOM_TYPES[value].name
    if dimension is Dimension.STYLE and value in presets.STYLES:
        return presets.STYLES[value].name
    return formatting.sentence(value) if dimension is Dimension.PRIORITY else value


def draw(
    choices: Callable[[Dimension], Sequence[str]], *, first_day: Callable[[], date | None]
) -> tuple[Choice, DeltaGenerator]:
    """Draw what can be chosen; what was, and the line at whose end there is room for more.

    `choices` has the values of a filter, `first_day` when everything began.
    """
    _begin()
    st.segmented_control(
        "Period",
        list(_PERIODS),
        format_func=_PERIODS.__getitem__,
        required=True,
        key=_key("period"),
        label_visibility="collapsed",
    )
    line = st.container(horizontal=True, vertical_alignment="bottom")
    with line:
        if st.session_state[_key("period")] == CUSTOM:
            for name, label in zip(_DAYS, ("From", "To"), strict=True):
                st.date_input(
                    label,
                    value=None,
                    # Without these, ten years around today.
                    min_value=address.FIRST_DAY,
                    max_value=address.LAST_DAY,
                    format="YYYY-MM-DD",
                    key=_key(name),
                    width=_DAY_WIDTH,
                )
        _draw_filters(choices)
        st.selectbox(
            "Grouped by",
            ["", *Dimension],
            format_func=lambda one: f"By {_NAMES[Dimension(one)][0].lower()}" if one else "Not grouped",
            required=True,
            key=_key("by"),
            label_visibility="collapsed",
            width=170,
        )
        is_all = st.session_state[_key("period")] == ALL
        st.toggle(
            "Compare",
            key=_key("compare"),
            disabled=is_all,
            help="Before everything there is nothing to compare with."
            if is_all
            else "With as many days as the period has, up to the day before it; a month as well, not with the "
            "calendar month before.",
        )
        if _filter() != Filter():
            st.button(
                "Clear", icon=":material/filter_alt_off:", type="tertiary", on_click=clear, key="analytics-clear"
            )
    chosen, complaint = _chosen(first_day)
    _keep()
    _draw_refused(complaint, chosen)
    return chosen, line


def clear() -> None:
    """Take every filter back; the period and the grouping stay."""
    for dimension in Dimension:
        st.session_state[_key(_NAMES[dimension][1])] = ""


def back_to_usual_days() -> None:
    """Look at the period that the page begins with."""
    st.session_state[_key("period")] = _FIRST_PERIOD


def said(summary: Summary) -> str:
    """Of what figures are, for whom they reach without the page: days, zone, filter, and when they were read."""
    period = summary.period
    chosen = [f"{title(one)}: {name_of(one, value)}" for one, value in summary.wanted.wanted().items()]
    read = summary.read_at.astimezone(period.zone)
    days = f"{charts.said_days(period.first, period.last)}, days as in {period.zone.key}"
    return " · ".join([days, *(chosen or ["all jobs"]), f"as of {read.day} {read:%b %Y, %H:%M}"])


def _draw_filters(choices: Callable[[Dimension], Sequence[str]]) -> None:
    count = len(_filter().wanted())
    with st.popover(f"Filters · {count}" if count else "Filters", icon=":material/tune:", width=140):
        for dimension, (label, name, anything) in _NAMES.items():
            options, chosen = list(choices(dimension)), st.session_state[_key(name)]
            st.selectbox(
                label,
                # What the address asks for stays choosable, even if there is nothing of it.
                ["", *options, *([chosen] if chosen and chosen not in options else [])],
                format_func=functools.partial(_words, dimension=dimension, anything=anything),
                required=True,
                key=_key(name),
            )


def _words(value: str, dimension: Dimension, anything: str) -> str:
    return name_of(dimension, value) if value else anything


def _key(name: str) -> str:
    return f"analytics-{name}"


def _begin() -> None:
    """Take from the address what it says for the first time, and note what of it can't be had."""
    if _key("period") in st.session_state:
        return
    refused = []
    asked, by = address.asked("period"), address.asked("by")
    first, last = (address.asked_day(name) for name in _DAYS)
    if asked and asked not in _PERIODS:
        refused.append(f"a period called “{asked[:_TEXT_MAX]}”")
    no_days = [address.asked(one)[:_DAY_LETTERS] for one in _DAYS if _is_no_day(one)]
    if by and by not in list(Dimension):
        refused.append(f"figures by “{by[:_TEXT_MAX]}”")
    if (compare := address.asked("compare")) not in ("", "no"):
        refused.append(f"a comparison called “{compare[:_TEXT_MAX]}”")
    fallback = CUSTOM if (first or last) and not asked else _FIRST_PERIOD
    address.begin(_key("period"), asked if asked in _PERIODS else fallback)
    address.begin(_key("from"), first)
    address.begin(_key("to"), last)
    address.begin(_key("by"), Dimension(by) if by in list(Dimension) else "")
    address.begin(_key("compare"), compare != "no")
    for _label, name, _anything in _NAMES.values():
        address.begin(_key(name), address.asked(name)[:_TEXT_MAX])
    said = [f"The address asks for {' and '.join(refused)}, which there is not."] if refused else []
    if no_days:
        said.append(f"The address asks for {' and '.join(f'“{one}”' for one in no_days)}: {_NO_DAY}")
    if said:
        st.session_state[_REFUSED] = " ".join(said)


def _is_no_day(name: str) -> bool:
    return bool(address.asked(name)) and address.asked_day(name) is None


def _filter() -> Filter:
    chosen: Mapping[str, str | None] = {
        dimension.value: st.session_state[_key(name)] or None for dimension, (_, name, _any) in _NAMES.items()
    }
    return Filter(**chosen)


def _chosen(first_day: Callable[[], date | None]) -> tuple[Choice, str]:
    """What is wanted, and what of it can't be had."""
    period, zone, complaint = st.session_state[_key("period")], formatting.viewer_zone(), ""
    if period == CUSTOM:
        found, complaint = _custom(zone.key)
    elif period == ALL:
        today = formatting.today()
        begin = max(first_day() or today, today - timedelta(days=periods.DAYS_MAX - 1))
        found = Period(min(begin, today), today, zone)
    else:
        found = periods.preset(Preset(period), now=clock.now(), zone=zone)
    by = Dimension(st.session_state[_key("by")]) if st.session_state[_key("by")] else None
    is_compared = bool(st.session_state[_key("compare")]) and period != ALL
    return Choice(found.first, found.last, zone.key, _filter(), by, is_compared), complaint


def _custom(zone: str) -> tuple[Period, str]:
    """The days that were chosen; a day that is missing is filled in, and what can't be is said."""
    usual = periods.preset(Preset.LAST_30_DAYS, now=clock.now(), zone=formatting.viewer_zone())
    last = st.session_state.get(_key("to")) or max(st.session_state.get(_key("from")) or usual.last, usual.last)
    first = st.session_state.get(_key("from")) or periods.days_before(last, len(usual.days) - 1)
    try:
        return periods.asked(first, last, zone=zone), ""
    except errors.PeriodReversed:
        return periods.asked(last, first, zone=zone), "The period ended before it began, so its days were swapped."
    except errors.PeriodTooLong as error:
        return usual, f"{error.message} Until then, the last 30 days are shown."


def _keep() -> None:
    state = st.session_state
    period = state[_key("period")]
    address.keep("period", "" if period == _FIRST_PERIOD else period)
    for name in _DAYS:
        day = state.get(_key(name)) if period == CUSTOM else None
        address.keep(name, "" if day is None else day.isoformat())
    address.keep("by", str(state[_key("by")]))
    address.keep("compare", "" if state[_key("compare")] else "no")
    for _label, name, _anything in _NAMES.values():
        address.keep(name, state[_key(name)] or "")


def _draw_refused(complaint: str, chosen: Choice) -> None:
    """Say what can't be had; what the address asked for in vain, until something else is chosen."""
    refused, seen = st.session_state.get(_REFUSED, ""), st.session_state.setdefault(f"{_REFUSED}-with", chosen)
    for words in filter(None, (refused if seen == chosen else "", complaint)):
        st.warning(formatting.plain(words), icon=":material/link_off:")
