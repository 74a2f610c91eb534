"""What is left to refund of a job, and of each of its variants?"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import errors
from core.auth.actors import Actor
from core.jobs.refund_queries import RefundState
from core.jobs.states import IN_FLIGHT_JOBS, JobState
from core.models import Job, LedgerEntry, Refund, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Refundable:
    """What is left to refund of a job, and of each of its variants by index; `why_not` is empty if it can be.

    What waits for a manager's decision, `waiting_credits`, is not left. Of `whole_variants` nothing was returned yet.
    """

    job_credits: int
    waiting_credits: int
    variant_credits: Mapping[int, int]
    whole_variants: frozenset[int]
    why_not: str


def of_job(session: Session, actor: Actor, *, job_id: str, without: str | None = None) -> Refundable:
    """What is left to refund: of a variant, its price less what was returned for it, as far as the job has it.

    `without` is a request that is to be decided now, and so does not stand in its own way.

    Raises:
        JobNotFound: if there is no such job, or the actor doesn't see it.
    """
    job = session.execute(
        sa.select(Job.account_id, Job.state, Job.credits_used, Job.credits_refunded).where(Job.id == job_id)
    ).one_or_none()
    if job is None or not actor.sees(job.account_id):
        raise errors.JobNotFound
    requested = sa.select(sa.func.sum(Refund.amount)).where(
        Refund.job_id == job_id, Refund.state == RefundState.REQUESTED, Refund.id != (without or "")
    )
    waiting = int(session.scalar(requested) or 0)
    left = max(0, job.credits_used - job.credits_refunded - waiting)
    variants = session.execute(
        sa.select(Variant.id, Variant.variant_index, Variant.price_credits).where(Variant.job_id == job_id)
    ).all()
    returned = _returned_by_variant(session, job_id, without=without)
    of_variants = {
        row.variant_index: max(0, min(row.price_credits - returned.get(row.variant_index, 0), left))
        for row in variants
    }
    why_not = _why_not(JobState(job.state), left, is_waiting=waiting > 0)
    return Refundable(
        job_credits=left,
        waiting_credits=waiting,
        variant_credits=of_variants,
        whole_variants=frozenset(
            row.variant_index for row in variants if of_variants[row.variant_index] == row.price_credits
        ),
        why_not=why_not,
    )


def _returned_by_variant(session: Session, job_id: str, *, without: str | None) -> dict[int, int]:
    """What the desk returned by itself for each variant, and people for it by name, or asked to."""
    by_desk = (
        sa.select(Variant.variant_index, LedgerEntry.amount)
        .join(LedgerEntry, LedgerEntry.entry_key == sa.literal("return:") + Variant.id)
        .where(Variant.job_id == job_id)
    )
    by_people = sa.select(Refund.variant_index, Refund.amount).where(
        Refund.job_id == job_id,
        Refund.state != RefundState.DECLINED,
        Refund.variant_index.is_not(None),
        Refund.id != (without or ""),
    )
    returned: dict[int, int] = {}
    for index, amount in [*session.execute(by_desk), *session.execute(by_people)]:
        returned[index] = returned.get(index, 0) + amount
    return returned


def _why_not(state: JobState, left_credits: int, *, is_waiting: bool) -> str:
    if state in IN_FLIGHT_JOBS:
        return "This job is still under way: cancel it, or wait for its end. Nothing was refunded."
    if left_credits == 0 and is_waiting:
        return "All that is left of this job waits for a manager's decision already. Nothing was refunded."
    if left_credits == 0:
        return "Everything that was charged for this job was returned already. Nothing was refunded."
    return ""
