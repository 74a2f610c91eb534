"""What is an experiment, and is this one fit to start?"""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core import errors
from core.experiments import measures

ARMS_MAX = 5
# Of a measure's usual smallest difference, where the measure itself has no end.
_LARGEST_TIMES = 1_000
_MODEL = re.compile(r"[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*")
Parameter = str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way to stage: a prompt template's version, a model's `owner/name`, and what is set on it."""

    name: str
    split_percent: int
    prompt_version: str
    model: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participants:
    """Who takes part. An empty set of accounts or room types means all of them."""

    share_percent: int = 100
    accounts: frozenset[str] = frozenset()
    room_types: frozenset[str] = frozenset()

    def include(self, *, account: str, room_type: str) -> bool:
        """Whether such a job may take part at all; the share is drawn in `assignment`."""
        return (not self.accounts or account in self.accounts) and (
            not self.room_types or room_type in self.room_types
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a manager decides before the start, and nobody changes after it: later changes would void the test.

    The first arm is what the others are held against. `measure` alone decides; the others are shown beside it.
    `smallest_difference` is in the measure's own unit (a share from 0 to 1): smaller ones are not worth a change.
    """

    name: str
    arms: tuple[Arm, ...]
    participants: Participants = Participants()
    measure: str = measures.SUCCESS.slug
    smallest_difference: float = measures.SUCCESS.smallest_difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What there is to choose from, as the caller knows it now.

    `models`: those that are on, with the parameters that an arm may set and what each may be, first the usual.
    """

    prompt_versions: Collection[str]
    models: Mapping[str, Mapping[str, Sequence[Parameter]]]
    room_types: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong, for a program (`code`, which never changes), for a form (`field`) and for a person."""

    code: str
    field: str
    message: str


def flaws(design: Design, *, within: Surroundings) -> tuple[Flaw, ...]:
    """Everything that is wrong with the design, in the order of the form; empty if it may start."""
    return tuple(flaw for check in _CHECKS for flaw in check(design, within))


def require_sound(design: Design, *, within: Surroundings) -> None:
    """Refuse a design that has a flaw.

    Raises:
        ValidationFailed: telling every flaw.
    """
    found = flaws(design, within=within)
    if found:
        told = " ".join(flaw.message for flaw in found)
        raise errors.ValidationFailed(f"{told} Nothing was started.")


def without_usual(design: Design, *, within: Surroundings) -> Design:
    """The design without the parameters that are set as they always are: then equal orders look equal."""
    arms = tuple(replace(arm, parameters=_unusual(arm, within)) for arm in design.arms)
    return replace(design, arms=arms)


def _unusual(arm: Arm, within: Surroundings) -> Mapping[str, Parameter]:
    usual = {name: choices[0] for name, choices in within.models.get(arm.model, {}).items()}
    return {name: value for name, value in arm.parameters.items() if name not in usual or value != usual[name]}


def _named(design: Design, _: Surroundings) -> Iterator[Flaw]:
    if not design.name.strip():
        yield Flaw(code="name_missing", field="name", message="Give the experiment a name.")


def _enough_arms(design: Design, _: Surroundings) -> Iterator[Flaw]:
    if len(design.arms) < 2:
        yield Flaw(code="arms_too_few", field="arms", message="An experiment needs two arms at least.")
    if len(design.arms) > ARMS_MAX:
        message = f"An experiment has at most {ARMS_MAX} arms: each further one makes every answer slower."
        yield Flaw(code="arms_too_many", field="arms", message=message)


def _arms_told_apart(design: Design, within: Surroundings) -> Iterator[Flaw]:
    names = Counter(arm.name.strip().casefold() for arm in design.arms)
    seen: list[tuple[str, str, Mapping[str, Parameter]]] = []
    for index, arm in enumerate(design.arms):
        at = f"arms[{index}]"
        if not arm.name.strip():
            yield Flaw(code="arm_name_missing", field=f"{at}.name", message=f"Give arm {index + 1} a name.")
        elif names[arm.name.strip().casefold()] > 1:
            message = f"Two arms are called {arm.name!r}."
            yield Flaw(code="arm_name_repeated", field=f"{at}.name", message=message)
        contents = (arm.prompt_version, arm.model, _unusual(arm, within))
        if contents in seen:
            message = f"Arm {arm.name!r} does the same as an earlier one: change its prompt, model or parameters."
            yield Flaw(code="arm_repeated", field=at, message=message)
        seen.append(contents)


