"""What happened to a job? Each step leaves one event, in the transaction that makes it."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.auth.actors import Actor
from core.models import JobEvent


class EventKind(StrEnum):
    """The steps of a job's life that are worth a line."""

    SUBMITTED = "submitted"
    SUBMITTING = "submitting"
    CREATED = "created"
    ADOPTED = "adopted"
    STARTED = "started"
    POSTPONED = "postponed"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETRIED = "retried"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELED = "canceled"
    FINISHED = "finished"
    REFUNDED = "refunded"
    REFUND_REQUESTED = "refund_requested"
    REFUND_DECLINED = "refund_declined"


def add(
    session: Session, actor: Actor, *, job_id: str, kind: EventKind, message: str, variant_index: int | None = None
) -> None:
    """Add an event; the actor tells who or what brought it about."""
    session.execute(
        sa.insert(JobEvent).values(
            job_id=job_id,
            variant_index=variant_index,
            at=clock.now(),
            kind=kind.value,
            source=actor.source.value,
            actor=actor.name,
            message=message,
        )
    )
