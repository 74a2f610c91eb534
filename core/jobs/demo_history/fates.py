"""How can an order end in a made-up history? A table of everything that happens to one, with its share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core import errors
from core.jobs.states import VariantState

_FLAGGED = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
_INTERRUPTED = "Prediction interrupted; please retry (code: PA)"
_INTERNAL = "Internal server error, please try again later. (E9828)"
_OUT_OF_MEMORY = "CUDA out of memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """An order's end: our error for it (None: a result), and what the provider said and took.

    `share` is how often a first order ends so; `mended` how often the free retry then succeeds. `status` is the
    attempt's; without one there is no attempt. `is_paid`: the provider is paid for it.
    """

    name: str
    share: float = 0.0
    failure: errors.StagingError | None = None
    status: str | None = "succeeded"
    error: str | None = None
    is_paid: bool = False
    mended: float = 0.0

    @property
    def state(self) -> VariantState:
        """The state in which a variant ends so."""
        if self.failure is None:
            return VariantState.CANCELED if self.name == "canceled" else VariantState.SUCCEEDED
        return VariantState.FAILED

    @property
    def is_retried(self) -> bool:
        """Whether the desk orders such a variant once more by itself."""
        return self.failure is not None and self.failure.retryable


def _failed(text: str, *, share: float, mended: float) -> Fate:
    failure = errors.PredictionFailed(f"Replicate could not draw this variant: {text.rstrip('.')}.")
    return Fate(name=text, share=share, failure=failure, status="failed", error=text, mended=mended)


def _refused() -> errors.ProviderRefused:
    return errors.ProviderRefused(
        "Replicate refused the request. Its credits were returned; other words or another photo may pass."
    )


FATES = (
    Fate(name="succeeded", is_paid=True),
    _failed(_INTERRUPTED, share=0.0110, mended=0.82),
    _failed(_INTERNAL, share=0.0060, mended=0.74),
    _failed(_OUT_OF_MEMORY, share=0.0020, mended=0.66),
    Fate(name="safety", share=0.0070, failure=errors.SafetyRefused(), status="failed", error=_FLAGGED, mended=0.34),
    Fate(name="reframed", share=0.0060, failure=errors.OutputReframed(), is_paid=True, mended=0.62),
    Fate(name="invalid", share=0.0012, failure=errors.OutputInvalid(), is_paid=True, mended=0.88),
    Fate(name="expired", share=0.0006, failure=errors.OutputExpired(), is_paid=True),
    Fate(name="timed out", share=0.0024, failure=errors.TimedOut(), status="canceled"),
    Fate(name="ended at the provider", share=0.0004, failure=errors.PredictionCanceled(), status="canceled"),
    Fate(name="refused", share=0.0010, failure=_refused(), status="refused"),
    Fate(name="waited too long", share=0.0006, failure=errors.QueueTimedOut(), status=None),
    # What the provider never told the end of: nothing says that it was not billed.
    Fate(name="silent", failure=errors.TimedOut(), status="processing", is_paid=True),
    Fate(name="canceled", status="canceled"),
)


def _place(name: str) -> int:
    return next(place for place, fate in enumerate(FATES) if fate.name == name)


SUCCEEDED = _place("succeeded")
INTERRUPTED = _place(_INTERRUPTED)
SAFETY = _place("safety")
REFRAMED = _place("reframed")
EXPIRED = _place("expired")
TIMED_OUT = _place("timed out")
REFUSED = _place("refused")
WAITED_TOO_LONG = _place("waited too long")
SILENT = _place("silent")
CANCELED = _place("canceled")


def flags(of: Callable[[Fate], bool]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each fate, whether this is so."""
    return np.array([of(fate) for fate in FATES])


SHARES = np.array([fate.share for fate in FATES])
MENDED = np.array([fate.mended for fate in FATES])
IS_RETRIED = flags(lambda fate: fate.is_retried)
# The picture was drawn, whatever became of it.
IS_DRAWN = flags(lambda fate: fate.status == "succeeded")
IS_FAILED = flags(lambda fate: fate.failure is not None)
