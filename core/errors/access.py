"""Why may somebody not do this?"""

from core.errors.base import StagingError


class NotAuthenticated(StagingError):
    """This call needs a valid API key: send it as "Authorization: Bearer KEY"."""

    code = "not_authenticated"
    http_status = 401


class PermissionDenied(StagingError):
    """Your role does not allow this. Ask a manager for it."""

    code = "permission_denied"
    http_status = 403
