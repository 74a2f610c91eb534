"""How do photos come onto the sheet? Dropped at once or as a ZIP, each with a line of its own while it is checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import errors
from core.auth.actors import Actor
from core.jobs.photos import Upload
from core.jobs.service import UPLOADS_MAX_BYTES
from core.listings import archive, service
from core.listings.refusals import Refusal
from core.listings.service import Added
from core.listings.sheet import ContactSheet
from core.prompts import presets
from pages.widgets import formatting, session

_ROUND = "intake-round"
_REPORT = "intake-report"
_PENDING = "intake-pending"
_LINES_SHOWN = 6
_MEGABYTE = 1024 * 1024
_TYPES = ["jpg", "jpeg", "png", "webp", "heic", "heif", "zip"]


@dataclass(slots=True)
class Intake:
    """A drop under way: the outcomes so far, and those that are left, each found when it is asked for."""

    left: Iterator[Added | Refusal]
    outcomes: list[Added | Refusal] = field(default_factory=list)


def draw(actor: Actor, found: ContactSheet) -> bool:
    """Draw the drop zone and what became of the last drop; True if photos were added just now."""
    listing_id, left = found.listing.id, service.PHOTOS_MAX - len(found.photos)
    rounds = st.session_state.setdefault(f"{_ROUND}-{listing_id}", 0)
    files = st.file_uploader(
        "Drop the photos, or a ZIP of them",
        type=_TYPES,
        accept_multiple_files=True,
        key=f"intake-{listing_id}-{rounds}",
        disabled=not left,
        max_upload_size=UPLOADS_MAX_BYTES // _MEGABYTE,
        help="JPEG, PNG, WebP or HEIC, up to 60 photos a listing. Nothing is charged before you stage.",
    )
    if not left:
        st.caption(f"This listing holds {service.PHOTOS_MAX} photos; it takes no more.")
    pending = f"{_PENDING}-{listing_id}"
    if files:
        # Whatever happens on the way, the same drop is not taken twice: what it added is on the sheet.
        st.session_state[f"{_ROUND}-{listing_id}"] = rounds + 1
        st.session_state[pending] = _begun(actor, listing_id, files)
    if pending in st.session_state:
        _take(st.session_state[pending])
        st.session_state[f"{_REPORT}-{listing_id}"] = st.session_state.pop(pending).outcomes
        return True
    _draw_report(st.session_state.get(f"{_REPORT}-{listing_id}"), key=f"{_REPORT}-{listing_id}")
    return False


def _begun(actor: Actor, listing_id: str, files: Sequence[Any]) -> Intake:
    """A drop that is now to be looked at; too much at once is refused as a whole."""
    _let_go(files)
    if sum(file.size for file in files) > UPLOADS_MAX_BYTES:
        return Intake(left=iter([Refusal("All of it", errors.RequestTooLarge())]))
    uploads = _photos(list(files))
    desk = session.runtime().desk
    return Intake(left=service.add_photos(desk, actor, listing_id=listing_id, uploads=uploads))


def _let_go(files: Sequence[Any]) -> None:
    """Have Streamlit forget the files, which it would keep for as long as the page is open."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=file.file_id)


def _take(intake: Intake) -> None:
    """Check and add every photo that is left, telling each one's outcome as it comes.

    A click anywhere on the page ends this run in the middle of it; the next one goes on where it ended.
    """
    outcomes = intake.outcomes
    with st.status("Looking at the photos …", expanded=True) as status:
        place = st.empty()
        try:
            for one in intake.left:
                outcomes.append(one)
                status.update(label=f"Looking at the photos … {formatting.count(len(outcomes), 'photo')} so far")
                place.markdown("\n\n".join(_line(outcome) for outcome in outcomes[-_LINES_SHOWN:]))
        except errors.StagingError as error:
            outcomes.append(Refusal("The other photos", error))
        status.update(label=_summary(outcomes), state="complete")


def _photos(files: list[Any]) -> Iterator[Upload | Refusal]:
    """The photos of the drop, those in ZIPs among them, one after another; what was looked at is let go."""
    while files:
        file = files.pop(0)
        if not archive.is_zip(file.name, bytes(file.getbuffer()[:4])):
            yield Upload(file_name=file.name, data=file.getvalue())
            continue
        try:
            yield from archive.photos(file)
        except errors.PhotoRefused as refused:
            yield Refusal(file.name, refused)


def _line(outcome: Added | Refusal) -> str:
    if isinstance(outcome, Refusal):
        return f":material/image_not_supported: {formatting.plain(outcome.shown_name)}: {_why(outcome)}"
    room = presets.ROOM_TYPES[outcome.room_type].name if outcome.room_type else "room not known yet"
    return f":material/check: {formatting.plain(outcome.file_name)} · {room}"


def _why(refused: Refusal) -> str:
    # Wrapped again: an error that is kept must not hold on to the photo it speaks of.
    return formatting.refusal(refused.error)


def _summary(outcomes: Sequence[Added | Refusal]) -> str:
    added = sum(isinstance(one, Added) for one in outcomes)
    repeated = sum(_is_repeated(one) for one in outcomes)
    refused = len(outcomes) - added - repeated
    parts = [f"{formatting.count(added, 'photo')} added"]
    parts += [f"{formatting.number(repeated)} here already"] if repeated else []
    parts += [f"{formatting.number(refused)} refused"] if refused else []
    return ", ".join(parts) if outcomes else "There is no photo in it."


def _is_repeated(outcome: Added | Refusal) -> bool:
    return isinstance(outcome, Refusal) and isinstance(outcome.error, errors.PhotoRepeated)


def _draw_report(outcomes: list[Added | Refusal] | None, *, key: str) -> None:
    """What the last drop came to, for as long as something in it wants to be read."""
    if outcomes is None:
        return
    refused = [one for one in outcomes if isinstance(one, Refusal)]
    if not refused and outcomes:
        st.caption(f":material/check: {_summary(outcomes)}.")
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{_summary(outcomes)}**", width="content")
            st.button("Close", icon=":material/close:", key=f"close-{key}", on_click=_forget, args=(key,))
        repeated = [one for one in refused if _is_repeated(one)]
        if len(repeated) == 1:
            st.markdown(_line(repeated[0]))
        elif repeated:
            names = ", ".join(formatting.plain(one.shown_name) for one in repeated)
            st.markdown(f":material/content_copy: On the sheet already, and not added twice: {names}.")
        for one in refused:
            if not _is_repeated(one):
                st.markdown(_line(one))


def _forget(key: str) -> None:
    st.session_state.pop(key, None)
