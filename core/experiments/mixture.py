"""How far may an estimate stray by chance alone, however often it is looked at?

A likelihood ratio against one hypothesis, averaged over what else might be true, is a martingale that starts at 1 if
the hypothesis holds. By Ville's inequality it ever reaches 1/α with probability α at most, so its inverse is a
p-value at every look, and what it has not yet refuted is an interval that holds at all looks together. Two averages:

* Normal, for estimates with a standard error: Robbins, "Statistical methods related to the law of the iterated
  logarithm" (1970); the mixture SPRT of Johari, Pekelis and Walsh, "Always valid inference: continuous monitoring of
  A/B tests" (arXiv 1512.04922); with estimated variances it holds in the limit: Waudby-Smith, Arbour, Sinha, Kennedy
  and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences" (arXiv 2103.06476).
* Beta, for one share, exact at every count: Robbins (1970); Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform,
  nonparametric, nonasymptotic confidence sequences" (arXiv 1810.08240); Lindon and Malek, "Anytime-valid inference
  for multinomial count data" (arXiv 2011.03567), whose Dirichlet mixture also watches the split (`balance`).
"""

import math
from collections.abc import Callable, Sequence

# Halvings of [0, 1]: far below what is ever shown.
_HALVINGS = 50
# Newton's steps double the right digits each time; so close is closer than the figures are.
_STEPS, _CLOSE = 50, 1e-12


def normal_log_evidence(estimate: float, *, variance: float, scales: Sequence[float]) -> float:
    """The logarithm of the evidence against "nothing": the averaged likelihood ratio.

    `scales` are the standard deviations of the differences averaged over, each with the same weight, all fixed
    beforehand; the test is at its quickest for differences of about those sizes. `variance` is the square of the
    estimate's standard error.
    """
    square = estimate * estimate
    return _log_mean([level + slope * square for level, slope in _lines(variance, scales)])


def normal_radius(*, variance: float, scales: Sequence[float], level: float) -> float:
    """Half the width of the interval around the estimate that misses, at any look ever, with probability `level`."""
    lines, goal = _lines(variance, scales), -math.log(level)
    # Where one of the scales would do alone, however little the others say: never too short.
    square = min((goal + math.log(len(lines)) - start) / slope for start, slope in lines)
    # The evidence is convex in the square, so Newton's steps come down to the radius and never pass it.
    for _ in range(_STEPS):
        logs = [start + slope * square for start, slope in lines]
        found = _log_mean(logs)
        shares = [math.exp(one - found) / len(lines) for one in logs]
        step = (found - goal) / sum(share * slope for share, (_, slope) in zip(shares, lines, strict=True))
        square -= step
        if step <= _CLOSE * square:
            break
    return math.sqrt(square)


def _lines(variance: float, scales: Sequence[float]) -> list[tuple[float, float]]:
    """For each scale: the log evidence at an estimate of nothing, and how it grows with the estimate's square."""
    return [
        (
            0.5 * math.log(variance / (variance + scale * scale)),
            0.5 * scale * scale / (variance * (variance + scale * scale)),
        )
        for scale in scales
    ]


def _log_mean(logs: Sequence[float]) -> float:
    most = max(logs)
    return most + math.log(math.fsum(math.exp(one - most) for one in logs) / len(logs))


def beta_log_evidence(share: float, *, part: float, rest: float) -> float:
    """The logarithm of the evidence against `share` after `part` successes and `rest` failures."""
    mixed = math.lgamma(part + 1) + math.lgamma(rest + 1) - math.lgamma(part + rest + 2)
    return mixed - _times_log(part, share) - _times_log(rest, 1 - share)


def beta_interval(*, part: float, rest: float, level: float) -> tuple[float, float]:
    """The shares not refuted at `level`: right at all looks together with probability 1 − `level`."""

    def refuted(share: float) -> bool:
        return beta_log_evidence(share, part=part, rest=rest) >= -math.log(level)

    middle = part / (part + rest) if part + rest else 0.5
    low = 0.0 if part == 0 else _border(0.0, middle, refuted)
    high = 1.0 if rest == 0 else _border(1.0, middle, refuted)
    return low, high


def _border(refuted_end: float, kept_end: float, refuted: Callable[[float], bool]) -> float:
    """Where refuting ends between the two; the refuted side of it, so that the interval is never too short."""
    for _ in range(_HALVINGS):
        middle = (refuted_end + kept_end) / 2
        if refuted(middle):
            refuted_end = middle
        else:
            kept_end = middle
    return refuted_end


def _times_log(count: float, share: float) -> float:
    if count == 0:
        return 0.0
    return count * math.log(share) if share > 0 else -math.inf
