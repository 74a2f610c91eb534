"""Why has a variant no result? Kept on the variant, and shown beside its refund."""

from core.errors.base import StagingError


class VariantFailure(StagingError):
    """The variant could not be made. Its credits were returned."""

    code = "variant_failed"
    http_status = 502

    def __init__(self, reason: str | None = None, **subjects: object) -> None:
        """`reason` says why; `message` adds what follows. Without one, both are from the docstring."""
        super().__init__(f"{reason} Its credits were returned." if reason else None, **subjects)
        self.reason = reason or self.message.split(". ", maxsplit=1)[0] + "."


class PredictionFailed(VariantFailure):
    """Replicate could not draw this variant. Its credits were returned."""

    code = "prediction_failed"
    retryable = True


class SafetyRefused(VariantFailure):
    """The safety filter refused this variant. Its credits were returned; other words may pass."""

    code = "safety"
    retryable = True


class PredictionCanceled(VariantFailure):
    """The prediction was canceled at Replicate. Its credits were returned."""

    code = "prediction_canceled"


class TimedOut(VariantFailure):
    """The variant took longer than its time limit. Its credits were returned."""

    code = "timed_out"


class QueueTimedOut(VariantFailure):
    """The variant waited too long for its turn. Its credits were returned; please stage again."""

    code = "queue_timed_out"


class OutputExpired(VariantFailure):
    """Replicate deleted the result before it could be fetched. Its credits were returned."""

    code = "output_expired"


class OutputInvalid(VariantFailure):
    """Replicate's result is not a usable picture. Its credits were returned."""

    code = "output_invalid"
    retryable = True


class OutputReframed(VariantFailure):
    """The model changed the photo's framing, so that picture is not used. Its credits were returned."""

    code = "output_reframed"
    retryable = True
