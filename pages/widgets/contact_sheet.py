"""How is each photo to look? The contact sheet: a picture, its room, its style, or to be skipped."""

from collections.abc import Callable, Sequence

import streamlit as st

from core import errors
from core.auth.actors import Actor
from core.listings import service
from core.listings.service import PhotoChange
from core.listings.sheet import ContactSheet, SheetPhoto
from core.prompts import presets
from pages.widgets import formatting, pictures, session

_COLUMNS = 4
_REFUSED = "sheet-refusal"


def draw(actor: Actor, found: ContactSheet) -> None:
    """Draw what is still to be staged, or was skipped, with its choices; each change is kept at once."""
    photos = [photo for photo in found.photos if is_on_sheet(photo)]
    if not photos:
        if not found.photos:
            with st.container(border=True, horizontal_alignment="center"):
                st.markdown("**No photos yet.** Drop them above; here you say of each which room it shows.")
        return
    st.subheader("Contact sheet", anchor=False)
    for start in range(0, len(photos), _COLUMNS):
        for column, photo in zip(st.columns(_COLUMNS), photos[start : start + _COLUMNS], strict=False):
            with column, st.container(border=True, height="stretch"):
                _draw_photo(actor, found, photo)


def is_on_sheet(photo: SheetPhoto) -> bool:
    """Whether the photo is set right here: it is to be staged, or skipped; else that is done beside its results."""
    return photo.is_to_stage or (photo.is_skipped and photo.job_id is None)


def _draw_photo(actor: Actor, found: ContactSheet, photo: SheetPhoto) -> None:
    pictures.draw_thumbnail(photo.thumbnail_key, alt=f"{photo.file_name}, as photographed")
    name = formatting.plain(photo.file_name)
    st.markdown(f"~~{name}~~" if photo.is_skipped else name)
    draw_look(actor, found, photo)
    if photo.is_to_stage and photo.room_type is None:
        st.badge("Which room is it?", icon=":material/help:", color="orange")
    key = showing(f"skip-{photo.id}", photo.is_skipped)
    st.checkbox(
        "Skip",
        key=key,
        on_change=lambda: _change(actor, found, photo, PhotoChange(is_skipped=st.session_state[key])),
    )
    if photo.repeats:
        st.caption(f":material/content_copy: {_repeat(photo)}")
        if photo.repeats_job_id is not None:
            st.page_link(
                "pages/library.py",
                label=f"See how {formatting.plain(photo.repeats)} was staged",
                icon=":material/photo_library:",
                query_params={"job": photo.repeats_job_id},
            )
    if photo.job_state is not None and photo.is_to_stage:
        st.caption(":material/error: Its last staging has no result; the credits were returned.")


def draw_look(actor: Actor, found: ContactSheet, photo: SheetPhoto) -> None:
    """Draw the photo's room and style; a change is kept at once, and counts from its next staging on."""
    _draw_room(actor, found, photo)
    _draw_style(actor, found, photo)


def _repeat(photo: SheetPhoto) -> str:
    name = formatting.plain(photo.repeats or "")
    if photo.repeats_here:
        return f"Looks like {name}, which is here too."
    return f"Looks like {name}, which this account sent before."


def _draw_room(actor: Actor, found: ContactSheet, photo: SheetPhoto) -> None:
    key = showing(f"room-{photo.id}", photo.room_type)
    st.selectbox(
        f"Room of {formatting.plain(photo.file_name)}",
        list(presets.ROOM_TYPES),
        index=None,
        format_func=lambda slug: presets.ROOM_TYPES[slug].name,
        placeholder="Which room?",
        label_visibility="collapsed",
        disabled=photo.is_skipped,
        key=key,
        on_change=lambda: _change(actor, found, photo, PhotoChange(room_type=st.session_state[key])),
    )


def _draw_style(actor: Actor, found: ContactSheet, photo: SheetPhoto) -> None:
    usual = presets.STYLES[found.listing.style].name
    key = showing(f"style-{photo.id}", photo.own_style or "")
    st.selectbox(
        f"Style of {formatting.plain(photo.file_name)}",
        ["", *presets.STYLES],
        format_func=lambda slug: presets.STYLES[slug].name if slug else f"{usual} (listing)",
        label_visibility="collapsed",
        disabled=photo.is_skipped,
        key=key,
        on_change=lambda: _change(actor, found, photo, PhotoChange(style=st.session_state[key])),
    )


def _change(actor: Actor, found: ContactSheet, photo: SheetPhoto, change: PhotoChange) -> None:
    database, listing_id = session.runtime().database, found.listing.id
    keep(lambda: service.change_photos(database, actor, listing_id=listing_id, changes={photo.id: change}))


def showing(key: str, value: object) -> str:
    """The key of a widget, which now shows what is kept: also what somebody else changed, or what was refused.

    Its own change was kept by its callback before anything is drawn, so it is never lost by this.
    """
    st.session_state[key] = value
    return key


def refuse(error: errors.StagingError) -> None:
    """Have the page say so when it is drawn anew."""
    st.session_state[_REFUSED] = formatting.refusal(error)


def keep(change: Callable[[], None]) -> None:
    """Make a change that a widget asks for; if it is refused, the page says so when it is drawn anew."""
    try:
        change()
    except errors.StagingError as error:
        # A callback's own words would stand above everything.
        refuse(error)


def draw_refusal() -> None:
    """Say why the last change was not kept, or nothing was staged, if it was not."""
    refusal = st.session_state.pop(_REFUSED, "")
    if refusal:
        st.error(refusal, icon=":material/error:")


def names(photos: Sequence[SheetPhoto]) -> str:
    """The first few names of photos, for a sentence."""
    shown = ", ".join(formatting.plain(photo.file_name) for photo in photos[:3])
    return shown + (f" and {formatting.number(len(photos) - 3)} more" if len(photos) > 3 else "")
