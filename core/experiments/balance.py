"""Did the arms get the shares they were meant to? If not, results are missing and no verdict is to be trusted.

The Dirichlet mixture of Lindon and Malek, "Anytime-valid inference for multinomial count data" (arXiv 2011.03567):
exact, and valid at every look. It is given units, not jobs: the units are what was drawn for.
"""

import math
from collections.abc import Sequence

# Stricter than a verdict's level: it is asked of every experiment every day, and "broken" is a hard word.
LEVEL = 0.001


def split_p_value(units: Sequence[int], *, split_percent: Sequence[int]) -> float:
    """How well the units counted in each arm agree with the split; small: the split is not what happened."""
    arms, total = len(units), sum(units)
    log_mixed = math.lgamma(arms) - math.lgamma(arms + total) + sum(math.lgamma(count + 1) for count in units)
    log_meant = sum(count * math.log(percent / 100) for count, percent in zip(units, split_percent, strict=True))
    return math.exp(min(log_meant - log_mixed, 0.0))


def is_off(units: Sequence[int], *, split_percent: Sequence[int]) -> bool:
    """Whether the split is certainly not what happened."""
    return split_p_value(units, split_percent=split_percent) <= LEVEL
