"""Library: every photo that was ever staged, to be found, compared, judged and taken home."""

import functools
from collections.abc import Sequence

import streamlit as st

from core import errors
from core.auth.actors import Actor
from core.credits import queries as credit_queries
from core.listings import library
from core.listings.library import LibraryFilter, LibraryItem
from core.prompts import presets
from pages.widgets import (
    address,
    deeds,
    formatting,
    library_filters,
    library_record,
    paging,
    pause_banner,
    pictures,
    session,
)

_JOB = "job"
_COLUMNS = 4


def _page() -> None:
    actor = session.require_actor()
    st.title("Library", anchor=False)
    pause_banner.draw()
    deeds.draw_notice()
    asked = address.asked(_JOB)
    if asked:
        _draw_record(actor, asked)
        return
    with session.runtime().database.read() as opened:
        accounts = [account.name for account in credit_queries.accounts(opened, actor)]
    wanted = library_filters.draw(accounts)
    shown = paging.read(functools.partial(_read, actor, wanted), of=wanted, key="library")
    if not shown.items:
        _draw_empty(is_narrowed=wanted != LibraryFilter())
        return
    _draw_cards(shown.items)
    paging.draw(shown, noun="photo", key="library")


def _read(actor: Actor, wanted: LibraryFilter, cursor: str | None) -> tuple[Sequence[LibraryItem], str | None]:
    with session.runtime().database.read() as opened:
        page = library.library(opened, actor, wanted, cursor=cursor)
    return page.items, page.next_cursor


def _draw_empty(*, is_narrowed: bool) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        if is_narrowed:
            st.markdown("**No staged photo fits.** Take a filter back, or search for less.")
            st.button("Clear the filters", icon=":material/filter_alt_off:", on_click=library_filters.clear)
        else:
            st.markdown("**Nothing is staged yet.** Every photo that has a result will be here.")
            if st.button("Stage a photo", icon=":material/chair:", type="primary"):
                st.switch_page("pages/stage.py")


def _draw_cards(items: Sequence[LibraryItem]) -> None:
    for start in range(0, len(items), _COLUMNS):
        for column, item in zip(st.columns(_COLUMNS), items[start : start + _COLUMNS], strict=False):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                _draw_card(item)


def _draw_card(item: LibraryItem) -> None:
    job, best = item.job, item.best
    picture = best.result_thumbnail_key or best.result_key or job.photo.thumbnail_key
    pictures.draw_thumbnail(picture, alt=f"{job.photo.file_name}, staged")
    st.button(
        formatting.plain(job.photo.file_name),
        type="tertiary",
        key=f"open-{job.id}",
        help="Compare, judge and download",
        on_click=address.keep,
        args=(_JOB, job.id),
    )
    look = f"{presets.ROOM_TYPES[job.room_type].name} · {presets.STYLES[job.style].name}"
    listings = [item.listing, *item.given_to.values()] if item.listing else list(item.given_to.values())
    where = "".join(f"{formatting.plain(listing)} · " for listing in listings)
    st.caption(f"{where}{look} · {formatting.when(job.created_at)}")
    thought = _thought(item)
    if thought:
        st.caption(thought)


def _thought(item: LibraryItem) -> str:
    stars = item.opinion.stars.get(item.best.index)
    parts = [":material/favorite: Favorite"] if item.opinion.favorite == item.best.index else []
    parts += [f":material/star: {stars} of 5"] if stars else []
    return " · ".join(parts)


def _draw_record(actor: Actor, job_id: str) -> None:
    st.button(
        "All staged photos",
        icon=":material/arrow_back:",
        type="tertiary",
        key="library-back",
        on_click=address.keep,
        args=(_JOB, ""),
    )
    try:
        with session.runtime().database.read() as opened:
            item = library.item(opened, actor, job_id)
    except errors.JobNotFound as error:
        st.warning(formatting.plain(error.message), icon=":material/search_off:")
        return
    if item is None:
        st.info("This job has no result. The Monitor tells why.", icon=":material/image_not_supported:")
        st.page_link("pages/monitor.py", label="See it on the Monitor", query_params={"job": job_id})
        return
    library_record.draw(actor, item)


_page()
