"""What came of the listing's photos? How far it is, each photo beside its variants, favorites, and the download."""

from collections.abc import Sequence

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import pricing
from core.jobs.states import JobState, variant_name
from core.listings import cancellation, results, sheet, staging
from core.listings.results import PhotoResult, Progress, VariantResult
from core.listings.sheet import ContactSheet, SheetPhoto
from core.listings.staging import StageListing
from core.prompts import presets
from pages.widgets import (
    before_after,
    confirmation,
    contact_sheet,
    deeds,
    formatting,
    listing_order,
    pictures,
    session,
    states,
    variant_opinion,
)

_REFRESH_MS = 1_500
_PHOTOS_A_PAGE = 12
_SEEN = "listing-progress-seen"
_BAR = "stage-again-bar"
# Streamlit's wrapper of the container is what scrolls; Canvas is the page's own color, light or dark.
_BAR_STYLE = f"""<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-{_BAR}) {{position: sticky; bottom: 12px; z-index: 10}}
.st-key-{_BAR} {{background: Canvas}}
</style>"""


def draw(actor: Actor, found: ContactSheet) -> None:
    """Draw the progress, which renews itself until all is over, and the gallery below it."""
    st.subheader("Results", anchor=False)
    _draw_progress(actor, found.listing.id)
    with session.runtime().database.read() as opened:
        shown = results.gallery(opened, found)
    _draw_tools(actor, found, shown)
    pages = -(-len(shown) // _PHOTOS_A_PAGE)
    page = st.pagination(pages, key=f"gallery-page-{found.listing.id}") if pages > 1 else 1
    first = (int(page or 1) - 1) * _PHOTOS_A_PAGE
    for photo in shown[first : first + _PHOTOS_A_PAGE]:
        _draw_photo(actor, found, photo)
    _draw_again(actor, found, shown)


@st.fragment
def _draw_progress(actor: Actor, listing_id: str) -> None:
    """Redraws itself while something is under way; the whole page, once anything has changed."""
    runtime = session.runtime()
    with runtime.database.read() as opened:
        shown = results.gallery(opened, sheet.contact_sheet(opened, actor, listing_id))
        told = results.progress(opened, runtime.desk, shown)
    now = (sum(len(photo.results) for photo in shown), told.running, told.waiting, told.partial, told.failed)
    key = f"{_SEEN}-{listing_id}"
    before = st.session_state.get(key, now)
    st.session_state[key] = now
    _draw_figures(told)
    if now != before:
        st.rerun()
    if not told.is_over:
        st_autorefresh(interval=_REFRESH_MS, key=f"refresh-{listing_id}")


def _draw_figures(told: Progress) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        done = f"{formatting.number(told.done)} of {formatting.number(told.total)} done"
        st.badge(done, icon=":material/check_circle:", color="green")
        if told.partial:
            words = f"{formatting.number(told.partial)} with one variant"
            st.badge(words, icon=":material/error:", color="orange")
        if told.running:
            st.badge(f"{formatting.number(told.running)} being drawn", icon=":material/autorenew:", color="blue")
        if told.waiting:
            st.badge(f"{formatting.number(told.waiting)} waiting", icon=":material/schedule:", color="gray")
        if told.failed:
            st.badge(f"{formatting.number(told.failed)} failed", icon=":material/error:", color="red")
    if not told.is_over:
        left = "" if told.seconds_left is None else f" About {formatting.about(told.seconds_left)} left."
        st.progress(told.percent, text=f"You may close this page: nothing stops.{left}")


def _draw_tools(actor: Actor, found: ContactSheet, shown: tuple[PhotoResult, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if any(photo.results for photo in shown):
            st.link_button(
                "Download all (ZIP)",
                pictures.listing_zip_url(found.listing.id),
                icon=":material/folder_zip:",
                help="The results shown here with their “Virtually staged” label, and the untouched photos.",
            )
        if any(result.is_favorite for photo in shown for result in photo.results):
            st.link_button(
                "Favorites only (ZIP)",
                pictures.listing_zip_url(found.listing.id, favorites_only=True),
                icon=":material/favorite:",
                help="The picked variants with their label, and the untouched photos that they were made of.",
            )
        under_way = sum(not photo.job.state.is_terminal for photo in shown)
        if (
            under_way
            and actor.may(Action.CANCEL)
            and st.button("Cancel what is under way", icon=":material/block:", key="cancel-listing")
        ):
            deeds.new_opening()
            _ask_to_cancel(actor, found, under_way)


@st.dialog("Cancel what is under way", icon=":material/block:")
def _ask_to_cancel(actor: Actor, found: ContactSheet, under_way: int) -> None:
    st.markdown(f"**{formatting.plain(found.listing.reference)}** · {formatting.count(under_way, 'photo')} under way")
    st.markdown(
        "What waits ends at once, what is drawn is canceled at Replicate. Every variant without a result is refunded;"
        " one that is ready first counts, and is charged. The photos can be staged again."
    )
    if confirmation.button("Cancel all of it", icon=":material/block:", key="cancel-listing-now", is_final=True):
        with st.spinner("Canceling …"):
            canceled = deeds.attempt(
                lambda: cancellation.cancel_listing(session.runtime().desk, actor, found.listing.id)
            )
        if canceled is not None:
            deeds.tell(f"{formatting.count(canceled, 'photo')} canceled; what had no result is refunded.")
            st.rerun()


def _draw_again(actor: Actor, found: ContactSheet, shown: tuple[PhotoResult, ...]) -> None:
    """The button for the photos that are checked, which stays in view below them."""
    checked = _checked(found)
    chosen = [photo for photo in shown if photo.job.id in checked]
    if not chosen:
        return
    # In another look, they may be there already; in the look that is shown, others are wanted.
    anew = [photo.photo for photo in chosen if not _is_other_look(photo)]
    request = StageListing(
        listing_id=found.listing.id,
        photo_ids=[photo.photo.id for photo in chosen],
        new_seeds_for=[photo.id for photo in anew],
    )
    try:
        with session.runtime().database.read() as opened:
            quoted = staging.quote(opened, actor, request)
    except errors.StagingError as error:
        # Somebody staged one of them since the page was read.
        st.warning(formatting.refusal(error), icon=":material/group:")
        return
    st.html(_BAR_STYLE)
    with st.container(key=_BAR, horizontal=True, vertical_alignment="center", border=True):
        words = f"Stage {formatting.count(len(chosen), 'photo')} again · {formatting.credits(quoted.credits)}"
        agreed = listing_order.as_shown(request, quoted.photos, quoted.credits)
        listing_order.draw_button(actor, agreed, words, key="stage-again", icon=":material/casino:")
        st.caption(_told_again(anew, [photo.photo for photo in chosen if _is_other_look(photo)], quoted.reused))


def _told_again(anew: Sequence[SheetPhoto], otherwise: Sequence[SheetPhoto], reused: int) -> str:
    told = f"With new seeds: {contact_sheet.names(anew)}." if anew else ""
    if otherwise:
        told += f" In another look: {contact_sheet.names(otherwise)}."
    if reused:
        told += f" {formatting.number(reused)} of them you have already, at no charge."
    return told.strip()


def _draw_check(found: ContactSheet, photo: PhotoResult) -> None:
    """The check is kept apart from its widget, which is forgotten on another page of the gallery."""
    checked, job_id = _checked(found), photo.job.id
    key = contact_sheet.showing(f"again-{job_id}", job_id in checked)

    def change() -> None:
        (checked.add if st.session_state[key] else checked.discard)(job_id)

    st.checkbox("Stage again", key=key, on_change=change)


def _checked(found: ContactSheet) -> set[str]:
    """The latest jobs of the photos that are to be staged again; none, once that was ordered."""
    number = listing_order.orders_sent(found.listing.id)
    kept: set[str] = st.session_state.setdefault(f"stage-again-{found.listing.id}-{number}", set())
    return kept


def _draw_photo(actor: Actor, found: ContactSheet, photo: PhotoResult) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.markdown(f"**{formatting.plain(photo.photo.file_name)}**", width="content")
                states.badge(photo.job.state)
                st.caption(_look(photo.job.room_type, photo.job.style), width="content")
            if photo.job.state.is_terminal and not contact_sheet.is_on_sheet(photo.photo):
                with st.container(horizontal=True, vertical_alignment="center", width="content"):
                    with st.popover("Change the look", icon=":material/style:", type="tertiary"):
                        contact_sheet.draw_look(actor, found, photo.photo)
                    _draw_check(found, photo)
        if _is_other_look(photo):
            look = _look(photo.photo.room_type, photo.photo.style)
            st.caption(f":material/style: Next time: {look}. Check “Stage again” to have it.")
        _draw_notes(actor, photo)
        ready = {result.variant.index: result for result in photo.results}
        indexes = sorted({*ready, *(variant.index for variant in photo.job.variants)})
        for column, index in zip(st.columns(pricing.VARIANTS_PER_JOB), indexes, strict=False):
            with column:
                if index in ready:
                    _draw_result(actor, photo, ready[index])
                else:
                    _draw_waiting(photo, index)


def _draw_notes(actor: Actor, photo: PhotoResult) -> None:
    """What else there is to know: why there is no result, where a missing variant is had, what was before."""
    job = photo.job
    if job.failure is not None and not any(variant.failure for variant in job.variants):
        st.caption(formatting.refusal(job.failure))
    if job.state is JobState.PARTIAL and actor.may(Action.RETRY):
        st.page_link(
            "pages/monitor.py",
            label="Retry the missing variant on the Monitor",
            icon=":material/replay:",
            query_params={"job": job.id},
        )
    if photo.photo.earlier_job_ids:
        times = formatting.count(len(photo.photo.earlier_job_ids), "earlier staging")
        st.page_link(
            "pages/library.py",
            label=f"{times} in the Library",
            icon=":material/history:",
            query_params={"q": photo.photo.file_name},
        )


def _draw_waiting(photo: PhotoResult, index: int) -> None:
    """The dimmed photo in the place of a variant that is under way, or has no result."""
    variant = next(one for one in photo.job.variants if one.index == index)
    before_after.draw(
        name=f"{photo.photo.file_name}, {variant_name(index)}",
        before_url=pictures.url(photo.photo.prepared_key),
        after_url=None,
        width=photo.job.photo.width,
        height=photo.job.photo.height,
        key=f"gallery-{variant.id}",
        title=states.VARIANT_LOOKS[variant.state].word,
        detail=formatting.reason(variant.failure.code) if variant.failure else "",
        has_ended=variant.state.is_terminal,
    )


def _draw_result(actor: Actor, photo: PhotoResult, result: VariantResult) -> None:
    job, variant, name = result.job, result.variant, variant_name(result.variant.index)
    before_after.draw(
        name=f"{photo.photo.file_name}, {name}",
        before_url=pictures.url(job.photo.prepared_key),
        after_url=pictures.url(variant.result_key) if variant.result_key else None,
        width=variant.result_width or job.photo.width,
        height=variant.result_height or job.photo.height,
        key=f"gallery-{variant.id}",
    )
    if result.job.id != photo.job.id:
        st.caption(f":material/history: Earlier staging: {_look(result.job.room_type, result.job.style)}")
    variant_opinion.draw(actor, job.id, variant, is_favorite=result.is_favorite, stars=result.stars)


def _look(room_type: str | None, style: str) -> str:
    room = presets.ROOM_TYPES[room_type].name if room_type else "Room not known"
    return f"{room} · {presets.STYLES[style].name}"


def _is_other_look(photo: PhotoResult) -> bool:
    """Whether the sheet wants the photo otherwise by now than its last staging had it."""
    return (photo.photo.room_type, photo.photo.style) != (photo.job.room_type, photo.job.style)
