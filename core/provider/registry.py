"""Which models can draw, what do they cost, what do they take, and how is each one asked?

A model that was ever here stays: jobs name theirs for good. Which of them new jobs may use is not decided here but by
managers (`core.jobs.model_settings`).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core import errors
from core.provider import inputs
from core.provider.inputs import InputBuilder

MEGAPIXEL = 1024 * 1024
# Both signed and unsigned 32-bit readers of a seed agree on this range.
SEED_MAX = 2**31 - 1
Setting = str | int | bool
_UPSAMPLING: Mapping[str, tuple[Setting, ...]] = {"prompt_upsampling": (False, True)}
_VERSION_ID = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the provider asked on `as_of`, in millionths of a dollar: for a picture, and for megapixels in and out.

    Megapixels are counted as the provider does: 1024 × 1024 pixels each, those of a picture rounded up.
    """

    as_of: date
    picture_usd_micros: int
    megapixel_usd_micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a model takes and gives; None for what is not documented.

    `images_max` input pictures, each of `input_pixels_max` before the provider scales it down; about `output_pixels`
    come back. `keeps_aspect`: it can be told to keep the photo's aspect, and is.
    """

    images_max: int
    input_pixels_max: int | None
    output_pixels: int | None
    keeps_aspect: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model by its `owner/name`, never by a version.

    `expected_seconds` is how long others measured it to take; None where nobody told. What this desk measured itself
    goes before it. `adjustable` are the inputs that an experiment may set, by their names, with what each may be:
    first what `build_input` sets. None of them changes the price, what is ordered, or what is refused.
    """

    name: str
    title: str
    price: Price
    limits: Limits
    expected_seconds: float | None
    build_input: InputBuilder
    adjustable: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)

    @property
    def cost_usd_micros(self) -> int:
        """What a picture of a photo of one megapixel costs, in millionths of a dollar."""
        return self.cost_of(MEGAPIXEL)

    def cost_of(self, input_pixels: int) -> int:
        """What a picture of a photo of so many pixels, as it is sent, costs in millionths of a dollar."""
        output_pixels = self.limits.output_pixels or MEGAPIXEL
        megapixels = math.ceil(input_pixels / MEGAPIXEL) + math.ceil(output_pixels / MEGAPIXEL)
        return self.price.picture_usd_micros + megapixels * self.price.megapixel_usd_micros


MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model(
            name="black-forest-labs/flux-kontext-pro",
            title="FLUX.1 Kontext [pro]",
            price=Price(as_of=date(2026, 11, 1), picture_usd_micros=40_000),
            limits=Limits(images_max=1, input_pixels_max=None, output_pixels=MEGAPIXEL),
            expected_seconds=5.2,
            build_input=inputs.kontext,
            adjustable=_UPSAMPLING,
        ),
        Model(
            name="black-forest-labs/flux-kontext-max",
            title="FLUX.1 Kontext [max]",
            price=Price(as_of=date(2025, 12, 30), picture_usd_micros=80_000),
            limits=Limits(images_max=1, input_pixels_max=None, output_pixels=MEGAPIXEL),
            expected_seconds=None,
            build_input=inputs.kontext,
            adjustable=_UPSAMPLING,
        ),
        Model(
            name="black-forest-labs/flux-2-pro",
            title="FLUX.2 [pro]",
            price=Price(as_of=date(2025, 11, 25), picture_usd_micros=15_000, megapixel_usd_micros=15_000),
            limits=Limits(images_max=8, input_pixels_max=4 * MEGAPIXEL, output_pixels=MEGAPIXEL),
            expected_seconds=17.0,
            build_input=inputs.flux_2,
            adjustable={"output_quality": (95, 90, 85, 80)},
        ),
        Model(
            name="prunaai/p-image-edit",
            title="P-Image-Edit",
            price=Price(as_of=date(2025, 12, 30), picture_usd_micros=10_000),
            limits=Limits(images_max=5, input_pixels_max=None, output_pixels=None),
            # Others told times of it in a hurry only, which is not how it is asked.
            expected_seconds=None,
            build_input=inputs.p_image_edit,
            adjustable={"turbo": (False, True)},
        ),
    )
}
DEFAULT_MODEL = MODELS["black-forest-labs/flux-kontext-pro"]


def find(name: str) -> Model:
    """The model of that `owner/name`.

    Raises:
        UnknownModel: if there is none, or if a version is meant: one that is retired would stop every job.
    """
    if _VERSION_ID.fullmatch(name.rpartition(":")[2]):
        raise errors.UnknownModel(
            "This is a version of a model. Name the model itself, as owner/name. Nothing was changed."
        )
    if name not in MODELS:
        raise errors.UnknownModel
    return MODELS[name]
