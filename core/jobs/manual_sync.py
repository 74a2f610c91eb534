"""What would a sync change, and what did it? The same truth as the sweep's, asked for by a person."""

import re
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from core import errors, logs
from core.auth.actors import Actor, Source
from core.auth.roles import Action
from core.jobs import attempts, queries, sync
from core.jobs.desk import Desk
from core.jobs.states import IN_FLIGHT_JOBS, JobState, VariantState, final_job_state, variant_name
from core.models import Job, Variant
from core.provider.contract import Prediction

_log = logs.get(__name__)
_PARALLEL_CALLS = 8
_PREDICTION_ID = re.compile(r"[a-zA-Z0-9]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChange:
    """What a sync did, or would do, to one job."""

    job_id: str
    before: JobState
    after: JobState
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """How many jobs were looked at, and what changed. `unreachable` counts predictions that could not be read."""

    checked: int
    changed: list[JobChange]
    unreachable: int
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    job_id: str
    variant_index: int
    prediction_id: str
    deadline_at: datetime | None
    cancel_requested: bool
    was_retried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    job_id: str
    variant_index: int
    after: VariantState
    message: str


def sync_jobs(desk: Desk, actor: Actor, *, job_id: str | None = None, dry_run: bool = False) -> SyncReport:
    """Ask the provider about one job, or about all in flight, and apply what it says, or only tell.

    Raises:
        PermissionDenied: if the actor may not sync.
        JobNotFound: if there is no such job, or the actor doesn't see it.
        ProviderError: if the provider could not be asked about any of them.
    """
    actor.require(Action.SYNC)
    before = _states(desk, actor, job_id)
    running = _running(desk, list(before))
    news: list[_News] = []
    failures: list[errors.ProviderError] = []
    with ThreadPoolExecutor(_PARALLEL_CALLS) as pool:
        for outcome in pool.map(lambda item: _ask(desk, actor, item, dry_run=dry_run), running):
            if isinstance(outcome, errors.ProviderError):
                failures.append(outcome)
            elif outcome is not None:
                news.append(outcome)
    if failures and len(failures) == len(running):
        raise failures[0]
    after = _predicted(desk, before, news) if dry_run else _states(desk, actor, job_id, ids=list(before))
    by_job: dict[str, list[_News]] = defaultdict(list)
    for item in news:
        by_job[item.job_id].append(item)
    changed = [
        JobChange(
            job_id=changed_id,
            before=before[changed_id],
            after=after[changed_id],
            message=" ".join(item.message for item in sorted(items, key=lambda one: one.variant_index)),
        )
        for changed_id, items in by_job.items()
    ]
    _log.info("synced", actor=actor.name, checked=len(before), changed=len(changed), dry_run=dry_run)
    return SyncReport(checked=len(before), changed=changed, unreachable=len(failures), dry_run=dry_run)


def provider_view(desk: Desk, actor: Actor, *, prediction_id: str) -> Prediction:
    """A prediction as the provider sees it now.

    Raises:
        PermissionDenied: if the actor may not ask the provider.
        PredictionNotFound: if there is none, or it belongs to an account that the actor doesn't see.
        ProviderError: if the provider can't be asked.
    """
    actor.require(Action.ASK_PROVIDER)
    if not _PREDICTION_ID.fullmatch(prediction_id):
        raise errors.PredictionNotFound
    with desk.database.read() as session:
        account_id = queries.prediction_account(session, prediction_id=prediction_id)
    if actor.account_id is not None and (account_id is None or not actor.sees(account_id)):
        raise errors.PredictionNotFound
    return desk.provider.get(prediction_id)


def _ask(desk: Desk, actor: Actor, item: _Running, *, dry_run: bool) -> _News | errors.ProviderError | None:
    try:
        prediction = desk.provider.get(item.prediction_id)
    except errors.ProviderError as failed:
        return failed
    if dry_run:
        expected = sync.outcome_of(
            prediction,
            deadline_at=item.deadline_at,
            cancel_requested=item.cancel_requested,
            was_retried=item.was_retried,
        )
        if expected is None:
            return None
        after, words = expected
        message = f"{variant_name(item.variant_index)}: {words}"
    else:
        change = sync.apply(desk, replace(actor, source=Source.SYNC), prediction)
        if change is None:
            return None
        after, message = change.after, change.message
    return _News(job_id=item.job_id, variant_index=item.variant_index, after=after, message=message)


def _states(desk: Desk, actor: Actor, job_id: str | None, *, ids: Sequence[str] | None = None) -> dict[str, JobState]:
    query = sa.select(Job.id, Job.state)
    if actor.account_id is not None:
        query = query.where(Job.account_id == actor.account_id)
    if ids is not None:
        query = query.where(Job.id.in_(ids))
    elif job_id is not None:
        query = query.where(Job.id == job_id)
    else:
        query = query.where(Job.state.in_(IN_FLIGHT_JOBS))
    with desk.database.read() as session:
        states = {row.id: JobState(row.state) for row in session.execute(query)}
    if job_id is not None and not states:
        raise errors.JobNotFound
    return states


def _running(desk: Desk, job_ids: Sequence[str]) -> list[_Running]:
    with desk.database.read() as session:
        rows = session.execute(
            sa.select(
                Variant.job_id,
                Variant.variant_index,
                attempts.followed_prediction_id().label("prediction_id"),
                Variant.deadline_at,
                Job.cancel_requested_at.is_not(None).label("cancel_requested"),
                Variant.retried_at.is_not(None).label("was_retried"),
            )
            .join(Job, Job.id == Variant.job_id)
            .where(Variant.job_id.in_(job_ids), Variant.state == VariantState.RUNNING)
        ).all()
    return [_Running(**row._mapping) for row in rows]


def _predicted(desk: Desk, before: dict[str, JobState], news: Sequence[_News]) -> dict[str, JobState]:
    changes = {(item.job_id, item.variant_index): item.after for item in news}
    expected: dict[str, list[VariantState]] = defaultdict(list)
    with desk.database.read() as session:
        for row in session.execute(
            sa.select(Variant.job_id, Variant.variant_index, Variant.state).where(
                Variant.job_id.in_({item.job_id for item in news})
            )
        ):
            expected[row.job_id].append(changes.get((row.job_id, row.variant_index), VariantState(row.state)))
    return {job_id: final_job_state(states) or before[job_id] for job_id, states in expected.items()}
