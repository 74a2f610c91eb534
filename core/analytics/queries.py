"""How many succeeded, how long did it take, and what did it cost? Each figure with what it counts.

Success rate: completed jobs of those completed, partial or failed; jobs canceled by people are left out. A job counts
on the day it was submitted, a movement of credits on the day it was made. Days are UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs.states import IN_FLIGHT_JOBS, JobState, VariantState
from core.models import Account, Job, LedgerEntry, Variant

_COUNTED = (JobState.COMPLETED, JobState.PARTIAL, JobState.FAILED)
_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its counts; `rate` is None where there is nothing to divide."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """From 0 to 1."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Seconds of `count` things: the median and the 95th percentile (nearest rank)."""

    count: int
    p50_seconds: float | None
    p95_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """Credits charged and refunded; net is what stays."""

    charged: int
    refunded: int

    @property
    def net(self) -> int:
        """Charged less refunded."""
        return self.charged - self.refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The figures of one UTC day; every day of the period is there."""

    day: date
    jobs: int
    success: Share
    variant_times: Durations
    credits: Credits


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCount:
    """How many jobs ended with this error."""

    code: str
    jobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All figures of a period of whole UTC days, `first` to `last` inclusive."""

    first: date
    last: date
    jobs: int
    in_flight: int
    success: Share
    variant_times: Durations
    job_times: Durations
    credits: Credits
    failures: Sequence[FailureCount]
    days: Sequence[Day]


def summary(session: Session, actor: Actor, *, first: date, last: date, account: str | None = None) -> Summary:
    """The figures of the period, for one account or all.

    Raises:
        PermissionDenied: if the actor may not see analytics.
    """
    actor.require(Action.READ_ANALYTICS)
    since, until = _start(first), _start(last + timedelta(days=1))
    of_account = _accounts_seen(actor, account)
    states = _states_by_day(session, since, until, of_account)
    variant_times = _variant_seconds(session, since, until, of_account)
    job_times = _job_seconds(session, since, until, of_account)
    credits = _credits_by_day(session, since, until, of_account)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    by_day = [
        Day(
            day=day,
            jobs=sum(states.get(day, {}).values()),
            success=_success(states.get(day, {})),
            variant_times=_durations(variant_times.get(day, [])),
            credits=credits.get(day, Credits(charged=0, refunded=0)),
        )
        for day in days
    ]
    total: dict[JobState, int] = {}
    for counts in states.values():
        for state, count in counts.items():
            total[state] = total.get(state, 0) + count
    return Summary(
        first=first,
        last=last,
        jobs=sum(total.values()),
        in_flight=sum(total.get(state, 0) for state in IN_FLIGHT_JOBS),
        success=_success(total),
        variant_times=_durations([seconds for day in variant_times.values() for seconds in day]),
        job_times=_durations([seconds for day in job_times.values() for seconds in day]),
        credits=Credits(
            charged=sum(item.charged for item in credits.values()),
            refunded=sum(item.refunded for item in credits.values()),
        ),
        failures=_failures(session, since, until, of_account),
        days=by_day,
    )


def _accounts_seen(actor: Actor, account: str | None) -> sa.Select[int] | None:
    if account is None and actor.account_id is None:
        return None
    seen = sa.select(Account.id)
    if account is not None:
        seen = seen.where(Account.name == account)
    return seen if actor.account_id is None else seen.where(Account.id == actor.account_id)


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _day_of(session: Session, column: InstrumentedAttribute[datetime]) -> sa.ColumnElement[int]:
    """Whole days since 1970 of a time column; SQLite keeps times as microseconds, PostgreSQL as timestamps."""
    if session.get_bind().dialect.name == "sqlite":
        return sa.cast(sa.type_coerce(column, sa.BigInteger) / _DAY_US, sa.BigInteger)
    return sa.cast(sa.func.floor(sa.extract("epoch", column) / 86_400), sa.BigInteger)


