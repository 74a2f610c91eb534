"""What becomes of each variant? Its orders, with every time in them, and how it ends: drawn for a chunk at once."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from core.auth.actors import Source
from core.jobs import dispatch
from core.jobs.demo_history import columns, fates
from core.jobs.demo_history.columns import HOUR, MINUTE, NEVER, SECOND, Flags, Floats, Ints
from core.jobs.demo_history.rhythm import Outage, Period

# Through which door the news of an end comes, and how often.
DOORS = (Source.WEBHOOK, Source.SWEEP, Source.SYNC, Source.SYSTEM, Source.PAGE)
_WEBHOOK, _SWEEP, _SYNC, _SYSTEM, _PAGE = range(len(DOORS))
_DOOR_SHARES = (0.935, 0.061, 0.004)
# Median and spread (of the logarithm) of how long news takes by each door, in seconds.
_LAGS = ((0.9, 0.6), (3.5, 0.7), (75.0, 0.6))
_LAG_MAX_SECONDS = 240.0
_EXPIRES_AFTER_SECONDS = 3_600.0
_QUEUE_TIMEOUT = int(dispatch.QUEUE_TIMEOUT.total_seconds()) * SECOND
# After an outage, orders leave at the create rate; what waited comes first.
_DRAINED_EACH = SECOND // 10
_AFTERMATH = 45 * MINUTE
_SILENCE_ENDS_AFTER = (5.0, 9.0)
_DRAWING = (36.0, 0.42)
_SLOW_SHARE = 0.008
_DRAWN_WITHIN = 250.0


@dataclass(slots=True, kw_only=True)
class Attempts:
    """One order of each variant, where it was `made`; `told` is when its end became known."""

    made: Flags
    fate: Ints
    begun: Ints
    answered: Ints
    created: Ints
    started: Ints
    completed: Ints
    told: Ints
    door: Ints
    predict_seconds: Floats


@dataclass(slots=True, kw_only=True)
class Variants:
    """The variants of a chunk, two a job: their first and second order, and their end."""

    first: Attempts
    second: Attempts
    retried: Flags
    fate: Ints
    ended: Ints
    door: Ints


def draw(
    created: Ints, *, rush: Flags, odds: Floats, span: Period, timeout_seconds: int, chance: np.random.Generator
) -> Variants:
    """What becomes of variants created then; `odds` makes a failure of each more or less likely than usual.

    1. Each waits for its turn; in an outage until it is over, or for half an hour.
    2. Its order ends in some way, known through some door, some time later.
    3. What a new seed may mend is ordered once more.
    """
    wait = chance.lognormal(np.where(rush, -1.2, -0.6), 0.9)
    fate = _first_fates(created, odds, span, chance)
    first = _order(
        created, created + columns.from_seconds(np.minimum(wait, 240)), fate, span, timeout_seconds, chance
    )
    retried = fates.IS_RETRIED[first.fate]
    places = np.flatnonzero(retried)
    since, failed = first.told[places], first.fate[places]
    again = since + columns.from_seconds(chance.lognormal(-0.9, 0.7, size=len(places)))
    fate = np.where(chance.random(len(places)) < fates.MENDED[failed], fates.SUCCEEDED, failed)
    second = _spread(_order(since, again, fate, span, timeout_seconds, chance), places, len(created))
    return Variants(
        first=first,
        second=second,
        retried=retried,
        fate=np.where(retried, second.fate, first.fate),
        ended=np.where(retried, second.told, first.told),
        door=np.where(retried, second.door, first.door),
    )


def _spread(few: Attempts, places: Ints, count: int) -> Attempts:
    """The few at their places among so many; the others were not made."""
    whole = {}
    for field in dataclasses.fields(few):
        values = getattr(few, field.name)
        whole[field.name] = np.zeros(count, dtype=values.dtype)
        whole[field.name][places] = values
    return Attempts(**whole)


def cancel(variants: Variants, canceled: Ints, chance: np.random.Generator) -> Flags:
    """End what was still under way at the moment a person canceled it (NEVER: nobody did); which ones that ended."""
    hit: Flags = (canceled != NEVER) & (variants.ended > canceled)
    in_first = hit & (variants.first.told > canceled)
    # Its second order came to nothing, or not even to a retry.
    _break_off(variants.first, in_first, canceled, chance)
    _break_off(variants.second, hit & ~in_first, canceled, chance)
    variants.second.made &= ~in_first
    variants.retried &= ~in_first
    variants.ended = np.where(in_first, variants.first.told, np.where(hit, variants.second.told, variants.ended))
    variants.fate = np.where(hit, fates.CANCELED, variants.fate)
    variants.door = np.where(hit, _PAGE, variants.door)
    return hit


def _first_fates(created: Ints, odds: Floats, span: Period, chance: np.random.Generator) -> Ints:
    passed = (created - span.begins) / max(span.ends - span.begins, 1)
    fails = chance.random(len(created)) < fates.SHARES.sum() * odds
    fate = np.where(fails, chance.choice(len(fates.FATES), size=len(created), p=fates.SHARES / fates.SHARES.sum()), 0)
    # The model learns to keep the framing: what is reframed gets rarer over time.
    learned = (fate == fates.REFRAMED) & (chance.random(len(created)) < 0.85 * passed)
    fate[learned] = fates.SUCCEEDED
    # A photo that the safety filter dislikes is refused in both variants, more often than not.
    refused = (fate == fates.SAFETY).reshape(-1, 2)
    also = np.repeat(refused.any(axis=1), 2) & (chance.random(len(created)) < 0.7)
    fate[also] = fates.SAFETY
    # That takes an hour, in which the result could not be fetched.
    fate[(fate == fates.EXPIRED) & (created > span.ends - 2 * HOUR)] = fates.SUCCEEDED
    if span.outage is not None:
        shaky = _in_aftermath(created, span.outage) & (chance.random(len(created)) < 0.15)
        fate[shaky] = fates.INTERRUPTED
    return fate.astype(np.int64)


def _order(
    since: Ints, begun: Ints, fate: Ints, span: Period, timeout_seconds: int, chance: np.random.Generator
) -> Attempts:
    """Orders of variants that wait `since` then and whose turn comes at `begun`."""
    count = len(since)
    begun = _held_back(begun, span.outage)
    fate = np.where(begun - since > _QUEUE_TIMEOUT, fates.WAITED_TOO_LONG, fate)
    call = chance.lognormal(-1.0, 0.5, size=count)
    created = begun + columns.from_seconds(call * 0.6)
    answered = begun + columns.from_seconds(call)
    started = created + columns.from_seconds(np.minimum(chance.lognormal(-0.2, 1.0, size=count), 40))
    seconds = _drawing_seconds(fate, chance)
    deadline = created + timeout_seconds * SECOND
    completed = np.where(fate == fates.TIMED_OUT, deadline, started + columns.from_seconds(seconds))
    door, lag = _news(completed, fate, span.outage, chance)
    told = np.select(
        [fate == fates.WAITED_TOO_LONG, fate == fates.REFUSED],
        [since + _QUEUE_TIMEOUT + columns.from_seconds(chance.uniform(0.3, 3.0, count)), answered],
        completed + columns.from_seconds(lag),
    )
    attempts = Attempts(
        made=fate != fates.WAITED_TOO_LONG,
        fate=fate,
        begun=begun,
        answered=answered,
        created=created,
        started=started,
        completed=completed,
        told=told,
        door=door,
        predict_seconds=seconds,
    )
    if span.outage is not None:
        _cut_off(attempts, deadline, span.outage, chance)
    return attempts


def _held_back(begun: Ints, outage: Outage | None) -> Ints:
    """What would be ordered during the outage leaves after it, in its turn."""
    if outage is None:
        return begun
    held = (begun >= outage.begins) & (begun < outage.ends)
    # The queue gives up what waited too long, so only the last half hour stands in it.
    in_queue = held & (begun >= outage.ends - _QUEUE_TIMEOUT)
    turns = np.zeros(len(begun), dtype=np.int64)
    turns[np.flatnonzero(in_queue)[np.argsort(begun[in_queue], kind="stable")]] = np.arange(in_queue.sum())
    found: Ints = np.where(held, outage.ends + turns * _DRAINED_EACH, begun)
    return found


def _drawing_seconds(fate: Ints, chance: np.random.Generator) -> Floats:
    median, spread = _DRAWING
    count = len(fate)
    drawn = chance.lognormal(np.log(median), spread, size=count)
    drawn = np.where(chance.random(count) < _SLOW_SHARE, drawn * chance.uniform(2, 5, count), drawn)
    refused = np.where(fate == fates.SAFETY, chance.uniform(2, 9, count), chance.uniform(1, 25, count))
    seconds: Floats = np.where(fates.IS_DRAWN[fate], np.minimum(drawn, _DRAWN_WITHIN), refused)
    # The provider tells thousandths.
    return np.round(seconds, 3)


def _news(completed: Ints, fate: Ints, outage: Outage | None, chance: np.random.Generator) -> tuple[Ints, Floats]:
    """Through which door the news of an end comes, and after how many seconds."""
    count = len(completed)
    door = chance.choice(len(_DOOR_SHARES), size=count, p=_DOOR_SHARES).astype(np.int64)
    stretched = np.ones(count)
    if outage is not None:
        # Webhooks of that hour are lost or late, and the sweep has much to catch up with.
        late = _in_aftermath(completed, outage)
        door = np.where(late & (door == _WEBHOOK) & (chance.random(count) < 0.8), _SWEEP, door)
        stretched = np.where(late, 14.0, 1.0)
    door = np.where(fate == fates.WAITED_TOO_LONG, _SWEEP, np.where(fate == fates.REFUSED, _SYSTEM, door))
    door = np.where(fate == fates.EXPIRED, _SWEEP, door)
    medians, spreads = (np.array([*column, 1.0, 1.0]) for column in zip(*_LAGS, strict=True))
    lag = np.minimum(chance.lognormal(np.log(medians[door]), spreads[door]) * stretched, _LAG_MAX_SECONDS)
    return door, np.where(fate == fates.EXPIRED, lag + _EXPIRES_AFTER_SECONDS, lag)


def _cut_off(attempts: Attempts, deadline: Ints, outage: Outage, chance: np.random.Generator) -> None:
    """What was at the provider when it fell silent is given up at its deadline, its end never learned."""
    cut = attempts.made & (attempts.begun < outage.begins) & (attempts.told >= outage.begins)
    attempts.fate[cut] = fates.SILENT
    attempts.completed[cut] = NEVER
    attempts.door[cut] = _SWEEP
    attempts.told[cut] = deadline[cut] + columns.from_seconds(chance.uniform(*_SILENCE_ENDS_AFTER, int(cut.sum())))


def _in_aftermath(times: Ints, outage: Outage) -> Flags:
    return (times >= outage.ends) & (times < outage.ends + _AFTERMATH)


def _break_off(attempts: Attempts, hit: Flags, canceled: Ints, chance: np.random.Generator) -> None:
    attempts.made &= ~(hit & (attempts.begun > canceled))
    at_provider = hit & attempts.made
    # The provider answers a cancel once it has answered the order.
    stopped = np.maximum(canceled, attempts.answered) + columns.from_seconds(chance.uniform(0.1, 0.9, len(hit)))
    attempts.completed = np.where(at_provider, stopped, attempts.completed)
    attempts.told = np.where(at_provider, stopped + SECOND // 20, np.where(hit, canceled, attempts.told))
    attempts.fate = np.where(at_provider, fates.CANCELED, attempts.fate)
