"""Does a form learn everything that is wrong with an experiment, under codes that stay?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core import errors
from core.experiments import design as designs
from core.experiments.design import Arm, Design, Participants, Surroundings
from core.prompts import compose, presets
from core.provider import registry

WITHIN = Surroundings(
    prompt_versions={compose.VERSION, "2026-12-1"},
    models={name: model.adjustable for name, model in registry.MODELS.items()},
    room_types=presets.ROOM_TYPES,
)
A = Arm(name="A", split_percent=50, prompt_version=compose.VERSION, model=registry.DEFAULT_MODEL.name)
B = replace(A, name="B", prompt_version="2026-12-1")
SOUND = Design(name="Shorter prompt", arms=(A, B))


def with_b(**changes: Any) -> Design:
    return replace(SOUND, arms=(A, replace(B, **changes)))


FLAWED: dict[str, list[tuple[Design, str]]] = {
    "name_missing": [(replace(SOUND, name="  "), "name")],
    "arms_too_few": [(replace(SOUND, arms=(A,)), "arms")],
    "arms_too_many": [
        (replace(SOUND, arms=tuple(replace(A, name=f"{n}", parameters={"steps": n}) for n in range(6))), "arms")
    ],
    "arm_name_missing": [(with_b(name=""), "arms[1].name")],
    "arm_name_repeated": [(with_b(name=" a "), "arms[0].name")],
    "arm_repeated": [
        (with_b(prompt_version=A.prompt_version), "arms[1]"),
        (with_b(prompt_version=A.prompt_version, parameters={"prompt_upsampling": False}), "arms[1]"),
    ],
    "split_not_whole": [
        (with_b(split_percent=0), "arms[1].split_percent"),
        (with_b(split_percent=50.0), "arms[1].split_percent"),
        (with_b(split_percent=True), "arms[1].split_percent"),
    ],
    "split_not_hundred": [(with_b(split_percent=49), "arms"), (with_b(split_percent=51), "arms")],
    "prompt_unknown": [(with_b(prompt_version="1999"), "arms[1].prompt_version")],
    "model_not_a_name": [
        (with_b(model="black-forest-labs/flux-kontext-pro:0f1e2d"), "arms[1].model"),
        (with_b(model="flux"), "arms[1].model"),
    ],
    "model_unknown": [(with_b(model="black-forest-labs/other"), "arms[1].model")],
    "parameter_unknown": [
        (with_b(parameters={"seed": 7}), "arms[1].parameters.seed"),
        (with_b(parameters={"turbo": True}), "arms[1].parameters.turbo"),
    ],
    "parameter_out_of_range": [
        (with_b(parameters={"prompt_upsampling": 1}), "arms[1].parameters.prompt_upsampling"),
        (with_b(parameters={"prompt_upsampling": [True]}), "arms[1].parameters.prompt_upsampling"),
    ],
    "share_out_of_range": [
        (replace(SOUND, participants=Participants(share_percent=0)), "participants.share_percent"),
        (replace(SOUND, participants=Participants(share_percent=101)), "participants.share_percent"),
    ],
    "room_type_unknown": [
        (replace(SOUND, participants=Participants(room_types=frozenset({"attic"}))), "participants.room_types")
    ],
    "measure_unknown": [(replace(SOUND, measure="luck"), "measure")],
    "difference_out_of_range": [
        (replace(SOUND, smallest_difference=0.0), "smallest_difference"),
        (replace(SOUND, smallest_difference=5.0), "smallest_difference"),
        (replace(SOUND, smallest_difference=float("nan")), "smallest_difference"),
        (replace(SOUND, measure="cost", smallest_difference=float("inf")), "smallest_difference"),
        (replace(SOUND, measure="cost", smallest_difference=1e200), "smallest_difference"),
        (replace(SOUND, smallest_difference=1e-200), "smallest_difference"),
    ],
}


def test_a_sound_design_has_no_flaw() -> None:
    assert designs.flaws(SOUND, within=WITHIN) == ()
    designs.require_sound(SOUND, within=WITHIN)


@pytest.mark.parametrize(("code", "design", "field"), [(code, *row) for code, rows in FLAWED.items() for row in rows])
def test_a_flaw_is_told_with_its_code_and_its_field(code: str, design: Design, field: str) -> None:
    found = designs.flaws(design, within=WITHIN)
    assert (code, field) in {(flaw.code, flaw.field) for flaw in found}
    assert all(flaw.message.endswith((".", "%.")) for flaw in found)


def test_all_flaws_are_told_at_once() -> None:
    design = replace(with_b(split_percent=10, model="x"), name="")
    assert {flaw.code for flaw in designs.flaws(design, within=WITHIN)} == {
        "name_missing",
        "split_not_hundred",
        "model_not_a_name",
    }


def test_a_flawed_design_is_refused_in_words() -> None:
    with pytest.raises(errors.ValidationFailed, match=r"adds up to 99 %.* Nothing was started"):
        designs.require_sound(with_b(split_percent=49), within=WITHIN)


def test_participants_are_all_where_none_are_named() -> None:
    includes: Callable[..., bool] = Participants().include
    assert includes(account="anyone", room_type="bedroom")
    assert not Participants(accounts=frozenset({"alder"})).include(account="birch", room_type="bedroom")
