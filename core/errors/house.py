"""What is broken in our own house?"""

from core.errors.base import StagingError


class StorageUnavailable(StagingError):
    """The file storage does not answer. Nothing is lost; it is tried again by itself."""

    code = "storage_unavailable"
    http_status = 503
    retryable = True


class LabelFailed(StagingError):
    """The "Virtually staged" label could not be put on this picture. It is kept, but not handed out; try again."""

    code = "label_failed"


class FiguresNotKept(StagingError):
    """The figures' columns could not be written. No figure is lost: make room on the disk and recount them again."""

    code = "figures_not_kept"


class ConfigurationError(StagingError):
    """The desk can't start with these settings."""

    code = "configuration_error"
