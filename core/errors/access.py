"""Why may somebody not do this?"""

from core.errors.base import StagingError


class NotAuthenticated(StagingError):
    """This call needs a valid API key: send it as "Authorization: Bearer KEY"."""

    code = "not_authenticated"
    http_status = 401


class SignInOver(NotAuthenticated):
    """This sign-in is over. Nothing is lost: sign in again to go on."""

    code = "sign_in_over"


class KeyMakerWithoutRole(NotAuthenticated):
    """Whoever made this API key has no role any more, so it opens nothing. Ask a manager for a key of theirs."""

    code = "key_maker_without_role"


class PermissionDenied(StagingError):
    """Your role does not allow this. Nothing was changed; ask a manager for it."""

    code = "permission_denied"
    http_status = 403