def _as_date(days: int) -> date:
    return _EPOCH + timedelta(days=int(days))


def _states_by_day(
    session: Session, since: datetime, until: datetime, of_account: sa.Select[int] | None
) -> dict[date, dict[JobState, int]]:
    day = _day_of(session, Job.created_at)
    query = sa.select(day, Job.state, sa.func.count()).where(Job.created_at >= since, Job.created_at < until)
    if of_account is not None:
        query = query.where(Job.account_id.in_(of_account))
    found: dict[date, dict[JobState, int]] = {}
    for number, state, count in session.execute(query.group_by(day, Job.state)):
        found.setdefault(_as_date(number), {})[JobState(state)] = count
    return found


def _variant_seconds(
    session: Session, since: datetime, until: datetime, of_account: sa.Select[int] | None
) -> dict[date, list[float]]:
    query = (
        sa.select(Job.created_at, Variant.started_at, Variant.completed_at)
        .join(Variant, Variant.job_id == Job.id)
        .where(Job.created_at >= since, Job.created_at < until, Variant.state == VariantState.SUCCEEDED)
    )
    return _seconds_by_day(session, query if of_account is None else query.where(Job.account_id.in_(of_account)))


def _job_seconds(
    session: Session, since: datetime, until: datetime, of_account: sa.Select[int] | None
) -> dict[date, list[float]]:
    query = sa.select(Job.created_at, Job.created_at, Job.completed_at).where(
        Job.created_at >= since, Job.created_at < until, Job.state == JobState.COMPLETED
    )
    return _seconds_by_day(session, query if of_account is None else query.where(Job.account_id.in_(of_account)))


def _seconds_by_day(
    session: Session, query: sa.Select[datetime, datetime | None, datetime | None]
) -> dict[date, list[float]]:
    found: dict[date, list[float]] = {}
    for created_at, started_at, completed_at in session.execute(query):
        if started_at is not None and completed_at is not None:
            found.setdefault(created_at.date(), []).append((completed_at - started_at).total_seconds())
    return found


def _credits_by_day(
    session: Session, since: datetime, until: datetime, of_account: sa.Select[int] | None
) -> dict[date, Credits]:
    day = _day_of(session, LedgerEntry.at)

    def summed(kind: str) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((LedgerEntry.kind == kind, LedgerEntry.amount), else_=0))

    query = sa.select(day, -summed("charge"), summed("refund")).where(LedgerEntry.at >= since, LedgerEntry.at < until)
    if of_account is not None:
        query = query.where(LedgerEntry.account_id.in_(of_account))
    return {
        _as_date(number): Credits(charged=int(charged), refunded=int(refunded))
        for number, charged, refunded in session.execute(query.group_by(day))
    }


def _failures(
    session: Session, since: datetime, until: datetime, of_account: sa.Select[int] | None
) -> list[FailureCount]:
    count = sa.func.count()
    query = sa.select(Job.error_code, count).where(
        Job.created_at >= since, Job.created_at < until, Job.error_code.is_not(None)
    )
    if of_account is not None:
        query = query.where(Job.account_id.in_(of_account))
    rows = session.execute(query.group_by(Job.error_code).order_by(count.desc(), Job.error_code))
    return [FailureCount(code=code, jobs=jobs) for code, jobs in rows if code is not None]


def _success(counts: dict[JobState, int]) -> Share:
    return Share(part=counts.get(JobState.COMPLETED, 0), whole=sum(counts.get(state, 0) for state in _COUNTED))


def _durations(seconds: list[float]) -> Durations:
    ordered = sorted(seconds)
    return Durations(count=len(ordered), p50_seconds=_percentile(ordered, 50), p95_seconds=_percentile(ordered, 95))


def _percentile(ordered: Sequence[float], percent: int) -> float | None:
    if not ordered:
        return None
    # Nearest rank: the smallest value that at least this share of values does not exceed.
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]
