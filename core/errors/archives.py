"""What is wrong with an archive of photos, or with one photo because of how it was packed?"""

from core.errors.requests import PhotoRefused


class ArchiveDamaged(PhotoRefused):
    """This is not a ZIP file, or a damaged or incomplete one. Pack the photos again; nothing was charged."""

    code = "archive_damaged"


class ArchiveTooManyFiles(PhotoRefused):
    """This ZIP file lists more files than a listing has. Pack its photos alone; nothing was charged."""

    code = "archive_too_many_files"
    http_status = 413


class ArchiveNested(PhotoRefused):
    """This is an archive inside the ZIP file. Send the photos in it by themselves; nothing was charged."""

    code = "archive_nested"
    http_status = 415


class PhotoEncrypted(PhotoRefused):
    """This photo is locked with a password. Pack it again without one; nothing was charged."""

    code = "photo_encrypted"


class PhotoPackingUnknown(PhotoRefused):
    """This photo is packed in an unusual way. Pack it again as an ordinary ZIP file; nothing was charged."""

    code = "photo_packing_unknown"
    http_status = 415


class PhotoExpandsTooFar(PhotoRefused):
    """This file unpacks to far more than any photo would. Export the photo as JPEG; nothing was charged."""

    code = "photo_expands_too_far"


class PhotoPathRefused(PhotoRefused):
    """This name leads out of the ZIP file or can't be read. Rename the photo and pack again; nothing was charged."""

    code = "photo_path_refused"


class PhotoNameRepeated(PhotoRefused):
    """An earlier file in this ZIP file has the same name. Rename this one and pack it again; nothing was charged."""

    code = "photo_name_repeated"


class PhotosOverLimit(PhotoRefused):
    """Those before it fill what can be sent at once. They are kept; send this one after them. Nothing was charged."""

    code = "photos_over_limit"
    http_status = 413
