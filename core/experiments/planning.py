"""How many jobs will it take until a difference worth knowing would show?

A test that may be looked at daily asks for more than one that is looked at once: `normal_radius` instead of 1.96
standard errors. The power is that of a single look after these jobs; the looks before it can only add to it.
"""

import functools
import math
from statistics import NormalDist

from core.experiments import mixture

POWER = 0.8
_HALVINGS = 80


# Asked with the same words at every look and for every arm.
@functools.lru_cache(maxsize=256)
def variance_needed(difference: float, *, scales: tuple[float, ...], level: float, power: float = POWER) -> float:
    """How small the squared standard error must be for a true `difference` to be declared with that power."""
    deviations = NormalDist().inv_cdf(power)
    # At one standard error the difference cannot show, so the answer lies between nothing and this.
    low, high = 0.0, difference * difference
    for _ in range(_HALVINGS):
        variance = (low + high) / 2
        reach = mixture.normal_radius(variance=variance, scales=scales, level=level) + deviations * math.sqrt(
            variance
        )
        low, high = (variance, high) if reach <= difference else (low, variance)
    return low


def jobs_per_arm(
    spreads: tuple[float, float], *, difference: float, scales: tuple[float, ...], level: float, power: float = POWER
) -> int:
    """Jobs in each of two equal arms, given the variance of one job in each (a share p has p(1 − p))."""
    return math.ceil(sum(spreads) / variance_needed(difference, scales=scales, level=level, power=power))


def jobs_per_arm_if_looked_at_once(
    spreads: tuple[float, float], *, difference: float, level: float, power: float = POWER
) -> int:
    """What a textbook's fixed sample would take: one look, at the end, and none before it."""
    normal = NormalDist()
    deviations = normal.inv_cdf(1 - level / 2) + normal.inv_cdf(power)
    return math.ceil(sum(spreads) * (deviations / difference) ** 2)


def more_jobs(
    spreads: tuple[float, float],
    *,
    jobs: tuple[int, int],
    difference: float,
    scales: tuple[float, ...],
    level: float,
    power: float = POWER,
) -> int:
    """How many jobs two arms need together beyond their `jobs`, if they go on coming and varying so; 0 if enough.

    In an arm that gets a tenth of the jobs, the last of them come late: what counts is all that have to be staged.
    """
    goal = variance_needed(difference, scales=scales, level=level, power=power)
    variance = sum(spread / had for spread, had in zip(spreads, jobs, strict=True))
    return max(math.ceil(sum(jobs) * (variance / goal - 1)), 0)
