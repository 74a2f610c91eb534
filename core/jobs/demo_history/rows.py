"""What stands in the tables of jobs? New rows of photos, jobs, variants, attempts and refunds, by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.credits import pricing
from core.jobs import idempotency, search_text, turns
from core.jobs.demo_history import columns, fates, jobs, outcomes
from core.jobs.demo_history.columns import NEVER, SECOND, Columns, Flags, Ints
from core.jobs.demo_history.jobs import PER_JOB, Jobs
from core.jobs.demo_history.outcomes import Attempts
from core.jobs.demo_history.pictures import EACH_ACCOUNT, Pictures
from core.jobs.demo_history.refunds import Deed
from core.jobs.states import Priority
from core.prompts import compose, presets
from core.provider.registry import MODELS, SEED_MAX

_ROOMS, _STYLES = list(presets.ROOM_TYPES), list(presets.STYLES)
_MODELS = list(MODELS.values())
_RANKS = (Priority.NORMAL, Priority.RUSH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all chunks have in common: the accounts' ids and pictures, the prompts, the time limit, the database."""

    account_ids: Sequence[int]
    pictures: Sequence[Pictures]
    prompts: Sequence[compose.ComposedPrompt]
    timeout_seconds: int
    is_sqlite: bool

    def moments(self, times: Ints) -> list[Any]:
        """The times as this database takes them."""
        return columns.moments(times, is_sqlite=self.is_sqlite)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The ids of variants and of their first and second attempts, one for each place, whether it exists or not."""

    variants: list[str]
    attempts: tuple[list[str], list[str]]


def all_prompts() -> list[compose.ComposedPrompt]:
    """The prompt of every room in every style, in that order."""
    return [compose.compose(room_type=room, style=style) for room in _ROOMS for style in _STYLES]


def prediction_id(attempt_id: str) -> str:
    """What the provider would call the prediction of that attempt; in order of time, as the attempts are."""
    return "demo" + attempt_id.replace("-", "")


def file_names(of: Jobs) -> list[str]:
    """The name of each job's photo."""
    return [
        f"{room}-{number}.jpg" for room, number in zip(columns.picked(_ROOMS, of.room), of.name.tolist(), strict=True)
    ]


def photos(of: Jobs, names: list[str], setting: Setting) -> Columns:
    """One photo for each job that is no retry."""
    places = np.array([place for place in range(len(of.id)) if place not in of.retry_of], dtype=np.int64)
    which = (of.account * EACH_ACCOUNT + of.picture)[places]
    described = {
        name: columns.picked([one.photo[name] for one in setting.pictures], which)
        for name in setting.pictures[0].photo
    }
    return {
        "id": columns.picked(of.photo_id, places),
        "account_id": columns.picked(setting.account_ids, of.account[places]),
        "created_at": setting.moments(of.created[places]),
        "file_name": columns.picked(names, places),
        **described,
    }


def jobs_rows(of: Jobs, names: list[str], setting: Setting) -> Columns:
    """The jobs as they ended; what people refund of them comes on top."""
    prompt = of.room * len(_STYLES) + of.style
    variants = of.exists.sum(axis=1)
    lost = variants - of.has_result.sum(axis=1)
    fate = np.where(of.exists, of.fate, fates.SUCCEEDED)
    has_failed = fates.IS_FAILED[fate]
    first_failed = np.where(has_failed.any(axis=1), fate[np.arange(len(fate)), has_failed.argmax(axis=1)], 0)
    count = len(of.id)
    return {
        "id": of.id,
        "account_id": columns.picked(setting.account_ids, of.account),
        "photo_id": of.photo_id,
        "state": columns.picked([state.value for state in jobs.STATES], of.state),
        "room_type": columns.picked(_ROOMS, of.room),
        "style": columns.picked(_STYLES, of.style),
        "instructions": [""] * count,
        "prompt": columns.picked([one.text for one in setting.prompts], prompt),
        "prompt_version": columns.picked([one.version for one in setting.prompts], prompt),
        "model": columns.picked([model.name for model in _MODELS], of.model),
        "priority": columns.picked([rank.value for rank in _RANKS], of.rush.astype(np.int64)),
        "created_by": columns.picked([person for person, _account in jobs.PEOPLE], of.person),
        "retry_of": [of.retry_of.get(place) for place in range(count)],
        "credits_used": (variants * pricing.VARIANT_PRICE_CREDITS).tolist(),
        "credits_refunded": (lost * pricing.VARIANT_PRICE_CREDITS).tolist(),
        "error_code": columns.picked(_CODES, first_failed),
        "error_message": columns.picked(_MESSAGES, first_failed),
        "created_at": setting.moments(of.created),
        "started_at": setting.moments(_job_started(of)),
        "completed_at": setting.moments(of.ended),
        "cancel_requested_at": setting.moments(of.cancel_requested),
        "search_name": [search_text.folded(name) for name in names],
    }


