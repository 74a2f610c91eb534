"""Which refunds are wanted? Choices kept in the address, for reloads and colleagues."""

from collections.abc import Sequence

import streamlit as st

from core.jobs.refund_queries import REASON_WORDS, RefundFilter, RefundReason, RefundState
from pages.widgets import address, day_filter
from pages.widgets.refund_list import LOOKS

_ALL = "all"
_TEXT_MAX = 254
_BLANK: dict[str, object] = {"state": _ALL, "reason": "", "account": "", "person": "", "from": None, "to": None}


def draw(accounts: Sequence[str]) -> RefundFilter:
    """Draw the filters; what they say now."""
    _begin()
    st.segmented_control(
        "State",
        [_ALL, *RefundState],
        format_func=_state_word,
        required=True,
        key=_key("state"),
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.session_state[_key("account")]
        st.selectbox(
            "Reason",
            ["", *RefundReason],
            format_func=lambda reason: REASON_WORDS[RefundReason(reason)] if reason else "Any reason",
            key=_key("reason"),
            width=190,
        )
        st.selectbox(
            "Account",
            ["", *accounts, *([chosen] if chosen and chosen not in accounts else [])],
            format_func=lambda name: name or "Any account",
            key=_key("account"),
            width=170,
        )
        st.text_input(
            "Asked or decided by", key=_key("person"), max_chars=_TEXT_MAX, placeholder="Anybody", width=160
        )
        day_filter.draw("refunds")
        wanted = _read()
        if wanted != RefundFilter():
            st.button("Clear", icon=":material/filter_alt_off:", type="tertiary", on_click=clear, key="refunds-clear")
    for name, blank in _BLANK.items():
        value = st.session_state[_key(name)]
        address.keep(name, "" if not value or value == blank else str(value))
    return wanted


def _state_word(state: str) -> str:
    if state == _ALL:
        return "All"
    # Withdrawn by who had asked for it: to the ledger, that is the same.
    return "Declined or withdrawn" if state == RefundState.DECLINED else LOOKS[RefundState(state)][0]


def clear() -> None:
    """Take every filter back."""
    for name, blank in _BLANK.items():
        st.session_state[_key(name)] = blank


def _begin() -> None:
    state, reason = address.asked("state"), address.asked("reason")
    address.begin(_key("state"), RefundState(state) if state in list(RefundState) else _ALL)
    address.begin(_key("reason"), RefundReason(reason) if reason in list(RefundReason) else "")
    for name in ("account", "person"):
        address.begin(_key(name), address.asked(name)[:_TEXT_MAX])
    for name in day_filter.NAMES:
        address.begin(_key(name), address.asked_day(name))


def _read() -> RefundFilter:
    chosen = {name: st.session_state[_key(name)] for name in _BLANK}
    days = day_filter.read("refunds")
    return RefundFilter(
        state=None if chosen["state"] in (None, _ALL) else RefundState(chosen["state"]),
        reason=RefundReason(chosen["reason"]) if chosen["reason"] else None,
        account=chosen["account"] or "",
        person=(chosen["person"] or "").strip(),
        since=days.since,
        until=days.until,
    )


def _key(name: str) -> str:
    return f"refunds-{name}"
