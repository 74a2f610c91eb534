"""What is on a listing's contact sheet? Its photos in their order, how each is to look, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs.states import JobState
from core.models import Account, Job, Listing, ListingPhoto, Photo, Reuse

WITH_RESULT = (JobState.COMPLETED, JobState.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingDetail:
    """A listing: whose it is, under which address or reference, and in which style unless a photo says otherwise."""

    id: str
    account_id: int
    account: str
    reference: str
    style: str
    mls_profile: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPhoto:
    """A photo on the sheet. `style` is its own or else the listing's, `own_style` is empty for the listing's.

    `repeats` is the file name of a photo that shows the same view, `repeats_here` whether that is on this sheet too,
    `repeats_job_id` the latest job that has a result of it. The job is the latest that staged it for this listing;
    `earlier_job_ids` are the others that did and have a result, the latest first.
    """

    id: str
    position: int
    file_name: str
    sha256: str
    thumbnail_key: str
    prepared_key: str
    original_key: str
    room_type: str | None
    style: str
    own_style: str | None
    is_skipped: bool
    repeats: str | None
    repeats_here: bool
    repeats_job_id: str | None
    job_id: str | None
    job_state: JobState | None
    earlier_job_ids: tuple[str, ...]

    @property
    def is_to_stage(self) -> bool:
        """Whether staging the listing stages it: neither skipped nor under way, and without a result, however old."""
        is_without = self.job_state in (None, JobState.FAILED, JobState.CANCELED)
        return is_without and not self.is_skipped and not self.earlier_job_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSheet:
    """A listing with its photos in their order."""

    listing: ListingDetail
    photos: tuple[SheetPhoto, ...]

    @property
    def to_stage(self) -> tuple[SheetPhoto, ...]:
        """The photos that staging the listing stages."""
        return tuple(photo for photo in self.photos if photo.is_to_stage)

    @property
    def without_room(self) -> tuple[SheetPhoto, ...]:
        """Those of them of which nobody said yet which room they show."""
        return tuple(photo for photo in self.to_stage if photo.room_type is None)


def listing(session: Session, actor: Actor, listing_id: str) -> ListingDetail:
    """One listing.

    Raises:
        ListingNotFound: if there is none, or the actor doesn't see it.
    """
    actor.require(Action.READ_JOBS)
    # An id from an address bar may hold what PostgreSQL refuses to compare with.
    found = _details().where(Listing.id == listing_id) if listing_id.isprintable() else None
    row = session.execute(found).one_or_none() if found is not None else None
    if row is None or not actor.sees(row.account_id):
        raise errors.ListingNotFound
    return as_listing(row)


def contact_sheet(session: Session, actor: Actor, listing_id: str) -> ContactSheet:
    """A listing with its photos.

    Raises:
        ListingNotFound: if there is none, or the actor doesn't see it.
    """
    known = listing(session, actor, listing_id)
    other, other_row = aliased(Photo), aliased(ListingPhoto)
    rows = session.execute(
        sa.select(
            ListingPhoto,
            Photo,
            other.file_name.label("repeats"),
            other_row.listing_id.label("repeats_in"),
            _latest_result(ListingPhoto.repeats_photo_id).label("repeats_job_id"),
        )
        .join(Photo, Photo.id == ListingPhoto.photo_id)
        .outerjoin(other, other.id == ListingPhoto.repeats_photo_id)
        .outerjoin(other_row, other_row.photo_id == ListingPhoto.repeats_photo_id)
        .where(ListingPhoto.listing_id == listing_id)
        .order_by(ListingPhoto.position)
    ).all()
    staged = stagings(session, [listing_id])[listing_id]
    return ContactSheet(listing=known, photos=tuple(_photo(row, known, staged) for row in rows))


def stagings(session: Session, listing_ids: Sequence[str]) -> dict[str, dict[str, dict[str, JobState]]]:
    """The jobs that staged each photo of each listing, or were given again for it, oldest first, with their states.

    A job that was given again counts from then.
    """
    bought = sa.select(Job.listing_id, Job.photo_id, Job.id, Job.state, Job.created_at.label("at")).where(
        Job.listing_id.in_(listing_ids)
    )
    given = (
        sa.select(Reuse.listing_id, Reuse.photo_id, Job.id, Job.state, Reuse.at)
        .join(Job, Job.id == Reuse.job_id)
        .where(Reuse.listing_id.in_(listing_ids))
    )
    both: sa.CompoundSelect[*tuple[Any, ...]] = sa.union_all(bought, given).order_by("at", "id")
    found: dict[str, dict[str, dict[str, JobState]]] = {listing_id: {} for listing_id in listing_ids}
    for listing_id, photo_id, job_id, state, _at in session.execute(both):
        jobs = found[listing_id].setdefault(photo_id, {})
        jobs.pop(job_id, None)
        jobs[job_id] = JobState(state)
    return found


def _latest_result(photo_id: sa.SQLColumnExpression[str | None]) -> sa.ScalarSelect[str]:
    """The latest job of that photo that has a result."""
    return (
        sa.select(Job.id)
        .where(Job.photo_id == photo_id, Job.state.in_(WITH_RESULT))
        .order_by(Job.created_at.desc(), Job.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _photo(
    row: sa.Row[*tuple[Any, ...]], known: ListingDetail, staged: Mapping[str, dict[str, JobState]]
) -> SheetPhoto:
    own: ListingPhoto = row.ListingPhoto
    photo: Photo = row.Photo
    jobs = staged.get(photo.id, {})
    job_id = next(reversed(jobs), None)
    return SheetPhoto(
        id=photo.id,
        position=own.position,
        file_name=photo.file_name,
        sha256=photo.sha256,
        thumbnail_key=photo.thumbnail_key,
        prepared_key=photo.prepared_key,
        original_key=photo.original_key,
        room_type=own.room_type,
        style=own.style or known.style,
        own_style=own.style,
        is_skipped=own.is_skipped,
        repeats=row.repeats,
        repeats_here=row.repeats_in == known.id,
        repeats_job_id=row.repeats_job_id,
        job_id=job_id,
        job_state=jobs[job_id] if job_id is not None else None,
        earlier_job_ids=tuple(
            other for other, state in reversed(jobs.items()) if other != job_id and state in WITH_RESULT
        ),
    )


def _details() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(Listing, Account.name.label("account"), Listing.account_id).join(
        Account, Account.id == Listing.account_id
    )


def as_listing(row: sa.Row[*tuple[Any, ...]]) -> ListingDetail:
    """From a row that has a `Listing` and its `account`'s name."""
    one: Listing = row.Listing
    return ListingDetail(
        id=one.id,
        account_id=one.account_id,
        account=row.account,
        reference=one.reference,
        style=one.style,
        mls_profile=one.mls_profile,
        created_by=one.created_by,
        created_at=one.created_at,
    )
