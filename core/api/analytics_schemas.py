"""What do figures look like in JSON? What the page shows, each with its definition in the document."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from core.analytics.definitions import DEFINITIONS
from core.analytics.filters import Dimension

if TYPE_CHECKING:
    # These bring numpy, which an API that nobody asks for figures should not load.
    from core.analytics import money
    from core.analytics import success as successes
    from core.analytics import summary as summaries
    from core.analytics import timing as timings
    from core.analytics.reused import Saved


def _defined(term: str) -> str:
    return DEFINITIONS[term]


class _Schema(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Share(_Schema):
    """A share with its counts. `rate`, `low` and `high` are from 0 to 1, or null if there is nothing to divide."""

    part: int
    whole: int
    rate: float | None
    low: Annotated[float | None, Field(description=f"Lower end. {DEFINITIONS['interval']}")]
    high: Annotated[float | None, Field(description=f"Upper end. {DEFINITIONS['interval']}")]

    @classmethod
    def of(cls, share: successes.Share) -> Self:
        """From the room's value."""
        low, high = share.interval or (None, None)
        return cls(part=share.part, whole=share.whole, rate=share.rate, low=low, high=high)


class Durations(_Schema):
    """Percentiles in seconds, null where there is nothing. The time that this share of all did not exceed."""

    count: int
    p50_seconds: float | None
    p90_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None

    @classmethod
    def of(cls, durations: timings.Durations) -> Self:
        """From the room's value."""
        return cls(
            count=durations.count,
            p50_seconds=durations.p50_seconds,
            p90_seconds=durations.p90_seconds,
            p95_seconds=durations.p95_seconds,
            p99_seconds=durations.p99_seconds,
        )


class Bar(_Schema):
    """One bar of a distribution: so many took from `fromSeconds` up to, without, `toSeconds`."""

    from_seconds: float
    to_seconds: float
    count: int


class Stage(_Schema):
    """A stage's percentiles and its distribution."""

    durations: Durations
    bars: list[Bar]

    @classmethod
    def of(cls, stage: timings.Stage) -> Self:
        """From the room's value."""
        bars = [Bar(from_seconds=begin, to_seconds=end, count=count) for begin, end, count in stage.bars]
        return cls(durations=Durations.of(stage.durations), bars=bars)


class Headline(_Schema):
    """The figures of a period, a day or a group. Dollars are in millionths."""

    jobs: Annotated[int, Field(description="Jobs submitted.")]
    in_flight: int
    completed: int
    partial: int
    failed: int
    canceled: int
    success: Annotated[Share, Field(description=_defined("success_rate"))]
    first_attempt: Annotated[Share, Field(description=_defined("first_attempt_success"))]
    variants: Annotated[Share, Field(description=_defined("variant_success"))]
    variant_times: Annotated[Durations, Field(description=_defined("end_to_end"))]
    job_times: Annotated[Durations, Field(description=_defined("job_time"))]
    credits_charged: Annotated[int, Field(description=_defined("charged"))]
    credits_refunded: Annotated[int, Field(description=_defined("refunded"))]
    credits_net: Annotated[int, Field(description=_defined("net"))]
    spent_usd_micros: Annotated[int, Field(description=_defined("spent"))]
    under_way_usd_micros: Annotated[int, Field(description=_defined("under_way"))]
    wasted_usd_micros: Annotated[int, Field(description=_defined("wasted"))]
    per_job_usd_micros: Annotated[float | None, Field(description=_defined("cost_per_job"))]
    per_completed_job_usd_micros: Annotated[float | None, Field(description=_defined("cost_per_job"))]

    @classmethod
    def of(cls, headline: summaries.Headline) -> Self:
        """From the room's value."""
        success, credits, costs = headline.success, headline.credits, headline.costs
        return cls(
            jobs=success.jobs,
            in_flight=success.in_flight,
            completed=success.completed,
            partial=success.partial,
            failed=success.failed,
            canceled=success.canceled,
            success=Share.of(success.success),
            first_attempt=Share.of(success.first_attempt),
            variants=Share.of(success.variants),
            variant_times=Durations.of(headline.variant_times),
            job_times=Durations.of(headline.job_times),
            credits_charged=credits.charged,
            credits_refunded=credits.refunded,
            credits_net=credits.net,
            spent_usd_micros=costs.spent_usd_micros,
            under_way_usd_micros=costs.under_way_usd_micros,
            wasted_usd_micros=costs.wasted_usd_micros,
            per_job_usd_micros=costs.per_job_usd_micros,
            per_completed_job_usd_micros=costs.per_completed_job_usd_micros,
        )


