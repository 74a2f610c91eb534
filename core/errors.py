"""What can go wrong, in words for a person (`message`) and for a program (`code`)?

One tree. A class docstring is its default message; `code`, `http_status` and `retryable` never change once published.
"""

from typing import ClassVar


class StagingError(Exception):
    """Something went wrong on our side. Nothing was lost; please try again."""

    code: ClassVar[str] = "internal_error"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, **subjects: object) -> None:
        self.message = message or " ".join((type(self).__doc__ or "").split())
        self.subjects = subjects
        super().__init__(self.message)

    @property
    def title(self) -> str:
        """The code in words."""
        return self.code.replace("_", " ").capitalize()


# ---- who is asking -----------------------------------------------------------------------------


class NotAuthenticated(StagingError):
    """This call needs a valid API key: send it as "Authorization: Bearer KEY"."""

    code = "not_authenticated"
    http_status = 401


class PermissionDenied(StagingError):
    """Your role does not allow this. Ask a manager for it."""

    code = "permission_denied"
    http_status = 403


# ---- what was sent, photos too -----------------------------------------------------------------


class ValidationFailed(StagingError):
    """Something in this request is missing or malformed. Nothing was changed."""

    code = "validation_failed"
    http_status = 422


class NotFound(StagingError):
    """There is nothing at this address."""

    code = "not_found"
    http_status = 404


class RequestTooLarge(StagingError):
    """This request is larger than any of its kind may be. Nothing was changed; send less at once."""

    code = "request_too_large"
    http_status = 413


class MethodNotAllowed(StagingError):
    """This address does not take that method."""

    code = "method_not_allowed"
    http_status = 405


class AccountRequired(StagingError):
    """Say which account pays: this key is not bound to one. Nothing was charged."""

    code = "account_required"
    http_status = 422


class AccountNotFound(StagingError):
    """There is no account of that name."""

    code = "account_not_found"
    http_status = 404


class JobNotFound(StagingError):
    """There is no such job, or it belongs to another account."""

    code = "job_not_found"
    http_status = 404


class FileNotFound(StagingError):
    """There is no such file, or it belongs to another account."""

    code = "file_not_found"
    http_status = 404


class LinkExpired(StagingError):
    """This link has expired or was altered. Reload the page for a fresh one."""

    code = "link_expired"
    http_status = 403


class IdempotencyConflict(StagingError):
    """This Idempotency-Key was already used for a different request. Nothing was charged; use a new key."""

    code = "idempotency_conflict"
    http_status = 409


class StateConflict(StagingError):
    """The job has moved on, so this is no longer possible. Reload to see its state."""

    code = "state_conflict"
    http_status = 409


class UnknownRoomType(StagingError):
    """This room type is not known. Choose one from the list."""

    code = "unknown_room_type"
    http_status = 422


class UnknownStyle(StagingError):
    """This style is not known. Choose one from the list."""

    code = "unknown_style"
    http_status = 422


class InstructionsRefused(StagingError):
    """Staging may add furniture and decor but must not alter the property itself. Nothing was charged."""

    code = "instructions_refused"
    http_status = 422


class InstructionsTooLong(StagingError):
    """The instructions are too long. Shorten them; nothing was charged."""

    code = "instructions_too_long"
    http_status = 422


class PhotoRefused(StagingError):
    """This photo can't be used. Nothing was charged."""

    code = "photo_refused"
    http_status = 422


class PhotoEmpty(PhotoRefused):
    """The file is empty. Choose the photo again; nothing was charged."""

    code = "photo_empty"
    http_status = 400


class PhotoUnsupported(PhotoRefused):
    """This is not a JPEG, PNG, WebP or HEIC photo. Export it as JPEG and try again; nothing was charged."""

    code = "photo_unsupported"
    http_status = 415


class PhotoTooLarge(PhotoRefused):
    """The file is over 50 MB. Export a smaller copy and try again; nothing was charged."""

    code = "photo_too_large"
    http_status = 413


