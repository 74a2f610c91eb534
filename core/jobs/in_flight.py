"""How much of an account may run at once? The room that is left to those that have a limit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.jobs import create_rate
from core.jobs.states import VariantState
from core.models import Account, Job, Variant


def room(session: Session, now: datetime) -> dict[int, int]:
    """How many more variants of each account that has a limit may be given their turn, by the account's id.

    Under way is what was given its turn and has not ended, also what is on its way to the provider. Where there is a
    limit, releases follow each other until the commit.
    """
    most = sa.func.coalesce(Account.in_flight_max, 0)
    limits = dict(session.execute(sa.select(Account.id, most).where(Account.in_flight_max.is_not(None))).all())
    if not limits:
        return {}
    create_rate.lock(session)
    is_released = sa.or_(
        Variant.state.in_((VariantState.SUBMITTING, VariantState.RUNNING)),
        sa.and_(Variant.state == VariantState.QUEUED, Variant.next_due_at > now),
    )
    under_way = dict(
        session.execute(
            sa.select(Job.account_id, sa.func.count())
            .join(Variant, Variant.job_id == Job.id)
            .where(is_released, Job.account_id.in_(limits))
            .group_by(Job.account_id)
        ).all()
    )
    return {account_id: limit - under_way.get(account_id, 0) for account_id, limit in limits.items()}


def within(room: Mapping[int, int], rows: Sequence[Any]) -> list[Any]:
    """Those of the rows for which there is room, in their order; each has its `account_id`."""
    left, found = dict(room), []
    for row in rows:
        if left.get(row.account_id, 1) > 0:
            found.append(row)
            if row.account_id in left:
                left[row.account_id] -= 1
    return found
