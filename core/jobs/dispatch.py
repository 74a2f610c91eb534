"""Whose turn is it? Releases queued variants to the queue, by priority, as fast as the create rate allows.

The order is decided here, at the moment there is room for one more, and not when a variant is enqueued: what is
in the queue is already on its way to the provider.
"""

from datetime import timedelta
from typing import Protocol

import sqlalchemy as sa

from core import clock
from core.jobs import create_rate
from core.jobs.desk import Desk
from core.jobs.states import VariantState
from core.models import Variant

# A released variant whose task was lost with its process is released again after this.
RELEASE_LEASE = timedelta(seconds=5)


class Enqueue(Protocol):
    """Hands one variant to the queue."""

    def __call__(self, variant_id: str, *, rank: int) -> None:
        """Enqueue the variant; the lower rank comes first."""


def release(desk: Desk, enqueue: Enqueue) -> int:
    """Release as many due variants as there are tokens; returns how many.

    1. Look, without a lock, whether anything is due: most rounds end here.
    2. In one transaction: choose by rank and age, take tokens, push `next_due_at` beyond a lease.
    3. Enqueue what was chosen. A crash before this is healed by the lease.
    """
    now = clock.now()
    due = (Variant.state == VariantState.QUEUED, Variant.next_due_at <= now)
    with desk.database.read() as session:
        if session.scalar(sa.select(Variant.id).where(*due).limit(1)) is None:
            return 0
    with desk.database.write() as session:
        chosen = session.execute(
            sa.select(Variant.id, Variant.priority)
            .where(*due)
            .order_by(Variant.priority, Variant.id)
            .limit(desk.create_burst)
            .with_for_update(skip_locked=True)
        ).all()
        granted = create_rate.take(
            session, wanted=len(chosen), per_minute=desk.creates_per_minute, burst=desk.create_burst, now=now
        )
        released = chosen[:granted]
        session.execute(
            sa.update(Variant)
            .where(Variant.id.in_([row.id for row in released]), Variant.state == VariantState.QUEUED)
            .values(next_due_at=now + RELEASE_LEASE)
        )
    for row in released:
        enqueue(row.id, rank=row.priority)
    return len(released)