class PhotoTooManyPixels(PhotoRefused):
    """The photo has more pixels than can be staged. Export a smaller copy; nothing was charged."""

    code = "photo_too_many_pixels"


class PhotoTooSmall(PhotoRefused):
    """The photo's short side is under 512 pixels. Use a larger one; nothing was charged."""

    code = "photo_too_small"


class PhotoTooNarrow(PhotoRefused):
    """The photo is more than three times as long as it is wide. Crop it and try again; nothing was charged."""

    code = "photo_too_narrow"


class PhotoAnimated(PhotoRefused):
    """This file holds several pictures. Save a single photo and try again; nothing was charged."""

    code = "photo_animated"


class PhotoUnreadable(PhotoRefused):
    """The photo is damaged or incomplete. Export or copy it again; nothing was charged."""

    code = "photo_unreadable"


class PicturesBusy(StagingError):
    """Too many pictures are being read at once. Nothing was lost or charged; try again in a minute."""

    code = "pictures_busy"
    http_status = 503
    retryable = True


# ---- credits -----------------------------------------------------------------------------------


class InsufficientCredits(StagingError):
    """Not enough credits. Nothing was charged."""

    code = "insufficient_credits"
    http_status = 402


class InvalidAmount(StagingError):
    """Amounts are whole credits above zero. Nothing was changed."""

    code = "invalid_amount"
    http_status = 422


# ---- the provider ------------------------------------------------------------------------------


class ProviderError(StagingError):
    """Replicate gave an answer we can't use. Nothing is lost; the job goes on or is refunded."""

    code = "provider_error"
    http_status = 502


class ProviderThrottled(ProviderError):
    """Replicate is limiting us. Nothing is lost; waiting work goes on by itself."""

    code = "provider_throttled"
    http_status = 503
    retryable = True

    def __init__(self, message: str | None = None, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ProviderUnavailable(ProviderError):
    """Replicate can't be reached. Nothing is lost; the work is tried again by itself."""

    code = "provider_unavailable"
    http_status = 503
    retryable = True


class ProviderAmbiguous(ProviderError):
    """Replicate did not say whether it took the order. It is looked up before anything is bought again."""

    code = "provider_ambiguous"
    http_status = 503
    retryable = True


class ProviderRefused(ProviderError):
    """Replicate refused the request. The credits are returned."""

    code = "provider_refused"


class ProviderUnauthorized(ProviderError):
    """Replicate does not accept our token. Set a valid REPLICATE_API_TOKEN; waiting jobs go on after that."""

    code = "provider_unauthorized"


class ProviderPaymentRequired(ProviderError):
    """Replicate's account is out of funds. Top it up at Replicate; waiting jobs go on after that."""

    code = "provider_payment_required"


class PredictionNotFound(ProviderError):
    """Replicate knows no prediction with this id."""

    code = "prediction_not_found"
    http_status = 404


class WebhookRejected(StagingError):
    """This webhook is not signed by Replicate, or is too old. It was ignored."""

    code = "webhook_rejected"
    http_status = 401


class WebhookTooLarge(StagingError):
    """This webhook's body is over 10 MB. It was ignored; the sweep reads the prediction instead."""

    code = "webhook_too_large"
    http_status = 413


# ---- why a variant has no result (kept on the variant, shown beside its refund) ------------------


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


# ---- our own house -----------------------------------------------------------------------------


class StorageUnavailable(StagingError):
    """The file storage does not answer. Nothing is lost; it is tried again by itself."""

    code = "storage_unavailable"
    http_status = 503
    retryable = True


class LabelFailed(StagingError):
    """The "Virtually staged" label could not be put on this picture, so it is not handed out."""

    code = "label_failed"


class ConfigurationError(StagingError):
    """The desk can't start with these settings."""

    code = "configuration_error"
