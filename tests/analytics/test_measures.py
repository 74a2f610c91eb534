"""Are intervals, bins and days what they are defined to be?"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analytics import histogram, intervals
from core.analytics.periods import Period, Preset, preset

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # Three of three are no certainty.
        (3, 3, 0.4385, 1.0),
    ],
)
def test_intervals_are_the_published_ones(part: int, whole: int, low: float, high: float) -> None:
    found = intervals.wilson(part, whole)
    assert found == pytest.approx((low, high), abs=5e-5)


def test_an_interval_holds_its_share() -> None:
    for whole in range(1, 40):
        for part in range(whole + 1):
            low, high = intervals.wilson(part, whole) or (2.0, 2.0)
            assert 0 <= low <= part / whole <= high <= 1
    assert intervals.wilson(0, 0) is None


@given(st.lists(st.integers(100, 10**12), min_size=1, max_size=60), st.sampled_from([1, 50, 90, 95, 99, 100]))
def test_percentiles_from_bins_are_within_one_percent(durations: list[int], percent: int) -> None:
    values = np.array(durations, dtype=np.int64)
    counted = np.bincount(histogram.bins_of(values), minlength=histogram.BINS)[None, :]
    exact = histogram.percentiles_of_values(np.zeros_like(values), 1, values, [percent])[0, 0]
    assert exact == sorted(durations)[max(-(-len(durations) * percent // 100), 1) - 1] / 1e6
    assert histogram.percentiles_of_bins(counted, [percent])[0, 0] == pytest.approx(exact, rel=0.01)


def test_no_duration_has_no_bin_and_hardly_any_is_told_as_none() -> None:
    bins = histogram.bins_of(np.array([histogram.NEVER, 0, 99, 100, 10**18]))
    assert bins.tolist() == [0, 1, 1, 2, histogram.BINS - 1]
    assert np.isnan(histogram.percentiles_of_bins(np.zeros((1, histogram.BINS), dtype=np.int64), [50])[0, 0])


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Santiago", date(2026, 9, 6), 23),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
    ],
)
def test_a_day_is_as_long_as_its_clock_says(zone: str, day: date, hours: float) -> None:
    period = Period(day, day, ZoneInfo(zone))
    assert (period.until - period.since) / timedelta(hours=1) == hours
    last = period.until - timedelta(microseconds=1)
    assert {moment.astimezone(period.zone).date() for moment in (period.since, last)} == {day}
    for begin, weekday, hour in period.hours:
        local = (_EPOCH + timedelta(microseconds=begin)).astimezone(period.zone)
        assert (local.weekday(), local.hour) == (weekday, hour)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        (Preset.TODAY, date(2028, 2, 29), date(2028, 2, 29)),
        (Preset.LAST_7_DAYS, date(2028, 2, 23), date(2028, 2, 29)),
        (Preset.THIS_MONTH, date(2028, 2, 1), date(2028, 2, 29)),
        (Preset.LAST_MONTH, date(2028, 1, 1), date(2028, 1, 31)),
        (Preset.LAST_12_MONTHS, date(2027, 3, 1), date(2028, 2, 29)),
    ],
)
def test_presets_end_with_the_viewers_day(name: Preset, first: date, last: date) -> None:
    # Still the 28th in UTC.
    now = datetime(2028, 2, 28, 19, 0, tzinfo=UTC)
    found = preset(name, now=now, zone=ZoneInfo("Asia/Kathmandu"))
    assert (found.first, found.last) == (first, last)


def test_the_period_before_is_as_long_and_ends_where_this_begins() -> None:
    period = Period(date(2026, 3, 10), date(2026, 3, 12), ZoneInfo("UTC"))
    assert (period.before.first, period.before.last) == (date(2026, 3, 7), date(2026, 3, 9))
    with pytest.raises(ValueError, match="a period"):
        Period(date(2026, 3, 2), date(2026, 3, 1), ZoneInfo("UTC"))
