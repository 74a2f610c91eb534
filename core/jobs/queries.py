"""How do jobs stand? Reads only, as frozen values; the database never sees a query per row."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs.details import AttemptDetail, EventDetail, Failure, JobDetail, PhotoDetail, VariantDetail
from core.jobs.monitor_index import seen_by, unindexed
from core.jobs.states import IN_FLIGHT_JOBS, JobState, VariantState, progress_percent
from core.models import Account, Attempt, Job, JobEvent, Photo, Variant

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200
# Until anything was measured: what a real run of the default model took.
FIRST_ESTIMATE_SECONDS = 6.0
_MEASURED_OVER = 100
_MODELS_MEASURED_OVER = 1_000
_TELLING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some jobs, newest first. `next_cursor` continues them."""

    jobs: list[JobDetail]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypicalTimes:
    """Measured seconds of the last variants, from order to result: median and 95th percentile of `count`."""

    count: int
    median_seconds: float | None
    p95_seconds: float | None

    @property
    def are_telling(self) -> bool:
        """Whether there are enough to say of a new variant that 19 of 20 were ready by then."""
        return self.count >= _TELLING


def job(session: Session, actor: Actor, *, job_id: str) -> JobDetail:
    """One job.

    Raises:
        JobNotFound: if there is none, or the actor doesn't see it.
    """
    actor.require(Action.READ_JOBS)
    # An id from an address bar may hold what PostgreSQL refuses to compare with.
    found = load_jobs(session, [job_id]) if job_id.isprintable() else []
    if not found or not actor.sees(found[0].account_id):
        raise errors.JobNotFound
    return found[0]


def jobs(
    session: Session,
    actor: Actor,
    *,
    states: Sequence[JobState] = (),
    account: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> JobPage:
    """The jobs the actor sees, newest first.

    Raises:
        ValidationFailed: if the cursor is not one of ours.
    """
    actor.require(Action.READ_JOBS)
    limit = max(1, min(limit, PAGE_SIZE_MAX))
    query = sa.select(Job.id, Job.created_at).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit + 1)
    if actor.account_id is not None:
        query = query.where(Job.account_id == actor.account_id)
    if account is not None:
        query = query.where(Job.account_id.in_(sa.select(Account.id).where(Account.name == account)))
    if states:
        query = query.where(Job.state.in_(states))
    if cursor is not None:
        query = query.where(sa.tuple_(Job.created_at, Job.id) < parse_cursor(cursor))
    rows = session.execute(query).all()
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return JobPage(
        jobs=load_jobs(session, [row.id for row in rows[:limit]]),
        next_cursor=cursor_after(last.created_at, last.id) if last else None,
    )


def counts_by_state(session: Session, actor: Actor) -> dict[JobState, int]:
    """How many jobs the actor sees in each state; every state is there, also with none."""
    actor.require(Action.READ_JOBS)
    state = Job.state if actor.account_id is None else unindexed(Job.state)
    query = sa.select(state, sa.func.count()).where(*seen_by(actor)).group_by(state)
    found = {JobState(state): count for state, count in session.execute(query)}
    return {state: found.get(state, 0) for state in JobState}


def queued_variants(session: Session) -> int:
    """How many variants wait for their turn, of all accounts."""
    return session.scalar(sa.select(sa.func.count()).where(Variant.state == VariantState.QUEUED)) or 0


def last_account_charged(session: Session, actor: Actor) -> int | None:
    """The account that paid for the actor's latest job, or None before their first."""
    return session.scalar(
        sa.select(Job.account_id)
        .where(Job.created_by == actor.name)
        .order_by(Job.created_at.desc(), Job.id.desc())
        .limit(1)
    )


def prediction_account(session: Session, *, prediction_id: str) -> int | None:
    """The account whose job ordered the prediction, or None if no job of ours did."""
    return session.scalar(
        sa.select(Job.account_id)
        .join(Variant, Variant.job_id == Job.id)
        .join(Attempt, Attempt.variant_id == Variant.id)
        .where(Attempt.prediction_id == prediction_id)
    )


