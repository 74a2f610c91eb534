"""Listings: all photos of a property at once, from the drop to the download."""

import streamlit as st

from core import errors
from core.auth.actors import Actor
from core.credits import queries as credit_queries
from core.jobs import queries
from core.listings import service, sheet
from core.listings.sheet import ContactSheet
from core.prompts import presets
from pages.widgets import (
    contact_sheet,
    deeds,
    formatting,
    listing_gallery,
    listing_intake,
    listing_list,
    listing_order,
    pause_banner,
    session,
)

_LISTING = "listing"


def _page() -> None:
    actor = session.require_actor()
    deeds.draw_notice()
    listing_id = st.query_params.get(_LISTING)
    if not listing_id:
        st.title("Listings", anchor=False)
        pause_banner.draw()
        _draw_new(actor)
        chosen = listing_list.draw(actor)
        if chosen:
            _go_to(chosen)
        return
    try:
        with session.runtime().database.read() as opened:
            found = sheet.contact_sheet(opened, actor, listing_id)
    except errors.ListingNotFound as error:
        st.title("Listings", anchor=False)
        st.warning(formatting.plain(error.message), icon=":material/search_off:")
        _draw_way_back()
        return
    _draw_listing(actor, found)


def _draw_new(actor: Actor) -> None:
    with session.runtime().database.read() as opened:
        names = {account.id: account.name for account in credit_queries.accounts(opened, actor)}
        usual = queries.last_account_charged(opened, actor)
    accounts = list(names.values())
    if not accounts:
        st.info("There is no account yet to which a listing could belong. A manager opens one.")
        return
    with st.form("new-listing", border=True):
        wide, second, third, last = st.columns([3, 1.6, 1.6, 1.6], vertical_alignment="bottom")
        reference = wide.text_input(
            "Address or reference",
            max_chars=service.REFERENCE_MAX,
            placeholder="For example: 12 Elm Street",
            key="new-reference",
            autocomplete="off",
        )
        index = accounts.index(names[usual]) if usual in names else 0
        account = second.selectbox("Account", accounts, index=index, key="new-account")
        style = third.selectbox(
            "Style", list(presets.STYLES), format_func=lambda slug: presets.STYLES[slug].name, key="new-style"
        )
        clicked = last.form_submit_button("Open the listing", type="primary", icon=":material/add_home:")
    if clicked:
        found = deeds.attempt(
            lambda: service.open_listing(
                session.runtime().database, actor, account=account, reference=reference, style=style
            )
        )
        if found is not None:
            _go_to(found.id)


def _go_to(listing_id: str) -> None:
    st.query_params[_LISTING] = listing_id
    st.rerun()


def _draw_way_back() -> None:
    if st.button("All listings", icon=":material/arrow_back:", type="tertiary", key="all-listings"):
        st.query_params.pop(_LISTING, None)
        st.rerun()


def _draw_listing(actor: Actor, found: ContactSheet) -> None:
    _draw_way_back()
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(width="content", gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.title(formatting.plain(found.listing.reference), anchor=False, width="content")
                _draw_rename(actor, found)
            st.caption(
                f"{formatting.plain(found.listing.account)} · {formatting.count(len(found.photos), 'photo')} ·"
                f" opened {formatting.when(found.listing.created_at)} by {formatting.plain(found.listing.created_by)}"
            )
        _draw_style(actor, found)
    pause_banner.draw()
    contact_sheet.draw_refusal()
    is_added = listing_intake.draw(actor, found)
    if is_added:
        st.rerun()
    contact_sheet.draw(actor, found)
    listing_order.draw(actor, found)
    if any(photo.job_id for photo in found.photos):
        listing_gallery.draw(actor, found)


def _draw_rename(actor: Actor, found: ContactSheet) -> None:
    with st.popover("", icon=":material/edit:", type="tertiary", help="Another address or reference"):
        with st.form("rename-listing", border=False):
            reference = st.text_input(
                "Address or reference",
                value=found.listing.reference,
                max_chars=service.REFERENCE_MAX,
                key=f"rename-{found.listing.id}",
                autocomplete="off",
            )
            clicked = st.form_submit_button("Rename", type="primary")
        if clicked and deeds.attempt(lambda: _rename(actor, found.listing.id, reference)):
            deeds.tell("The listing is renamed.")
            st.rerun()


def _rename(actor: Actor, listing_id: str, reference: str) -> bool:
    service.change(session.runtime().database, actor, listing_id=listing_id, reference=reference)
    return True


def _draw_style(actor: Actor, found: ContactSheet) -> None:
    key = contact_sheet.showing(f"style-{found.listing.id}", found.listing.style)

    def change() -> None:
        database, style = session.runtime().database, st.session_state[key]
        contact_sheet.keep(lambda: service.change(database, actor, listing_id=found.listing.id, style=style))

    st.selectbox(
        "Style of the listing",
        list(presets.STYLES),
        format_func=lambda slug: presets.STYLES[slug].name,
        key=key,
        on_change=change,
        width=200,
    )


_page()
