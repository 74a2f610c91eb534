"""Who is ordered next? Releases queued variants to the queue, by their turns, as fast as the create rate allows.

The order is decided here, at the moment there is room for one more, and not when a variant is enqueued: what is
in the queue is already on its way to the provider.
"""

from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from core import clock
from core.jobs import create_rate, in_flight, pause, turns
from core.jobs.desk import Desk
from core.jobs.states import VariantState
from core.models import Job, Variant

# A released variant whose task was lost with its process is released again after this.
RELEASE_LEASE = timedelta(seconds=5)
# What waited this long for its turn is ordered no more; the sweep ends it.
QUEUE_TIMEOUT = timedelta(minutes=30)


class Enqueue(Protocol):
    """Hands one variant to the queue."""

    def __call__(self, variant_id: str, *, turn: int) -> None:
        """Enqueue the variant; the lower turn comes first."""


def waiting_since() -> sa.ColumnElement[datetime]:
    """Since when a queued variant waits: its submission, or the failure that its free retry is to mend."""
    return sa.func.coalesce(Variant.retried_at, Variant.created_at)


def release(desk: Desk, enqueue: Enqueue) -> int:
    """Release as many due variants as there are tokens; returns how many.

    1. Look, without a lock, whether anything is due and may be ordered: most rounds end here.
    2. In one transaction: choose by turn and age, take tokens, push `next_due_at` beyond a lease. While the provider
       takes no orders from us, one is chosen now and then, to see whether that is over.
    3. Enqueue what was chosen. A crash before this is healed by the lease.
    """
    now = clock.now()
    due = (
        Variant.state == VariantState.QUEUED,
        Variant.next_due_at <= now,
        # An order that fails again and again is queued only for moments, in which the sweep may never find it.
        waiting_since() >= now - QUEUE_TIMEOUT,
    )
    with desk.database.read() as session:
        if session.scalar(sa.select(Variant.id).where(*due).limit(1)) is None:
            return 0
        paused = pause.current(session)
        if paused is not None and paused.next_try_at > now:
            return 0
    with desk.database.write() as session:
        if paused is not None and not pause.claim_trial(session):
            return 0
        room = in_flight.room(session, now)
        chosen = in_flight.within(
            room,
            session.execute(
                sa.select(Variant.id, Variant.turn, Job.account_id)
                .join(Job, Job.id == Variant.job_id)
                .where(*due, Job.account_id.not_in([account for account, left in room.items() if left <= 0]))
                .order_by(Variant.turn, Variant.id)
                .limit(desk.create_burst if paused is None else 1)
                .with_for_update(skip_locked=True, of=Variant)
            ).all(),
        )
        granted = create_rate.take(
            session, wanted=len(chosen), per_minute=desk.creates_per_minute, burst=desk.create_burst, now=now
        )
        released = chosen[:granted]
        if paused is not None:
            pause.set_trial(session, released[0].id if released else None)
        session.execute(
            sa.update(Variant)
            .where(Variant.id.in_([row.id for row in released]), Variant.state == VariantState.QUEUED)
            .values(next_due_at=now + RELEASE_LEASE)
        )
        turns.serve(session, [row.id for row in released])
    for row in released:
        enqueue(row.id, turn=row.turn)
    return len(released)