def prediction_logs(session: Session, actor: Actor, *, job_id: str) -> dict[str, str]:
    """What the model wrote while it drew, by prediction id; predictions without logs are left out.

    Apart from the job's detail: logs are long, and lists of jobs don't need them.

    Raises:
        JobNotFound: if there is no such job, or the actor doesn't see it.
    """
    actor.require(Action.READ_JOBS)
    account_id = session.scalar(sa.select(Job.account_id).where(Job.id == job_id))
    if account_id is None or not actor.sees(account_id):
        raise errors.JobNotFound
    query = (
        sa.select(Attempt.prediction_id, Attempt.logs)
        .join(Variant, Variant.id == Attempt.variant_id)
        .where(Variant.job_id == job_id, Attempt.prediction_id.is_not(None), Attempt.logs != "")
    )
    return {row.prediction_id: row.logs for row in session.execute(query)}


def typical_times(session: Session) -> TypicalTimes:
    """How long the last 100 succeeded variants took from their order to their stored result."""
    rows = session.execute(
        sa.select(Variant.started_at, Variant.completed_at)
        .where(unindexed(Variant.state) == VariantState.SUCCEEDED)
        .order_by(Variant.completed_at.desc())
        .limit(_MEASURED_OVER)
    ).all()
    return _typical([row.completed_at - row.started_at for row in rows if row.started_at and row.completed_at])


def typical_times_by_model(session: Session) -> dict[str, TypicalTimes]:
    """The same for each model that drew any of the last 1,000 succeeded variants."""
    rows = session.execute(
        sa.select(Job.model, Variant.started_at, Variant.completed_at)
        .join(Job, Job.id == Variant.job_id)
        .where(unindexed(Variant.state) == VariantState.SUCCEEDED)
        .order_by(Variant.completed_at.desc())
        .limit(_MODELS_MEASURED_OVER)
    ).all()
    found: dict[str, list[timedelta]] = defaultdict(list)
    for row in rows:
        if row.started_at and row.completed_at:
            found[row.model].append(row.completed_at - row.started_at)
    return {model: _typical(times) for model, times in found.items()}


def _typical(times: Iterable[timedelta]) -> TypicalTimes:
    seconds = sorted(one.total_seconds() for one in times)
    if not seconds:
        return TypicalTimes(count=0, median_seconds=None, p95_seconds=None)
    return TypicalTimes(
        count=len(seconds),
        median_seconds=seconds[len(seconds) // 2],
        p95_seconds=seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))],
    )


def load_jobs(session: Session, job_ids: Sequence[str]) -> list[JobDetail]:
    """The jobs of these ids, in this order, with all that belongs to them, in a few queries; unknown ids left out."""
    if not job_ids:
        return []
    rows = session.execute(
        sa.select(Job, Account.name, Photo)
        .join(Account, Account.id == Job.account_id)
        .join(Photo, Photo.id == Job.photo_id)
        .where(Job.id.in_(job_ids))
    ).all()
    variants = _load_variants(session, job_ids, expected_seconds=_expected_seconds(session, rows))
    events: dict[str, list[EventDetail]] = defaultdict(list)
    for event in session.scalars(sa.select(JobEvent).where(JobEvent.job_id.in_(job_ids)).order_by(JobEvent.id)):
        events[event.job_id].append(
            EventDetail(
                at=event.at,
                kind=event.kind,
                source=event.source,
                actor=event.actor,
                message=event.message,
                variant_index=event.variant_index,
            )
        )
    details = {
        row.Job.id: _detail(row.Job, row.name, row.Photo, variants[row.Job.id], tuple(events[row.Job.id]))
        for row in rows
    }
    return [details[job_id] for job_id in job_ids if job_id in details]


def _expected_seconds(session: Session, rows: Sequence[sa.Row[Job, str, Photo]]) -> float:
    if not any(JobState(row.Job.state) in IN_FLIGHT_JOBS for row in rows):
        return FIRST_ESTIMATE_SECONDS
    return expected_seconds(session)


def expected_seconds(session: Session) -> float:
    """How long a variant will probably take from its order to its result."""
    return typical_times(session).median_seconds or FIRST_ESTIMATE_SECONDS


def slow_seconds(session: Session) -> float:
    """How long all but the slowest variants take from their order to their result."""
    return typical_times(session).p95_seconds or FIRST_ESTIMATE_SECONDS


