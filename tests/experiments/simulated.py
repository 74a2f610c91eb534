"""Experiments that never were: what arms would show at every look, given what is true of them."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.experiments import sequential
from core.experiments.measures import SUCCESS, Measure, Tally

EVERY = 50
UP_TO = 4_000
Array = npt.NDArray[Any]
# (chance, arm of each unit, jobs of each unit) → total of each unit
Outcomes = Callable[[np.random.Generator, Array, Array], Array]


@dataclass(frozen=True, kw_only=True)
class World:
    """What is true: how the arms do, how jobs are split, how many jobs a listing has."""

    outcomes: Outcomes
    split: Sequence[float] = (0.5, 0.5)
    jobs_per_unit: Sequence[int] = (1,)
    measure: Measure = SUCCESS
    smallest_difference: float = field(default=SUCCESS.smallest_difference)
    up_to: int = UP_TO


def shares(*truth: float) -> Outcomes:
    """Every job succeeds with its arm's share, whatever its listing."""
    return lambda chance, arms, jobs: chance.binomial(jobs, np.asarray(truth)[arms])


def resembling_shares(*truth: float, resemblance: float) -> Outcomes:
    """Jobs of a listing resemble each other, with this correlation within it (beta-binomial)."""

    def outcomes(chance: np.random.Generator, arms: Array, jobs: Array) -> Array:
        share, weight = np.asarray(truth)[arms], 1 / resemblance - 1
        return chance.binomial(jobs, chance.beta(share * weight, (1 - share) * weight))

    return outcomes


def ratings(*stars: Sequence[float]) -> Outcomes:
    """Every job is rated 1 to 5, with its arm's probability of each."""

    def outcomes(chance: np.random.Generator, arms: Array, jobs: Array) -> Array:
        upto = np.cumsum(np.asarray(stars), axis=1)[arms]
        return 1 + (chance.random(len(arms))[:, None] > upto).sum(axis=1)

    return outcomes


def costs(*retried: float) -> Outcomes:
    """Two variants at four cents, each repeated with its arm's share; in millionths of a dollar."""
    return lambda chance, arms, jobs: 40_000 * (2 + chance.binomial(2, np.asarray(retried)[arms]))


def experiments(world: World, *, number: int, seed: int) -> Iterator[list[list[Tally]]]:
    """For each experiment, for each look: the tally of each arm."""
    chance = np.random.default_rng(seed)
    for _ in range(number):
        yield looks(world, chance)


def looks(world: World, chance: np.random.Generator) -> list[list[Tally]]:
    """One experiment, looked at after every fifty jobs."""
    sizes = chance.choice(world.jobs_per_unit, size=world.up_to // min(world.jobs_per_unit))
    sizes = sizes[np.cumsum(sizes) <= world.up_to]
    arms = chance.choice(len(world.split), size=len(sizes), p=world.split)
    totals = world.outcomes(chance, arms, sizes)
    at = np.searchsorted(np.cumsum(sizes), np.arange(EVERY, sizes.sum() + 1, EVERY), side="right") - 1
    rows = np.stack([np.ones_like(sizes), sizes, totals, sizes * sizes, sizes * totals, totals * totals])
    sums = [np.cumsum(np.where(arms == arm, rows, 0), axis=1)[:, at].T.tolist() for arm in range(len(world.split))]
    return [[Tally(**dict(zip(_SUMS, row, strict=True))) for row in look] for look in zip(*sums, strict=True)]


_SUMS = ("units", "jobs", "total", "jobs_squared", "jobs_times_total", "total_squared")


def declared_at(world: World, tallies: list[list[Tally]], *, judge: "Judge | None" = None) -> int | None:
    """The first look, counted from 0, at which any arm is declared to differ from the first."""
    judge = judge or judged_always_validly
    return next((look for look, arms in enumerate(tallies) if judge(world, arms)), None)


Judge = Callable[[World, list[Tally]], bool]


def judged_always_validly(world: World, arms: list[Tally]) -> bool:
    """The desk's own judgement."""
    return any(
        found is not None and found.is_declared
        for found in (
            sequential.difference(
                world.measure,
                arms[0],
                arm,
                arms=("A", "B"),
                smallest_difference=world.smallest_difference,
                comparisons=len(arms) - 1,
            )
            for arm in arms[1:]
        )
    )


def judged_as_if_once(_: World, arms: list[Tally]) -> bool:
    """What is done all too often: 1.96 standard errors, at every look."""
    if min(arm.units for arm in arms) < sequential.UNITS_MIN:
        return False
    variance = sum(arm.variance_of_mean for arm in arms[:2])
    return abs(arms[1].mean - arms[0].mean) > 1.96 * math.sqrt(variance)


def share_declared(world: World, *, number: int, seed: int, judge: Judge = judged_always_validly) -> float:
    """In how many of the simulated experiments a difference is ever declared."""
    found = [declared_at(world, tallies, judge=judge) for tallies in experiments(world, number=number, seed=seed)]
    return sum(look is not None for look in found) / number
