"""Which models are there, and what input do they take? One table, checked against and shown to clients."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.provider.simulator.problems import InvalidField

ASPECT_RATIOS = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "4:5", "5:4", "21:9", "9:21", "2:1", "1:2"]
MATCH_INPUT_IMAGE = "match_input_image"
CUSTOM = "custom"
_IMAGES = ("input_image", "input_images", "images")
_PUBLISHED_AT = "2025-05-29T00:00:00.000000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """One input of a model: its JSON type, its default, and what is allowed.

    An array holds URLs, `items_max` at most; `maximum_with_image` replaces `maximum` where there is an image.
    """

    type: str
    default: Any = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    is_required: bool = False
    is_nullable: bool = False
    is_uri: bool = False
    maximum_with_image: int | None = None
    items_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedModel:
    """A model: what it says of itself, its input table, and the format of its pictures by itself."""

    description: str
    inputs: Mapping[str, InputField]
    output_format: str


_TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list}
_PROMPT = InputField(type="string", is_required=True)
_SEED = InputField(type="integer", is_nullable=True)
_PICTURE_FORMATS = ("webp", "jpg", "png")

_KONTEXT_INPUT: Mapping[str, InputField] = {
    "prompt": _PROMPT,
    "input_image": InputField(type="string", is_uri=True, is_nullable=True),
    "aspect_ratio": InputField(type="string", default=MATCH_INPUT_IMAGE, choices=(MATCH_INPUT_IMAGE, *ASPECT_RATIOS)),
    "seed": _SEED,
    "output_format": InputField(type="string", default="png", choices=("jpg", "png")),
    "safety_tolerance": InputField(type="integer", default=2, minimum=0, maximum=6, maximum_with_image=2),
    "prompt_upsampling": InputField(type="boolean", default=False),
}
_FLUX_2_INPUT: Mapping[str, InputField] = {
    "prompt": _PROMPT,
    "input_images": InputField(type="array", default=[], is_uri=True, items_max=8),
    "aspect_ratio": InputField(type="string", default="1:1", choices=(MATCH_INPUT_IMAGE, CUSTOM, *ASPECT_RATIOS)),
    # Taken and checked; what is drawn here has about one megapixel in any case.
    "resolution": InputField(
        type="string", default="1 MP", choices=(MATCH_INPUT_IMAGE, "0.5 MP", "1 MP", "2 MP", "4 MP")
    ),
    "width": InputField(type="integer", minimum=256, maximum=2048, is_nullable=True),
    "height": InputField(type="integer", minimum=256, maximum=2048, is_nullable=True),
    "safety_tolerance": InputField(type="integer", default=2, minimum=1, maximum=5),
    "seed": _SEED,
    "output_format": InputField(type="string", default="webp", choices=_PICTURE_FORMATS),
    "output_quality": InputField(type="integer", default=80, minimum=0, maximum=100),
}
_P_IMAGE_EDIT_INPUT: Mapping[str, InputField] = {
    "prompt": _PROMPT,
    "images": InputField(type="array", default=[], is_uri=True, items_max=5),
    "turbo": InputField(type="boolean", default=True),
    # Of the others' ratios it knows the usual ones, which stand first.
    "aspect_ratio": InputField(
        type="string", default=MATCH_INPUT_IMAGE, choices=(MATCH_INPUT_IMAGE, *ASPECT_RATIOS[:7])
    ),
    "seed": _SEED,
    "disable_safety_checker": InputField(type="boolean", default=False),
}

MODELS: Mapping[str, SimulatedModel] = {
    "black-forest-labs/flux-kontext-pro": SimulatedModel(
        description="Edits an image by a text instruction.", inputs=_KONTEXT_INPUT, output_format="png"
    ),
    "black-forest-labs/flux-kontext-max": SimulatedModel(
        description="Edits an image by a text instruction, with more care for typography.",
        inputs=_KONTEXT_INPUT,
        output_format="png",
    ),
    "black-forest-labs/flux-2-pro": SimulatedModel(
        description="Draws and edits images, with up to eight to go by.", inputs=_FLUX_2_INPUT, output_format="webp"
    ),
    "prunaai/p-image-edit": SimulatedModel(
        description="Edits images within a few seconds.", inputs=_P_IMAGE_EDIT_INPUT, output_format="jpg"
    ),
}


def version_id(model: str) -> str:
    """The 64 hexadecimal characters that stand for the model's only version."""
    return hashlib.sha256(model.encode()).hexdigest()


def find_model(reference: str) -> str | None:
    """The model meant by `owner/name`, `owner/name:version` or a bare version id; None if there is none."""
    by_version = {version_id(model): model for model in MODELS}
    model, separator, version = reference.partition(":")
    if separator:
        return model if by_version.get(version) == model else None
    return by_version.get(reference, reference if reference in MODELS else None)


