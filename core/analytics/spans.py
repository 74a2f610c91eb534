"""Which days are told together? The parts of a period that a chart can show: hours, days, weeks or months."""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from core.analytics.periods import Period

_WEEK_DAYS = 7
# Beyond so many days, days are told by weeks, and weeks by months: nobody reads more bars than that.
_DAYS_MAX, _DAYS_OF_WEEKS_MAX = 120, 732


class Grain(StrEnum):
    """How long a span is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days `first` to `last`, both included; with `hour`, that hour of the one day. It begins at `since_us`."""

    first: date
    last: date
    hour: int | None
    since_us: int


def grain_of(period: Period) -> Grain:
    """One day is told by hours, up to four months by days, up to two years by weeks, all else by months."""
    days = len(period.days)
    if days == 1:
        return Grain.HOUR
    if days <= _DAYS_MAX:
        return Grain.DAY
    return Grain.WEEK if days <= _DAYS_OF_WEEKS_MAX else Grain.MONTH


def spans(period: Period) -> tuple[Span, ...]:
    """The parts of the period, in order and without a gap; weeks begin on Monday, and the ends may be cut."""
    grain = grain_of(period)
    if grain is Grain.HOUR:
        return _hours(period)
    numbered = zip(period.days, period.borders_us, strict=False)
    found = []
    for _begin, group in itertools.groupby(numbered, key=lambda one: _begin_of(one[0], grain)):
        days = list(group)
        found.append(Span(first=days[0][0], last=days[-1][0], hour=None, since_us=days[0][1]))
    return tuple(found)


def is_cut(span: Span, grain: Grain) -> bool:
    """Whether the period's ends left less of a week or month than there is: too little to compare."""
    if grain is Grain.WEEK:
        return (span.last - span.first).days != _WEEK_DAYS - 1
    if grain is Grain.MONTH:
        return span.first.day != 1 or (span.last + timedelta(days=1)).day != 1
    return False


def day_numbers(period: Period, parts: tuple[Span, ...]) -> list[int]:
    """With which day of the period, from 0, each span begins."""
    return [(one.first - period.first).days for one in parts]


def _hours(period: Period) -> tuple[Span, ...]:
    # An hour that comes twice, as the clock is put back, is told as one.
    return tuple(
        Span(first=period.first, last=period.first, hour=hour, since_us=next(group)[0])
        for hour, group in itertools.groupby(period.hours, key=lambda one: one[2])
    )


def _begin_of(day: date, grain: Grain) -> date:
    if grain is Grain.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if grain is Grain.WEEK else day
