"""When do jobs come in? In working hours, less at weekends, more from month to month; and one day all goes wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from core.jobs.demo_history import columns
from core.jobs.demo_history.columns import DAY, HOUR, MINUTE, Ints

# Weight of each hour of a day, UTC: work begins at seven and fades out in the evening. Nobody works at three.
_HOURS = (1.2, 0.6, 0, 0, 0.1, 1, 3, 8, 14, 18, 20, 19, 15, 17, 20, 19, 17, 14, 9, 6, 4, 3, 2, 1.5)
# Monday first.
_WEEKDAYS = (1.0, 1.12, 1.15, 1.08, 0.9, 0.34, 0.22)
_DAY_TO_DAY = 0.12
# From one year's beginning to its end, business grows by so much.
_GROWTH_A_YEAR = 1.4
# What began before this has ended by now, whatever happened to it.
_UNTIL_BEFORE_NOW = timedelta(minutes=20)
# Between two and four, everything has ended and nothing has begun.
_QUIET = 3 * HOUR + 30 * MINUTE
_MONDAY_OFFSET = 3
_OUTAGE_FROM_DAYS = 7
_OUTAGE_PLACE = 0.62
_OUTAGE_BEGINS = 9 * HOUR + 12 * MINUTE
_OUTAGE_LASTS = 6 * HOUR + 25 * MINUTE


@dataclass(frozen=True, slots=True)
class Outage:
    """From `begins` until `ends` (microseconds since 1970), the provider answers nothing and nobody."""

    begins: int
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What a history spans: jobs come from `begins` until before `ends`; `now` is the moment it is written."""

    begins: int
    ends: int
    now: int
    outage: Outage | None


def period(now: datetime, *, days: int) -> Period:
    """The period of so many days until now; one working day of it, if it is a week or longer, has an outage."""
    until = columns.microseconds(now)
    begins = until - days * DAY
    outage = _outage(begins, days) if days >= _OUTAGE_FROM_DAYS else None
    return Period(
        begins=begins, ends=until - _UNTIL_BEFORE_NOW // timedelta(microseconds=1), now=until, outage=outage
    )


def arrivals(span: Period, *, jobs: int, chance: np.random.Generator) -> Ints:
    """When each of so many jobs comes in, in order."""
    hours = np.arange(span.begins // HOUR, span.ends // HOUR + 1, dtype=np.int64)
    opens, closes = np.maximum(hours * HOUR, span.begins), np.minimum((hours + 1) * HOUR, span.ends)
    days = hours // 24 - span.begins // DAY
    of_day = chance.lognormal(0.0, _DAY_TO_DAY, size=int(days[-1]) + 1)
    weights = (
        np.array(_HOURS)[hours % 24]
        * np.array(_WEEKDAYS)[(hours // 24 + _MONDAY_OFFSET) % 7]
        * (1 + _GROWTH_A_YEAR * (opens - span.begins) / (365 * DAY))
        * of_day[days]
        * (closes - opens)
    )
    counts = chance.multinomial(jobs, weights / weights.sum())
    within = chance.random(jobs) * np.repeat(closes - opens, counts)
    return np.sort(np.repeat(opens, counts) + within.astype(np.int64))


def chunks(times: Ints, *, jobs: int) -> Iterator[slice]:
    """The arrivals in pieces of at most so many jobs, cut where a night lies between, unless a day has more."""
    nights = np.arange(times[0] // DAY, times[-1] // DAY + 1, dtype=np.int64) * DAY + _QUIET
    borders = np.append(np.searchsorted(times, nights), len(times))
    start = 0
    while start < len(times):
        near = borders[(borders > start) & (borders <= start + jobs)]
        end = int(near[-1]) if len(near) else min(start + jobs, len(times))
        yield slice(start, end)
        start = end


def _outage(begins: int, days: int) -> Outage:
    day = begins // DAY + int(days * _OUTAGE_PLACE)
    # A weekend's outage nobody would notice; of seven days, the earlier ones have passed in full.
    while (day + _MONDAY_OFFSET) % 7 >= 5:
        day -= 1
    return Outage(day * DAY + _OUTAGE_BEGINS, day * DAY + _OUTAGE_BEGINS + _OUTAGE_LASTS)
