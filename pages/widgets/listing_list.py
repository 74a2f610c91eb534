"""Which listings are there? A table with how far each one is."""

import streamlit as st

from core import clock
from core.auth.actors import Actor
from core.listings import overview
from core.listings.overview import ListingSummary
from pages.widgets import formatting, record_table, session
from pages.widgets.record_table import Cell, Column, Row

_COLUMNS = (
    Column(title="Listing", width="minmax(0, 3fr)", is_strong=True, is_full=True, wraps=True),
    Column(title="Account", width="minmax(0, 2fr)"),
    Column(title="Photos", width="80px", is_number=True),
    Column(title="Done", width="90px", is_number=True),
    Column(title="", width="170px"),
    Column(title="Opened", width="90px"),
)


def draw(actor: Actor) -> str | None:
    """Draw the search and the table; the id of the listing that was just clicked, or None."""
    text = st.text_input(
        "Search listings",
        placeholder="Search by address or reference",
        icon=":material/search:",
        label_visibility="collapsed",
        key="listing-search",
        autocomplete="off",
    )
    with session.runtime().database.read() as opened:
        found = overview.listings(opened, actor, text=text)
    if not found:
        _draw_empty(text.strip())
        return None
    clicked = record_table.draw("Listings", _COLUMNS, [_row(one) for one in found], key="listings")
    if len(found) == overview.PAGE_SIZE:
        st.caption(f"The latest {overview.PAGE_SIZE} are shown; search for older ones.")
    return clicked


def _draw_empty(text: str) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        if text:
            st.markdown(f"**No listing has “{formatting.plain(text)}” in its address or reference.**")
        else:
            st.markdown("**No listings yet.** Open one above, then drop all of its photos at once, or as a ZIP.")


def _row(one: ListingSummary) -> Row:
    listing = one.listing
    return Row(
        listing.id,
        (
            Cell(text=listing.reference, action=listing.id, href=f"listings?listing={listing.id}"),
            Cell(text=listing.account),
            Cell(text=formatting.number(one.photos)),
            Cell(text=formatting.number(one.done)),
            _state(one),
            Cell(
                text=f"{formatting.ago(listing.created_at, clock.now())} ago",
                hover=formatting.exact(listing.created_at),
            ),
        ),
    )


def _state(one: ListingSummary) -> Cell:
    if one.running:
        return Cell(text=f"{formatting.number(one.running)} under way", color="blue", icon="autorenew")
    if one.failed:
        return Cell(text=f"{formatting.number(one.failed)} failed", color="red", icon="error")
    if one.partial:
        return Cell(text=f"{formatting.number(one.partial)} with one variant", color="orange", icon="error")
    if one.done and one.left:
        return Cell(text=f"{formatting.number(one.left)} not staged yet", color="orange", icon="schedule")
    if one.done:
        return Cell(text="Done", color="green", icon="check_circle")
    return Cell(text="Not staged yet" if one.photos else "No photos yet", color="gray", icon="schedule")
