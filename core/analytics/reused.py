"""What has it spared to give finished work again? Counted from the record of it, at the moment it is asked."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.analytics.filters import Dimension, Filter
from core.analytics.periods import Period
from core.auth.actors import Actor
from core.auth.roles import Action
from core.models import Account, Job, Reuse

# A person is whoever asked again; what was given has the rest from the job that it was bought with.
_COLUMNS: dict[Dimension, sa.ColumnElement[Any]] = {
    Dimension.ACCOUNT: sa.type_coerce(Account.name, sa.Text),
    Dimension.PERSON: sa.type_coerce(Reuse.actor, sa.Text),
    Dimension.ROOM_TYPE: sa.type_coerce(Job.room_type, sa.Text),
    Dimension.STYLE: sa.type_coerce(Job.style, sa.Text),
    Dimension.MODEL: sa.type_coerce(Job.model, sa.Text),
    Dimension.PRIORITY: sa.type_coerce(Job.priority, sa.Text),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """How often a finished job was given again; the credits that were not charged, and what its orders had cost."""

    hits: int
    credits: int
    usd_micros: int


def saved(session: Session, actor: Actor, period: Period, wanted: Filter | None = None) -> Saved:
    """What was given again in the period to the accounts that the actor sees.

    Raises:
        PermissionDenied: if the actor may not see analytics.
    """
    actor.require(Action.READ_ANALYTICS)
    query = (
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(Reuse.saved_credits), 0),
            sa.func.coalesce(sa.func.sum(Reuse.saved_usd_micros), 0),
        )
        .select_from(Reuse)
        .join(Job, Job.id == Reuse.job_id)
        .join(Account, Account.id == Reuse.account_id)
        .where(Reuse.at >= period.since, Reuse.at < period.until)
    )
    if actor.account_id is not None:
        query = query.where(Reuse.account_id == actor.account_id)
    for dimension, value in (wanted or Filter()).wanted().items():
        query = query.where(_COLUMNS[dimension] == value)
    hits, credits, usd_micros = session.execute(query).one()
    return Saved(hits=hits, credits=int(credits), usd_micros=int(usd_micros))
