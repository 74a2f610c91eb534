"""What happened to each job, line by line? The events of a chunk, in the words in which the desk tells them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.auth.actors import SYSTEM_NAME, Source
from core.credits import pricing
from core.jobs.demo_history import books, cast, columns, fates, jobs, outcomes, rows
from core.jobs.demo_history.columns import NEVER, Columns, Ints
from core.jobs.demo_history.jobs import PER_JOB, Jobs
from core.jobs.demo_history.outcomes import Attempts
from core.jobs.demo_history.refunds import Deed
from core.jobs.demo_history.rows import Ids, Setting
from core.jobs.events import EventKind
from core.jobs.refund_queries import REASON_WORDS, RefundState
from core.jobs.states import ENDED_WORDS, VariantState, variant_name

_NAMES = [variant_name(index) for index in range(PER_JOB)]
_SAID = {
    VariantState.SUCCEEDED: EventKind.SUCCEEDED,
    VariantState.FAILED: EventKind.FAILED,
    VariantState.CANCELED: EventKind.CANCELED,
}
_EACH = pricing.VARIANT_PRICE_CREDITS
# Of lines at the same moment, the later steps come later.
_SUBMITTED, _ORDERED, _ANSWERED, _CANCEL, _ENDED, _RETURNED, _FINISHED = range(7)
# A line's variant, kind, source, actor and message.
_Told = tuple[int | None, str, str, str, str]


@dataclass(slots=True)
class _Lines:
    """Lines of the story: the place of the job, the time, the step, and what is told."""

    jobs: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    rest: list[_Told] = field(default_factory=list)

    def add(self, places: Ints, times: Ints, step: int, rest: Sequence[_Told]) -> None:
        """Add lines of these jobs, at these times."""
        self.jobs += places.tolist()
        self.times += times.tolist()
        self.steps += [step] * len(rest)
        self.rest += rest


def events(of: Jobs, names: list[str], ids: Ids, seeds: tuple[Ints, Ints], setting: Setting) -> Columns:
    """Every line of the chunk's jobs, job by job and in order of time."""
    lines = _Lines()
    _tell_submissions(lines, of, names)
    for number, one in enumerate((of.variants.first, of.variants.second)):
        _tell_orders(lines, of, one, seeds[number], ids.attempts[number])
    _tell_retries(lines, of)
    _tell_cancels(lines, of)
    _tell_ends(lines, of)
    order = np.lexsort((lines.steps, lines.times, lines.jobs))
    index, kind, source, actor, message = zip(*columns.picked(lines.rest, order), strict=True)
    return {
        "job_id": columns.picked(of.id, np.array(lines.jobs, dtype=np.int64)[order]),
        "variant_index": index,
        "at": setting.moments(np.array(lines.times, dtype=np.int64)[order]),
        "kind": kind,
        "source": source,
        "actor": actor,
        "message": message,
    }


def _tell_submissions(lines: _Lines, of: Jobs, names: list[str]) -> None:
    doors = [cast.door_of(person).value for person, _account in jobs.PEOPLE]
    rest: list[_Told] = []
    for place, (name, person, wanted) in enumerate(zip(names, of.person.tolist(), of.exists.tolist(), strict=True)):
        old = of.retry_of.get(place)
        message = (
            f"{name} was submitted for {pricing.JOB_PRICE_CREDITS} credits."
            if old is None
            else f"{' and '.join(_NAMES[i] for i in range(PER_JOB) if wanted[i])} of {name} submitted again for "
            f"{_EACH * sum(wanted)} credits, as a retry of job {old}."
        )
        rest.append((None, EventKind.SUBMITTED.value, doors[person], jobs.PEOPLE[person][0], message))
    lines.add(np.arange(len(names)), of.created, _SUBMITTED, rest)


