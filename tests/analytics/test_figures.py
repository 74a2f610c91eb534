"""Is every figure what one would count by hand, whatever happened, in any zone, on both databases?"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import errors
from core.analytics.filters import Dimension, Filter
from core.analytics.keeping import KeptHistory
from core.analytics.periods import Period
from core.analytics.summary import Figures, Headline, Summary
from core.db.session import Database
from core.jobs import creation, sync
from core.jobs.desk import Desk
from core.models import Account, Attempt
from tests import factories
from tests.analytics import histories, naive
from tests.analytics.histories import Writer
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock

# A zone and a moment at which something odd happens to its days.
BORDERS = (
    ("UTC", datetime(2026, 3, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 3, 1, 18, 15, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 4, 5, 3, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
)
# One thing chosen, or two: of more, little is left of a small history.
_CHOICES = {
    "account": (BELLEVUE, OUTSIDER),
    "person": histories.PEOPLE,
    "room_type": histories.ROOMS,
    "style": histories.STYLES,
    "model": histories.MODELS,
    "priority": ("normal", "rush"),
}
_CHOSEN = st.sampled_from([(name, value) for name, values in _CHOICES.items() for value in values])
FILTERS = st.lists(_CHOSEN, max_size=2).map(lambda chosen: Filter(**dict(chosen)))
Fresh = Callable[[], AbstractContextManager[Database]]


@pytest.mark.parametrize("exact_below", [10_000, 0], ids=["exact", "from bins"])
def test_every_figure_equals_a_count_by_hand(
    fresh_database: Fresh, exact_below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.analytics.timing.EXACT_BELOW_JOBS", exact_below)

    @hypothesis_settings(max_examples=15)
    @given(
        seed=st.integers(0, 2**32),
        steps=st.integers(30, 70),
        border=st.sampled_from(BORDERS),
        length=st.integers(1, 3),
        offset=st.integers(-2, 0),
        wanted=FILTERS,
        by=st.sampled_from([None, *Dimension]),
    )
    def holds(
        seed: int,
        steps: int,
        border: tuple[str, datetime],
        length: int,
        offset: int,
        wanted: Filter,
        by: Dimension | None,
    ) -> None:
        zone = ZoneInfo(border[0])
        first = border[1].astimezone(zone).date() + timedelta(days=offset)
        period = Period(first, first + timedelta(days=length - 1), zone)
        with fresh_database() as database:
            writer = Writer(database, Random(seed), border[1])
            for _ in range(steps):
                writer.step()
            figures = Figures(KeptHistory(database))
            found = figures.summary(factories.manager(), period, wanted=wanted, by=by)
            whole = figures.summary(factories.manager(), period, by=by)
            days = figures.credit_days(factories.manager(), period, wanted=wanted, by=by or Dimension.ACCOUNT)
            everything = naive.everything(database)
        seen = everything.narrowed({one.value: name for one, name in wanted.wanted().items()})
        within = 0.0 if exact_below else 0.01
        _require_equal(whole, everything, within)
        _require_equal(found, seen, within)
        _require_equal_credit_days(days, seen, period, by or Dimension.ACCOUNT)

    holds()


def _require_equal(found: Summary, seen: naive.Everything, within: float) -> None:
    period = found.period
    of = seen.within(period.first, period.last, period.zone)
    before = seen.within(period.before.first, period.before.last, period.zone)
    _require_headline(found.headline, of, within)
    if found.before is not None:
        _require_headline(found.before, before, within)
    assert [day.day for day in found.days] == period.days
    for day in found.days:
        _require_headline(day.headline, of.within(day.day, day.day, period.zone), within)
    for name, values in naive.stages(of).items():
        stage = getattr(found.timing, name)
        _require_durations(stage.durations, values, within)
        assert sum(count for _from, _to, count in stage.bars) == len(values)
        for begin, end, count in stage.bars:
            # A value on an edge may fall to either side, as its logarithm is rounded.
            assert sum(begin * 1.0001 <= value < end * 0.9999 for value in values) <= count
    assert {one.reason: (one.credits, one.count) for one in found.refund_reasons} == naive.refund_reasons(of)
    by_code = {one.code: one for one in found.failures}
    expected = naive.failures(of, period.zone)
    assert {code: one.by_day for code, one in by_code.items()} == {
        code: tuple(days[day] for day in period.days) for code, days in expected.items()
    }
    late = sum(sum(expected[code].values()) for code in ("timed_out", "queue_timed_out") if code in expected)
    assert astuple(found.timed_out) == (late, len(of.jobs))
    doors = naive.settled(of)
    assert {one.door: one.variants.part for one in found.settled} == {
        one.door: doors[one.door] for one in found.settled
    }
    assert (astuple(found.retries.free), astuple(found.retries.by_people)) == naive.retries(of)
    assert [list(row) for row in found.rhythm.jobs] == naive.rhythm(of, period.zone)
    if found.by is not None:
        names = {job.value(found.by.value) for job in of.jobs}
        assert names <= {group.name for group in found.groups}
        for group in found.groups:
            _require_headline(group.headline, of.grouped(found.by.value, group.name), within)


def _require_headline(found: Headline, of: naive.Everything, within: float) -> None:
    success = {
        name: astuple(value) if hasattr(value, "part") else value
        for name, value in ((name, getattr(found.success, name)) for name in naive.success(of))
    }
    assert success == naive.success(of)
    stages = naive.stages(of)
    _require_durations(found.variant_times, stages["end_to_end"], within)
    _require_durations(found.job_times, stages["job"], within)
    moved = found.credits
    assert (moved.charged, moved.refunded, moved.granted, moved.adjusted) == naive.credits(of)
    paid = found.costs
    assert {
        "spent": paid.spent_usd_micros,
        "used": paid.used_usd_micros,
        "under_way": paid.under_way_usd_micros,
        "retried": paid.wasted_retried_usd_micros,
        "failed": paid.wasted_failed_usd_micros,
        "canceled": paid.wasted_canceled_usd_micros,
    } == naive.costs(of)
    assert (paid.jobs, paid.completed) == (found.success.jobs, found.success.completed)


def _require_durations(found: object, values: list[float], within: float) -> None:
    count, *expected = naive.percentiles(values)
    assert found.count == count  # type: ignore[attr-defined]
    for name, value in zip(("p50", "p90", "p95", "p99"), expected, strict=True):
        told = getattr(found, f"{name}_seconds")
        if value is None or told is None:
            assert told == value
        else:
            # What takes less than a tenth of a millisecond is told as no time.
            assert abs(told - value) <= within * value + (1e-4 if within else 1e-9)


def _require_equal_credit_days(
    found: tuple[object, ...], seen: naive.Everything, period: Period, by: Dimension
) -> None:
    of = seen.within(period.first, period.last, period.zone)
    sums: dict[tuple[str, date], list[int]] = {}
    for entry, account, job in of.entries:
        if entry.kind in ("charge", "refund"):
            name = account if by is Dimension.ACCOUNT else job.value(by.value) if job else ""
            cell = sums.setdefault((name, entry.at.astimezone(period.zone).date()), [0, 0])
            cell[entry.kind == "refund"] += abs(entry.amount)
    assert {(one.name, one.day): [one.charged, one.refunded] for one in found} == sums  # type: ignore[attr-defined]


def test_who_is_bound_to_an_account_sees_its_figures_alone(database: Database, people: People) -> None:
    writer = Writer(database, Random(1), datetime(2026, 3, 1, tzinfo=UTC))
    for _ in range(40):
        writer.step()
    figures = Figures(KeptHistory(database))
    period = Period(date(2026, 2, 20), date(2026, 3, 10), ZoneInfo("UTC"))
    bound = factories.manager()
    bound = type(bound)(name="m", role=bound.role, source=bound.source, account_id=people.bob.account_id)
    own = figures.summary(bound, period)
    assert own.headline == figures.summary(people.alice, period, wanted=Filter(account=BELLEVUE)).headline
    assert own.headline.success.jobs > 0
    # Also where the whole desk's figures are remembered already, and the other way round.
    assert figures.summary(people.alice, period).headline.success.jobs > own.headline.success.jobs
    assert figures.summary(bound, period).headline == own.headline
    assert {one.name for one in figures.credit_days(bound, period)} == {BELLEVUE}
    for refused in (Filter(account=OUTSIDER), Filter(account="nobody's")):
        with pytest.raises(errors.AccountNotFound):
            figures.summary(bound, period, wanted=refused)
    assert figures.choices(bound, Dimension.ACCOUNT) == [BELLEVUE]


def test_only_who_may_see_figures_does(database: Database, people: People) -> None:
    figures = Figures(KeptHistory(database))
    period = Period(date(2026, 3, 1), date(2026, 3, 1), ZoneInfo("UTC"))
    with pytest.raises(errors.PermissionDenied):
        figures.summary(people.bob, period)
    with pytest.raises(errors.PermissionDenied):
        figures.credit_days(people.bob, period)
    with pytest.raises(errors.PermissionDenied):
        figures.choices(people.bob, Dimension.STYLE)
    with pytest.raises(errors.PermissionDenied):
        figures.first_moment(people.bob)
    with pytest.raises(errors.PermissionDenied):
        figures.recount(people.bob)


def test_what_there_never_was_has_no_figures(database: Database) -> None:
    """Zeros would look like figures."""
    figures = Figures(KeptHistory(database))
    period = Period(date(2026, 3, 1), date(2026, 3, 1), ZoneInfo("UTC"))
    refusals = (
        (Filter(account="nobody's"), errors.AccountNotFound),
        (Filter(room_type="cellar bar"), errors.UnknownRoomType),
        (Filter(style="modren"), errors.UnknownStyle),
    )
    for wanted, refusal in refusals:
        with pytest.raises(refusal):
            figures.summary(factories.manager(), period, wanted=wanted)
    # On offer, though nobody has had it yet.
    assert figures.summary(factories.manager(), period, wanted=Filter(style="modern")).headline.is_empty


def test_a_period_that_was_not_lived_through_is_nothing_to_compare_with(desk: Desk, clock: SettableClock) -> None:
    clock.time = datetime(2026, 3, 10, 12, tzinfo=UTC)
    factories.job(desk)
    figures = Figures(KeptHistory(desk.database))
    found = {
        first: figures.summary(factories.manager(), Period(first, first + timedelta(days=1), ZoneInfo("UTC"))).before
        for first in (date(2026, 3, 11), date(2026, 3, 12), date(2026, 3, 13))
    }
    assert [before is not None for before in found.values()] == [False, True, True]


def test_what_stands_still_is_counted_in_the_filter_alone(desk: Desk, clock: SettableClock) -> None:
    factories.job(desk, account=OUTSIDER)
    clock.forward(minutes=31)
    figures = Figures(KeptHistory(desk.database))
    period = Period(clock().date(), clock().date(), ZoneInfo("UTC"))
    stuck = {
        account: figures.summary(factories.manager(), period, wanted=Filter(account=account)).stuck_now
        for account in (BELLEVUE, OUTSIDER)
    }
    assert stuck == {BELLEVUE: 0, OUTSIDER: 1}


def test_money_is_parted_by_what_it_came_to(desk: Desk, provider: FakeProvider, clock: SettableClock) -> None:
    """A variant waits for its free retry, has its retry under way, and then has its result; the other one runs."""
    job_id, (first, _second) = factories.ordered_job(desk)
    retried = next(one.variant_id for one in factories.attempts(desk.database, job_id) if one.prediction_id == first)
    figures = Figures(KeptHistory(desk.database, max_age_seconds=0))
    period = Period(clock().date(), clock().date(), ZoneInfo("UTC"))
    prices = sa.case((Attempt.number > 1, 100), (Attempt.variant_id == retried, 7), else_=3_000)

    def parts() -> tuple[int, int, int]:
        with desk.database.write() as session:
            session.execute(sa.update(Attempt).values(cost_usd_micros=prices))
        found = figures.summary(factories.manager(), period).headline.costs
        return found.used_usd_micros, found.under_way_usd_micros, found.wasted_retried_usd_micros

    assert parts() == (0, 3_007, 0)
    sync.apply(desk, factories.manager(), provider.finish(first, status="failed", error="CUDA out of memory"))
    assert parts() == (0, 3_000, 7)
    creation.create_prediction(desk, retried)
    assert parts() == (0, 3_100, 7)
    again = next(one.prediction_id for one in factories.attempts(desk.database, job_id) if one.number == 2)
    sync.apply(desk, factories.manager(), provider.finish(again or ""))
    assert parts() == (100, 3_000, 7)


def test_an_account_of_another_name_is_told_by_it_at_once(database: Database) -> None:
    Writer(database, Random(1), datetime(2026, 3, 1, tzinfo=UTC)).step()
    figures = Figures(KeptHistory(database, max_age_seconds=0))
    period = Period(date(2026, 2, 20), date(2026, 3, 10), ZoneInfo("UTC"))

    def names() -> set[str]:
        return {one.name for one in figures.summary(factories.manager(), period, by=Dimension.ACCOUNT).groups}

    before = names()
    with database.write() as session:
        session.execute(sa.update(Account).values(name=Account.name + " & Sons"))
    assert names() == {f"{name} & Sons" for name in before}


def test_a_job_of_midnight_belongs_to_the_day_that_begins(desk: Desk, clock: SettableClock) -> None:
    clock.time = datetime(2026, 3, 1, 18, 15, tzinfo=UTC)
    factories.job(desk)
    figures, zone = Figures(KeptHistory(desk.database)), ZoneInfo("Asia/Kathmandu")
    for day, jobs in ((date(2026, 3, 1), 0), (date(2026, 3, 2), 1)):
        found = figures.summary(factories.manager(), Period(day, day, zone)).headline
        assert (found.success.jobs, found.credits.charged) == (jobs, 40 * jobs)
