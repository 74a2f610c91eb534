"""Are the steps of a chart the whole period, each moment once, and do they add up to it?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from core import errors
from core.analytics import periods, spans
from core.analytics.keeping import KeptHistory
from core.analytics.periods import Period
from core.analytics.spans import Grain
from core.analytics.summary import Figures
from core.db.session import Database
from core.jobs.desk import Desk
from tests import factories
from tests.analytics.histories import Writer
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)
BERLIN = ZoneInfo("Europe/Berlin")


def period(first: str, last: str, zone: ZoneInfo = BERLIN) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last), zone)


@pytest.mark.parametrize(
    ("first", "last", "grain", "count"),
    [
        ("2026-11-23", "2026-11-23", Grain.HOUR, 24),
        # The hour from two to three is left out, and comes twice.
        ("2026-03-29", "2026-03-29", Grain.HOUR, 23),
        ("2026-10-25", "2026-10-25", Grain.HOUR, 24),
        ("2026-11-22", "2026-11-23", Grain.DAY, 2),
        ("2026-07-01", "2026-10-28", Grain.DAY, 120),
        ("2026-07-01", "2026-10-29", Grain.WEEK, 18),
        ("2025-11-24", "2026-11-23", Grain.WEEK, 53),
        ("2024-11-24", "2026-11-26", Grain.MONTH, 25),
    ],
)
def test_a_period_is_told_in_as_many_steps_as_can_be_read(first: str, last: str, grain: Grain, count: int) -> None:
    asked = period(first, last)
    found = spans.spans(asked)
    assert (spans.grain_of(asked), len(found)) == (grain, count)
    assert found[0].since_us == asked.borders_us[0]
    assert (found[0].first, found[-1].last) == (asked.first, asked.last)
    assert [one.since_us for one in found] == sorted({one.since_us for one in found})
    if grain is not Grain.HOUR:
        days = [one.last + timedelta(days=1) for one in found[:-1]]
        assert days == [one.first for one in found[1:]]


def test_weeks_begin_on_monday_and_those_cut_by_the_period_are_known() -> None:
    found = spans.spans(period("2026-01-07", "2026-07-30"))
    assert all(one.first.weekday() == 0 for one in found[1:])
    assert [spans.is_cut(one, Grain.WEEK) for one in found] == [True, *[False] * (len(found) - 2), True]
    assert not spans.is_cut(spans.spans(period("2026-02-01", "2026-02-28"))[0], Grain.DAY)
    february = spans.spans(period("2020-02-01", "2026-02-28"))
    assert not any(spans.is_cut(one, Grain.MONTH) for one in february)


@pytest.mark.parametrize(("before", "after"), [(0, 0), (2, 3), (70, 80), (500, 500)])
def test_steps_add_up_to_the_period(database: Database, before: int, after: int) -> None:
    around = datetime(2026, 3, 29, 1, tzinfo=UTC)
    writer = Writer(database, Random(5), around, days=40)
    for _ in range(120):
        writer.step()
    middle = around.astimezone(BERLIN).date()
    asked = Period(middle - timedelta(days=before), middle + timedelta(days=after), BERLIN)
    found = Figures(KeptHistory(database)).summary(factories.manager(), asked)
    steps = [step.headline for step in found.steps]
    assert sum(one.success.jobs for one in steps) == found.headline.success.jobs
    assert sum(one.success.success.part for one in steps) == found.headline.success.success.part
    assert sum(one.credits.net for one in steps) == found.headline.credits.net
    assert sum(one.costs.wasted_usd_micros for one in steps) == found.headline.costs.wasted_usd_micros
    assert sum(one.job_times.count for one in steps) == found.headline.job_times.count
    assert all(sum(one.by_step) == sum(one.by_day) == one.jobs.part for one in found.failures)
    for step in found.steps:
        if step.span.hour is None:
            days = Period(step.span.first, step.span.last, BERLIN)
            alone = Figures(KeptHistory(database)).summary(factories.manager(), days, compare=False)
            assert step.headline == alone.headline


def test_everything_begins_with_the_first_job_that_is_seen(desk: Desk, clock: SettableClock) -> None:
    figures = Figures(KeptHistory(desk.database, max_age_seconds=0))
    assert figures.first_moment(factories.manager()) is None
    begun = clock.time
    factories.job(desk, number=1)
    clock.forward(seconds=3_600)
    factories.job(desk, account=factories.OUTSIDER, number=2)
    bound = factories.account_id(desk.database, factories.OUTSIDER)
    assert figures.first_moment(factories.manager()) == begun
    seen = figures.first_moment(replace(factories.manager(), account_id=bound))
    assert seen == begun + timedelta(seconds=3_600)


def test_a_period_that_can_not_be_told_is_refused() -> None:
    day = date(2026, 3, 1)
    longest = periods.asked(day - timedelta(days=periods.DAYS_MAX - 1), day, zone="UTC")
    assert len(longest.days) == periods.DAYS_MAX
    with pytest.raises(errors.PeriodTooLong):
        periods.asked(longest.first - timedelta(days=1), day, zone="UTC")
    with pytest.raises(errors.PeriodReversed):
        periods.asked(day, day - timedelta(days=1), zone="UTC")
    for zone in ("", "Nowhere", "../UTC", "Europe", "a\0b"):
        with pytest.raises(errors.UnknownTimeZone):
            periods.asked(day, day, zone=zone)
    assert periods.days_before(date(1, 1, 5), 29) == date(1, 1, 1)
