"""Is one arm better than another, judged so that looking every day, and stopping when one likes, misleads nobody?

Method. The difference of two arms and its squared standard error are put to the normal mixture of `mixture` (the
mixture SPRT of Johari, Pekelis and Walsh, arXiv 1512.04922). The mixture has two scales: the smallest difference
worth a change, fixed in the design, for which the test is then near its quickest, and four times as much, so that
what is plain to see is seen soon. Both are so cautious while jobs are few that the normal law may be leaned on (in
the limit: Waudby-Smith et al., arXiv 2103.06476; at our counts: simulated in the tests). Of 1,000 experiments without
a difference, looked at after every 50 jobs up to 4,000, it declares 21, and in none of the tests' other worlds more;
1.96 standard errors at every look declare 371.

The standard error is that of units, listings or single jobs, which is what was drawn for. With two made-up
observations in each arm it is never nothing (Agresti and Caffo, The American Statistician 54, 2000). And it is the
larger of that from each arm's own variance and that from both arms as one. The first alone is too small where an arm
of a tenth of the jobs happens to have hardly a failure: split 90 to 10, it declared 6 of 100 absent differences.

Several arms are each held against the first, at the level divided by the number of comparisons (Bonferroni: always
valid, since each comparison is). Each arm's own interval is at the full level: for a share the exact beta mixture,
its counts divided by the design effect where listings hold several jobs (Rao and Scott, Biometrics 48, 1992).

One measure decides, named before the start. Intervals of the others are each right with 95 %, but not all together.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from core.experiments import mixture, planning
from core.experiments.measures import Measure, Tally

LEVEL = 0.05
# Of the smallest difference worth a change: what the mixture averages over.
_SCALES = (1.0, 4.0)
# Fewer units than this tell nothing reliable about how much units differ.
UNITS_MIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """From `low` to `high`, in the measure's own unit."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one arm shows: its mean per job, and where the truth is at all looks together. None without a job."""

    arm: str
    units: int
    jobs: int
    mean: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An arm minus the first arm. `interval` and `p_value` allow for daily looks and for the number of comparisons.

    The p-value is of this moment; the smallest one seen so far is as valid. `more_jobs`: how many both arms need
    together until the smallest difference worth a change would show with a power of 80 %.
    """

    arm: str
    against: str
    difference: float
    interval: Interval
    p_value: float
    more_jobs: int

    @property
    def is_declared(self) -> bool:
        """Whether the arms differ, with at most one experiment in twenty ever saying so wrongly."""
        return self.p_value <= LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All arms at one look. `differences` holds None for an arm that has too few units to be compared."""

    arms: tuple[Estimate, ...]
    differences: Mapping[str, Difference | None]


def compare(measure: Measure, tallies: Mapping[str, Tally], *, smallest_difference: float) -> Comparison:
    """Hold every arm against the first of `tallies`, which are in the order of the design.

    1. Estimate each arm by itself. 2. Hold each further arm against the first, at the level divided among them.
    """
    (first, base), *others = tallies.items()
    return Comparison(
        arms=tuple(
            estimate(measure, tally, arm=arm, smallest_difference=smallest_difference)
            for arm, tally in tallies.items()
        ),
        differences={
            arm: difference(
                measure,
                base,
                tally,
                arms=(first, arm),
                smallest_difference=smallest_difference,
                comparisons=len(others),
            )
            for arm, tally in others
        },
    )


def estimate(measure: Measure, tally: Tally, *, arm: str, smallest_difference: float) -> Estimate:
    """One arm by itself."""
    if not tally.jobs:
        return Estimate(arm=arm, units=0, jobs=0, mean=None, interval=None)
    interval = _share_interval(tally) if measure.is_share else _mean_interval(measure, tally, smallest_difference)
    return Estimate(arm=arm, units=tally.units, jobs=tally.jobs, mean=tally.mean, interval=interval)


def difference(
    measure: Measure,
    base: Tally,
    other: Tally,
    *,
    arms: tuple[str, str],
    smallest_difference: float,
    comparisons: int = 1,
) -> Difference | None:
    """`other` minus `base`, or None while either has fewer than `UNITS_MIN` units. `arms`: their names, in order."""
    if min(base.units, other.units) < UNITS_MIN:
        return None
    scales, level = scales_for(smallest_difference), LEVEL / comparisons
    guarded = (base.guarded(measure.guard), other.guarded(measure.guard))
    spreads = _spreads(*guarded)
    variance = sum(spread / tally.jobs for spread, tally in zip(spreads, guarded, strict=True))
    found = other.mean - base.mean
    radius = mixture.normal_radius(variance=variance, scales=scales, level=level)
    evidence = mixture.normal_log_evidence(found, variance=variance, scales=scales)
    most = measure.largest_difference
    return Difference(
        arm=arms[1],
        against=arms[0],
        difference=found,
        interval=Interval(low=max(found - radius, -most), high=min(found + radius, most)),
        # No exponent above 0: a p-value is at most 1, and great evidence against must not overflow.
        p_value=math.exp(min(math.log(comparisons) - evidence, 0.0)),
        more_jobs=planning.more_jobs(
            spreads, jobs=(base.jobs, other.jobs), difference=smallest_difference, scales=scales, level=level
        ),
    )


def scales_for(smallest_difference: float) -> tuple[float, ...]:
    """The scales of the mixture, in the measure's own unit."""
    return tuple(times * smallest_difference for times in _SCALES)


def _spreads(base: Tally, other: Tally) -> tuple[float, float]:
    """The variance one job adds in either arm: each arm's own, or that of both as one, whichever says less."""
    own = (base.variance_of_mean * base.jobs, other.variance_of_mean * other.jobs)
    both = base.merged(other)
    pooled = both.variance_of_mean * both.jobs
    pooled_is_larger = pooled * (1 / base.jobs + 1 / other.jobs) > own[0] / base.jobs + own[1] / other.jobs
    return (pooled, pooled) if pooled_is_larger else own


def _share_interval(tally: Tally) -> Interval:
    part = tally.mean * _effective_jobs(tally)
    rest = (1 - tally.mean) * _effective_jobs(tally)
    low, high = mixture.beta_interval(part=part, rest=rest, level=LEVEL)
    return Interval(low=low, high=high)


def _effective_jobs(tally: Tally) -> float:
    """How many independent jobs would tell as much: the count divided by the design effect, never more than it."""
    independent = tally.mean * (1 - tally.mean) / tally.jobs
    # All alike, or one listing: nothing tells how much the jobs of a unit resemble each other, so each unit is one.
    if independent <= 0 or tally.units < 2:
        return tally.units
    # With one job a unit, s² / n is n / (n − 1) times this; that is no resemblance.
    effect = tally.variance_of_mean * (tally.units - 1) / tally.units / independent
    return tally.jobs / max(effect, 1.0)


def _mean_interval(measure: Measure, tally: Tally, smallest_difference: float) -> Interval:
    variance = tally.guarded(measure.guard).variance_of_mean
    radius = mixture.normal_radius(variance=variance, scales=scales_for(smallest_difference), level=LEVEL)
    return Interval(low=max(tally.mean - radius, measure.lowest), high=min(tally.mean + radius, measure.highest))
