"""How long did it take? Percentiles and distributions of each stage, of variants with a result and completed jobs.

Of under 10,000 jobs, percentiles are exact; of more, they are within 1 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.analytics import counting, histogram
from core.analytics.columns import Ints
from core.analytics.histogram import Floats
from core.analytics.selection import View

EXACT_BELOW_JOBS: int = 10_000
PERCENTS = (50, 90, 95, 99)
JOB = "duration"
END_TO_END = "end_to_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Seconds of `count` things: four percentiles (nearest rank), None where nothing is there."""

    count: int
    p50_seconds: float | None
    p90_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage: its percentiles, and its distribution as bars: from and to, in seconds, and how many."""

    durations: Durations
    bars: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Every stage of a variant, and whole jobs."""

    queue_wait: Stage
    provider: Stage
    settlement: Stage
    end_to_end: Stage
    job: Stage


def is_exact(jobs: View) -> bool:
    """Whether there are so few jobs that their times are looked at one by one."""
    return jobs.length < EXACT_BELOW_JOBS


def cells(jobs: View, name: str, groups: Ints, count: int) -> Ints:
    """How many durations of a column are in each bin (columns) of each of `count` groups (rows).

    `groups` has the group of each job, for all of its durations.
    """
    found = counting.counts(groups, jobs.stretches(f"{name}_bin"), count, histogram.BINS)
    found[:, histogram.NO_BIN] = 0
    return found


def durations(jobs: View, name: str, groups: Ints, counted: Ints) -> list[Durations]:
    """The percentiles of a column for each group, given its `cells`."""
    if is_exact(jobs):
        values = jobs[name]
        each = groups if values.ndim == 1 else np.repeat(groups, values.shape[1])
        found = histogram.percentiles_of_values(each, len(counted), values.reshape(-1), PERCENTS)
    else:
        found = histogram.percentiles_of_bins(counted, PERCENTS)
    return [_durations(total, row) for total, row in zip(counted.sum(axis=1).tolist(), found, strict=True)]


def timing(jobs: View, known: Mapping[str, Ints]) -> Timing:
    """Every stage, over all rows; `known` has the counts by bin of those that were counted before."""
    together = np.zeros(jobs.length, dtype=np.int64)

    def stage(name: str) -> Stage:
        counted = known[name] if name in known else cells(jobs, name, together, 1)[0]
        found = durations(jobs, name, together, counted[None, :])
        return Stage(durations=found[0], bars=histogram.bars(counted))

    return Timing(
        queue_wait=stage("queue_wait"),
        provider=stage("provider"),
        settlement=stage("settlement"),
        end_to_end=stage(END_TO_END),
        job=stage(JOB),
    )


def _durations(count: int, found: Floats | Sequence[float]) -> Durations:
    p50, p90, p95, p99 = (None if count == 0 else float(one) for one in found)
    return Durations(count=count, p50_seconds=p50, p90_seconds=p90, p95_seconds=p95, p99_seconds=p99)