_CODES = [fate.failure.code if fate.failure else None for fate in fates.FATES]
_MESSAGES = [fate.failure.message if fate.failure else None for fate in fates.FATES]


def variants(of: Jobs, ids: Ids, seeds: tuple[Ints, Ints], setting: Setting) -> Columns:
    """The variants as they ended."""
    drawn = of.variants
    places = np.flatnonzero(of.exists.reshape(-1))
    job = places // PER_JOB
    fate = drawn.fate[places]
    seed = np.where(drawn.second.made, seeds[1], seeds[0])[places]
    picture = (of.account * EACH_ACCOUNT + of.picture)[job] * PER_JOB + places % PER_JOB
    results = [found for one in setting.pictures for found in one.variants]
    # Beyond the last picture there is none.
    picture = np.where(fate == fates.SUCCEEDED, picture, len(results))
    return {
        "id": columns.picked(ids.variants, places),
        "job_id": columns.picked(of.id, job),
        "variant_index": (places % PER_JOB).tolist(),
        "state": columns.picked([one.state.value for one in fates.FATES], fate),
        "seed": seed.tolist(),
        "price_credits": [pricing.VARIANT_PRICE_CREDITS] * len(places),
        "turn": [turns.FIRST] * len(places),
        "error_code": columns.picked(_CODES, fate),
        "error_message": columns.picked(_MESSAGES, fate),
        **{name: columns.picked([*(one[name] for one in results), None], picture) for name in results[0]},
        "created_at": setting.moments(of.created[job]),
        "started_at": setting.moments(np.where(drawn.first.made, drawn.first.begun, NEVER)[places]),
        "completed_at": setting.moments(drawn.ended[places]),
        "deadline_at": setting.moments(_deadlines(of, setting.timeout_seconds)[places]),
        "retried_at": setting.moments(np.where(drawn.retried, drawn.first.told, NEVER)[places]),
        "settled_by": columns.picked([door.value for door in outcomes.DOORS], drawn.door[places]),
    }


def attempts(of: Jobs, ids: Ids, seeds: tuple[Ints, Ints], setting: Setting) -> Columns:
    """Every order that was sent: the first ones, then those of free retries."""
    drawn = (of.variants.first, of.variants.second)
    parts = [
        _attempts(of, one, ids, number, seeds[number], setting)
        for number, one in enumerate(drawn)
        if _sent(of, one).any()
    ]
    return {name: [value for part in parts for value in part[name]] for name in parts[0]} if parts else {}


