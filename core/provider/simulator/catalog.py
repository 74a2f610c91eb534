"""Which models are there, and what input do they take? One table, checked against and shown to clients."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.provider.simulator.problems import InvalidField

ASPECT_RATIOS = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "4:5", "5:4", "21:9", "9:21", "2:1", "1:2"]
MATCH_INPUT_IMAGE = "match_input_image"
MAX_SAFETY_TOLERANCE_WITH_IMAGE = 2
_PUBLISHED_AT = "2025-05-29T00:00:00.000000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """One input of a model: its JSON type, its default, and what is allowed."""

    type: str
    default: Any = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    is_required: bool = False
    is_nullable: bool = False
    is_uri: bool = False


_TYPES: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool}

KONTEXT_INPUT: Mapping[str, InputField] = {
    "prompt": InputField(type="string", is_required=True),
    "input_image": InputField(type="string", is_uri=True, is_nullable=True),
    "aspect_ratio": InputField(type="string", default=MATCH_INPUT_IMAGE, choices=(MATCH_INPUT_IMAGE, *ASPECT_RATIOS)),
    "seed": InputField(type="integer", is_nullable=True),
    "output_format": InputField(type="string", default="png", choices=("jpg", "png")),
    "safety_tolerance": InputField(type="integer", default=2, minimum=0, maximum=6),
    "prompt_upsampling": InputField(type="boolean", default=False),
}

MODELS: Mapping[str, str] = {
    "black-forest-labs/flux-kontext-pro": "Edits an image by a text instruction.",
    "black-forest-labs/flux-kontext-max": "Edits an image by a text instruction, with more care for typography.",
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


def check_input(values: Mapping[str, Any]) -> list[InvalidField]:
    """What breaks the rules of Kontext's input table; an empty list when all is well."""
    missing = [
        _invalid("required", name, f"{name} is required")
        for name, field in KONTEXT_INPUT.items()
        if field.is_required and name not in values
    ]
    wrong = [
        problem
        for name, value in values.items()
        if (problem := _check_value(name, value, has_image=bool(values.get("input_image")))) is not None
    ]
    return missing + wrong


def model_view(model: str, *, run_count: int) -> dict[str, Any]:
    """The model object that `GET /v1/models/{owner}/{name}` answers."""
    owner, name = model.split("/")
    return {
        "url": f"https://replicate.com/{model}",
        "owner": owner,
        "name": name,
        "description": MODELS[model],
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
            "openapi_schema": _input_schema(),
        },
    }


def _check_value(name: str, value: Any, *, has_image: bool) -> InvalidField | None:
    field = KONTEXT_INPUT.get(name)
    if field is None:
        return _invalid("additional_property_not_allowed", name, f"Additional property {name} is not allowed")
    if value is None and field.is_nullable:
        return None
    # bool is a kind of int in Python but not in JSON.
    if not isinstance(value, _TYPES[field.type]) or (field.type == "integer" and isinstance(value, bool)):
        return _invalid("invalid_type", name, f"Invalid type. Expected: {field.type}")
    if field.choices and value not in field.choices:
        return _invalid("enum", name, f"{name} must be one of the following: {', '.join(field.choices)}")
    if field.is_uri and not _is_uri(str(value)):
        return _invalid("format", name, "Does not match format 'uri'")
    return _check_range(name, value, field, has_image=has_image)


def _check_range(name: str, value: Any, field: InputField, *, has_image: bool) -> InvalidField | None:
    maximum = MAX_SAFETY_TOLERANCE_WITH_IMAGE if name == "safety_tolerance" and has_image else field.maximum
    if field.minimum is not None and value < field.minimum:
        return _invalid("number_gte", name, f"Must be greater than or equal to {field.minimum}")
    if maximum is not None and value > maximum:
        reason = " when an input image is given" if maximum != field.maximum else ""
        return _invalid("number_lte", name, f"Must be less than or equal to {maximum}{reason}")
    return None


def _is_uri(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme == "data" or (parts.scheme in ("http", "https") and bool(parts.hostname))


def _invalid(rule: str, name: str, description: str) -> InvalidField:
    return {"type": rule, "field": f"input.{name}", "description": description}


def _input_schema() -> dict[str, Any]:
    properties = {}
    for order, (name, field) in enumerate(KONTEXT_INPUT.items()):
        schema = {
            "type": field.type,
            "title": name.replace("_", " ").capitalize(),
            "x-order": order,
            "default": field.default,
            "enum": list(field.choices) or None,
            "minimum": field.minimum,
            "maximum": field.maximum,
            "nullable": field.is_nullable or None,
            "format": "uri" if field.is_uri else None,
        }
        properties[name] = {key: value for key, value in schema.items() if value is not None}
    required = [name for name, field in KONTEXT_INPUT.items() if field.is_required]
    inputs = {"type": "object", "title": "Input", "required": required, "properties": properties}
    output = {"type": "string", "title": "Output", "format": "uri"}
    return {"openapi": "3.0.2", "components": {"schemas": {"Input": inputs, "Output": output}}}
