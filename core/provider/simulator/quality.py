"""How well is which request served? For some orders other faults and another time than for all the rest.

It stands for what differs between models, prompts and parameters: the arms of an experiment. A quality is JSON, as in
`{"model": "black-forest-labs/flux-kontext-max", "prompt": "Keep", "input": {"seed": 7}, "faults": {"unfurnished":
0.3}, "seconds": 9}`: for orders of that model, whose prompt begins so, and which name those inputs (what is left out
matches every order), these faults add to those of all orders, and a prediction takes so long.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core import errors
from core.provider.simulator import faults as fault_names


class Quality(BaseModel):
    """Which orders, and how they are served. `faults`: a rate from 0 to 1 by name, none that refuses a create."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = None
    prompt: str = ""
    input: Mapping[str, Any] = Field(default_factory=dict)
    faults: Mapping[str, float] = Field(default_factory=dict)
    seconds: float | None = Field(default=None, ge=0, le=3600)

    @model_validator(mode="after")
    def _faults_are_of_quality(self) -> Self:
        try:
            fault_names.check_rates(self.faults)
        except errors.ConfigurationError as exception:
            raise ValueError(exception.message) from None
        if refusing := sorted(set(self.faults).intersection(fault_names.REFUSALS)):
            raise ValueError(
                f"{', '.join(refusing)} refuses a create, whatever is ordered: give it as a fault of all"
            )
        return self

    def is_of(self, *, model: str, inputs: Mapping[str, Any]) -> bool:
        """Whether such an order is served so."""
        return (
            self.model in (None, model)
            and str(inputs.get("prompt", "")).startswith(self.prompt)
            and all(name in inputs and inputs[name] == value for name, value in self.input.items())
        )


_LIST = TypeAdapter(tuple[Quality, ...])
USUAL = Quality()


def read(given: object) -> tuple[Quality, ...]:
    """Qualities from decoded JSON, a list of objects.

    Raises:
        ConfigurationError: naming every field that can't be used.
    """
    return _checked(lambda: _LIST.validate_python(given))


def parse(switches: Iterable[str]) -> tuple[Quality, ...]:
    """Qualities from texts of JSON, one each.

    Raises:
        ConfigurationError: naming what can't be used.
    """
    return _checked(lambda: tuple(Quality.model_validate_json(switch) for switch in switches))


def serving(qualities: Iterable[Quality], *, model: str, inputs: Mapping[str, Any]) -> Quality:
    """The first quality that is of such an order, or the usual one."""
    return next((one for one in qualities if one.is_of(model=model, inputs=inputs)), USUAL)


def _checked(reading: Callable[[], tuple[Quality, ...]]) -> tuple[Quality, ...]:
    try:
        return reading()
    except ValidationError as exception:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'all'}: {one['msg']}" for one in exception.errors())
        raise errors.ConfigurationError(f"A quality can't be used: {wrong}.") from None
