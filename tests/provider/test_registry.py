"""Is every model asked as its own schema says, at the price it was dated with, and by name alone?"""

import re

import pytest

from core import clock, errors
from core.images import preparation
from core.provider import registry
from core.provider.contract import order_key
from core.provider.registry import DEFAULT_MODEL, MEGAPIXEL, MODELS, SEED_MAX, Model
from core.provider.simulator import catalog
from tests.test_readme import section

PHOTO = "https://a/room.jpg"
VERSION = "285631b5656a1839331cd9af0d82da820e2075db12046d1d061c681b2f206bc6"
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))


@every_model
def test_every_model_is_asked_within_its_own_schema(model: Model) -> None:
    built = model.build_input("Furnish.", PHOTO, SEED_MAX)
    assert catalog.check_input(model.name, built) == []
    assert (built["prompt"], built["seed"]) == ("Furnish.", SEED_MAX)
    # The one photo, at its own aspect: a model left to itself may draw a square.
    assert catalog.image_url(built) == PHOTO
    assert model.limits.keeps_aspect is True
    assert catalog.aspect_ratio(model.name, built) == "match_input_image"


def test_p_image_edit_is_not_hurried_through_a_whole_room() -> None:
    # By itself it would be, and its schema advises against that for complicated tasks.
    assert MODELS["prunaai/p-image-edit"].build_input("Furnish.", PHOTO, 1)["turbo"] is False


@every_model
def test_what_may_be_adjusted_is_set_as_usual_and_may_be_all_that_it_says(model: Model) -> None:
    built = model.build_input("Furnish.", PHOTO, 1)
    assert {name: choices[0] for name, choices in model.adjustable.items()}.items() <= built.items()
    for name, choices in model.adjustable.items():
        assert [catalog.check_input(model.name, {**built, name: one}) for one in choices] == [[]] * len(choices)


@every_model
def test_an_order_is_known_again_by_prompt_photo_and_seed(model: Model) -> None:
    def key(prompt: str = "Furnish.", photo: str = PHOTO, seed: int = 7) -> object:
        # The provider adds defaults of its own to what it echoes.
        return order_key({**model.build_input(prompt, photo, seed), "added": "by the provider"})

    assert key() == key() is not None
    assert len({key(), key(prompt="Empty."), key(photo="https://a/other.jpg"), key(seed=8)}) == 4


@pytest.mark.parametrize("inputs", [None, {}, {"prompt": "x", "seed": 1}, {"prompt": "x", "seed": 1, "images": []}])
def test_what_names_no_photo_is_no_order_of_ours(inputs: dict[str, object] | None) -> None:
    assert order_key(inputs) is None


@every_model
def test_what_is_sent_is_within_what_the_model_takes(model: Model) -> None:
    width, height = preparation.prepared_size(8000, 5333)
    assert width * height <= (model.limits.input_pixels_max or width * height)
    assert model.limits.images_max >= 1
    assert model.price.as_of <= clock.now().date()


def test_megapixels_in_and_out_are_counted_whole() -> None:
    pro, flux_2 = DEFAULT_MODEL, MODELS["black-forest-labs/flux-2-pro"]
    assert [pro.cost_of(pixels) for pixels in (1, MEGAPIXEL, MEGAPIXEL + 1)] == [40_000] * 3
    assert [flux_2.cost_of(pixels) for pixels in (1, MEGAPIXEL, MEGAPIXEL + 1)] == [45_000, 45_000, 60_000]
    assert flux_2.cost_usd_micros == 45_000


@pytest.mark.parametrize(
    "name",
    [VERSION, VERSION.upper(), f"{DEFAULT_MODEL.name}:{VERSION}", f"nobody/nothing:{VERSION}"],
)
def test_a_version_is_refused_whatever_it_is_of(name: str) -> None:
    with pytest.raises(errors.UnknownModel, match="version of a model") as refused:
        registry.find(name)
    assert refused.value.code == "unknown_model"


@pytest.mark.parametrize("name", ["", "flux-kontext-pro", "nobody/nothing", f"{DEFAULT_MODEL.name}:", "\0", "a" * 64])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(errors.UnknownModel):
        registry.find(name)


def test_readme_lists_every_model_with_its_price_and_time() -> None:
    def told(seconds: float | None) -> str:
        return "not known" if seconds is None else f"{seconds:.0f} s"

    rows = re.findall(r"^\| `([^`]+)` \| \$(\d+\.\d+) \| ([\d-]+) \| ([^|]+) \|$", section("Models"), re.MULTILINE)
    assert rows == [
        (one.name, f"{one.cost_usd_micros / 1_000_000:.3f}", one.price.as_of.isoformat(), told(one.expected_seconds))
        for one in MODELS.values()
    ]