def _split(design: Design, _: Surroundings) -> Iterator[Flaw]:
    whole = True
    for index, arm in enumerate(design.arms):
        # A bool is an int to Python, but nobody's percentage.
        if type(arm.split_percent) is not int or not 1 <= arm.split_percent <= 99:
            whole = False
            message = f"The split of arm {arm.name!r} is a whole percentage from 1 to 99."
            yield Flaw(code="split_not_whole", field=f"arms[{index}].split_percent", message=message)
    total = sum(arm.split_percent for arm in design.arms) if whole else 100
    if len(design.arms) > 1 and total != 100:
        message = f"The split adds up to {total} %; it must be 100 %."
        yield Flaw(code="split_not_hundred", field="arms", message=message)


def _known_prompts(design: Design, within: Surroundings) -> Iterator[Flaw]:
    for index, arm in enumerate(design.arms):
        if arm.prompt_version not in within.prompt_versions:
            message = f"There is no prompt template {arm.prompt_version!r} (arm {arm.name!r})."
            yield Flaw(code="prompt_unknown", field=f"arms[{index}].prompt_version", message=message)


def _known_models(design: Design, within: Surroundings) -> Iterator[Flaw]:
    for index, arm in enumerate(design.arms):
        at = f"arms[{index}].model"
        if not _MODEL.fullmatch(arm.model):
            message = f"Arm {arm.name!r}: a model is given as owner/name, without a version; {arm.model!r} is not."
            yield Flaw(code="model_not_a_name", field=at, message=message)
        elif arm.model not in within.models:
            message = f"The model {arm.model!r} (arm {arm.name!r}) is not among those switched on."
            yield Flaw(code="model_unknown", field=at, message=message)


def _parameters(design: Design, within: Surroundings) -> Iterator[Flaw]:
    for index, arm in enumerate(design.arms):
        adjustable = within.models.get(arm.model, {})
        for name, value in arm.parameters.items():
            at = f"arms[{index}].parameters.{name}"
            if name not in adjustable:
                message = f"Arm {arm.name!r} can't set {name!r} of {arm.model}."
                yield Flaw(code="parameter_unknown", field=at, message=message)
            # True is 1 to Python, but not to the provider.
            elif not any(type(value) is type(one) and value == one for one in adjustable[name]):
                choices = ", ".join(map(str, adjustable[name]))
                message = f"Arm {arm.name!r}: {name!r} is one of {choices}, not {value!r}."
                yield Flaw(code="parameter_out_of_range", field=at, message=message)


def _participants(design: Design, within: Surroundings) -> Iterator[Flaw]:
    share = design.participants.share_percent
    if type(share) is not int or not 1 <= share <= 100:
        message = "The share of jobs that takes part is a whole percentage from 1 to 100."
        yield Flaw(code="share_out_of_range", field="participants.share_percent", message=message)
    for slug in sorted(design.participants.room_types - set(within.room_types)):
        message = f"There is no room type {slug!r}."
        yield Flaw(code="room_type_unknown", field="participants.room_types", message=message)


def _measured(design: Design, _: Surroundings) -> Iterator[Flaw]:
    if design.measure not in measures.MEASURES:
        message = f"There is no measure {design.measure!r}. Choose one of: {', '.join(measures.MEASURES)}."
        yield Flaw(code="measure_unknown", field="measure", message=message)
    elif not (
        math.isfinite(design.smallest_difference)
        and (measure := measures.MEASURES[design.measure]).least_difference <= design.smallest_difference
        and design.smallest_difference
        <= min(measure.largest_difference, _LARGEST_TIMES * measure.smallest_difference)
    ):
        message = "The smallest difference worth a change is above nothing, and no more than there can be."
        yield Flaw(code="difference_out_of_range", field="smallest_difference", message=message)


_CHECKS: tuple[Callable[[Design, Surroundings], Iterator[Flaw]], ...] = (
    _named,
    _enough_arms,
    _arms_told_apart,
    _split,
    _known_prompts,
    _known_models,
    _parameters,
    _participants,
    _measured,
)
