"""How does one job look? Its two variants side by side, finished or under way, and what became of the credits."""

from datetime import datetime

import streamlit as st

from core import clock
from core.credits import pricing
from core.jobs import waiting
from core.jobs.details import JobDetail, VariantDetail
from core.jobs.queries import TypicalTimes
from core.jobs.states import JobState, VariantState, variant_name
from core.jobs.waiting import Place
from pages.widgets import before_after, formatting, pictures, session
from pages.widgets.states import VARIANT_LOOKS

_AT_ONCE_SECONDS = 2
_ENDED_TITLES = {VariantState.FAILED: "No result", VariantState.CANCELED: "Canceled"}


def draw_variants(job: JobDetail, typical: TypicalTimes, *, says_why: bool = True) -> None:
    """Draw every variant of the job as a card, at the size that two side by side have.

    Without `says_why`, its failure is told elsewhere already.
    """
    line = _places(job)
    columns = st.columns(max(len(job.variants), pricing.VARIANTS_PER_JOB))
    for column, variant in zip(columns, job.variants, strict=False):
        with column, st.container(border=True):
            _draw_variant(job, variant, typical, line.get(variant.id), says_why=says_why)


def outcome(job: JobDetail) -> str:
    """One sentence on how the job ended and what it cost."""
    is_one = len(job.variants) == 1
    sentences = {
        JobState.COMPLETED: ("The variant is" if is_one else "Both variants are")
        + f" ready. {formatting.credits(job.credits_used)} used.",
        JobState.PARTIAL: f"One variant is ready, the other {_other_ending(job)}.",
        JobState.FAILED: ("The variant could not" if is_one else "Neither variant could") + " be made.",
        JobState.CANCELED: "The job was canceled.",
    }
    returned = f" {formatting.credits(job.credits_refunded)} were returned." if job.credits_refunded else ""
    return sentences.get(job.state, "") + returned


def _other_ending(job: JobDetail) -> str:
    is_canceled = any(variant.state is VariantState.CANCELED for variant in job.variants)
    return "was canceled" if is_canceled else "failed"


def _places(job: JobDetail) -> dict[str, Place]:
    if not any(variant.state is VariantState.QUEUED for variant in job.variants):
        return {}
    with session.runtime().database.read() as opened:
        return waiting.places(opened, session.runtime().desk, [variant.id for variant in job.variants])


def _draw_variant(
    job: JobDetail, variant: VariantDetail, typical: TypicalTimes, place: Place | None, *, says_why: bool
) -> None:
    look = VARIANT_LOOKS[variant.state]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{variant_name(variant.index)}**", width="content")
        st.badge(look.word, icon=f":material/{look.icon}:", color=look.color)
    is_ended = variant.state in _ENDED_TITLES
    before_after.draw(
        name=variant_name(variant.index),
        before_url=pictures.url(job.photo.prepared_key),
        after_url=pictures.url(variant.result_key) if variant.result_key else None,
        width=variant.result_width or job.photo.width,
        height=variant.result_height or job.photo.height,
        key=f"compare-{variant.id}",
        title=_title(variant),
        detail=_detail(variant, typical, place, job.created_at) if says_why or variant.failure is None else "",
        progress_percent=_progress(variant, typical),
        has_ended=is_ended,
    )
    if variant.result_key is not None:
        st.caption(f"Seed {variant.seed} · {formatting.duration(variant.elapsed_seconds)}")
        pictures.draw_downloads(job, variant)
    elif variant.failure is not None:
        st.caption(f"Seed {variant.seed}" + (f" · code `{variant.failure.code}`" if says_why else ""))


def _title(variant: VariantDetail) -> str:
    if variant.state is VariantState.QUEUED and variant.was_retried:
        # Its progress stays where it was: this is a second try, and not the beginning.
        return "Ordered once more"
    return _ENDED_TITLES.get(variant.state, VARIANT_LOOKS[variant.state].word)


def _detail(variant: VariantDetail, typical: TypicalTimes, place: Place | None, created_at: datetime) -> str:
    if variant.failure is not None:
        return variant.failure.message
    if variant.state is VariantState.CANCELED:
        return "Its credits were returned."
    elapsed = variant.elapsed_seconds
    if elapsed is None:
        elapsed = (clock.now() - created_at).total_seconds()
    again = "The first try failed; this one is at no charge. " if variant.was_retried else ""
    line = _line(place) if place is not None and place.ahead else ""
    return f"{again}{line}{formatting.clock_face(elapsed)} so far. {_estimate(elapsed, typical)}".strip()


def _line(place: Place) -> str:
    """How many wait before it, and when its turn comes: "42 variants before it, starts in about 4 s. "."""
    before = f"{formatting.count(place.ahead, 'variant')} before it"
    if place.at is None:
        return f"{before}. "
    seconds = (place.at - clock.now()).total_seconds()
    starts = f"in about {formatting.duration(seconds)}" if seconds > _AT_ONCE_SECONDS else "in a moment"
    return f"{before}, starts {starts}. "


def _estimate(elapsed_seconds: float, typical: TypicalTimes) -> str:
    if typical.median_seconds is None or typical.p95_seconds is None or not typical.are_telling:
        return ""
    usual = f"Usually {formatting.duration(typical.median_seconds)}"
    if elapsed_seconds > typical.p95_seconds:
        return f"That is long. {usual}; it is watched, and ended if nothing comes of it."
    within = formatting.duration(typical.p95_seconds)
    return f"{usual}, 19 of 20 within {within} (last {typical.count} variants)."


def _progress(variant: VariantDetail, typical: TypicalTimes) -> int:
    if variant.elapsed_seconds is None or not typical.median_seconds:
        return 0
    return min(95, int(100 * variant.elapsed_seconds / typical.median_seconds))