def _attempts(of: Jobs, drawn: Attempts, ids: Ids, number: int, seeds: Ints, setting: Setting) -> Columns:
    places = np.flatnonzero(_sent(of, drawn))
    fate = drawn.fate[places]
    at_provider, has_ended = fate != fates.REFUSED, drawn.completed[places] != NEVER
    attempt_ids, seed = columns.picked(ids.attempts[number], places), seeds[places].tolist()
    cost = np.array([model.cost_usd_micros for model in _MODELS])[of.model[places // PER_JOB]]
    is_paid = np.array([one.is_paid for one in fates.FATES])[fate]
    ended = at_provider & has_ended
    prediction_ids = [prediction_id(one) for one in attempt_ids]
    for place in np.flatnonzero(~at_provider).tolist():
        prediction_ids[place] = None  # type: ignore[call-overload]
    return {
        "id": attempt_ids,
        "variant_id": columns.picked(ids.variants, places),
        "number": [number + 1] * len(places),
        "seed": seed,
        "input": [f'{{"seed": {one}}}' for one in seed],
        "prediction_id": prediction_ids,
        "status": columns.picked([one.status for one in fates.FATES], fate),
        "error": columns.picked([one.error for one in fates.FATES], fate),
        "cost_usd_micros": np.where(is_paid, cost, 0).tolist(),
        "created_at": setting.moments(drawn.begun[places]),
        "call_ended_at": setting.moments(np.where(at_provider, drawn.answered[places], NEVER)),
        "provider_created_at": setting.moments(np.where(at_provider, drawn.created[places], NEVER)),
        "provider_started_at": setting.moments(np.where(at_provider, drawn.started[places], NEVER)),
        "provider_completed_at": setting.moments(np.where(ended, drawn.completed[places], NEVER)),
        "predict_seconds": columns.with_none(drawn.predict_seconds[places], ~ended | ~_is_timed(fate)),
    }


def _is_timed(fate: Ints) -> Flags:
    return np.array([one.status in ("succeeded", "failed") for one in fates.FATES])[fate]


def _sent(of: Jobs, drawn: Attempts) -> Flags:
    sent: Flags = drawn.made & of.exists.reshape(-1)
    return sent


def _job_started(of: Jobs) -> Ints:
    first = of.variants.first
    begun = np.where(_sent(of, first), first.begun, np.iinfo(np.int64).max).reshape(-1, PER_JOB).min(axis=1)
    # What ended before it was ordered began with its end, as endings have it.
    started: Ints = np.minimum(begun, of.ended)
    return started


def _deadlines(of: Jobs, timeout_seconds: int) -> Ints:
    first, second = of.variants.first, of.variants.second
    last = np.where(second.made, second.created, first.created) + timeout_seconds * SECOND
    fate = np.where(second.made, second.fate, first.fate)
    # None while it waits to be ordered again, nor for what the provider did not take.
    has_one = np.where(of.variants.retried, second.made, first.made) & (fate != fates.REFUSED)
    return np.where(has_one, last, NEVER)


def fresh_ids(of: Jobs) -> Ids:
    """New ids for all that a chunk's variants need."""
    drawn = of.variants
    second = [""] * len(of.id) * PER_JOB
    places = np.flatnonzero(drawn.second.made)
    for place, attempt_id in zip(places.tolist(), columns.new_ids(drawn.second.begun[places]), strict=True):
        second[place] = attempt_id
    return Ids(
        variants=columns.new_ids(np.repeat(of.created, PER_JOB)),
        attempts=(columns.new_ids(drawn.first.begun), second),
    )


def fresh_seeds(of: Jobs, chance: np.random.Generator) -> tuple[Ints, Ints]:
    """The seeds of first and second attempts."""
    count = len(of.id) * PER_JOB
    return chance.integers(0, SEED_MAX, size=count), chance.integers(0, SEED_MAX, size=count)


def _identity(name: str | None) -> str | None:
    # Made-up people never sign in: nothing but their name is known.
    return None if name is None else f"named:{name}"


def refunds(deeds: Sequence[Deed], setting: Setting) -> Columns:
    """What people refunded, or asked for."""

    def times(values: list[int]) -> list[Any]:
        return setting.moments(np.array(values, dtype=np.int64))

    return {
        "id": [one.id for one in deeds],
        "job_id": [one.job_id for one in deeds],
        "account_id": [setting.account_ids[one.account] for one in deeds],
        "variant_index": [one.variant_index for one in deeds],
        "amount": [one.amount for one in deeds],
        "reason": [one.reason.value for one in deeds],
        "note": [one.note for one in deeds],
        "state": [one.state.value for one in deeds],
        "requested_by": [one.requested_by for one in deeds],
        "requested_for": [one.requested_by for one in deeds],
        "requested_by_identity": [_identity(one.requested_by) for one in deeds],
        "requested_for_identity": [_identity(one.requested_by) for one in deeds],
        "requested_at": times([one.requested for one in deeds]),
        "decided_by": [one.decided_by for one in deeds],
        "decided_by_identity": [_identity(one.decided_by) for one in deeds],
        "decided_for_identity": [_identity(one.decided_by) for one in deeds],
        "decided_at": times([one.decided for one in deeds]),
        "decision_note": [one.decision_note for one in deeds],
        "fingerprint": [
            idempotency.fingerprint(one.job_id, None, one.variant_index, one.reason, one.note) for one in deeds
        ],
    }
