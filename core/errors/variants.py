"""Why has a variant no result? Kept on the variant, and shown beside its refund."""

from typing import ClassVar

from core.errors.base import StagingError


class VariantFailure(StagingError):
    """The variant could not be made. Its credits were returned."""

    code = "variant_failed"
    http_status = 502
    # The reason as the end of a sentence on a whole job, both of whose variants failed for it; and what may help.
    of_both: ClassVar[str] = "both failed"
    advice: ClassVar[str] = ""

    def __init__(self, reason: str | None = None, **subjects: object) -> None:
        """`reason` says why; `message` adds what follows. Without one, both are from the docstring."""
        advice = f"; {self.advice}" if self.advice else ""
        super().__init__(f"{reason} Its credits were returned{advice}." if reason else None, **subjects)
        self.reason = reason or self.message.split(". ", maxsplit=1)[0] + "."


class PredictionFailed(VariantFailure):
    """Replicate could not draw this variant. Its credits were returned; try again."""

    code = "prediction_failed"
    retryable = True
    of_both = "Replicate could not draw them"
    advice = "try again"


class SafetyRefused(VariantFailure):
    """The safety filter refused this variant. Its credits were returned; other words may pass."""

    code = "safety"
    retryable = True
    of_both = "the safety filter refused both"
    advice = "other words may pass"


class PredictionCanceled(VariantFailure):
    """The prediction was canceled at Replicate. Its credits were returned; please stage again if it is wanted."""

    code = "prediction_canceled"
    of_both = "the predictions were canceled at Replicate"
    advice = "please stage again if it is wanted"


class TimedOut(VariantFailure):
    """The variant took longer than its time limit. Its credits were returned; please stage again."""

    code = "timed_out"
    of_both = "both took longer than their time limit"
    advice = "please stage again"


class QueueTimedOut(VariantFailure):
    """The variant waited too long for its turn. Its credits were returned; please stage again."""

    code = "queue_timed_out"
    of_both = "both waited too long for their turn"
    advice = "please stage again"


class OutputExpired(VariantFailure):
    """Replicate deleted the result before it could be fetched. Its credits were returned; please stage again."""

    code = "output_expired"
    of_both = "Replicate deleted the results before they could be fetched"
    advice = "please stage again"


class OutputInvalid(VariantFailure):
    """Replicate's result is not a usable picture. Its credits were returned; try again."""

    code = "output_invalid"
    retryable = True
    of_both = "Replicate's results are not usable pictures"
    advice = "try again"


class OutputReframed(VariantFailure):
    """The model changed the photo's framing, so that picture is not used. Its credits were returned; try again."""

    code = "output_reframed"
    retryable = True
    of_both = "the model changed the photo's framing, so those pictures are not used"
    advice = "try again"
