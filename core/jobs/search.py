"""Which jobs is support looking for, and how does the desk stand? Light rows, in a few queries a page.

Every search is one pass over `ix_jobs_monitor`, which holds all that is filtered, sorted and searched by; only the
rows of the page itself are then read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import queries, search_text, stuck
from core.jobs.monitor_index import seen_by, unindexed
from core.jobs.search_order import SORTS, Sort
from core.jobs.search_text import IdRange
from core.jobs.states import IN_FLIGHT_JOBS, JobState, VariantState, progress_percent
from core.models import Account, Attempt, Job, Photo, Variant

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200
_ENDED_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs are wanted: those to which all of this applies; what is empty or None asks for nothing.

    `account` and `person` are whole names; `since` is included, `until` is not. `text` is a job's id (or six or more
    hexadecimal digits with which it begins or ends), a prediction's id, or part of a file's or an account's name.
    """

    states: tuple[JobState, ...] = ()
    account: str = ""
    person: str = ""
    room_type: str = ""
    style: str = ""
    error_code: str = ""
    since: datetime | None = None
    until: datetime | None = None
    stuck_only: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job in a list. `state_since`: when it came into its state; `progress`: 0 to 100."""

    id: str
    state: JobState
    account: str
    file_name: str
    thumbnail_key: str
    room_type: str
    style: str
    priority: str
    retry_of: str | None
    created_by: str
    created_at: datetime
    state_since: datetime
    progress: int
    credits_used: int
    credits_refunded: int
    error_code: str | None
    is_stuck: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRows:
    """Some rows, in their order. `next_cursor` continues them; None at the end."""

    rows: list[JobRow]
    next_cursor: str | None


def find(
    session: Session,
    actor: Actor,
    wanted: JobFilter,
    *,
    sort: Sort = Sort.NEWEST,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> JobRows:
    """The jobs that are wanted, of those the actor sees, at most 200 at a time.

    Raises:
        PermissionDenied: if the actor may not see jobs.
        ValidationFailed: if the cursor is not one of ours, or is another sort's.
    """
    actor.require(Action.READ_JOBS)
    order, limit = SORTS[sort], max(1, min(limit, PAGE_SIZE_MAX))
    after = order.parse(cursor) if cursor is not None else None
    conditions = _conditions(session, actor, wanted)
    if conditions is None:
        return JobRows(rows=[], next_cursor=None)
    positions = session.execute(order.page(conditions, after=after, limit=limit + 1)).all()
    next_cursor = order.cursor(positions[limit - 1]) if len(positions) > limit else None
    # The last key of every order is the job's id.
    return JobRows(rows=_load(session, [position[-1] for position in positions[:limit]]), next_cursor=next_cursor)


def _conditions(session: Session, actor: Actor, wanted: JobFilter) -> list[sa.ColumnElement[bool]] | None:
    """What a job has to fulfil; None if none can."""
    conditions = seen_by(actor)
    named = {
        Job.created_by: wanted.person,
        Job.room_type: wanted.room_type,
        Job.style: wanted.style,
        Job.error_code: wanted.error_code,
    }
    if not all(map(search_text.is_storable, (wanted.account, *named.values()))):
        return None
    conditions += [column == value for column, value in named.items() if value]
    if wanted.account:
        account_id = session.scalar(sa.select(Account.id).where(Account.name == wanted.account))
        if account_id is None:
            return None
        conditions.append(unindexed(Job.account_id) == account_id)
    if wanted.states:
        conditions.append(unindexed(Job.state).in_(wanted.states))
    if wanted.since is not None:
        conditions.append(Job.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Job.created_at < wanted.until)
    if wanted.stuck_only:
        late = sa.select(Variant.job_id).where(stuck.is_stuck(clock.now()))
        conditions += [Job.id.in_(late)]
    if text := search_text.cleaned(wanted.text):
        conditions.append(_matches(session, actor, text))
    return conditions


def _matches(session: Session, actor: Actor, text: str) -> sa.ColumnElement[bool]:
    """The condition that the text describes the job: exactly, if it names one, or by any part of a name."""
    ids = search_text.ids_beginning(text)
    exact = _job_of_id(session, ids) or _job_of_prediction(session, text)
    if exact is not None:
        return Job.id == exact
    matching: list[sa.ColumnElement[bool]] = [Job.search_name.contains(search_text.folded(text), autoescape=True)]
    if ids is not None:
        matching.append(unindexed(Job.id).between(ids.first, ids.last))
    if ending := search_text.id_ending(text):
        matching.append(Job.id.endswith(ending))
        # People read what is shown of an id from its beginning.
        matching.append(sa.func.substr(Job.id, search_text.ID_SHOWN_FROM).startswith(ending))
    if account_ids := _accounts_named_like(session, actor, text):
        matching.append(unindexed(Job.account_id).in_(account_ids))
    return sa.or_(*matching)


def _job_of_id(session: Session, ids: IdRange | None) -> str | None:
    if ids is None or ids.first != ids.last:
        return None
    # As many digits as an id has may be a file's name as well.
    return session.scalar(sa.select(Job.id).where(Job.id == ids.first))


def _job_of_prediction(session: Session, prediction_id: str) -> str | None:
    return session.scalar(
        sa.select(Variant.job_id)
        .join(Attempt, Attempt.variant_id == Variant.id)
        .where(Attempt.prediction_id == prediction_id)
    )


def _accounts_named_like(session: Session, actor: Actor, text: str) -> list[int]:
    # Accounts are few, and not every database folds every script.
    part = search_text.folded(text)
    accounts = session.execute(sa.select(Account.id, Account.name)).all()
    return [row.id for row in accounts if actor.sees(row.id) and part in row.name.casefold()]


def _load(session: Session, job_ids: Sequence[str]) -> list[JobRow]:
    rows = session.execute(
        sa.select(
            Job.id,
            Job.state,
            Account.name.label("account"),
            Photo.file_name,
            Photo.thumbnail_key,
            Job.room_type,
            Job.style,
            Job.priority,
            Job.retry_of,
            Job.created_by,
            Job.created_at,
            sa.func.coalesce(Job.completed_at, Job.started_at, Job.created_at).label("state_since"),
            Job.credits_used,
            Job.credits_refunded,
            Job.error_code,
        )
        .join(Account, Account.id == Job.account_id)
        .join(Photo, Photo.id == Job.photo_id)
        .where(Job.id.in_(job_ids))
    ).all()
    progress, late = _under_way(session, [row.id for row in rows if JobState(row.state) in IN_FLIGHT_JOBS])
    loaded = {
        row.id: JobRow(
            **{**row._mapping, "state": JobState(row.state)},
            progress=progress.get(row.id, _ENDED_PERCENT),
            is_stuck=row.id in late,
        )
        for row in rows
    }
    return [loaded[job_id] for job_id in job_ids if job_id in loaded]


def _under_way(session: Session, job_ids: Sequence[str]) -> tuple[dict[str, int], set[str]]:
    """The progress of these jobs in flight, in percent, and which of them are stuck."""
    if not job_ids:
        return {}, set()
    now, expected_seconds = clock.now(), queries.expected_seconds(session)
    variants: dict[str, list[tuple[VariantState, float]]] = {job_id: [] for job_id in job_ids}
    late = set()
    for row in session.execute(
        sa.select(
            Variant.job_id,
            Variant.state,
            Variant.started_at,
            Variant.completed_at,
            stuck.is_stuck(now).label("is_stuck"),
        ).where(Variant.job_id.in_(job_ids))
    ):
        elapsed = queries.elapsed_seconds(row.started_at, row.completed_at or now)
        share = queries.share_of_expected(elapsed, expected_seconds)
        variants[row.job_id].append((VariantState(row.state), share))
        if row.is_stuck:
            late.add(row.job_id)
    return {job_id: progress_percent(of_job) for job_id, of_job in variants.items()}, late
