"""Was this very work done before, for the same account? Then what there is is given again, at no charge.

The same work is the same photo (by its bytes), model, parameters and prompt: the prompt holds room, style, notes and
template. Seeds are ours, so they don't count. Only whole jobs count, of which nothing was returned or is asked back:
whoever was refunded, or has one of two results, wants another try. What is still under way has no results to give.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.auth.actors import Actor
from core.jobs import idempotency
from core.jobs.refund_queries import RefundState
from core.jobs.states import JobState
from core.models import Attempt, Job, Refund, Reuse, Variant
from core.models.base import new_id


def key(
    *,
    account_id: int,
    photo_sha256: str,
    model: str,
    prompt: str,
    parameters: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """What is the same for the same work of the same account."""
    # Only where something is set: keys of jobs from before anything could be set still hold.
    further = [dict(sorted(parameters.items()))] if parameters else []
    return idempotency.fingerprint(account_id, photo_sha256, model, prompt, *further)


def finished(session: Session, keys: Collection[str]) -> dict[str, str]:
    """The latest job that can be given again for each of the keys, where there is one."""
    asked_back = sa.exists().where(Refund.job_id == Job.id, Refund.state == RefundState.REQUESTED)
    rows = session.execute(
        sa.select(Job.reuse_key, Job.id, Job.created_at).where(
            Job.reuse_key.in_(keys),
            Job.state == JobState.COMPLETED,
            Job.credits_refunded == 0,
            ~asked_back,
        )
    ).all()
    # In order here: for an order by time, SQLite would look at every job that was completed.
    return {str(row.reuse_key): row.id for row in sorted(rows, key=lambda row: (row.created_at, row.id))}


def record(
    session: Session,
    actor: Actor,
    *,
    account_id: int,
    job_id: str,
    saved_credits: int,
    balance: int,
    idempotency_key: str | None,
    request_fingerprint: str | None,
    listing_id: str | None = None,
    photo_id: str | None = None,
) -> None:
    """Write down that the job's variants were given again, and what that saved."""
    cost = (
        sa.select(sa.func.coalesce(sa.func.sum(Attempt.cost_usd_micros), 0))
        .join(Variant, Variant.id == Attempt.variant_id)
        .where(Variant.job_id == job_id)
    )
    session.execute(
        sa.insert(Reuse).values(
            id=new_id(),
            account_id=account_id,
            job_id=job_id,
            listing_id=listing_id,
            photo_id=photo_id,
            at=clock.now(),
            actor=actor.name,
            actor_identity=actor.identity,
            saved_credits=saved_credits,
            saved_usd_micros=session.scalar(cost),
            balance=balance,
            idempotency_key=idempotency_key,
            request_fingerprint=request_fingerprint,
        )
    )
