"""What does staging the listing cost, and does the balance cover it? One button that says both."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries as credit_queries
from core.jobs.states import Priority
from core.listings import service, staging
from core.listings.service import PhotoChange
from core.listings.sheet import ContactSheet, SheetPhoto
from core.listings.staging import BatchQuote, StageListing
from core.prompts import presets
from pages.widgets import contact_sheet, deeds, formatting, look_card, session

# Fewer are answered one by one as fast.
_MANY = 3
_STAGE = ":material/chair:"
_AGREED = "listing-order-that-was-clicked"


def draw(actor: Actor, found: ContactSheet) -> None:
    """Draw the price of all that is to be staged, and its button; nothing if there is nothing to stage."""
    if not found.to_stage:
        return
    with st.container(border=True):
        if found.without_room:
            st.warning(
                f"Say which room {contact_sheet.names(found.without_room)} shows, or skip it."
                if len(found.without_room) == 1
                else f"Say of {formatting.count(len(found.without_room), 'photo')} which room each shows, or skip"
                f" it: {contact_sheet.names(found.without_room)}.",
                icon=":material/help:",
            )
            _draw_rooms(actor, found)
            return
        with session.runtime().database.read() as opened:
            account = credit_queries.account(opened, actor, name=found.listing.account)
        is_rush = look_card.draw_rush(account)
        _draw_offer(actor, found, Priority.RUSH if is_rush else Priority.NORMAL)


def _draw_rooms(actor: Actor, found: ContactSheet) -> None:
    """One answer for all photos of which nobody said the room, as a camera's names say none."""
    missing = found.without_room
    if len(missing) < _MANY:
        return
    with st.form("rooms-at-once", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        room_type = st.selectbox(
            f"All {formatting.number(len(missing))} show the same room",
            list(presets.ROOM_TYPES),
            format_func=lambda slug: presets.ROOM_TYPES[slug].name,
            width=260,
            key="room-of-all",
        )
        clicked = st.form_submit_button("Say so of all of them")
    if clicked:
        changes = {photo.id: PhotoChange(room_type=room_type) for photo in missing}
        database, listing_id = session.runtime().database, found.listing.id
        contact_sheet.keep(lambda: service.change_photos(database, actor, listing_id=listing_id, changes=changes))
        st.rerun()


def _draw_offer(actor: Actor, found: ContactSheet, priority: Priority) -> None:
    request = StageListing(listing_id=found.listing.id, priority=priority)
    try:
        with session.runtime().database.read() as opened:
            quoted = staging.quote(opened, actor, request)
    except errors.StagingError as error:
        # Somebody changed the sheet since it was read for this page.
        st.warning(formatting.refusal(error), icon=":material/group:")
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(_price(quoted), width="content")
        if quoted.is_covered:
            words = f"Stage {formatting.count(len(quoted.photos), 'photo')} · {formatting.credits(quoted.credits)}"
            draw_button(actor, as_shown(request, quoted.photos, quoted.credits), words, key="stage-listing")
    if not quoted.is_covered:
        _draw_choice(actor, request, quoted)


def as_shown(request: StageListing, photos: Sequence[SheetPhoto], price_credits: int) -> StageListing:
    """The request of whoever was shown these photos as they are, at that price."""
    return replace(request, expected_credits=price_credits, expected_look=staging.look_of(photos))


def _price(quoted: BatchQuote) -> str:
    account = quoted.account
    after = account.balance - quoted.credits
    photos = formatting.count(len(quoted.photos), "photo")
    words = f"**{photos}, two variants each: {formatting.credits(quoted.credits)}.**"
    if quoted.reused:
        words += f" {formatting.number(quoted.reused)} of them you have already, at no charge."
    has = f" {formatting.plain(account.name)} has {formatting.credits(account.balance)}"
    return words + has + (f", {formatting.number(after)} afterwards." if after >= 0 else ".")


def _draw_choice(actor: Actor, request: StageListing, quoted: BatchQuote) -> None:
    """The balance is short: what it covers, and that nothing happens without a choice."""
    covered, missing = len(quoted.affordable), quoted.credits - quoted.account.balance
    choices = "stage those, skip others, or" if covered else "skip some, or"
    st.warning(
        f"The credits cover {formatting.number(covered)} of {formatting.number(len(quoted.photos))} photos. Nothing"
        f" is charged until you choose: {choices} have {formatting.credits(missing)} more granted.",
        icon=":material/account_balance_wallet:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if covered:
            ids = [photo.id for photo in quoted.affordable]
            some = as_shown(replace(request, photo_ids=ids), quoted.affordable, quoted.affordable_credits)
            words = f"Stage those {formatting.number(covered)} · {formatting.credits(quoted.affordable_credits)}"
            draw_button(actor, some, words, key="stage-some", help=contact_sheet.names(quoted.affordable))
        if actor.may(Action.GRANT_CREDITS):
            st.page_link("pages/credits.py", label="Grant credits", icon=":material/toll:")


def draw_button(
    actor: Actor, request: StageListing, words: str, *, key: str, help: str | None = None, icon: str = _STAGE
) -> None:
    """Draw the button that stages so; what it stages is what it was drawn for, whatever was changed since."""
    clicked = st.button(words, type="primary", icon=icon, key=key, help=help, on_click=_agree, args=(request,))
    if clicked:
        _send(actor, st.session_state.pop(_AGREED, request))


def _agree(request: StageListing) -> None:
    # By the time the page is drawn anew, it may be another price, or somebody may have chosen another look.
    st.session_state[_AGREED] = request


def _send(actor: Actor, agreed: StageListing) -> None:
    """Stage what was agreed to; then the page is drawn anew, and says what came of it."""
    request = replace(agreed, idempotency_key=_key(agreed))
    try:
        with st.spinner("Taking the order …"):
            made = staging.stage(session.runtime().desk, actor, request)
    except errors.StagingError as error:
        # Whatever stood against it may be on the sheet by now.
        contact_sheet.refuse(error)
        st.rerun()
    st.session_state[_round(request.listing_id)] = orders_sent(request.listing_id) + 1
    if made.repeated:
        # As after a page that broke off between the order and its thanks.
        deeds.tell("This order was taken before; nothing was charged again.")
        st.rerun()
    new = len(made.jobs) - len(made.reused)
    words = f"{formatting.count(new, 'photo')} ordered." if new else "Nothing had to be ordered."
    if made.reused:
        words += f" {formatting.count(len(made.reused), 'photo')} given again at no charge."
    deeds.tell(words)
    st.rerun()


def _key(request: StageListing) -> str:
    """The same for a click and its double, another once an order was taken."""
    content = (
        session.token(),
        request.listing_id,
        tuple(request.photo_ids or ()),
        request.priority,
        request.new_seeds,
        tuple(request.new_seeds_for),
        orders_sent(request.listing_id),
    )
    return hashlib.sha256(repr(content).encode()).hexdigest()


def orders_sent(listing_id: str) -> int:
    """How many orders this session has sent for the listing."""
    return int(st.session_state.get(_round(listing_id), 0))


def _round(listing_id: str) -> str:
    return f"orders-sent-{listing_id}"
