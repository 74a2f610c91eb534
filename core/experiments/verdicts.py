"""What does a comparison of two arms come to, in plain words?"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.experiments import sequential
from core.experiments.measures import Measure
from core.experiments.sequential import Difference


class Outcome(StrEnum):
    """What is known. Published words: a record may hold them."""

    TOO_EARLY = "too_early"
    BETTER = "better"
    WORSE = "worse"
    ALIKE = "alike"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome for one arm against the first, and the sentence for people."""

    outcome: Outcome
    text: str


def verdict(
    measure: Measure, found: Difference | None, *, smallest_difference: float, is_stopped: bool = False
) -> Verdict:
    """What the difference comes to; None is an arm with too few units to be compared.

    With `is_stopped`, nobody is told to wait for more: none will come.
    """
    if found is None:
        needs = f"{sequential.UNITS_MIN} listings (or jobs without one) with a result"
        text = f"Too early to tell: each arm needs {needs} first."
        if is_stopped:
            text = f"Stopped too early to tell: each arm needs {needs}."
        return Verdict(outcome=Outcome.TOO_EARLY, text=text)
    outcome = outcome_of(measure, found, smallest_difference=smallest_difference)
    tell = _unanswered if is_stopped and outcome is Outcome.OPEN else _TEXTS[outcome]
    return Verdict(outcome=outcome, text=tell(measure, found, smallest_difference))


def outcome_of(measure: Measure, found: Difference, *, smallest_difference: float) -> Outcome:
    """Declared one way or the other; else alike if all that is not refuted is too small to matter; else open."""
    if found.is_declared:
        is_better = (found.difference > 0) == measure.more_is_better
        return Outcome.BETTER if is_better else Outcome.WORSE
    return Outcome.ALIKE if _utmost(found) <= smallest_difference else Outcome.OPEN


def _declared(measure: Measure, found: Difference, smallest_difference: float) -> str:
    low, high = sorted((abs(found.interval.low), abs(found.interval.high)))
    word = "better" if (found.difference > 0) == measure.more_is_better else "worse"
    way = measure.up if found.difference > 0 else measure.down
    span = f"{_down(measure, low)} to {_up(measure, high)} {measure.unit} {way}"
    text = f"{found.arm} is {word} than {found.against}: {measure.name} {span}."
    if high <= smallest_difference:
        text += f" That is less than the {_plain(measure, smallest_difference)} that would matter."
    return text


def _alike(measure: Measure, found: Difference, _: float) -> str:
    limit = f"a difference of more than {_up(measure, _utmost(found))} {measure.unit} in {measure.name}"
    return f"{found.arm} and {found.against} are alike: {limit} is ruled out."


def _open(measure: Measure, found: Difference, smallest_difference: float) -> str:
    goal = f"one of {_plain(measure, smallest_difference)}"
    start = f"No difference in {measure.name} seen yet between {found.arm} and {found.against}"
    if found.more_jobs:
        return f"{start}; some {_rounded(found.more_jobs):,} more jobs of both would show {goal}."
    return f"{start}, though {goal} would have shown by now four times in five."


def _unanswered(measure: Measure, found: Difference, smallest_difference: float) -> str:
    goal = f"one of {_plain(measure, smallest_difference)}"
    start = f"Stopped without an answer: no difference in {measure.name} seen between {found.arm} and {found.against}"
    if found.more_jobs:
        return f"{start}; to show {goal}, some {_rounded(found.more_jobs):,} more jobs of both were missing."
    return f"{start}, though {goal} would have shown four times in five."


_TEXTS: Mapping[Outcome, Callable[[Measure, Difference, float], str]] = {
    Outcome.BETTER: _declared,
    Outcome.WORSE: _declared,
    Outcome.ALIKE: _alike,
    Outcome.OPEN: _open,
}


def _utmost(found: Difference) -> float:
    return max(abs(found.interval.low), abs(found.interval.high))


def _down(measure: Measure, value: float) -> str:
    """Rounded down, so that the interval told is never shorter than the one found."""
    return _shown(measure, value, math.floor)


def _up(measure: Measure, value: float) -> str:
    return _shown(measure, value, math.ceil)


def _shown(measure: Measure, value: float, rounding: Callable[[float], int]) -> str:
    grain = 10**measure.digits
    # The inner rounding takes off what binary fractions add: 0.07 × 100 is no more than 7.
    return f"{rounding(round(value * measure.shown_times * grain, 6)) / grain:.{measure.digits}f}"


def _plain(measure: Measure, value: float) -> str:
    return f"{value * measure.shown_times:.{measure.digits}f}".rstrip("0").rstrip(".") + f" {measure.unit}"


def _rounded(jobs: int) -> int:
    """Up to two leading digits: more would pretend to know."""
    grain = int(10 ** max(len(str(jobs)) - 2, 0))
    return math.ceil(jobs / grain) * grain
