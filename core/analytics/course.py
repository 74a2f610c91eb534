"""How did the work go? Failures by code, what brought the news of an end, and when jobs come in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analytics import counting
from core.analytics.columns import Ints
from core.analytics.periods import Period
from core.analytics.selection import View
from core.analytics.success import Share
from core.auth.actors import Source
from core.errors import QueueTimedOut, TimedOut

_TIME_OUTS = (TimedOut.code, QueueTimedOut.code)
_DAYS_A_WEEK, _HOURS_A_DAY = 7, 24
# How a figure calls the doors; a person or the desk itself may end a variant as well, as a cancel does.
_DOORS = {Source.WEBHOOK.value: "webhook", Source.SWEEP.value: "sweep", Source.SYNC.value: "manual_sync"}
_OTHER = "other"
DOORS = (*_DOORS.values(), _OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Jobs with one error code: of all that have one, and how many on each day and in each step of the period."""

    code: str
    jobs: Share
    by_day: tuple[int, ...]
    by_step: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Of the variants that ended, those whose end was learned through one door."""

    door: str
    variants: Share


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Jobs submitted by weekday (Monday first) and hour of the viewer's clock: seven rows of 24."""

    jobs: tuple[tuple[int, ...], ...]


def failures(
    jobs: View, codes: Sequence[object], *, of_days: tuple[Ints, int], of_steps: tuple[Ints, int]
) -> tuple[Failure, ...]:
    """Failures by code, most frequent first; `of_days` has the day of each job, and how many there are; so steps."""
    places, errors = jobs.filled("error")

    def counted(parts: Ints, count: int) -> Ints:
        cells = errors.astype(np.int64) * count + parts[places]
        found: Ints = np.bincount(cells, minlength=len(codes) * count).reshape(len(codes), count)
        return found

    by_day, by_step = counted(*of_days), counted(*of_steps)
    found = [
        Failure(
            code=str(codes[code]),
            jobs=Share(int(by_day[code].sum()), len(places)),
            by_day=tuple(by_day[code].tolist()),
            by_step=tuple(by_step[code].tolist()),
        )
        for code in np.unique(errors).tolist()
    ]
    return tuple(sorted(found, key=lambda one: (-one.jobs.part, one.code)))


def timed_out(found: Sequence[Failure], jobs: int) -> Share:
    """Of all jobs, those that took too long: at the provider, or before they got there."""
    return Share(sum(one.jobs.part for one in found if one.code in _TIME_OUTS), jobs)


def settled(jobs: View, sources: Sequence[object]) -> tuple[Settled, ...]:
    """Through which doors the news of ends came, every door in its place."""
    together = np.zeros(jobs.length, dtype=np.int64)
    counted = counting.counts(together, jobs.stretches("settled_by"), 1, len(sources))[0, 1:].tolist()
    by_door = dict.fromkeys(DOORS, 0)
    for source, count in zip(sources[1:], counted, strict=True):
        by_door[_DOORS.get(str(source), _OTHER)] += count
    whole = sum(by_door.values())
    return tuple(Settled(door=door, variants=Share(part, whole)) for door, part in by_door.items())


def rhythm(jobs: View, period: Period) -> Rhythm:
    """When jobs come in."""
    begins = [begin for begin, _weekday, _hour in period.hours]
    counted = np.diff(jobs.borders([*begins, period.borders_us[-1]]))
    cells = [weekday * _HOURS_A_DAY + hour for _begin, weekday, hour in period.hours]
    sums = np.zeros(_DAYS_A_WEEK * _HOURS_A_DAY, dtype=np.int64)
    np.add.at(sums, cells, counted)
    return Rhythm(tuple(map(tuple, sums.reshape(_DAYS_A_WEEK, _HOURS_A_DAY).tolist())))
