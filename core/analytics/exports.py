"""How do the figures leave the desk? As CSV of days and groups, each time noted in the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core import spreadsheets
from core.analytics.filters import Dimension, Filter
from core.analytics.money import CreditDay
from core.analytics.periods import Period
from core.analytics.summary import Headline, Summary
from core.auth import audit
from core.auth.actors import Actor
from core.auth.roles import Action
from core.db.session import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of figures: of a day, or of a group by its name."""

    day: date | None
    name: str
    jobs: int
    completed: int
    partial: int
    failed: int
    canceled: int
    in_flight: int
    success_rate: float | None
    first_attempt_rate: float | None
    variant_success_rate: float | None
    variant_p50_seconds: float | None
    variant_p95_seconds: float | None
    job_p50_seconds: float | None
    job_p95_seconds: float | None
    credits_charged: int
    credits_refunded: int
    credits_net: int
    spent_usd: Decimal
    wasted_usd: Decimal


_COLUMNS = tuple(Line.__dataclass_fields__)
_DAYS, _GROUPS = (tuple(one for one in _COLUMNS if one != other) for other in ("name", "day"))
_CREDIT_DAYS = ("name", "day", "charged", "refunded", "net")
# What stands by itself in a sheet has to say its unit.
_IN_CREDITS = {one: f"credits_{one}" for one in ("charged", "refunded", "net")}
_MICROS, _SMALLEST_DOLLARS = 1_000_000, Decimal("0.000001")


def days_csv(database: Database, actor: Actor, summary: Summary) -> bytes:
    """A line for each day of the period.

    Raises:
        PermissionDenied: if the actor may not export; so for the others.
    """
    lines = [_line(day.headline, day=day.day) for day in summary.days]
    return _noted(database, actor, lines, _DAYS, "figures by day", summary.period, summary.wanted)


def groups_csv(database: Database, actor: Actor, summary: Summary) -> bytes:
    """A line for each account, person, style or whatever the summary is grouped by."""
    lines = [_line(group.headline, name=group.name) for group in summary.groups]
    by = "nothing" if summary.by is None else summary.by.value.replace("_", " ")
    headings = {} if summary.by is None else {"name": summary.by.value}
    return _noted(
        database, actor, lines, _GROUPS, f"figures by {by}", summary.period, summary.wanted, headings=headings
    )


def credit_days_csv(
    database: Database,
    actor: Actor,
    moved: Sequence[CreditDay],
    period: Period,
    wanted: Filter,
    *,
    by: Dimension = Dimension.ACCOUNT,
) -> bytes:
    """A line for each name (of what `by` says) and day on which credits were charged or refunded."""
    headings = {"name": by.value, **_IN_CREDITS}
    return _noted(database, actor, moved, _CREDIT_DAYS, "credits by day", period, wanted, headings=headings)


def _noted(
    database: Database,
    actor: Actor,
    lines: Sequence[object],
    columns: Sequence[str],
    what: str,
    period: Period,
    wanted: Filter,
    *,
    headings: Mapping[str, str] | None = None,
) -> bytes:
    actor.require(Action.EXPORT)
    days = f"{period.first:%Y-%m-%d} to {period.last:%Y-%m-%d}, {period.zone.key}"
    narrowed_by = {"days": days, **{one.value.replace("_", " "): value for one, value in wanted.wanted().items()}}
    audit.note_export(
        database, actor, what=what, line_count=len(lines), narrowed_by=narrowed_by, account=wanted.account or ""
    )
    return spreadsheets.csv_of(lines, columns=columns, headings=headings)


def _dollars(micros: int) -> Decimal:
    return (Decimal(micros) / _MICROS).quantize(_SMALLEST_DOLLARS)


def _line(one: Headline, *, day: date | None = None, name: str = "") -> Line:
    success = one.success
    return Line(
        day=day,
        name=name,
        jobs=success.jobs,
        completed=success.completed,
        partial=success.partial,
        failed=success.failed,
        canceled=success.canceled,
        in_flight=success.in_flight,
        success_rate=success.success.rate,
        first_attempt_rate=success.first_attempt.rate,
        variant_success_rate=success.variants.rate,
        variant_p50_seconds=one.variant_times.p50_seconds,
        variant_p95_seconds=one.variant_times.p95_seconds,
        job_p50_seconds=one.job_times.p50_seconds,
        job_p95_seconds=one.job_times.p95_seconds,
        credits_charged=one.credits.charged,
        credits_refunded=one.credits.refunded,
        credits_net=one.credits.net,
        spent_usd=_dollars(one.costs.spent_usd_micros),
        wasted_usd=_dollars(one.costs.wasted_usd_micros),
    )
