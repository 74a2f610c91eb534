"""How does the API tell of the models that draw, and how is one switched?"""

from datetime import date
from typing import Self

from pydantic import ConfigDict, StrictBool

from core.api.schemas import Schema
from core.jobs.model_settings import ModelState


class ModelLimits(Schema):
    """What a model takes and gives; null for what is not documented."""

    images_max: int
    input_pixels_max: int | None
    output_pixels: int | None
    keeps_aspect: bool


class Model(Schema):
    """A model, and whether new jobs may use it.

    `costUsdMicros` is what Replicate asked for a picture of a one-megapixel photo on `pricedOn`; both are null for
    those who may not switch models. `expectedSeconds` is null where it is not known.
    """

    name: str
    title: str
    is_on: bool
    is_default: bool
    cost_usd_micros: int | None
    priced_on: date | None
    expected_seconds: float | None
    limits: ModelLimits

    @classmethod
    def of(cls, state: ModelState, *, with_cost: bool) -> Self:
        """From the room's value."""
        model, limits = state.model, state.model.limits
        return cls(
            name=model.name,
            title=model.title,
            is_on=state.is_on,
            is_default=state.is_default,
            cost_usd_micros=model.cost_usd_micros if with_cost else None,
            priced_on=model.price.as_of if with_cost else None,
            expected_seconds=model.expected_seconds,
            limits=ModelLimits(
                images_max=limits.images_max,
                input_pixels_max=limits.input_pixels_max,
                output_pixels=limits.output_pixels,
                keeps_aspect=limits.keeps_aspect,
            ),
        )


class ModelList(Schema):
    """The models there are; for those who may not switch them, the ones that are on."""

    items: list[Model]


class ModelChange(Schema):
    """What is to change of a model; what is left out or null stays."""

    # A misspelt switch must not seem to have done something.
    model_config = ConfigDict(extra="forbid")

    is_on: StrictBool | None = None
    is_default: StrictBool | None = None