def image_url(values: Mapping[str, Any]) -> str | None:
    """The image that is edited: the only one, or the first of a list; None where there is none."""
    given = next((values[name] for name in _IMAGES if values.get(name)), None)
    return given[0] if isinstance(given, list) else given


def output_format(model: str, values: Mapping[str, Any]) -> str:
    """The format of the picture, as its file is called: `png`, `jpg` or `webp`."""
    return str(values.get("output_format", MODELS[model].output_format))


def aspect_ratio(model: str, values: Mapping[str, Any]) -> str:
    """The aspect of the picture, such as 16:9, or that of the input image."""
    wanted = str(values.get("aspect_ratio", MODELS[model].inputs["aspect_ratio"].default))
    if wanted == CUSTOM:
        return f"{values.get('width') or 1024}:{values.get('height') or 1024}"
    return wanted


def check_input(model: str, values: Mapping[str, Any]) -> list[InvalidField]:
    """What breaks the rules of the model's input table; an empty list when all is well."""
    table = MODELS[model].inputs
    missing = [
        _invalid("required", name, f"{name} is required")
        for name, field in table.items()
        if field.is_required and name not in values
    ]
    has_image = any(values.get(name) for name in _IMAGES)
    wrong = [
        problem
        for name, value in values.items()
        if (problem := _check_value(name, value, table.get(name), has_image=has_image)) is not None
    ]
    return missing + wrong


def model_view(model: str, *, run_count: int) -> dict[str, Any]:
    """The model object that `GET /v1/models/{owner}/{name}` answers."""
    owner, name = model.split("/")
    return {
        "url": f"https://replicate.com/{model}",
        "owner": owner,
        "name": name,
        "description": MODELS[model].description,
        "visibility": "public",
        "is_official": True,
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": run_count,
        "cover_image_url": None,
        "default_example": None,
        "latest_version": {
            "id": version_id(model),
            "created_at": _PUBLISHED_AT,
            "cog_version": "0.0.0",
            "openapi_schema": _input_schema(MODELS[model].inputs),
        },
    }


def _check_value(name: str, value: Any, field: InputField | None, *, has_image: bool) -> InvalidField | None:
    if field is None:
        return _invalid("additional_property_not_allowed", name, f"Additional property {name} is not allowed")
    if value is None and field.is_nullable:
        return None
    # bool is a kind of int in Python but not in JSON.
    if not isinstance(value, _TYPES[field.type]) or (field.type == "integer" and isinstance(value, bool)):
        return _invalid("invalid_type", name, f"Invalid type. Expected: {field.type}")
    if field.choices and value not in field.choices:
        return _invalid("enum", name, f"{name} must be one of the following: {', '.join(field.choices)}")
    if field.items_max is not None and len(_each(value)) > field.items_max:
        return _invalid("array_max_items", name, f"Array must have at most {field.items_max} items")
    if field.is_uri and not all(isinstance(one, str) and _is_uri(one) for one in _each(value)):
        return _invalid("format", name, "Does not match format 'uri'")
    return _check_range(name, value, field, has_image=has_image)


def _check_range(name: str, value: Any, field: InputField, *, has_image: bool) -> InvalidField | None:
    has_lower = has_image and field.maximum_with_image is not None
    maximum = field.maximum_with_image if has_lower else field.maximum
    if field.minimum is not None and value < field.minimum:
        return _invalid("number_gte", name, f"Must be greater than or equal to {field.minimum}")
    if maximum is not None and value > maximum:
        reason = " when an input image is given" if maximum != field.maximum else ""
        return _invalid("number_lte", name, f"Must be less than or equal to {maximum}{reason}")
    return None


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_uri(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme == "data" or (parts.scheme in ("http", "https") and bool(parts.hostname))


def _invalid(rule: str, name: str, description: str) -> InvalidField:
    return {"type": rule, "field": f"input.{name}", "description": description}


def _input_schema(table: Mapping[str, InputField]) -> dict[str, Any]:
    properties = {}
    for order, (name, field) in enumerate(table.items()):
        schema = {
            "type": field.type,
            "title": name.replace("_", " ").capitalize(),
            "x-order": order,
            "default": field.default,
            "enum": list(field.choices) or None,
            "minimum": field.minimum,
            "maximum": field.maximum,
            "nullable": field.is_nullable or None,
            "format": "uri" if field.is_uri and field.type == "string" else None,
            "items": {"type": "string", "format": "uri"} if field.type == "array" else None,
            "maxItems": field.items_max,
        }
        properties[name] = {key: value for key, value in schema.items() if value is not None}
    required = [name for name, field in table.items() if field.is_required]
    inputs = {"type": "object", "title": "Input", "required": required, "properties": properties}
    output = {"type": "string", "title": "Output", "format": "uri"}
    return {"openapi": "3.0.2", "components": {"schemas": {"Input": inputs, "Output": output}}}
