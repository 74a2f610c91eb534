"""Which models can draw, what do they cost, and how is each one asked?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

InputBuilder = Callable[[str, str, int], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model by its `owner/name`, never by a version. The cost is what the provider asked on `priced_on`."""

    name: str
    cost_usd_micros: int
    priced_on: date
    build_input: InputBuilder


def _kontext_input(prompt: str, image_url: str, seed: int) -> Mapping[str, Any]:
    # JPEG: a fifth of the size of PNG to fetch, keep and show. 2 is the maximum tolerance with an input image.
    return {
        "prompt": prompt,
        "input_image": image_url,
        "aspect_ratio": "match_input_image",
        "seed": seed,
        "output_format": "jpg",
        "safety_tolerance": 2,
        "prompt_upsampling": False,
    }


MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model(
            name="black-forest-labs/flux-kontext-pro",
            cost_usd_micros=40_000,
            priced_on=date(2026, 11, 1),
            build_input=_kontext_input,
        ),
    )
}
DEFAULT_MODEL = MODELS["black-forest-labs/flux-kontext-pro"]
# Both signed and unsigned 32-bit readers of a seed agree on this range.
SEED_MAX = 2**31 - 1
