"""How much is there of everything right now, and what has appeared since a moment? Quick questions, for monitoring.

Each is answered from an index, without reading what jobs hold; nothing here names a customer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.jobs.states import IN_FLIGHT_JOBS, JobState, Priority, VariantState
from core.models import Attempt, Job, QueuePause, Variant, WebhookDelivery

ROWS_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Depths:
    """Counts by name, every known name among them, and times as they stand in the rows; None where there is none."""

    jobs: dict[JobState, int]
    variants: dict[VariantState, int]
    queued: dict[Priority, int]
    oldest_job_at: datetime | None
    webhooks_waiting: int
    oldest_webhook_at: datetime | None
    last_webhook_at: datetime | None
    pauses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A variant that ended; `delay` is the time from its prediction's end to its own, None without such an end."""

    id: str
    at: datetime
    source: str | None
    delay: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A webhook that was dealt with for good."""

    id: str
    at: datetime
    outcome: str | None


def depths(session: Session) -> Depths:
    """How much there is of everything."""
    jobs = session.execute(sa.select(Job.state, sa.func.count()).group_by(Job.state))
    variants = session.execute(sa.select(Variant.state, sa.func.count()).group_by(Variant.state))
    queued = session.execute(
        sa.select(Job.priority, sa.func.count())
        .join(Variant, Variant.job_id == Job.id)
        .where(Variant.state == VariantState.QUEUED)
        .group_by(Job.priority)
    )
    waiting, oldest_webhook_at = session.execute(
        sa.select(sa.func.count(), sa.func.min(WebhookDelivery.received_at)).where(
            WebhookDelivery.applied_at.is_(None)
        )
    ).one()

    def oldest(state: JobState) -> datetime | None:
        # State by state it is the first entry of the index; beside the counts, every entry would be read for it.
        return session.scalar(sa.select(sa.func.min(Job.created_at)).where(Job.state == state))

    return Depths(
        jobs=dict.fromkeys(JobState, 0) | {JobState(state): count for state, count in jobs},
        variants=dict.fromkeys(VariantState, 0) | {VariantState(state): count for state, count in variants},
        queued=dict.fromkeys(Priority, 0) | {Priority(priority): count for priority, count in queued},
        oldest_job_at=min(filter(None, map(oldest, IN_FLIGHT_JOBS)), default=None),
        webhooks_waiting=waiting,
        oldest_webhook_at=oldest_webhook_at,
        last_webhook_at=session.scalar(sa.select(sa.func.max(WebhookDelivery.received_at))),
        pauses=session.scalar(sa.select(sa.func.count()).select_from(QueuePause)) or 0,
    )


def settled_since(session: Session, since: datetime) -> Sequence[Settled]:
    """The variants that ended at or after that time, oldest first, at most `ROWS_MAX`."""
    other = aliased(Attempt)
    latest = sa.select(sa.func.max(other.number)).where(other.variant_id == Variant.id).scalar_subquery()
    rows = session.execute(
        sa.select(Variant.id, Variant.completed_at, Variant.settled_by, Attempt.provider_completed_at)
        .outerjoin(Attempt, sa.and_(Attempt.variant_id == Variant.id, Attempt.number == latest))
        .where(Variant.completed_at >= since)
        .order_by(Variant.completed_at)
        .limit(ROWS_MAX)
    )
    return [
        Settled(id=variant_id, at=at, source=source, delay=None if ended_at is None else at - ended_at)
        for variant_id, at, source, ended_at in rows
        if at is not None
    ]


def applied_since(session: Session, since: datetime) -> Sequence[Applied]:
    """The webhooks that were dealt with at or after that time, oldest first, at most `ROWS_MAX`."""
    rows = session.execute(
        sa.select(WebhookDelivery.webhook_id, WebhookDelivery.applied_at, WebhookDelivery.outcome)
        .where(WebhookDelivery.applied_at >= since)
        .order_by(WebhookDelivery.applied_at)
        .limit(ROWS_MAX)
    )
    return [Applied(id=webhook_id, at=at, outcome=outcome) for webhook_id, at, outcome in rows if at is not None]
