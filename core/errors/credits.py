"""Why can credits not move like that?"""

from core.errors.base import StagingError


class InsufficientCredits(StagingError):
    """Not enough credits. Nothing was charged; a manager can grant more."""

    code = "insufficient_credits"
    http_status = 402


class InvalidAmount(StagingError):
    """Amounts are whole credits above zero. Nothing was changed."""

    code = "invalid_amount"
    http_status = 422
