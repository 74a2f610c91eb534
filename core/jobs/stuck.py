"""Which variants have stopped moving? What nobody looks at, or what waits for longer than it ever should."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from core.jobs import dispatch, transitions
from core.jobs.states import VariantState
from core.models import Attempt, Variant

IN_FLIGHT_VARIANTS = tuple(state for state in VariantState if not state.is_terminal)
# A deadline passes, the sweep notices, the provider is asked to cancel: this long may lie between.
DEADLINE_GRACE = timedelta(minutes=1)
# An order is answered within seconds, or looked for in the provider's list.
SUBMITTING_MAX = timedelta(minutes=5)
# A running prediction is looked at every few seconds: nobody does so any more.
UNPOLLED_MAX = timedelta(minutes=1)
# What runs for so many times as long as all but the slowest do is worth a look.
_SLOW_TIMES = 2


def is_stuck(now: datetime) -> sa.ColumnElement[bool]:
    """Whether a variant is in flight and late, as a condition of a query over `Variant`.

    Late is: a minute past its deadline; queued for longer than the queue lets anything wait; ordered five minutes
    ago and still without an answer; running, and for a minute neither looked at nor being settled.
    """
    ordered_at = (
        sa.select(sa.func.max(Attempt.created_at))
        .where(Attempt.variant_id == Variant.id, Attempt.status == transitions.SUBMITTING)
        .correlate(Variant)
        .scalar_subquery()
    )
    nobody_settles = sa.or_(Variant.settling_until.is_(None), Variant.settling_until < now)
    return sa.or_(
        sa.and_(Variant.state == VariantState.RUNNING, Variant.deadline_at < now - DEADLINE_GRACE),
        sa.and_(Variant.state == VariantState.RUNNING, Variant.next_due_at < now - UNPOLLED_MAX, nobody_settles),
        sa.and_(Variant.state == VariantState.QUEUED, dispatch.waiting_since() < now - dispatch.QUEUE_TIMEOUT),
        sa.and_(Variant.state == VariantState.SUBMITTING, ordered_at < now - SUBMITTING_MAX),
    )


def is_stale(now: datetime, *, slow_seconds: float) -> sa.ColumnElement[bool]:
    """Whether a variant is stuck, or runs for over twice the `slow_seconds` that all but the slowest take."""
    return sa.or_(
        is_stuck(now),
        sa.and_(
            Variant.state == VariantState.RUNNING,
            Variant.started_at < now - _SLOW_TIMES * timedelta(seconds=slow_seconds),
        ),
    )
