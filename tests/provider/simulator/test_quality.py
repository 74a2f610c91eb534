"""Some orders are served worse than the rest, as the arms of an experiment are."""

import io
from typing import Any

import pytest
from PIL import Image

from core import errors
from core.provider.simulator import quality
from core.provider.simulator.quality import USUAL, Quality
from tests.provider.simulator.simulation import Simulation, jpeg

KEPT = "Keep the building"
WORSE = {"prompt": "Keep", "faults": {"failure": 1}}


def status(simulation: Simulation, prompt: str) -> str:
    return str(simulation.ended(simulation.create(prompt=prompt)["id"])["status"])


def test_faults_of_a_quality_strike_its_orders_alone(simulate: Any) -> None:
    simulation = simulate(qualities=quality.read([WORSE]))
    assert [status(simulation, prompt) for prompt in (KEPT, "Furnish")] == ["failed", "succeeded"]
    assert simulation.stats()["faults"] == {"failure": 1}


def test_faults_of_all_orders_strike_a_quality_too(simulate: Any) -> None:
    simulation = simulate(faults={"canceled": 1.0}, qualities=quality.read([{**WORSE, "faults": {}}]))
    assert [status(simulation, prompt) for prompt in (KEPT, "Furnish")] == ["canceled", "canceled"]


def test_a_quality_has_a_time_of_its_own(simulate: Any) -> None:
    simulation = simulate(qualities=quality.read([{"prompt": "Keep", "seconds": 40}]))
    slow = simulation.create(prompt=KEPT)["id"]
    assert status(simulation, "Furnish") == "succeeded"
    simulation.clock.forward(30)
    assert simulation.get(slow)["status"] == "processing"
    simulation.clock.forward(10)
    assert simulation.ended(slow)["status"] == "succeeded"


def test_an_unfurnished_result_is_the_room_as_it_was(simulate: Any) -> None:
    simulation = simulate(qualities=quality.read([{"prompt": "Keep", "faults": {"unfurnished": 1}}]))
    photo = jpeg()
    address = simulation.http.post("/v1/files", files={"content": ("room.jpg", photo, "image/jpeg")}).json()
    for prompt, is_as_it_was in ((KEPT, True), ("Furnish", False)):
        made = simulation.create(prompt=prompt, input_image=address["urls"]["get"], output_format="png")
        output = simulation.http.get(simulation.ended(made["id"])["output"]).content
        given, got = (Image.open(io.BytesIO(data)).convert("RGB") for data in (photo, output))
        assert (given.tobytes() == got.tobytes()) is is_as_it_was


def test_qualities_are_replaced_while_it_runs_and_told(simulate: Any) -> None:
    simulation = simulate()
    assert simulation.http.get("/simulator/qualities").json() == {"qualities": []}
    answer = simulation.http.put("/simulator/qualities", json={"qualities": [WORSE]})
    assert answer.json()["qualities"][0]["faults"] == {"failure": 1.0}
    assert status(simulation, KEPT) == "failed"
    assert simulation.http.put("/simulator/qualities", json={"qualities": []}).json() == {"qualities": []}
    assert status(simulation, KEPT) == "succeeded"


@pytest.mark.parametrize(
    "body",
    [
        {"qualities": [{"faults": {"typo": 1}}]},
        {"qualities": [{"faults": {"failure": 2}}]},
        {"qualities": [{"faults": {"payment": 0.5}}]},
        {"qualities": [{"promt": "Keep"}]},
        {"qualities": [{"seconds": -1}]},
        {"qualities": {"seconds": 1}},
        {},
    ],
)
def test_wrong_qualities_are_refused_and_change_nothing(simulate: Any, body: dict[str, Any]) -> None:
    simulation = simulate(qualities=quality.read([WORSE]))
    assert simulation.http.put("/simulator/qualities", json=body).status_code == 422
    assert status(simulation, KEPT) == "failed"


def test_a_switch_is_json() -> None:
    assert quality.parse(['{"model": "a/b", "seconds": 3}']) == (Quality(model="a/b", seconds=3),)
    with pytest.raises(errors.ConfigurationError, match="can't be used"):
        quality.parse(["model=a/b"])


@pytest.mark.parametrize(
    ("chosen", "is_its"),
    [
        ({}, True),
        ({"model": "a/b"}, True),
        ({"model": "a/c"}, False),
        ({"prompt": "Keep"}, True),
        ({"prompt": "Furnish"}, False),
        ({"input": {"prompt_upsampling": False}}, True),
        ({"input": {"prompt_upsampling": True}}, False),
        ({"input": {"turbo": None}}, False),
    ],
)
def test_orders_are_chosen_by_model_prompt_and_inputs(chosen: dict[str, Any], is_its: bool) -> None:
    one = Quality(**chosen)
    served = quality.serving([one], model="a/b", inputs={"prompt": KEPT, "prompt_upsampling": False})
    assert served == (one if is_its else USUAL)
    assert (served is one) is is_its
