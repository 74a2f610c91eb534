"""Experiments: which ways to stage are compared, what has each shown, and what does that come to?"""

import streamlit as st

from pages.widgets import address, deeds, experiment_form, experiment_list, experiment_record, session

_EXPERIMENT, _NEW = "experiment", "new"


def _page() -> None:
    actor = session.require_actor()
    st.title("Experiments", anchor=False)
    deeds.draw_notice()
    asked = address.asked(_EXPERIMENT)
    if not asked:
        clicked = experiment_list.draw(actor, new=_NEW)
        if clicked:
            _go(clicked)
        return
    st.button(
        "All experiments",
        icon=":material/arrow_back:",
        type="tertiary",
        key="experiments-back",
        on_click=address.keep,
        args=(_EXPERIMENT, ""),
    )
    if asked != _NEW:
        if experiment_record.draw(actor, asked):
            _go("")
        return
    kept = experiment_form.draw(actor)
    if kept:
        _go(kept)


def _go(experiment: str) -> None:
    address.keep(_EXPERIMENT, experiment)
    st.rerun()


_page()