class Timing(_Schema):
    """Every stage of a variant, and whole jobs."""

    queue_wait: Annotated[Stage, Field(description=_defined("queue_wait"))]
    provider: Annotated[Stage, Field(description=_defined("provider_time"))]
    settlement: Annotated[Stage, Field(description=_defined("settlement"))]
    end_to_end: Annotated[Stage, Field(description=_defined("end_to_end"))]
    job: Annotated[Stage, Field(description=_defined("job_time"))]


class RefundsOfReason(_Schema):
    """Refunds of one reason; those that the desk made by itself have the reason `system`."""

    reason: str
    credits: int
    count: int

    @classmethod
    def of(cls, found: money.RefundReason) -> Self:
        """From the room's value."""
        return cls(reason=found.reason, credits=found.credits, count=found.count)


class FailureCount(_Schema):
    """Jobs with one error code, of all that have one."""

    code: str
    jobs: Share


class Settled(_Schema):
    """Of the variants that ended, those whose end was learned through one door."""

    door: Annotated[str, Field(description="webhook, sweep, manual_sync or other")]
    variants: Share


class Day(Headline):
    """The figures of one day."""

    day: date


class Group(Headline):
    """The figures of one account, person, style or whatever was grouped by."""

    name: str


class Reused(_Schema):
    """What was given again at no charge, and what that saved."""

    hits: int
    credits: int
    usd_micros: int


class Summary(_Schema):
    """Every figure of a period. A job counts on the day it was submitted, a movement of credits when it was made."""

    first: Annotated[date, Field(alias="from", description=_defined("period"))]
    last: Annotated[date, Field(alias="to", description="The last day, included.")]
    zone: Annotated[str, Field(description="The time zone in which days begin and end.")]
    by: Dimension | None
    read_at: Annotated[datetime, Field(description="As of when the figures are.")]
    accounts_off: Annotated[
        list[str],
        Field(description="Accounts whose ledger does not add up to their balance: trust no credits of theirs."),
    ]
    sentence: Annotated[str, Field(description="The period in one line.")]
    success_target: Annotated[float, Field(description="The success rate is to be above this.")]
    target_missed: bool
    missed_since: Annotated[
        date | None, Field(description="The first of the latest days that all missed the target.")
    ]
    total: Headline
    before: Annotated[Headline | None, Field(description="The same figures of as many days before the period.")]
    timing: Timing
    free_retries: Annotated[Share, Field(description=_defined("free_retries"))]
    retries_by_people: Annotated[Share, Field(description=_defined("retries_by_people"))]
    refund_reasons: Annotated[list[RefundsOfReason], Field(description=_defined("refunded"))]
    failures: Annotated[list[FailureCount], Field(description=_defined("failures"))]
    timed_out: Annotated[Share, Field(description=_defined("timed_out"))]
    reused: Annotated[Reused, Field(description=_defined("reused"))]
    stuck_now: Annotated[int, Field(description=_defined("stuck_now"))]
    settled: Annotated[list[Settled], Field(description=_defined("settled_by"))]
    rhythm: Annotated[
        list[list[int]], Field(description=f"{_defined('rhythm')} Seven rows, Monday first, of 24 hours.")
    ]
    days: list[Day]
    groups: Annotated[list[Group], Field(description="By `by`, most jobs first; empty without it.")]

    @classmethod
    def of(cls, found: summaries.Summary, saved: Saved) -> Self:
        """From the room's values."""
        from core.analytics import definitions, telling

        stages = {name: Stage.of(getattr(found.timing, name)) for name in Timing.model_fields}
        return cls(
            first=found.period.first,
            last=found.period.last,
            zone=found.period.zone.key,
            by=found.by,
            read_at=found.read_at,
            accounts_off=list(found.accounts_off),
            sentence=telling.sentence(found),
            success_target=definitions.SUCCESS_TARGET,
            target_missed=telling.is_missed(found),
            missed_since=telling.missed_since(found),
            total=Headline.of(found.headline),
            before=Headline.of(found.before) if found.before is not None else None,
            timing=Timing(**stages),
            free_retries=Share.of(found.retries.free),
            retries_by_people=Share.of(found.retries.by_people),
            refund_reasons=[
                RefundsOfReason(reason=one.reason, credits=one.credits, count=one.count)
                for one in found.refund_reasons
            ],
            failures=[FailureCount(code=one.code, jobs=Share.of(one.jobs)) for one in found.failures],
            timed_out=Share.of(found.timed_out),
            reused=Reused(hits=saved.hits, credits=saved.credits, usd_micros=saved.usd_micros),
            stuck_now=found.stuck_now,
            settled=[Settled(door=one.door, variants=Share.of(one.variants)) for one in found.settled],
            rhythm=[list(hours) for hours in found.rhythm.jobs],
            days=[Day(day=one.day, **_plain(one.headline)) for one in found.days],
            groups=[Group(name=one.name, **_plain(one.headline)) for one in found.groups],
        )


def _plain(headline: summaries.Headline) -> dict[str, Any]:
    return dict(Headline.of(headline))
