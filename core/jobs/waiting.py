"""How long is the line? How many variants come before one that waits, and when it is expected to be ordered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.jobs import create_rate, pause
from core.jobs.desk import Desk
from core.jobs.states import VariantState
from core.models import Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A waiting variant's place in the line: `ahead` others come first, and it is expected to be ordered at `at`.

    `at` is None while nothing is ordered at all. Rush jobs that are still to come, and a limit of the account, may
    put it off.
    """

    ahead: int
    at: datetime | None


def places(session: Session, desk: Desk, variant_ids: Collection[str]) -> dict[str, Place]:
    """The places of those of the variants that wait, by their ids."""
    waiting = session.execute(
        sa.select(Variant.id, Variant.turn).where(Variant.id.in_(variant_ids), Variant.state == VariantState.QUEUED)
    ).all()
    if not waiting:
        return {}
    is_paused = pause.current(session) is not None
    now, per_minute, burst = clock.now(), desk.creates_per_minute, desk.create_burst
    begins = create_rate.blocked_until(session, per_minute=per_minute, burst=burst, now=now) or now
    interval = timedelta(minutes=1) / per_minute
    found = {}
    for variant_id, turn in waiting:
        ahead = session.scalar(
            sa.select(sa.func.count()).where(
                Variant.state == VariantState.QUEUED,
                sa.or_(Variant.turn < turn, sa.and_(Variant.turn == turn, Variant.id < variant_id)),
            )
        )
        # What is within the burst has a token already.
        beyond = max((ahead or 0) - burst + 1, 0)
        found[variant_id] = Place(ahead=ahead or 0, at=None if is_paused else begins + beyond * interval)
    return found


def last_place(session: Session, desk: Desk, variant_ids: Collection[str]) -> Place | None:
    """The place of whichever of the variants has its turn last; None if none of them waits."""
    last = session.scalar(
        sa.select(Variant.id)
        .where(Variant.id.in_(variant_ids), Variant.state == VariantState.QUEUED)
        .order_by(Variant.turn.desc(), Variant.id.desc())
        .limit(1)
    )
    return None if last is None else places(session, desk, [last]).get(last)
