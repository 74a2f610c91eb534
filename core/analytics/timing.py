"""How long did it take? Percentiles and distributions of each stage, of variants with a result and completed jobs.

Of under 10,000 jobs, percentiles are exact; of more, they are within 1 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.analytics import histogram
from core.analytics.columns import Ints
from core.analytics.histogram import Floats
from core.analytics.selection import View

EXACT_BELOW_JOBS = 10_000
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


def stage(jobs: View, name: str) -> Stage:
    """The stage of that column, over all rows."""
    counted = jobs.counts(f"{name}_bin", histogram.BINS)[None, :]
    counted[0, histogram.NO_BIN] = 0
    if jobs.length < EXACT_BELOW_JOBS:
        values = jobs[name].reshape(-1)
        found = histogram.percentiles_of_values(np.zeros(len(values), dtype=np.int64), 1, values, PERCENTS)
    else:
        found = histogram.percentiles_of_bins(counted, PERCENTS)
    return Stage(durations=_durations(int(counted.sum()), found[0]), bars=histogram.bars(counted[0]))


def timing(jobs: View) -> Timing:
    """Every stage, over all rows."""
    return Timing(
        queue_wait=stage(jobs, "queue_wait"),
        provider=stage(jobs, "provider"),
        settlement=stage(jobs, "settlement"),
        end_to_end=stage(jobs, END_TO_END),
        job=stage(jobs, JOB),
    )


def by_group(jobs: View, name: str, groups: Ints, count: int) -> list[Durations]:
    """The percentiles of a column for each of `count` groups; `groups` has the group of each job."""
    bins = jobs[f"{name}_bin"]
    # A group for each duration: a job has several of those that are its variants'.
    each = groups if bins.ndim == 1 else np.repeat(groups, bins.shape[1])
    bins = bins.reshape(-1)
    if jobs.length < EXACT_BELOW_JOBS:
        found = histogram.percentiles_of_values(each, count, jobs[name].reshape(-1), PERCENTS)
        totals = np.bincount(each[bins != histogram.NO_BIN], minlength=count)
    else:
        cells = np.bincount(each * histogram.BINS + bins, minlength=count * histogram.BINS)
        counted = cells.reshape(count, histogram.BINS)
        found = histogram.percentiles_of_bins(counted, PERCENTS)
        totals = counted[:, histogram.NO_BIN + 1 :].sum(axis=1)
    return [_durations(total, row) for total, row in zip(totals.tolist(), found, strict=True)]


def _durations(count: int, found: Floats | Sequence[float]) -> Durations:
    p50, p90, p95, p99 = (None if count == 0 else float(one) for one in found)
    return Durations(count=count, p50_seconds=p50, p90_seconds=p90, p95_seconds=p95, p99_seconds=p99)
