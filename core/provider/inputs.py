"""How is each model asked? One builder a family: the fields that Replicate's own schema of the model names."""

from collections.abc import Callable, Mapping
from typing import Any

# From the prompt, the photo's URL and the seed to the prediction's input.
InputBuilder = Callable[[str, str, int], Mapping[str, Any]]
# In which fields the models take the photo; where it is a list, the first of it is the one that is edited.
IMAGE_FIELDS = ("input_image", "input_images", "images")


def image_url(inputs: Mapping[str, Any]) -> object:
    """The photo that a prediction's input names, by whatever field; None where it names none."""
    for name in IMAGE_FIELDS:
        given = inputs.get(name)
        if isinstance(given, list):
            given = given[0] if given else None
        if given is not None:
            return given
    return None


def kontext(prompt: str, image_url: str, seed: int) -> Mapping[str, Any]:
    """FLUX.1 Kontext [pro] and [max]: one photo, about one megapixel out at the photo's aspect."""
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


def flux_2(prompt: str, image_url: str, seed: int) -> Mapping[str, Any]:
    """FLUX.2 [pro]: a list of photos, of which ours is the only one, and so many megapixels out."""
    # By itself it would draw a square WebP. One megapixel is what the photo has, and what is paid for.
    return {
        "prompt": prompt,
        "input_images": [image_url],
        "aspect_ratio": "match_input_image",
        "resolution": "1 MP",
        "seed": seed,
        "output_format": "jpg",
        "output_quality": 95,
        "safety_tolerance": 2,
    }


def p_image_edit(prompt: str, image_url: str, seed: int) -> Mapping[str, Any]:
    """P-Image-Edit: a list of photos, the first of which is edited."""
    # It hurries by itself, and tells to turn that off for complicated tasks, which a whole room is.
    return {
        "prompt": prompt,
        "images": [image_url],
        "aspect_ratio": "match_input_image",
        "seed": seed,
        "turbo": False,
    }
