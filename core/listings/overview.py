"""Which listings are there, and how far is each?"""

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import search_text
from core.jobs.states import IN_FLIGHT_JOBS, JobState
from core.listings import sheet
from core.listings.sheet import ListingDetail
from core.models import Account, Listing, ListingPhoto

PAGE_SIZE = 50
_STANDINGS = {
    JobState.COMPLETED: "done",
    JobState.PARTIAL: "partial",
    JobState.FAILED: "failed",
    JobState.CANCELED: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingSummary:
    """A listing at a glance: how many photos are on its sheet, and how those stand that are not skipped.

    `partial` have one variant of two. A photo that is none of the four was not staged yet.
    """

    listing: ListingDetail
    photos: int
    skipped: int
    done: int
    partial: int
    running: int
    failed: int

    @property
    def left(self) -> int:
        """The photos that nobody staged or skipped yet."""
        return self.photos - self.skipped - self.done - self.partial - self.running - self.failed


def listings(session: Session, actor: Actor, *, text: str = "", limit: int = PAGE_SIZE) -> list[ListingSummary]:
    """The listings that the actor sees, the latest first; with `text`, those whose reference holds it in any case."""
    actor.require(Action.READ_JOBS)
    query = sa.select(Listing, Account.name.label("account")).join(Account, Account.id == Listing.account_id)
    if actor.account_id is not None:
        query = query.where(Listing.account_id == actor.account_id)
    if text.strip():
        if not search_text.is_storable(text):
            return []
        query = query.where(Listing.reference_folded.contains(search_text.folded(text.strip()), autoescape=True))
    rows = session.execute(query.order_by(Listing.created_at.desc(), Listing.id.desc()).limit(limit)).all()
    ids = [row.Listing.id for row in rows]
    photos = session.execute(
        sa.select(ListingPhoto.listing_id, ListingPhoto.photo_id, ListingPhoto.is_skipped).where(
            ListingPhoto.listing_id.in_(ids)
        )
    ).all()
    staged = sheet.stagings(session, ids)
    standings: dict[str, Counter[str]] = {listing_id: Counter() for listing_id in ids}
    for listing_id, photo_id, is_skipped in photos:
        jobs = staged[listing_id].get(photo_id, {})
        standings[listing_id][_standing(jobs, is_skipped=is_skipped)] += 1
    return [_summary(sheet.as_listing(row), standings[row.Listing.id]) for row in rows]


def _standing(jobs: dict[str, JobState], *, is_skipped: bool) -> str:
    """How a photo stands by its latest staging; one that was skipped after it was staged counts as staged."""
    if not jobs:
        return "skipped" if is_skipped else ""
    state = jobs[next(reversed(jobs))]
    return "running" if state in IN_FLIGHT_JOBS else _STANDINGS[state]


def _summary(listing: ListingDetail, standings: Counter[str]) -> ListingSummary:
    return ListingSummary(
        listing=listing,
        photos=standings.total(),
        skipped=standings["skipped"],
        done=standings["done"],
        partial=standings["partial"],
        running=standings["running"],
        failed=standings["failed"],
    )
