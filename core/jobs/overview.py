"""How does the desk stand, and what is there to filter by? Counts and names for the Monitor's head."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import queries, stuck
from core.jobs.monitor_index import seen_by, unindexed
from core.jobs.states import IN_FLIGHT_JOBS, JobState, Priority, VariantState
from core.models import Account, Job, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How the jobs stand. Every state is in `counts`, every priority in `queue_depth` (variants that wait).

    `oldest_in_flight_since` is when the oldest job in flight was submitted; `stuck` counts jobs in flight of which
    a variant stopped moving, `stale` those and the ones that run for much longer than usual; `ended_today` counts
    all jobs that ended since the day began, `failed_today` those of them that failed.
    """

    counts: Mapping[JobState, int]
    oldest_in_flight_since: datetime | None
    stuck: int
    stale: int
    failed_today: int
    ended_today: int
    queue_depth: Mapping[str, int]

    @property
    def in_flight(self) -> int:
        """How many jobs are under way."""
        return sum(self.counts.get(state, 0) for state in IN_FLIGHT_JOBS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What there is to filter by, each sorted: accounts, people who submitted, reasons of failures."""

    accounts: tuple[str, ...]
    people: tuple[str, ...]
    error_codes: tuple[str, ...]


def overview(session: Session, actor: Actor, *, day_started_at: datetime) -> Overview:
    """How the jobs stand that the actor sees. The day is the viewer's: `day_started_at` says when it began.

    Raises:
        PermissionDenied: if the actor may not see jobs.
    """
    actor.require(Action.READ_JOBS)
    now, ended_today = clock.now(), _ended_since(session, actor, day_started_at)
    return Overview(
        counts=queries.counts_by_state(session, actor),
        oldest_in_flight_since=session.scalar(
            sa.select(sa.func.min(Job.created_at)).where(Job.state.in_(IN_FLIGHT_JOBS), *seen_by(actor))
        ),
        stuck=_jobs_with(session, actor, stuck.is_stuck(now)),
        stale=_jobs_with(session, actor, stuck.is_stale(now, slow_seconds=queries.slow_seconds(session))),
        failed_today=ended_today[JobState.FAILED],
        ended_today=sum(ended_today.values()),
        queue_depth=_queue_depth(session, actor),
    )


def choices(session: Session, actor: Actor) -> Choices:
    """What the actor can filter jobs by; accounts also those without a job.

    Raises:
        PermissionDenied: if the actor may not see jobs.
    """
    actor.require(Action.READ_JOBS)
    accounts = sa.select(Account.name)
    if actor.account_id is not None:
        accounts = accounts.where(Account.id == actor.account_id)
    pairs = session.execute(sa.select(Job.created_by, Job.error_code).where(*seen_by(actor)).distinct()).all()
    return Choices(
        accounts=tuple(sorted(session.scalars(accounts), key=str.casefold)),
        people=tuple(sorted({row.created_by for row in pairs}, key=str.casefold)),
        error_codes=tuple(sorted({row.error_code for row in pairs if row.error_code is not None})),
    )


def _ended_since(session: Session, actor: Actor, moment: datetime) -> Counter[str]:
    state = unindexed(Job.state)
    query = sa.select(state, sa.func.count()).where(Job.completed_at >= moment, *seen_by(actor)).group_by(state)
    return Counter(dict(session.execute(query).all()))


def _jobs_with(session: Session, actor: Actor, condition: sa.ColumnElement[bool]) -> int:
    """How many jobs have a variant to which the condition applies."""
    late = sa.select(sa.func.count(Variant.job_id.distinct())).where(condition)
    return session.scalar(late.where(*_is_seen(actor))) or 0


def _queue_depth(session: Session, actor: Actor) -> dict[str, int]:
    waiting = sa.select(Job.priority, sa.func.count()).join(Variant, Variant.job_id == Job.id)
    rows = session.execute(
        waiting.where(Variant.state == VariantState.QUEUED, *seen_by(actor)).group_by(Job.priority)
    )
    found = dict(rows.all())
    return {priority.value: found.get(priority, 0) for priority in Priority}


def _is_seen(actor: Actor) -> list[sa.ColumnElement[bool]]:
    if actor.account_id is None:
        return []
    return [sa.exists().where(Job.id == Variant.job_id, Job.account_id == actor.account_id)]
