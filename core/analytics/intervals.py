"""How sure is a share of so few? Wilson's interval, which is honest near 0 and 1 and for small counts."""

import math

# The 97.5th percentile of the standard normal distribution: 2.5 % lie beyond it on each side.
_Z = 1.959963984540054


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """The 95 % interval of the share `part / whole`, from 0 to 1; None where there is nothing to divide."""
    if whole <= 0:
        return None
    share, weight = part / whole, _Z * _Z / whole
    middle = (share + weight / 2) / (1 + weight)
    reach = _Z * math.sqrt(share * (1 - share) / whole + weight / whole / 4) / (1 + weight)
    # Rounding must not put a share outside its own interval.
    return (0.0 if part == 0 else max(middle - reach, 0.0), 1.0 if part == whole else min(middle + reach, 1.0))
