"""What would a sync change, and what did it? The same truth as the sweep's, asked for by a person."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from core import clock, errors, logs
from core.auth.actors import Actor, Source
from core.auth.roles import Action
from core.jobs import attempts, provider_list, queries, stuck, sync
from core.jobs.desk import Desk
from core.jobs.states import IN_FLIGHT_JOBS, JobState, VariantState, final_job_state, variant_name
from core.models import Account, Job, Photo, Variant
from core.provider.contract import Prediction

_log = logs.get(__name__)
_PARALLEL_CALLS = 8
_PREDICTION_ID = re.compile(r"[a-zA-Z0-9]{1,64}")
_DRAWING = "Replicate is still drawing it."
_NOT_KEPT = "Its result is there, but could not be fetched or stored just now; that is tried again by itself."
_WAITING = {
    VariantState.QUEUED: "It waits for its turn, and was not ordered yet.",
    VariantState.SUBMITTING: "It is being ordered, and Replicate has not answered yet.",
}


class Outcome(StrEnum):
    """What a sync did, or would do, to a variant or a job. Of several variants' outcomes, the first here counts."""

    CHANGED = "changed"
    UNREACHABLE = "unreachable"
    DELAYED = "delayed"
    DRAWING = "drawing"
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChange:
    """What a sync did, or would do, to one job, or why it did nothing. `message` speaks of each variant in flight."""

    job_id: str
    account: str
    file_name: str
    outcome: Outcome
    before: JobState
    after: JobState
    message: str

    @property
    def has_changed(self) -> bool:
        """Whether the sync changed any of its variants, or would."""
        return self.outcome is Outcome.CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What came of each job that was looked at. `unreachable` counts predictions that could not be read."""

    outcomes: list[JobChange]
    unreachable: int
    dry_run: bool

    @property
    def checked(self) -> int:
        """How many jobs were looked at."""
        return len(self.outcomes)

    @property
    def changed(self) -> list[JobChange]:
        """Those of them that the sync changed, or would change."""
        return [one for one in self.outcomes if one.has_changed]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    id: str
    state: JobState
    account: str
    file_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variant:
    job_id: str
    variant_index: int
    state: VariantState
    prediction_id: str | None
    ordered_at: datetime | None
    deadline_at: datetime | None
    cancel_requested: bool
    was_retried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    variant: _Variant
    outcome: Outcome
    message: str
    after: VariantState
    failure: errors.ProviderError | None = None


def sync_jobs(
    desk: Desk,
    actor: Actor,
    *,
    job_id: str | None = None,
    job_ids: Sequence[str] | None = None,
    stale_only: bool = False,
    dry_run: bool = False,
) -> SyncReport:
    """Ask the provider about some jobs, or about all in flight, and apply what it says, or only tell.

    `job_ids` (or `job_id`, for one) names the jobs. `stale_only` keeps to those in flight of which a variant is
    stuck, or runs for over twice as long as all but the slowest.

    1. Note which jobs are meant, and how their variants stand.
    2. Ask about each running variant, a few at a time, or by pages of the list when there are many, and apply the
       answer; a dry run works out what that would do.
    3. Look how the jobs stand now, and say of each what came of it.

    Raises:
        PermissionDenied: if the actor may not sync.
        JobNotFound: if there is no job of a given id, or the actor doesn't see it.
        ProviderError: if the provider could not be asked about any of them.
    """
    actor.require(Action.SYNC)
    named = [job_id] if job_id is not None else None if job_ids is None else list(job_ids)
    jobs = _meant(desk, actor, named, stale_only=stale_only)
    variants = _variants(desk, list(jobs))
    listed = _listed(desk, variants)
    with ThreadPoolExecutor(_PARALLEL_CALLS) as pool:
        news = list(pool.map(lambda one: _look_at(desk, actor, one, listed, dry_run=dry_run), variants))
    failures = [item.failure for item in news if item.failure is not None]
    if failures and len(failures) == sum(one.state is VariantState.RUNNING for one in variants):
        raise failures[0]
    by_job: dict[str, list[_News]] = defaultdict(list)
    for item in news:
        by_job[item.variant.job_id].append(item)
    after = _predicted(jobs, by_job) if dry_run else _states(desk, list(jobs))
    outcomes = [_told(job, by_job[job.id], after=after[job.id]) for job in jobs.values()]
    report = SyncReport(outcomes=outcomes, unreachable=len(failures), dry_run=dry_run)
    _log.info("synced", actor=actor.name, checked=report.checked, changed=len(report.changed), dry_run=dry_run)
    return report


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


def _meant(desk: Desk, actor: Actor, named: Sequence[str] | None, *, stale_only: bool) -> dict[str, _Job]:
    query = (
        sa.select(Job.id, Job.state, Account.name.label("account"), Photo.file_name)
        .join(Account, Account.id == Job.account_id)
        .join(Photo, Photo.id == Job.photo_id)
        .order_by(Job.created_at, Job.id)
    )
    if actor.account_id is not None:
        query = query.where(Job.account_id == actor.account_id)
    if named is not None:
        # An id from an address bar may hold what PostgreSQL refuses to compare with.
        query = query.where(Job.id.in_([one for one in named if one.isprintable()]))
    if named is None or stale_only:
        query = query.where(Job.state.in_(IN_FLIGHT_JOBS))
    with desk.database.read() as session:
        if stale_only:
            stale = stuck.is_stale(clock.now(), slow_seconds=queries.slow_seconds(session))
            query = query.where(Job.id.in_(sa.select(Variant.job_id).where(stale)))
        rows = session.execute(query).all()
    if named is not None and not stale_only and len(rows) < len(set(named)):
        raise errors.JobNotFound
    return {row.id: _Job(**{**row._mapping, "state": JobState(row.state)}) for row in rows}


def _variants(desk: Desk, job_ids: Sequence[str]) -> list[_Variant]:
    with desk.database.read() as session:
        rows = session.execute(
            sa.select(
                Variant.job_id,
                Variant.variant_index,
                Variant.state,
                attempts.followed_prediction_id().label("prediction_id"),
                Variant.started_at.label("ordered_at"),
                Variant.deadline_at,
                Job.cancel_requested_at.is_not(None).label("cancel_requested"),
                Variant.retried_at.is_not(None).label("was_retried"),
            )
            .join(Job, Job.id == Variant.job_id)
            .where(Variant.job_id.in_(job_ids))
            .order_by(Variant.job_id, Variant.variant_index)
        ).all()
    return [_Variant(**{**row._mapping, "state": VariantState(row.state)}) for row in rows]


def _listed(desk: Desk, variants: Sequence[_Variant]) -> Mapping[str, Prediction]:
    """What the provider's list says of the running variants, by prediction, if they are many."""
    wanted = {
        one.prediction_id: one.ordered_at
        for one in variants
        if one.state is VariantState.RUNNING and one.prediction_id is not None and one.ordered_at is not None
    }
    found: dict[str, Prediction] = {}
    if len(wanted) > provider_list.GET_LIMIT:
        # What it does not say, or can't, is asked about one by one.
        with suppress(errors.ProviderError):
            for page in provider_list.pages_about(desk.provider, wanted):
                found.update(page)
    return found


