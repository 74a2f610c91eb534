"""How does a job come into being? Charge, job, variants and first event, in the caller's one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.credits import ledger, pricing
from core.jobs import events, search_text, seeds, turns
from core.jobs.details import JobDetail
from core.jobs.events import EventKind
from core.jobs.states import JobState, Priority, VariantState
from core.models import Job, Variant
from core.models.base import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What a job is to be. `variant_indexes` says which of a job's variants it has: both, or those missing so far."""

    account_id: int
    photo_id: str
    file_name: str
    room_type: str
    style: str
    instructions: str
    prompt: str
    prompt_version: str
    model: str
    priority: Priority
    variant_credits: int
    idempotency_key: str | None
    request_fingerprint: str | None
    retry_of: str | None = None
    listing_id: str | None = None
    reuse_key: str | None = None
    parameters: Mapping[str, str | int | bool] | None = None
    id: str = field(default_factory=new_id)
    variant_indexes: Sequence[int] = tuple(range(pricing.VARIANTS_PER_JOB))


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The jobs that were made, or had been made by the same key before (`repeated`), and the balance after them.

    `reused` are the numbers of those that are earlier jobs, given again at no charge.
    """

    jobs: list[JobDetail]
    balance: int
    repeated: bool
    reused: frozenset[int] = frozenset()


def insert(session: Session, actor: Actor, job: NewJob, *, message: str) -> str:
    """Charge the account and insert the job with its queued variants, each with a seed of its own; the job's id.

    Raises:
        InsufficientCredits: if the balance is short; the transaction must then be given up.
    """
    now, job_id = clock.now(), job.id
    count = len(job.variant_indexes)
    price = job.variant_credits * count
    session.execute(
        sa.insert(Job).values(
            id=job_id,
            account_id=job.account_id,
            photo_id=job.photo_id,
            state=JobState.PENDING,
            room_type=job.room_type,
            style=job.style,
            instructions=job.instructions,
            prompt=job.prompt,
            prompt_version=job.prompt_version,
            model=job.model,
            priority=job.priority,
            created_by=actor.name,
            idempotency_key=job.idempotency_key,
            request_fingerprint=job.request_fingerprint,
            retry_of=job.retry_of,
            listing_id=job.listing_id,
            reuse_key=job.reuse_key,
            parameters=dict(job.parameters) if job.parameters else None,
            credits_used=price,
            credits_refunded=0,
            created_at=now,
            search_name=search_text.folded(job.file_name),
        )
    )
    ledger.charge(session, account_id=job.account_id, job_id=job_id, amount_credits=price, actor=actor.name)
    audit.note(session, actor, AuditKind.SPEND, account_id=job.account_id, job_id=job_id, detail=f"{price} credits")
    turn_numbers = turns.take(session, account_id=job.account_id, priority=job.priority, count=count)
    session.execute(
        sa.insert(Variant),
        [
            {
                "id": new_id(),
                "job_id": job_id,
                "variant_index": index,
                "state": VariantState.QUEUED,
                "seed": seed,
                "price_credits": job.variant_credits,
                "turn": turn,
                "created_at": now,
                "next_due_at": now,
            }
            for index, seed, turn in zip(job.variant_indexes, seeds.different(count), turn_numbers, strict=True)
        ],
    )
    events.add(session, actor, job_id=job_id, kind=EventKind.SUBMITTED, message=message)
    return job_id
