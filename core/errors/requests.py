"""What is wrong with what was asked for?"""

from core.errors.base import StagingError


class ValidationFailed(StagingError):
    """Something in this request is missing or malformed. Nothing was changed."""

    code = "validation_failed"
    http_status = 422


class NotFound(StagingError):
    """There is nothing at this address. Check how it is written; /api/openapi.json lists every call."""

    code = "not_found"
    http_status = 404


class RequestTooLarge(StagingError):
    """This request is larger than any of its kind may be. Nothing was changed; send less at once."""

    code = "request_too_large"
    http_status = 413


class MethodNotAllowed(StagingError):
    """This address does not take that method. Nothing was changed; /api/openapi.json lists what it takes."""

    code = "method_not_allowed"
    http_status = 405


class AccountRequired(StagingError):
    """Say which account pays: this key is not bound to one. Nothing was charged."""

    code = "account_required"
    http_status = 422


class AccountNotFound(StagingError):
    """There is no account of that name. Nothing was changed; check how it is written."""

    code = "account_not_found"
    http_status = 404


class ExperimentNotFound(StagingError):
    """There is no such experiment. Nothing was changed; check its id."""

    code = "experiment_not_found"
    http_status = 404


class ListingNotFound(StagingError):
    """There is no such listing, or it belongs to another account. Nothing was changed; check its id."""

    code = "listing_not_found"
    http_status = 404


class NothingToDownload(StagingError):
    """This listing has no results yet to download. Nothing is lost: stage its photos, or wait for those under way."""

    code = "nothing_to_download"
    http_status = 409


class ListingFull(StagingError):
    """A listing holds up to 60 photos, and this one does. The photo was not added; open another listing for more."""

    code = "listing_full"
    http_status = 409


class PhotoRepeated(StagingError):
    """This very photo is on the contact sheet already. It was not added again, and is not charged twice."""

    code = "photo_repeated"
    http_status = 409


class PhotoNotFound(StagingError):
    """There is no such photo on this contact sheet. Nothing was changed; look at the sheet again."""

    code = "photo_not_found"
    http_status = 404


class RoomMissing(StagingError):
    """Say of each photo which room it shows, or skip it. Nothing was charged."""

    code = "room_missing"
    http_status = 422


class JobNotFound(StagingError):
    """There is no such job, or it belongs to another account. Nothing was changed; check its id."""

    code = "job_not_found"
    http_status = 404


class UserNotFound(StagingError):
    """There is no such person. Nothing was changed; reload the list."""

    code = "user_not_found"
    http_status = 404


class RefundNotFound(StagingError):
    """There is no such refund. Nothing was changed; check its id."""

    code = "refund_not_found"
    http_status = 404


class FileNotFound(StagingError):
    """There is no such file, or it belongs to another account. Nothing was changed; check its address."""

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
    """The job has moved on, so this is no longer possible. Nothing was changed; reload to see its state."""

    code = "state_conflict"
    http_status = 409


class LastManager(StagingError):
    """This is the last manager who has signed in. Nothing was changed; make somebody else a manager first."""

    code = "last_manager"
    http_status = 409


class UnknownRoomType(StagingError):
    """This room type is not known. Choose one from the list."""

    code = "unknown_room_type"
    http_status = 422


class UnknownStyle(StagingError):
    """This style is not known. Choose one from the list."""

    code = "unknown_style"
    http_status = 422


class UnknownModel(StagingError):
    """There is no model of this name. Nothing was changed; name one from the list, as owner/name."""

    code = "unknown_model"
    http_status = 422


class ModelSwitchedOff(StagingError):
    """This model is switched off. Nothing was changed; choose another, or have a manager switch it on."""

    code = "model_switched_off"
    http_status = 409


class DefaultModelNeeded(StagingError):
    """New jobs need a default model that is on. Nothing was changed; make another model the default first."""

    code = "default_model_needed"
    http_status = 409


class UnknownTimeZone(StagingError):
    """There is no time zone of that name. Use one such as Europe/Berlin, or UTC."""

    code = "unknown_time_zone"
    http_status = 422


class PeriodReversed(StagingError):
    """The period ends before it begins. Swap its days."""

    code = "period_reversed"
    http_status = 422


class PeriodTooLong(StagingError):
    """Figures are told of at most 3,660 days at once, from 2000 to 2099. Choose a shorter period."""

    code = "period_too_long"
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
    """This photo can't be used. Choose another; nothing was charged."""

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
