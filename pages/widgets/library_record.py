"""What is there to see and know of one staged photo? Its pictures in three ways, and the whole record."""

from collections.abc import Sequence
from enum import StrEnum

import streamlit as st

from core.auth.actors import Actor
from core.jobs.details import JobDetail, VariantDetail
from core.jobs.states import variant_name
from core.listings.library import LibraryItem
from core.prompts import presets
from pages.widgets import before_after, formatting, job_history, pictures, states, variant_opinion


class _Mode(StrEnum):
    """How the pictures are compared."""

    SLIDER = "Slider"
    SIDE_BY_SIDE = "Side by side"
    ALL = "Original, A, B"


def draw(actor: Actor, item: LibraryItem) -> None:
    """Draw the comparison, what is thought of the variants, the downloads and the record."""
    job = item.job
    _draw_head(item)
    mode = st.segmented_control("Compare", list(_Mode), default=_Mode.SLIDER, required=True, key="compare-mode")
    if mode is _Mode.ALL:
        _draw_in_a_row(item)
    for column, variant in zip(st.columns(max(len(item.results), 2)), item.results, strict=False):
        with column, st.container(border=True):
            if mode is _Mode.SLIDER:
                _draw_slider(job, variant)
            elif mode is _Mode.SIDE_BY_SIDE:
                _draw_pair(job, variant)
            variant_opinion.draw(
                actor,
                job.id,
                variant,
                is_favorite=item.opinion.favorite == variant.index,
                stars=item.opinion.stars.get(variant.index),
            )
            pictures.draw_downloads(job, variant)
    _draw_details(item)


def _draw_head(item: LibraryItem) -> None:
    job = item.job
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(formatting.plain(job.photo.file_name), anchor=False, width="content")
        states.badge(job.state)
    look = f"{presets.ROOM_TYPES[job.room_type].name} · {presets.STYLES[job.style].name}"
    st.caption(
        f"{formatting.plain(job.account)} · {look} · staged {formatting.when(job.created_at)} by"
        f" {formatting.plain(job.created_by)}"
    )
    with st.container(horizontal=True):
        own = {item.listing_id: item.listing} if item.listing_id is not None else {}
        for listing_id, reference in {**own, **item.given_to}.items():
            st.page_link(
                "pages/listings.py",
                label=formatting.plain(reference),
                icon=":material/home_work:",
                query_params={"listing": listing_id},
            )
        st.page_link(
            "pages/monitor.py",
            label=f"Job {formatting.short_id(job.id)} on the Monitor",
            icon=":material/monitor_heart:",
            query_params={"job": job.id},
        )


def _draw_slider(job: JobDetail, variant: VariantDetail) -> None:
    before_after.draw(
        name=variant_name(variant.index),
        before_url=pictures.url(job.photo.prepared_key),
        after_url=pictures.url(variant.result_key or ""),
        width=variant.result_width or job.photo.width,
        height=variant.result_height or job.photo.height,
        key=f"library-{variant.id}",
    )


def _draw_pair(job: JobDetail, variant: VariantDetail) -> None:
    shown = [("Original", job.photo.prepared_key), (variant_name(variant.index), variant.result_key or "")]
    _draw_pictures(job, shown)


def _draw_in_a_row(item: LibraryItem) -> None:
    shown = [(variant_name(one.index), one.result_key or "") for one in item.results]
    _draw_pictures(item.job, [("Original", item.job.photo.prepared_key), *shown])


def _draw_pictures(job: JobDetail, shown: Sequence[tuple[str, str]]) -> None:
    for column, (name, key) in zip(st.columns(len(shown)), shown, strict=True):
        with column:
            pictures.draw_whole(key, alt=name, width=job.photo.width, height=job.photo.height)
            st.caption(name)


def _draw_details(item: LibraryItem) -> None:
    job = item.job
    with st.expander("The record", icon=":material/description:", key="library-details", type="compact"):
        st.markdown("**What the model was told**")
        st.write(formatting.plain(job.prompt))
        if job.instructions:
            st.caption(f"Notes: “{formatting.plain(job.instructions)}”")
        facts = {
            "Model": job.model,
            **{formatting.sentence(name.replace("_", " ")): value for name, value in job.parameters.items()},
            "Prompt template": job.prompt_version,
            **({"Experiment": " · ".join(item.arm)} if item.arm else {}),
            "Submitted": formatting.exact(job.created_at),
            "Done": formatting.exact(job.completed_at) if job.completed_at else "–",
            "Credits": f"{formatting.number(job.credits_used)} charged, {job.credits_refunded} returned",
            "Original": f"{job.photo.width} × {job.photo.height}, {formatting.file_size(job.photo.size_bytes)}",
            "SHA-256 of the original": job.photo.sha256,
        }
        for variant in item.results:
            name = variant_name(variant.index)
            took = formatting.duration(variant.elapsed_seconds)
            facts[name] = f"seed {variant.seed}, {variant.result_width} × {variant.result_height}, {took}"
            facts[f"SHA-256 of {name[0].lower()}{name[1:]}"] = variant.result_sha256 or "–"
        st.markdown("\n".join(f"- {name}: `{value}`" for name, value in facts.items()))
        st.markdown("**Predictions**")
        job_history.draw_predictions(job, key="library-predictions")
