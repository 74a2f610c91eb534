"""What was ever staged? Every photo that has a result, newest first, found by what is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.auth.actors import Actor
from core.auth.roles import Action
from core.experiments import records
from core.jobs import favorites, queries, search_text
from core.jobs.details import JobDetail, VariantDetail
from core.jobs.favorites import Opinion
from core.jobs.states import JobState
from core.models import Account, Favorite, Job, Listing, Rating, Reuse, Variant

PAGE_SIZE = 24
PAGE_SIZE_MAX = 100
_WITH_RESULT = (JobState.COMPLETED, JobState.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFilter:
    """What is looked for; empty and None do not narrow.

    `text` is in the photo's name, or in that of its listing, or of one for which it was given again.
    """

    text: str = ""
    account: str = ""
    room_type: str = ""
    style: str = ""
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    stars_min: int | None = None
    favorites_only: bool = False


_ANY = LibraryFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryItem:
    """A staged photo: its job, the listing that it was staged for, if any, and what is thought of its variants.

    `given_to` are the listings for which it was given again, by their ids, with their references, the latest last.
    `arm` names experiment and arm, where it takes part in one; only `item` looks for it.
    """

    job: JobDetail
    listing_id: str | None
    listing: str
    opinion: Opinion
    given_to: Mapping[str, str]
    arm: tuple[str, str] | None = None

    @property
    def results(self) -> tuple[VariantDetail, ...]:
        """The variants that have a result."""
        return tuple(variant for variant in self.job.variants if variant.result_key)

    @property
    def best(self) -> VariantDetail:
        """The favorite, or else the variant with the most stars, or else the first."""
        return max(
            self.results,
            key=lambda one: (one.index == self.opinion.favorite, self.opinion.stars.get(one.index, 0), -one.index),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryPage:
    """Some staged photos, newest first. `next_cursor` continues them."""

    items: tuple[LibraryItem, ...]
    next_cursor: str | None


def library(
    session: Session,
    actor: Actor,
    wanted: LibraryFilter = _ANY,
    *,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> LibraryPage:
    """A page of the staged photos that the actor sees.

    Raises:
        PermissionDenied: if the actor may not see jobs.
        ValidationFailed: if the cursor is not one of ours.
    """
    actor.require(Action.READ_JOBS)
    limit = max(1, min(limit, PAGE_SIZE_MAX))
    query = _narrowed(actor, wanted)
    if cursor is not None:
        query = query.where(sa.tuple_(Job.created_at, Job.id) < queries.parse_cursor(cursor))
    rows = session.execute(query.order_by(Job.created_at.desc(), Job.id.desc()).limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return LibraryPage(
        items=_items(session, rows[:limit]),
        next_cursor=queries.cursor_after(last.created_at, last.id) if last is not None else None,
    )


def item(session: Session, actor: Actor, job_id: str) -> LibraryItem | None:
    """One staged photo by its job's id; None if it has no result.

    Raises:
        JobNotFound: if there is no such job, or the actor doesn't see it.
    """
    queries.job(session, actor, job_id=job_id)
    rows = session.execute(_narrowed(actor, _ANY).where(Job.id == job_id)).all()
    found = next(iter(_items(session, rows)), None)
    return replace(found, arm=records.arm_of_job(session, job_id)) if found is not None else None


def _items(session: Session, rows: Any) -> tuple[LibraryItem, ...]:
    found = {row.id: row for row in rows}
    thought = favorites.opinions(session, list(found))
    given = _given_to(session, list(found))
    return tuple(
        LibraryItem(
            job=job,
            listing_id=found[job.id].listing_id,
            listing=found[job.id].reference or "",
            opinion=thought[job.id],
            given_to={id_: name for id_, name in given[job.id].items() if id_ != found[job.id].listing_id},
        )
        for job in queries.load_jobs(session, list(found))
    )


def _given_to(session: Session, job_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    rows = session.execute(
        sa.select(Reuse.job_id, Listing.id, Listing.reference)
        .join(Listing, Listing.id == Reuse.listing_id)
        .where(Reuse.job_id.in_(job_ids))
        .order_by(Reuse.at, Reuse.id)
    )
    found: dict[str, dict[str, str]] = {job_id: {} for job_id in job_ids}
    for job_id, listing_id, reference in rows:
        found[job_id][listing_id] = reference
    return found


def _narrowed(actor: Actor, wanted: LibraryFilter) -> sa.Select[*tuple[Any, ...]]:
    query = (
        sa.select(Job.id, Job.created_at, Job.listing_id, Listing.reference)
        .join(Account, Account.id == Job.account_id)
        .outerjoin(Listing, Listing.id == Job.listing_id)
        .where(Job.state.in_(_WITH_RESULT))
    )
    if actor.account_id is not None:
        query = query.where(Job.account_id == actor.account_id)
    given = (wanted.text, wanted.account, wanted.person, wanted.room_type, wanted.style)
    if not all(search_text.is_storable(one) for one in given):
        return query.where(sa.false())
    for column, value in (
        (Account.name, wanted.account),
        (Job.room_type, wanted.room_type),
        (Job.style, wanted.style),
        (Job.created_by, wanted.person.strip()),
    ):
        if value:
            query = query.where(column == value)
    if wanted.text.strip():
        query = query.where(_names(wanted.text))
    if wanted.since is not None:
        query = query.where(Job.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Job.created_at < wanted.until)
    if wanted.favorites_only:
        query = query.where(Job.id.in_(sa.select(Favorite.job_id)))
    if wanted.stars_min is not None:
        rated = sa.select(Variant.job_id).join(Rating, Rating.variant_id == Variant.id)
        query = query.where(Job.id.in_(rated.where(Rating.stars >= wanted.stars_min)))
    return query


def _names(text: str) -> sa.ColumnElement[bool]:
    folded = search_text.folded(text.strip())
    called = sa.select(Listing.id).where(Listing.reference_folded.contains(folded, autoescape=True))
    return sa.or_(
        Job.listing_id.in_(called),
        Job.id.in_(sa.select(Reuse.job_id).where(Reuse.listing_id.in_(called))),
        Job.search_name.contains(folded, autoescape=True),
    )
