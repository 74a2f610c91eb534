"""What goes wrong on purpose? The names of all faults, and which of them strike one create."""

import random
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from core import errors


class Fault(StrEnum):
    """Everything that can be made to go wrong; each strikes one prediction, or the call that asks for it."""

    SAFETY = "safety"
    THROTTLE = "throttle"
    SERVER_ERROR = "server-error"
    HANG = "hang"
    TIMEOUT_AFTER_ACCEPT = "timeout-after-accept"
    RESET_AFTER_ACCEPT = "reset-after-accept"
    WEBHOOK_LOST = "webhook-lost"
    WEBHOOK_DUPLICATE = "webhook-duplicate"
    WEBHOOK_REORDER = "webhook-reorder"
    WEBHOOK_LATE = "webhook-late"
    WEBHOOK_FORGED = "webhook-forged"
    OUTPUT_EXPIRED = "output-expired"
    OUTPUT_NOT_IMAGE = "output-not-image"
    OUTPUT_TRUNCATED = "output-truncated"
    OUTPUT_SLOW = "output-slow"
    FAILURE = "failure"


# A failing model has a switch of its own (the failure rate), so its name can only be forced.
FAULT_NAMES = tuple(fault.value for fault in Fault if fault is not Fault.FAILURE)

SAFETY_ERROR = "The input or output was flagged as sensitive (E005). Please try again with different inputs."
MODEL_ERRORS = (
    "CUDA out of memory. Tried to allocate 2.25 GiB on a device with 1.12 GiB free.",
    "Prediction interrupted; please retry (code: PA)",
    "Service is temporarily unavailable. Please try again later. (E004)",
    "Unexpected error handling prediction (E6716)",
)
_MARKER = re.compile(r"\[fault:([^\]]*)\]")


class FaultPlan:
    """Rolls the dice for each create, with a rate from 0 to 1 per name; the same seed gives the same faults."""

    def __init__(self, rates: Mapping[str, float], *, failure_rate: float = 0.0, seed: int | None = None) -> None:
        check_rates(rates)
        self._rates = {**rates, Fault.FAILURE: failure_rate}
        self._random = random.Random(seed)

    def roll(self, forced: Iterable[Fault] = ()) -> frozenset[Fault]:
        """The faults of the next create: those forced, and those its dice hit."""
        # Every die is thrown every time, so that switching one fault on does not move the others.
        hit = {fault for fault in Fault if self._random.random() < self._rates.get(fault, 0.0)}
        return frozenset(hit.union(forced))

    def error_for(self, faults: frozenset[Fault]) -> str | None:
        """The text a prediction with these faults fails with, or None when it does not fail."""
        if Fault.SAFETY in faults:
            return SAFETY_ERROR
        return self._random.choice(MODEL_ERRORS) if Fault.FAILURE in faults else None

    def server_error_status(self) -> int:
        """The status code of one failing answer."""
        return self._random.choice((500, 502, 503))


def check_rates(rates: Mapping[str, float]) -> None:
    """Refuse unknown fault names and rates outside 0 to 1.

    Raises:
        ConfigurationError: naming what is wrong and what is known.
    """
    for name, rate in rates.items():
        if name not in FAULT_NAMES:
            raise errors.ConfigurationError(f"There is no fault called {name!r}. Known: {', '.join(FAULT_NAMES)}.")
        if not 0 <= rate <= 1:
            raise errors.ConfigurationError(f"The rate of {name} must be from 0 to 1, not {rate}.")


def forced_by(*, header: str | None, prompt: object) -> tuple[frozenset[Fault], tuple[str, ...]]:
    """The faults asked for by the X-Simulator-Fault header and by `[fault:NAME]` marks in the prompt.

    Returns the known ones, and the names that are no fault.
    """
    names = [*(header or "").split(","), *(_MARKER.findall(prompt) if isinstance(prompt, str) else ())]
    wanted = {name.strip().lower() for name in names if name.strip()}
    known = {fault.value for fault in Fault}
    return frozenset(Fault(name) for name in wanted & known), tuple(sorted(wanted - known))
