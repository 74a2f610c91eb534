"""What do people think of a variant? A button to pick it as the job's favorite, and stars."""

import streamlit as st

from core.auth.actors import Actor
from core.jobs import favorites
from core.jobs.details import VariantDetail
from core.jobs.states import variant_name
from pages.widgets import deeds, session


def draw(actor: Actor, job_id: str, variant: VariantDetail, *, is_favorite: bool, stars: int | None) -> None:
    """Draw both; a change is kept at once."""
    name = variant_name(variant.index)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.button(
            f"{name} is the favorite" if is_favorite else f"Pick {name}",
            icon=":material/heart_check:" if is_favorite else ":material/favorite:",
            type="secondary" if is_favorite else "tertiary",
            key=f"favorite-{variant.id}",
            on_click=_pick,
            args=(actor, job_id, None if is_favorite else variant.index),
        )
        # Another's rating begins it anew: what was once chosen here must not be taken for a new choice.
        key = f"stars-{variant.id}-{stars or 0}"
        st.feedback(
            "stars",
            key=key,
            default=None if stars is None else stars - 1,
            on_change=_rate,
            args=(actor, job_id, variant.index, key),
        )


def _rate(actor: Actor, job_id: str, variant_index: int, key: str) -> None:
    given = st.session_state[key]
    deeds.attempt(
        lambda: favorites.rate(
            session.runtime().database,
            actor,
            job_id=job_id,
            variant_index=variant_index,
            stars=None if given is None else given + 1,
        )
    )


def _pick(actor: Actor, job_id: str, variant_index: int | None) -> None:
    deeds.attempt(
        lambda: favorites.choose(session.runtime().database, actor, job_id=job_id, variant_index=variant_index)
    )
