"""How many succeeded, and what did retries rescue? Shares with their counts and how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analytics import columns, counting, intervals
from core.analytics.columns import Ints
from core.analytics.selection import View
from core.jobs.states import JobState


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its counts; `rate` and `interval` (95 %, Wilson), from 0 to 1, are None where nothing is there."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """From 0 to 1."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which two shares the true one lies, in 95 of 100 cases."""
        return intervals.wilson(self.part, self.whole)

    def lies_apart(self, other: "Share") -> bool:
        """Whether the intervals of both have nothing in common, so that a difference is hardly chance."""
        mine, others = self.interval, other.interval
        return mine is not None and others is not None and (mine[0] > others[1] or others[0] > mine[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """Jobs by what they came to. `first_attempt`: completed without a free retry; `variants`: counted one by one."""

    jobs: int
    in_flight: int
    completed: int
    partial: int
    failed: int
    canceled: int
    success: Share
    first_attempt: Share
    variants: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Of variants that had a free retry, those with a result; of the jobs that people retried, the completed ones."""

    free: Share
    by_people: Share


_STATE, _SUCCEEDED, _FAILED = columns.FATE_STATE, columns.FATE_SUCCEEDED, columns.FATE_FAILED


def _is(*states: JobState) -> Ints:
    return np.isin(_STATE, [columns.STATES.index(state) for state in states]).astype(np.int64)


_IN_FLIGHT = _is(*(state for state in JobState if not state.is_terminal))
_ENDED = 1 - _IN_FLIGHT
_COUNTED = _is(JobState.COMPLETED, JobState.PARTIAL, JobState.FAILED)
_COMPLETED = _is(JobState.COMPLETED)
# What a job of each fate (rows) adds to each sum (columns).
_WEIGHTS = np.stack(
    [
        np.ones(columns.FATES, dtype=np.int64),
        _IN_FLIGHT,
        _COMPLETED,
        _is(JobState.PARTIAL),
        _is(JobState.FAILED),
        _is(JobState.CANCELED),
        _COMPLETED * (columns.FATE_RETRIED == 0),
        _SUCCEEDED,
        _SUCCEEDED + _FAILED,
        _ENDED * columns.FATE_RESCUED,
        _ENDED * columns.FATE_RETRIED,
        _COMPLETED * columns.FATE_IS_RETRY,
        _COUNTED * columns.FATE_IS_RETRY,
    ],
    axis=1,
)
# Where these stand in a row of sums.
_JOBS, _COMPLETED_JOBS = 0, 2
_RETRIES_FROM = _WEIGHTS.shape[1] - 4


def sums(jobs: View, fates: Sequence[object], groups: Ints, count: int) -> Ints:
    """What success and retries are told from (columns), for each of `count` groups (rows); rows add up.

    `fates` are the fates behind the codes, and `groups` has the group of each job.
    """
    counted = counting.counts(groups, jobs.stretches("fate"), count, len(fates))
    # The first code is for none.
    known = _WEIGHTS[np.array(fates[1:], dtype=np.int64)]
    found: Ints = counted[:, 1:] @ known
    return found


def jobs_and_completed(rows: Ints) -> Ints:
    """How many jobs there are in each row of sums, and how many of them were completed."""
    return rows[:, [_JOBS, _COMPLETED_JOBS]]


def successes(rows: Ints) -> list[Success]:
    """The figures of each row of sums."""
    return [_success(row) for row in rows[:, :_RETRIES_FROM].tolist()]


def retries(row: Ints) -> Retries:
    """What retries rescued, of all that ended, from one row of sums."""
    rescued, retried, completed, again = row[_RETRIES_FROM:].tolist()
    return Retries(free=Share(rescued, retried), by_people=Share(completed, again))


def _success(sums: list[int]) -> Success:
    jobs, in_flight, completed, partial, failed, canceled, at_first, succeeded, ended = sums
    counted = completed + partial + failed
    return Success(
        jobs=jobs,
        in_flight=in_flight,
        completed=completed,
        partial=partial,
        failed=failed,
        canceled=canceled,
        success=Share(completed, counted),
        first_attempt=Share(at_first, counted),
        variants=Share(succeeded, ended),
    )
