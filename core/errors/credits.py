"""Why can credits not move like that?"""

from core.errors.base import StagingError


class InsufficientCredits(StagingError):
    """Not enough credits. Nothing was charged; a manager can grant more."""

    code = "insufficient_credits"
    http_status = 402


class RushNotAllowed(StagingError):
    """This account has no right to rush. Nothing was charged; stage it as normal, or have a manager allow it."""

    code = "rush_not_allowed"
    http_status = 403


class PriceChanged(StagingError):
    """The price changed just now. Nothing was charged; look at the new one and send it again."""

    code = "price_changed"
    http_status = 409


class InvalidAmount(StagingError):
    """Amounts are whole credits above zero. Nothing was changed."""

    code = "invalid_amount"
    http_status = 422
