"""Which jobs are there in a chunk? Whose, of what, by whom, how they end, and which of them are retries of others."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.credits import pricing
from core.jobs.demo_history import cast, columns, fates, outcomes
from core.jobs.demo_history.columns import HOUR, NEVER, Flags, Ints
from core.jobs.demo_history.outcomes import Variants
from core.jobs.demo_history.rhythm import Period
from core.jobs.states import JobState
from core.prompts import presets
from core.provider.registry import MODELS

PER_JOB = pricing.VARIANTS_PER_JOB
STATES = (JobState.COMPLETED, JobState.PARTIAL, JobState.FAILED, JobState.CANCELED)
COMPLETED, PARTIAL, FAILED, CANCELED = range(len(STATES))
PEOPLE = (
    *((person, place) for place, one in enumerate(cast.CUSTOMERS) for person, _weight in one.people),
    *((person, NEVER) for person in cast.SUPPORT),
)
_CUSTOMERS_PEOPLE = len(PEOPLE) - len(cast.SUPPORT)
_PEOPLES_SHARES = [
    one.weight * weight / sum(of for _person, of in one.people)
    for one in cast.CUSTOMERS
    for _person, weight in one.people
]
_RUSH_SHARE = 0.08
_CANCELED_SHARE = 0.011
_RETRIED_SHARE = 0.4
_NAMES = 9_000


class _Wanted(NamedTuple):
    """What a retry takes over from the job that is tried again."""

    photo_id: str
    account: int
    room: int
    style: int
    model: int
    picture: int
    name: int
    rush: bool


class _Old(NamedTuple):
    """A job that a person will try again, and when."""

    wish: int
    id: str
    wanted: _Wanted
    variants: tuple[bool, ...]


@dataclass(slots=True)
class Waiting:
    """The jobs that people will try again in a later chunk."""

    old: list[_Old] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Jobs:
    """The jobs of a chunk by column; places of accounts, people, rooms and so on in their tables.

    `exists` (a row a job) tells which of its variants a job has, `hit` which of them a person's cancel ended;
    `retry_of` names a retry's old job, whose photo it takes.
    """

    id: list[str]
    photo_id: list[str]
    created: Ints
    account: Ints
    person: Ints
    room: Ints
    style: Ints
    model: Ints
    picture: Ints
    name: Ints
    rush: Flags
    exists: Flags
    cancel_requested: Ints
    canceled_by: Ints
    retry_of: dict[int, str] = field(default_factory=dict)
    variants: Variants
    hit: Flags

    @property
    def fate(self) -> Ints:
        """How each variant ends, a row a job."""
        return self.variants.fate.reshape(-1, PER_JOB)

    @property
    def has_result(self) -> Flags:
        """Which variants have a result, a row a job."""
        has_result: Flags = self.exists & (self.fate == fates.SUCCEEDED)
        return has_result

    @property
    def state(self) -> Ints:
        """How each job ends, as its place in `STATES`; the rule is that of `states.final_job_state`."""
        succeeded, wanted = self.has_result.sum(axis=1), self.exists.sum(axis=1)
        canceled = (self.exists & (self.fate == fates.CANCELED)).any(axis=1)
        return np.select([succeeded == wanted, succeeded > 0, canceled], [COMPLETED, PARTIAL, CANCELED], FAILED)

    @property
    def ended(self) -> Ints:
        """When each job ends: with the last of its variants."""
        ended: Ints = np.where(self.exists, self.variants.ended.reshape(-1, PER_JOB), NEVER).max(axis=1)
        return ended


def draw(
    created: Ints, waiting: Waiting, *, span: Period, pictures: int, timeout_seconds: int, chance: np.random.Generator
) -> Jobs:
    """The jobs that come in at those times, some of them retries of those that wait for one.

    `pictures` is how many drawn rooms each account has to choose from.
    """
    count = len(created)
    person = _chosen(_PEOPLES_SHARES, count, chance)
    room = _chosen([1 / (place + 2) ** 0.8 for place in range(len(presets.ROOM_TYPES))], count, chance)
    rush = chance.random(count) < _RUSH_SHARE
    # Some rooms are harder to furnish than others.
    odds = np.repeat(0.7 + 0.6 * (room * 7 % 11) / 10, PER_JOB)
    variants = outcomes.draw(
        np.repeat(created, PER_JOB),
        rush=np.repeat(rush, PER_JOB),
        odds=odds,
        span=span,
        timeout_seconds=timeout_seconds,
        chance=chance,
    )
    thinks = columns.from_seconds(chance.lognormal(2.9, 0.8, size=count))
    requested = np.where(chance.random(count) < _CANCELED_SHARE, created + thinks, NEVER)
    hit = outcomes.cancel(variants, np.repeat(requested, PER_JOB), chance).reshape(-1, PER_JOB)
    jobs = Jobs(
        id=columns.new_ids(created),
        photo_id=columns.new_ids(created),
        created=created,
        account=np.array([place for _person, place in PEOPLE])[person],
        person=person,
        room=room,
        style=_chosen([1 / (place + 2) ** 0.6 for place in range(len(presets.STYLES))], count, chance),
        # The model that is offered first draws most.
        model=_chosen([1 / (place + 1) ** 2 for place in range(len(MODELS))], count, chance),
        picture=chance.integers(0, pictures, size=count),
        name=chance.integers(1_000, 1_000 + _NAMES, size=count),
        rush=rush,
        exists=np.ones((count, PER_JOB), dtype=bool),
        cancel_requested=requested,
        canceled_by=chance.integers(_CUSTOMERS_PEOPLE, len(PEOPLE), size=count),
        variants=variants,
        hit=hit,
    )
    _link_retries(jobs, waiting, chance)
    # A cancel that came too late is refused, and leaves no trace.
    jobs.cancel_requested[~(jobs.exists & hit).any(axis=1)] = NEVER
    return jobs


def _chosen(weights: list[float], count: int, chance: np.random.Generator) -> Ints:
    shares = np.array(weights)
    return chance.choice(len(shares), size=count, p=shares / shares.sum()).astype(np.int64)


def _link_retries(jobs: Jobs, waiting: Waiting, chance: np.random.Generator) -> None:
    """Turn some of the jobs into retries of earlier ones: of the missing variants alone, each by somebody in support.

    In the order in which people get to it, so that a retry which fails too can be tried again.
    """
    missing = jobs.exists & ~jobs.has_result
    unlucky = np.flatnonzero(missing.any(axis=1) & (chance.random(len(jobs.id)) < _RETRIED_SHARE))
    thinks = np.minimum(columns.from_seconds(chance.lognormal(7.0, 1.2, size=len(unlucky))), 30 * HOUR)
    places = {jobs.id[place]: place for place in unlucky.tolist()}
    wishes = [*waiting.old, *_wishes(jobs, unlucky, thinks)]
    waiting.old = []
    heapq.heapify(wishes)
    next_free = 0
    while wishes:
        old = heapq.heappop(wishes)
        place = places.get(old.id)
        if place is not None:
            # It may have become a retry itself since, with fewer variants.
            left = jobs.exists[place] & (jobs.fate[place] != fates.SUCCEEDED)
            old = old._replace(wanted=_wanted(jobs, place), variants=tuple(left.tolist()))
        if not any(old.variants):
            continue
        next_free = max(next_free, int(np.searchsorted(jobs.created, old.wish)))
        if next_free >= len(jobs.id):
            waiting.old.append(old)
            continue
        _make_retry(jobs, next_free, old, int(chance.integers(_CUSTOMERS_PEOPLE, len(PEOPLE))))
        next_free += 1


def _wishes(jobs: Jobs, unlucky: Ints, thinks: Ints) -> Iterator[_Old]:
    ended = jobs.ended
    for place, wish in zip(unlucky.tolist(), (ended[unlucky] + thinks).tolist(), strict=True):
        yield _Old(wish=wish, id=jobs.id[place], wanted=_wanted(jobs, place), variants=())


def _wanted(jobs: Jobs, place: int) -> _Wanted:
    return _Wanted(
        photo_id=jobs.photo_id[place],
        account=int(jobs.account[place]),
        room=int(jobs.room[place]),
        style=int(jobs.style[place]),
        model=int(jobs.model[place]),
        picture=int(jobs.picture[place]),
        name=int(jobs.name[place]),
        rush=bool(jobs.rush[place]),
    )


def _make_retry(jobs: Jobs, place: int, old: _Old, person: int) -> None:
    jobs.retry_of[place] = old.id
    jobs.person[place] = person
    jobs.exists[place] = old.variants
    for name in _Wanted._fields:
        getattr(jobs, name)[place] = getattr(old.wanted, name)
