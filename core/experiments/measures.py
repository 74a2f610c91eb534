"""What is measured of each arm, in which unit, and which way is better?"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of a job, as a share (0 or 1 of each job) or a mean.

    `guard` are two plausible extremes of one job: a made-up observation of each is counted in the variance, and only
    there, so that few and equal results do not look certain (Agresti and Caffo 2000 for shares).
    `shown_times`, `unit` and `digits` say how a difference is told to people.
    """

    slug: str
    name: str
    is_share: bool
    more_is_better: bool
    guard: tuple[float, float]
    lowest: float
    highest: float
    smallest_difference: float
    shown_times: float
    unit: str
    digits: int = 1
    up: str = "higher"
    down: str = "lower"

    @property
    def least_difference(self) -> float:
        """Less than this is nothing that anybody could wait for."""
        return self.smallest_difference / 1_000

    @property
    def largest_difference(self) -> float:
        """More than this is no difference between two arms."""
        return self.highest - self.lowest


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What is known of an arm: sums over its *units*, which are what was drawn for: listings, or jobs without one.

    The jobs of a listing share an arm, a photographer and a house, so they resemble each other. Counted one by one
    they would pass for more evidence than they are; the squares of the units' sums are what tells.
    """

    units: int
    jobs: int
    total: float
    jobs_squared: float
    jobs_times_total: float
    total_squared: float

    @classmethod
    def of_jobs(cls, values: Iterable[float]) -> Self:
        """Of one value a job, each job a unit of its own."""
        return cls.of_units((1, value) for value in values)

    @classmethod
    def of_share(cls, part: int, whole: int) -> Self:
        """Of `part` among `whole` jobs, each job a unit of its own."""
        return cls(units=whole, jobs=whole, total=part, jobs_squared=whole, jobs_times_total=part, total_squared=part)

    @classmethod
    def of_units(cls, units: Iterable[tuple[int, float]]) -> Self:
        """Of (jobs, total of their values) for each unit."""
        rows = [(jobs, total) for jobs, total in units if jobs]
        return cls(
            units=len(rows),
            jobs=sum(jobs for jobs, _ in rows),
            total=math.fsum(total for _, total in rows),
            jobs_squared=sum(jobs * jobs for jobs, _ in rows),
            jobs_times_total=math.fsum(jobs * total for jobs, total in rows),
            total_squared=math.fsum(total * total for _, total in rows),
        )

    @property
    def mean(self) -> float:
        """Per job. Only where there is a job."""
        return self.total / self.jobs

    @property
    def variance_of_mean(self) -> float:
        """The square of the mean's standard error, whatever the jobs of a unit have in common.

        The linearized variance of a ratio of unit totals (Cochran, *Sampling Techniques*, §6.3 and §9A); with one job
        a unit it is the usual s² / n. Only where there are two units.
        """
        mean = self.mean
        residual = self.total_squared - 2 * mean * self.jobs_times_total + mean * mean * self.jobs_squared
        # Rounding may leave a little less than nothing where all units are equal.
        return max(residual, 0.0) / self.jobs**2 * self.units / (self.units - 1)

    def merged(self, other: Self) -> Self:
        """Both as one arm: what they would be if there were no difference."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__}
        return type(self)(**sums)

    def guarded(self, guard: tuple[float, float]) -> Self:
        """With one made-up job at either extreme; for variances only."""
        low, high = guard
        return type(self)(
            units=self.units + 2,
            jobs=self.jobs + 2,
            total=self.total + low + high,
            jobs_squared=self.jobs_squared + 2,
            jobs_times_total=self.jobs_times_total + low + high,
            total_squared=self.total_squared + low * low + high * high,
        )


def _share(slug: str, name: str, *, more_is_better: bool, smallest_difference: float) -> Measure:
    return Measure(
        slug=slug,
        name=name,
        is_share=True,
        more_is_better=more_is_better,
        guard=(0.0, 1.0),
        lowest=0.0,
        highest=1.0,
        smallest_difference=smallest_difference,
        shown_times=100,
        unit="points",
    )


SUCCESS = _share("success", "success", more_is_better=True, smallest_difference=0.05)
FAVORITE = _share("favorite", "jobs with a favorite", more_is_better=True, smallest_difference=0.05)
REFUNDED = _share("refunded", "refunded jobs", more_is_better=False, smallest_difference=0.02)
RATING = Measure(
    slug="rating",
    name="rating",
    is_share=False,
    more_is_better=True,
    guard=(1.0, 5.0),
    lowest=1.0,
    highest=5.0,
    smallest_difference=0.2,
    shown_times=1,
    unit="stars",
    digits=2,
)
COST = Measure(
    slug="cost",
    name="cost a job",
    is_share=False,
    more_is_better=False,
    # In millionths of a dollar: nothing, and two variants at the default price with one repetition each.
    guard=(0.0, 160_000.0),
    lowest=0.0,
    highest=math.inf,
    smallest_difference=5_000.0,
    shown_times=1e-4,
    unit="cents",
    digits=2,
)
SECONDS = Measure(
    slug="seconds",
    name="time to the result",
    is_share=False,
    more_is_better=False,
    guard=(0.0, 60.0),
    lowest=0.0,
    highest=math.inf,
    smallest_difference=2.0,
    shown_times=1,
    unit="seconds",
    up="longer",
    down="shorter",
)
MEASURES: Mapping[str, Measure] = {
    measure.slug: measure for measure in (SUCCESS, FAVORITE, REFUNDED, RATING, COST, SECONDS)
}
