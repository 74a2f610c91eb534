"""What went wrong at Replicate, or on the way there?"""

from core.errors.base import StagingError


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
    """Replicate did not say whether it took the order. Nothing is lost: it is looked up before more is bought."""

    code = "provider_ambiguous"
    http_status = 503
    retryable = True


class ProviderRefused(ProviderError):
    """Replicate refused the request. Nothing is lost; a variant that was refused is refunded."""

    code = "provider_refused"


class ProviderUnauthorized(ProviderError):
    """Replicate does not accept our token. Set a valid REPLICATE_API_TOKEN; waiting jobs go on after that."""

    code = "provider_unauthorized"


class ProviderPaymentRequired(ProviderError):
    """Replicate's account is out of funds. Top it up at Replicate; waiting jobs go on after that."""

    code = "provider_payment_required"


class PredictionNotFound(ProviderError):
    """Replicate knows no prediction with this id. Nothing was changed; check the id."""

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
