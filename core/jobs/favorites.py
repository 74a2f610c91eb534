"""What do people think of the results? The variant of a job that they picked, and stars for each."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import clock, errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import pricing
from core.db.session import Database
from core.jobs.states import VariantState
from core.models import Favorite, Job, Rating, Variant

STARS_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Of one job: the index of the variant that was picked, if one was, and the stars of each that was rated."""

    favorite: int | None = None
    stars: dict[int, int] = field(default_factory=dict)


def choose(database: Database, actor: Actor, *, job_id: str, variant_index: int | None) -> None:
    """Pick the variant of a job that is to be used, in place of any other; with None, none is picked.

    Raises:
        PermissionDenied, JobNotFound: who or what.
        ValidationFailed: if there is no such variant, or it has no result. Nothing was changed.
    """
    actor.require(Action.STAGE)
    with database.write() as session:
        if variant_index is None:
            _require_seen(session, actor, job_id)
            session.execute(sa.delete(Favorite).where(Favorite.job_id == job_id))
            return
        _put(
            session,
            Favorite,
            key="job_id",
            job_id=job_id,
            variant_id=_variant_with_result(session, actor, job_id, variant_index),
            chosen_by=actor.name,
            chosen_by_identity=actor.identity,
            chosen_at=clock.now(),
        )


def rate(database: Database, actor: Actor, *, job_id: str, variant_index: int, stars: int | None) -> None:
    """Give a variant one to five stars, in place of those it had; with None, it has none any more.

    Raises:
        PermissionDenied, JobNotFound: who or what.
        ValidationFailed: if there is no such variant, it has no result, or there are no such stars. Nothing was
            changed.
    """
    actor.require(Action.STAGE)
    if stars is not None and not 1 <= stars <= STARS_MAX:
        raise errors.ValidationFailed(f"A rating is 1 to {STARS_MAX} stars. Nothing was changed.")
    with database.write() as session:
        variant_id = _variant_with_result(session, actor, job_id, variant_index)
        if stars is None:
            session.execute(sa.delete(Rating).where(Rating.variant_id == variant_id))
            return
        _put(
            session,
            Rating,
            key="variant_id",
            variant_id=variant_id,
            stars=stars,
            rated_by=actor.name,
            rated_by_identity=actor.identity,
            rated_at=clock.now(),
        )


def opinions(session: Session, job_ids: Collection[str]) -> dict[str, Opinion]:
    """What is thought of each of these jobs; all of them are there. Who may see them was asked before."""
    picked = dict(
        session.execute(
            sa.select(Favorite.job_id, Variant.variant_index)
            .join(Variant, Variant.id == Favorite.variant_id)
            .where(Favorite.job_id.in_(job_ids))
        ).all()
    )
    stars: dict[str, dict[int, int]] = defaultdict(dict)
    rated = sa.select(Variant.job_id, Variant.variant_index, Rating.stars).where(Variant.job_id.in_(job_ids))
    for job_id, index, given in session.execute(rated.join(Rating, Rating.variant_id == Variant.id)):
        stars[job_id][index] = given
    return {job_id: Opinion(favorite=picked.get(job_id), stars=stars[job_id]) for job_id in job_ids}


def _require_seen(session: Session, actor: Actor, job_id: str) -> None:
    account_id = session.scalar(sa.select(Job.account_id).where(Job.id == job_id)) if job_id.isprintable() else None
    if account_id is None or not actor.sees(account_id):
        raise errors.JobNotFound


def _variant_with_result(session: Session, actor: Actor, job_id: str, variant_index: int) -> str:
    _require_seen(session, actor, job_id)
    if not 0 <= variant_index < pricing.VARIANTS_PER_JOB:
        raise errors.ValidationFailed("There is no such variant. Nothing was changed.")
    variant_id = session.scalar(
        sa.select(Variant.id).where(
            Variant.job_id == job_id,
            Variant.variant_index == variant_index,
            Variant.state == VariantState.SUCCEEDED,
        )
    )
    if variant_id is None:
        raise errors.ValidationFailed("This variant has no result to judge. Nothing was changed.")
    return variant_id


def _put(session: Session, table: type[Favorite] | type[Rating], *, key: str, **values: object) -> None:
    """Insert the row, or overwrite the one that has the same key."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    changed = {name: value for name, value in values.items() if name != key}
    session.execute(insert(table).values(**values).on_conflict_do_update(index_elements=[key], set_=changed))