def _detail(
    job: Job,
    account: str,
    photo: Photo,
    variants: Sequence[tuple[VariantDetail, float]],
    events: tuple[EventDetail, ...],
) -> JobDetail:
    state = JobState(job.state)
    since = job.completed_at if state.is_terminal else job.started_at if state is JobState.PROCESSING else None
    return JobDetail(
        id=job.id,
        state=state,
        progress=progress_percent([(variant.state, share) for variant, share in variants]),
        account=account,
        account_id=job.account_id,
        room_type=job.room_type,
        style=job.style,
        instructions=job.instructions,
        priority=job.priority,
        prompt=job.prompt,
        prompt_version=job.prompt_version,
        model=job.model,
        parameters=job.parameters or {},
        created_by=job.created_by,
        retry_of=job.retry_of,
        credits_used=job.credits_used,
        credits_refunded=job.credits_refunded,
        failure=_failure(job.error_code, job.error_message),
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.completed_at,
        cancel_requested_at=job.cancel_requested_at,
        state_since=since or job.created_at,
        photo=PhotoDetail(
            file_name=photo.file_name,
            sha256=photo.sha256,
            width=photo.width,
            height=photo.height,
            size_bytes=photo.size_bytes,
            original_key=photo.original_key,
            prepared_key=photo.prepared_key,
            thumbnail_key=photo.thumbnail_key,
        ),
        variants=tuple(variant for variant, _share in variants),
        events=events,
    )


def _load_variants(
    session: Session, job_ids: Sequence[str], *, expected_seconds: float
) -> dict[str, list[tuple[VariantDetail, float]]]:
    attempts: dict[str, list[AttemptDetail]] = defaultdict(list)
    of_jobs = sa.select(Variant.id).where(Variant.job_id.in_(job_ids))
    for row in session.execute(
        sa.select(
            Attempt.variant_id,
            Attempt.number,
            Attempt.seed,
            Attempt.prediction_id,
            Attempt.status,
            Attempt.created_at,
            Attempt.predict_seconds,
            Attempt.error,
            Attempt.provider_created_at,
            Attempt.provider_started_at,
            Attempt.provider_completed_at,
        )
        .where(Attempt.variant_id.in_(of_jobs))
        .order_by(Attempt.number)
    ):
        variant_id, *fields = row
        attempts[variant_id].append(AttemptDetail(**dict(zip(row._fields[1:], fields, strict=True))))
    now = clock.now()
    found: dict[str, list[tuple[VariantDetail, float]]] = defaultdict(list)
    for variant in session.scalars(
        sa.select(Variant).where(Variant.job_id.in_(job_ids)).order_by(Variant.variant_index)
    ):
        tried = tuple(attempts[variant.id])
        elapsed = elapsed_seconds(variant.started_at, variant.completed_at or now)
        detail = VariantDetail(
            id=variant.id,
            index=variant.variant_index,
            state=VariantState(variant.state),
            seed=tried[-1].seed if tried else variant.seed,
            failure=_failure(variant.error_code, variant.error_message),
            result_key=variant.result_key,
            result_sha256=variant.result_sha256,
            result_thumbnail_key=variant.result_thumbnail_key,
            result_width=variant.result_width,
            result_height=variant.result_height,
            started_at=variant.started_at,
            completed_at=variant.completed_at,
            elapsed_seconds=elapsed,
            was_retried=variant.retried_at is not None,
            attempts=tried,
        )
        found[variant.job_id].append((detail, share_of_expected(elapsed, expected_seconds)))
    return found


def elapsed_seconds(started_at: datetime | None, until: datetime) -> float | None:
    """How long a variant takes, or took, from its first order; None before that."""
    return None if started_at is None else max((until - started_at) / timedelta(seconds=1), 0.0)


def share_of_expected(elapsed: float | None, expected_seconds: float) -> float:
    """Which part of its expected time a variant has used; over 1 when it takes longer."""
    return (elapsed or 0.0) / max(expected_seconds, 0.1)


def _failure(code: str | None, message: str | None) -> Failure | None:
    return None if code is None else Failure(code=code, message=message or "")


def cursor_after(created_at: datetime, job_id: str) -> str:
    """What continues a list of jobs, newest first, behind this one."""
    # Without a plus sign, which an address reads as a space.
    return f"{created_at.astimezone(UTC).replace(tzinfo=None).isoformat()}Z~{job_id}"


def parse_cursor(cursor: str) -> tuple[datetime, str]:
    """When the last job of the page before was made, and its id.

    Raises:
        ValidationFailed: if the cursor is not one of ours.
    """
    moment, _, job_id = cursor.partition("~")
    try:
        return datetime.fromisoformat(moment.removesuffix("Z")).replace(tzinfo=UTC), str(uuid.UUID(job_id))
    except ValueError as exception:
        raise errors.ValidationFailed("This cursor is not one of ours. Start again without it.") from exception