def _look_at(
    desk: Desk, actor: Actor, variant: _Variant, listed: Mapping[str, Prediction], *, dry_run: bool
) -> _News:
    if variant.state is not VariantState.RUNNING or variant.prediction_id is None:
        return _unasked(variant)
    try:
        prediction = listed.get(variant.prediction_id) or desk.provider.get(variant.prediction_id)
    except errors.ProviderError as failed:
        words = f"It could not be asked about. {failed.message}"
        return _news(variant, Outcome.UNREACHABLE, words, failure=failed)
    return _expect(variant, prediction) if dry_run else _apply(desk, actor, variant, prediction)


def _unasked(variant: _Variant) -> _News:
    if variant.state.is_terminal:
        return _news(variant, Outcome.ENDED, f"It has ended before: {variant.state}.")
    return _news(variant, Outcome.WAITING, _WAITING.get(variant.state, _WAITING[VariantState.SUBMITTING]))


def _expect(variant: _Variant, prediction: Prediction) -> _News:
    expected = sync.outcome_of(
        prediction,
        deadline_at=variant.deadline_at,
        cancel_requested=variant.cancel_requested,
        was_retried=variant.was_retried,
    )
    if expected is None:
        return _news(variant, Outcome.DRAWING, _DRAWING)
    after, words = expected
    return _news(variant, Outcome.CHANGED, words, after=after)


def _apply(desk: Desk, actor: Actor, variant: _Variant, prediction: Prediction) -> _News:
    delays: list[errors.StagingError] = []
    change = sync.apply(desk, replace(actor, source=Source.SYNC), prediction, note_delay=delays.append)
    if change is not None:
        words = change.message.removeprefix(f"{variant_name(variant.variant_index)}: ")
        return _news(variant, Outcome.CHANGED, words, after=change.after)
    if not prediction.status.is_terminal:
        return _news(variant, Outcome.DRAWING, _DRAWING)
    if delays:
        return _news(variant, Outcome.DELAYED, f"{_NOT_KEPT} {delays[0].message}")
    followed = sync.find_variant(desk, prediction.id)
    if followed is not None and followed.state is VariantState.RUNNING:
        return _news(variant, Outcome.DELAYED, "Its result is being fetched by another process just now.")
    return _news(variant, Outcome.ENDED, "Other news of its end came first.")


def _news(
    variant: _Variant,
    outcome: Outcome,
    words: str,
    *,
    after: VariantState | None = None,
    failure: errors.ProviderError | None = None,
) -> _News:
    message = f"{variant_name(variant.variant_index)}: {words}"
    return _News(variant=variant, outcome=outcome, message=message, after=after or variant.state, failure=failure)


def _told(job: _Job, news: Sequence[_News], *, after: JobState) -> JobChange:
    """What came of one job: of its variants, what was found; of one that had ended before, only that."""
    in_flight = [item for item in news if not item.variant.state.is_terminal]
    worst = min((item.outcome for item in in_flight), key=list(Outcome).index, default=Outcome.ENDED)
    words = [item.message for item in in_flight] or [f"It had ended before: {job.state}."]
    return JobChange(
        job_id=job.id,
        account=job.account,
        file_name=job.file_name,
        outcome=worst,
        before=job.state,
        after=after,
        message=" ".join(words),
    )


def _states(desk: Desk, job_ids: Sequence[str]) -> dict[str, JobState]:
    with desk.database.read() as session:
        rows = session.execute(sa.select(Job.id, Job.state).where(Job.id.in_(job_ids)))
        return {row.id: JobState(row.state) for row in rows}


def _predicted(jobs: Mapping[str, _Job], by_job: Mapping[str, Sequence[_News]]) -> dict[str, JobState]:
    return {
        job_id: final_job_state([item.after for item in by_job[job_id]]) or job.state for job_id, job in jobs.items()
    }
