"""Does the simulator take what each model takes, refuse what it does not, and draw the photo that was sent?"""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from core.provider.registry import MODELS, Model
from tests.provider.simulator.simulation import Simulation, as_object
from tests.provider.simulator.test_pictures import data_url, jpeg

FLUX_2 = "black-forest-labs/flux-2-pro"
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))


def ask(simulation: Simulation, model: str, inputs: dict[str, Any]) -> httpx.Response:
    return simulation.http.post(f"/v1/models/{model}/predictions", json={"input": inputs})


def drawn(simulation: Simulation, model: str, inputs: dict[str, Any]) -> Image.Image:
    answer = ask(simulation, model, inputs)
    assert answer.status_code == 201, answer.text
    ended = simulation.ended(as_object(answer)["id"])
    assert ended["status"] == "succeeded", ended["error"]
    return Image.open(io.BytesIO(simulation.http.get(ended["output"]).content))


@every_model
def test_what_the_desk_sends_is_taken_and_its_photo_drawn(shared: Simulation, model: Model) -> None:
    photo = jpeg()
    picture = drawn(shared, model.name, dict(model.build_input("Furnish this room", data_url(photo), 7)))
    assert picture.size == Image.open(io.BytesIO(photo)).size
    assert picture.format == "JPEG"


@every_model
def test_its_schema_names_the_fields_it_takes(shared: Simulation, model: Model) -> None:
    told = as_object(shared.http.get(f"/v1/models/{model.name}"))
    properties = told["latest_version"]["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    assert set(model.build_input("x", "https://a.example/a.jpg", 1)) <= set(properties)


def test_left_to_itself_flux_2_draws_a_square_webp(shared: Simulation) -> None:
    picture = drawn(shared, FLUX_2, {"prompt": "x", "input_images": [data_url(jpeg())]})
    assert (picture.format, picture.width) == ("WEBP", picture.height)


def test_a_size_of_ones_own_is_an_aspect(shared: Simulation) -> None:
    sizes = {"aspect_ratio": "custom", "width": 1024, "height": 512}
    picture = drawn(shared, FLUX_2, {"prompt": "x", "input_images": [data_url(jpeg())], **sizes})
    assert picture.width == pytest.approx(2 * picture.height, abs=2)


@pytest.mark.parametrize(
    ("model", "field", "inputs"),
    [
        (FLUX_2, "input_image", {"input_image": "https://a.example/a.jpg"}),
        (FLUX_2, "input_images", {"input_images": "https://a.example/a.jpg"}),
        (FLUX_2, "input_images", {"input_images": ["https://a.example/a.jpg"] * 9}),
        (FLUX_2, "input_images", {"input_images": ["no url"]}),
        (FLUX_2, "input_images", {"input_images": [5]}),
        (FLUX_2, "safety_tolerance", {"safety_tolerance": 6}),
        (FLUX_2, "safety_tolerance", {"safety_tolerance": 0}),
        (FLUX_2, "resolution", {"resolution": "3 MP"}),
        (FLUX_2, "width", {"width": 100}),
        (FLUX_2, "prompt_upsampling", {"prompt_upsampling": False}),
        ("prunaai/p-image-edit", "input_images", {"input_images": ["https://a.example/a.jpg"]}),
        ("prunaai/p-image-edit", "images", {"images": ["https://a.example/a.jpg"] * 6}),
        ("prunaai/p-image-edit", "output_format", {"output_format": "jpg"}),
        ("prunaai/p-image-edit", "aspect_ratio", {"aspect_ratio": "21:9"}),
        ("prunaai/p-image-edit", "turbo", {"turbo": "off"}),
        ("black-forest-labs/flux-kontext-max", "images", {"images": ["https://a.example/a.jpg"]}),
    ],
)
def test_what_a_model_does_not_take_is_refused_by_name(
    shared: Simulation, model: str, field: str, inputs: dict[str, Any]
) -> None:
    answer = ask(shared, model, {"prompt": "x", **inputs})
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["invalid_fields"]] == [f"input.{field}"]
