"""Admin: who may come in, what may call, who may rush, how much may be refunded, what draws, and who did what."""

import streamlit as st

from pages.widgets import (
    admin_audit,
    admin_keys,
    admin_limits,
    admin_models,
    admin_people,
    admin_terms,
    deeds,
    session,
)

_SECTIONS = {
    "People": admin_people.draw,
    "API keys": admin_keys.draw,
    "Refund limits": admin_limits.draw,
    "Accounts": admin_terms.draw,
    "Models": admin_models.draw,
    "Audit log": admin_audit.draw,
}


def _page() -> None:
    actor = session.require_actor()
    st.title("Admin", anchor=False)
    deeds.draw_notice()
    section = st.segmented_control(
        "Section",
        list(_SECTIONS),
        default="People",
        required=True,
        key="section",
        label_visibility="collapsed",
        bind="query-params",
    )
    _SECTIONS[str(section)](actor)


_page()