def _tell_orders(lines: _Lines, of: Jobs, drawn: Attempts, seeds: Ints, attempt_ids: list[str]) -> None:
    sent = drawn.made & of.exists.reshape(-1)
    places = np.flatnonzero(sent)
    source, kind = Source.SYSTEM.value, EventKind.SUBMITTING.value
    rest: list[_Told] = [
        (index, kind, source, SYSTEM_NAME, f"{_NAMES[index]} is being ordered, seed {seed}.")
        for index, seed in zip((places % PER_JOB).tolist(), seeds[places].tolist(), strict=True)
    ]
    lines.add(places // PER_JOB, drawn.begun[places], _ORDERED, rest)
    places = np.flatnonzero(sent & (drawn.fate != fates.REFUSED))
    kind = EventKind.CREATED.value
    rest = [
        (index, kind, source, SYSTEM_NAME, f"{_NAMES[index]} is at Replicate as {rows.prediction_id(attempt_id)}.")
        for index, attempt_id in zip((places % PER_JOB).tolist(), columns.picked(attempt_ids, places), strict=True)
    ]
    lines.add(places // PER_JOB, drawn.answered[places], _ANSWERED, rest)


def _tell_retries(lines: _Lines, of: Jobs) -> None:
    first = of.variants.first
    places = np.flatnonzero(of.variants.retried & of.exists.reshape(-1))
    rest: list[_Told] = []
    for place in places.tolist():
        failure, door = fates.FATES[first.fate[place]].failure, int(first.door[place])
        why = getattr(failure, "reason", "")
        message = f"{_NAMES[place % PER_JOB]}: {why} It is ordered once more with a new seed, at no charge."
        rest.append((place % PER_JOB, EventKind.RETRIED.value, *_by(of, place, door), message))
    lines.add(places // PER_JOB, first.told[places], _ENDED, rest)


def _tell_cancels(lines: _Lines, of: Jobs) -> None:
    places = np.flatnonzero(of.cancel_requested != NEVER)
    kind, source = EventKind.CANCEL_REQUESTED.value, Source.PAGE.value
    rest: list[_Told] = [
        (None, kind, source, jobs.PEOPLE[by][0], "The job is to be canceled.")
        for by in of.canceled_by[places].tolist()
    ]
    lines.add(places, of.cancel_requested[places], _CANCEL, rest)


def _tell_ends(lines: _Lines, of: Jobs) -> None:
    drawn, exists = of.variants, of.exists.reshape(-1)
    _tell_results(lines, of, np.flatnonzero(exists & (drawn.fate == fates.SUCCEEDED)))
    places = np.flatnonzero(exists & (drawn.fate != fates.SUCCEEDED))
    ended: list[_Told] = []
    returned: list[_Told] = []
    for place in places.tolist():
        fate, index, by = fates.FATES[drawn.fate[place]], place % PER_JOB, _by(of, place, int(drawn.door[place]))
        words = f": {fate.failure.message}" if fate.failure else " was canceled."
        ended.append((index, _SAID[fate.state].value, *by, _NAMES[index] + words))
        message = f"{_NAMES[index]}: {_EACH} credits were returned."
        returned.append((index, EventKind.REFUNDED.value, *by, message))
    lines.add(places // PER_JOB, drawn.ended[places], _ENDED, ended)
    lines.add(places // PER_JOB, drawn.ended[places], _RETURNED, returned)
    _tell_finishes(lines, of)


def _tell_results(lines: _Lines, of: Jobs, places: Ints) -> None:
    drawn = of.variants
    seconds = np.where(drawn.retried, drawn.second.predict_seconds, drawn.first.predict_seconds)[places].tolist()
    kind, sources = EventKind.SUCCEEDED.value, [door.value for door in outcomes.DOORS]
    rest: list[_Told] = [
        (index, kind, sources[door], actor, f"{_NAMES[index]} is ready in {took:.1f} s.")
        for index, door, actor, took in zip(
            (places % PER_JOB).tolist(), drawn.door[places].tolist(), _actors(of, places), seconds, strict=True
        )
    ]
    lines.add(places // PER_JOB, drawn.ended[places], _ENDED, rest)


def _tell_finishes(lines: _Lines, of: Jobs) -> None:
    count = len(of.id)
    ended = np.where(of.exists, of.variants.ended.reshape(-1, PER_JOB), NEVER)
    # Told through the door by which the last variant's news came.
    last = np.arange(count) * PER_JOB + ended.argmax(axis=1)
    words, sources = [ENDED_WORDS[state] for state in jobs.STATES], [door.value for door in outcomes.DOORS]
    kind = EventKind.FINISHED.value
    rest: list[_Told] = [
        (None, kind, sources[door], actor, words[state])
        for door, actor, state in zip(
            of.variants.door[last].tolist(), _actors(of, last), of.state.tolist(), strict=True
        )
    ]
    lines.add(np.arange(count), ended.max(axis=1), _FINISHED, rest)


def _actors(of: Jobs, places: Ints) -> list[str]:
    helpers = of.canceled_by[places // PER_JOB].tolist()
    return [
        books.who(door, jobs.PEOPLE[helper][0])
        for door, helper in zip(of.variants.door[places].tolist(), helpers, strict=True)
    ]


def _by(of: Jobs, place: int, door: int) -> tuple[str, str]:
    return outcomes.DOORS[door].value, books.who(door, jobs.PEOPLE[of.canceled_by[place // PER_JOB]][0])


def later_events(of: Jobs, deeds: Sequence[Deed], setting: Setting) -> Columns:
    """What is told of older jobs: that they are tried again, and what people refund, ask for and decide."""
    lines = [(deed.job_id, deed.variant_index, *line) for deed in deeds for line in _refund_lines(deed)]
    for place, old in of.retry_of.items():
        message = f"What has no result is staged again as job {of.id[place]}."
        person = jobs.PEOPLE[of.person[place]][0]
        lines.append((old, None, int(of.created[place]), EventKind.RETRIED, person, message))
    lines.sort(key=lambda line: line[2])
    return {
        "job_id": [line[0] for line in lines],
        "variant_index": [line[1] for line in lines],
        "at": setting.moments(np.array([line[2] for line in lines], dtype=np.int64)),
        "kind": [line[3].value for line in lines],
        "source": [Source.PAGE.value] * len(lines),
        "actor": [line[4] for line in lines],
        "message": [line[5] for line in lines],
    }


def _refund_lines(deed: Deed) -> Iterator[tuple[int, EventKind, str, str]]:
    why = REASON_WORDS[deed.reason].lower()
    if deed.was_requested:
        words = f"A refund of {deed.amount} credits waits for a manager: {why}."
        yield deed.requested, EventKind.REFUND_REQUESTED, deed.requested_by, words
    if deed.decided_by is not None and deed.state is RefundState.REFUNDED:
        words = f"{deed.amount} credits were refunded: {why}."
        yield deed.decided, EventKind.REFUNDED, deed.decided_by, words
    if deed.decided_by is not None and deed.state is RefundState.DECLINED:
        words = f"A refund of {deed.amount} credits was declined."
        yield deed.decided, EventKind.REFUND_DECLINED, deed.decided_by, words
