"""How does a person try again what has no result? As a new job, linked to the old one, of what is missing alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import errors, logs
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries as credit_queries
from core.jobs import events, idempotency, model_settings, new_job, queries
from core.jobs.desk import Desk
from core.jobs.details import JobDetail
from core.jobs.events import EventKind
from core.jobs.new_job import NewJob, Submission
from core.jobs.states import JobState, Priority, VariantState, variant_name
from core.models import Job, Variant

_log = logs.get(__name__)
_ALL_DONE = "Every variant has its result, here or in a retry."


@dataclass(frozen=True, slots=True, kw_only=True)
class Retryable:
    """Of how many variants a retry would be, what it would cost, and why there can't be one; empty if there can."""

    variants: int
    price_credits: int
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A job that tries another one again, and how it stands."""

    job_id: str
    state: JobState


def retry_job(desk: Desk, actor: Actor, *, job_id: str, idempotency_key: str | None = None) -> Submission:
    """Stage again the variants of an ended job that have no result, each for what it cost before, taken now.

    The job's own model draws them, unless it was switched off meanwhile; then the default does.

    1. Check who asks, and whether the same Idempotency-Key asked before.
    2. In one transaction: lock the first job of the family (a job, its retries, theirs), so that two who ask at once
       take turns; leave out every variant that has a result in any of them; charge and insert what is left.

    Raises:
        PermissionDenied, JobNotFound: who or what.
        StateConflict: the job or a retry of it is under way, or every variant has its result.
        IdempotencyConflict: the key was used for something else.
        InsufficientCredits: the balance is short. In all these cases nothing was charged.
    """
    actor.require(Action.RETRY)
    key, fingerprint = idempotency.scoped_key(actor, idempotency_key), idempotency.fingerprint("retry", job_id)
    earlier = idempotency.find_earlier(desk, key, fingerprint)
    if earlier is not None:
        return earlier
    try:
        with desk.database.write() as session:
            old = queries.job(session, actor, job_id=job_id)
            missing = _missing(session, old)
            new_id = new_job.insert(
                session,
                actor,
                _again(session, old, missing, idempotency_key=idempotency.numbered(key, 0), fingerprint=fingerprint),
                message=_words(old, missing, price_credits=_variant_credits(session, old.id) * len(missing)),
            )
            message = f"What has no result is staged again as job {new_id}."
            events.add(session, actor, job_id=old.id, kind=EventKind.RETRIED, message=message)
            jobs = queries.load_jobs(session, [new_id])
            balance = credit_queries.account(session, actor, name=old.account).balance
    except (IntegrityError, errors.StateConflict):
        # The same key came twice at once, and the other call was faster: its retry is what is under way.
        earlier = idempotency.find_earlier(desk, key, fingerprint)
        if earlier is None:
            raise
        return earlier
    desk.wake.set()
    _log.info("job retried", job_id=new_id, retry_of=old.id, credits_used=jobs[0].credits_used)
    return Submission(jobs=jobs, balance=balance, repeated=False)


def retryable(session: Session, job: JobDetail) -> Retryable:
    """What a retry of this job would cost, or why there can't be one now."""
    family = _family(_first_of_family(session, job.id))
    why_not = _why_not_yet(session, job, family)
    missing = _missing_in(session, job, family)
    price = _variant_credits(session, job.id) * len(missing)
    return Retryable(variants=len(missing), price_credits=price, why_not=why_not or ("" if missing else _ALL_DONE))


def retries_of(session: Session, job_id: str) -> tuple[Retry, ...]:
    """The jobs that were made to try this one again, oldest first; not what was made of those in turn."""
    query = sa.select(Job.id, Job.state).where(Job.retry_of == job_id).order_by(Job.created_at, Job.id)
    return tuple(Retry(job_id=row.id, state=JobState(row.state)) for row in session.execute(query))


def _missing(session: Session, old: JobDetail) -> list[int]:
    """The indexes of the job's variants that have no result, in it or in any other job of its family, now locked."""
    root = _first_of_family(session, old.id)
    session.execute(sa.select(Job.id).where(Job.id == root).with_for_update(key_share=True)).one()
    family = _family(root)
    if why_not := _why_not_yet(session, old, family):
        raise errors.StateConflict(f"{why_not} Nothing was charged.")
    missing = _missing_in(session, old, family)
    if not missing:
        raise errors.StateConflict(f"{_ALL_DONE} Nothing was charged.")
    return missing


def _why_not_yet(session: Session, job: JobDetail, family: sa.CTE) -> str:
    """Which of the jobs of this photo is still under way, in words; nothing if none is."""
    for job_id, state in session.execute(sa.select(family.c.id, family.c.state)):
        if not JobState(state).is_terminal:
            which = "This job" if job_id == job.id else f"Job {job_id}, a retry of the same photo,"
            return f"{which} is still under way: wait for its end."
    return ""


def _first_of_family(session: Session, job_id: str) -> str:
    # A retry's link never changes and never forms a circle: it is written once, to a job that is older.
    root = job_id
    while (parent := session.scalar(sa.select(Job.retry_of).where(Job.id == root))) is not None:
        root = parent
    return root


def _family(root: str) -> sa.CTE:
    family = sa.select(Job.id, Job.state).where(Job.id == root).cte(recursive=True)
    return family.union_all(sa.select(Job.id, Job.state).join(family, Job.retry_of == family.c.id))


def _variant_credits(session: Session, job_id: str) -> int:
    # One price for all variants of a job; what was rush then is rush again, whatever the account may by now.
    return session.scalars(sa.select(Variant.price_credits).where(Variant.job_id == job_id).limit(1)).one()


def _missing_in(session: Session, job: JobDetail, family: sa.CTE) -> list[int]:
    done = set(
        session.scalars(
            sa.select(Variant.variant_index).where(
                Variant.job_id.in_(sa.select(family.c.id)), Variant.state == VariantState.SUCCEEDED
            )
        )
    )
    return [variant.index for variant in job.variants if variant.index not in done]


def _again(
    session: Session, old: JobDetail, missing: Sequence[int], *, idempotency_key: str | None, fingerprint: str
) -> NewJob:
    row = session.execute(
        sa.select(Job.photo_id, Job.prompt_version, Job.listing_id, Job.model, Job.parameters).where(Job.id == old.id)
    ).one()
    model = model_settings.choose_again(session, old.model).name
    return NewJob(
        account_id=old.account_id,
        photo_id=row.photo_id,
        file_name=old.photo.file_name,
        room_type=old.room_type,
        style=old.style,
        instructions=old.instructions,
        prompt=old.prompt,
        prompt_version=row.prompt_version,
        model=model,
        # Another model may not know them.
        parameters=row.parameters if model == row.model else None,
        priority=Priority(old.priority),
        variant_credits=_variant_credits(session, old.id),
        idempotency_key=idempotency_key,
        request_fingerprint=fingerprint,
        retry_of=old.id,
        listing_id=row.listing_id,
        variant_indexes=missing,
    )


def _words(old: JobDetail, missing: Sequence[int], *, price_credits: int) -> str:
    what = f"{' and '.join(variant_name(index) for index in missing)} of {old.photo.file_name}"
    return f"{what} submitted again for {price_credits} credits, as a retry of job {old.id}."
