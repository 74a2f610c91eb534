"""How many predictions may be ordered now? A token bucket in one row, shared by all processes.

The bucket is kept as a single time, "spent until" (the generic cell rate algorithm): each token moves it on by
one interval, and a token may be taken while it is less than `burst` intervals ahead of the clock.
"""

import math
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.models import RateLimit

_NAME = "creates"
# The provider's longest wait that we heed (`provider.answers`), and some room.
_FARTHEST_US = 600_000_000
# By so much more or less an order takes from its token to the provider than the one before it.
_JITTER_SECONDS = 0.3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def safe_burst(burst: int, *, per_minute: int) -> int:
    """How many orders to send at once, of the burst that the provider allows.

    Fewer by those that may catch up on their way: what took its token in time would still arrive too early.
    """
    return max(1, burst - math.ceil(per_minute / 60 * _JITTER_SECONDS))


def take(session: Session, *, wanted: int, per_minute: int, burst: int, now: datetime) -> int:
    """Take up to `wanted` tokens; returns how many there were. The row stays locked until the commit."""
    spent_until, now_us, interval = lock(session), _microseconds(now), _interval(per_minute)
    if spent_until - now_us > burst * interval + _FARTHEST_US:
        # The clock was set back: what lies farther ahead than anything we ever store says nothing about today.
        spent_until = now_us
    start = max(spent_until, now_us)
    available = max(0, burst - -(-(start - now_us) // interval))
    granted = min(wanted, available)
    if granted:
        _store(session, start + granted * interval)
    return granted


def blocked_until(session: Session, *, per_minute: int, burst: int, now: datetime) -> datetime | None:
    """Until when the provider wants no orders, if it said so and it is still to come."""
    spent_until = session.scalar(sa.select(RateLimit.spent_until_us).where(RateLimit.name == _NAME)) or 0
    interval = _interval(per_minute)
    # Tokens that were taken never reach farther ahead than this: the rest is a block.
    if not burst * interval < spent_until - _microseconds(now) <= burst * interval + _FARTHEST_US:
        return None
    return _EPOCH + timedelta(microseconds=spent_until - (burst - 1) * interval)


def block(session: Session, *, until: datetime, per_minute: int, burst: int) -> None:
    """Give out nothing before `until`, one token at that time, and then the usual rate."""
    blocked = _microseconds(until) + (burst - 1) * _interval(per_minute)
    if blocked > lock(session):
        _store(session, blocked)


def lock(session: Session) -> int:
    """Keep others from taking until the commit; until when tokens are spent."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(RateLimit).values(name=_NAME, spent_until_us=0).on_conflict_do_nothing())
    return session.execute(
        sa.select(RateLimit.spent_until_us).where(RateLimit.name == _NAME).with_for_update()
    ).scalar_one()


def _store(session: Session, spent_until_us: int) -> None:
    session.execute(sa.update(RateLimit).where(RateLimit.name == _NAME).values(spent_until_us=spent_until_us))


def _interval(per_minute: int) -> int:
    return 60_000_000 // per_minute


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
