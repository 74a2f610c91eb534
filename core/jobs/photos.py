"""How does an upload become a stored photo? Checked, prepared, kept under its hash, and then a row."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.images import preparation, thumbnails, validation
from core.images.perceptual_hash import perceptual_hash
from core.jobs.desk import Desk
from core.models import Photo
from core.models.base import new_id
from core.storage import contract as storage_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A photo as it came: its name and its bytes."""

    file_name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedUpload:
    """An upload that can be staged: as it came, what the model gets, a small JPEG for lists, by what it is known.

    It holds all of these bytes: where there are many, store one and let it go before the next is taken.
    """

    upload: Upload
    header: validation.PhotoHeader
    prepared: preparation.PreparedPhoto
    thumbnail: bytes
    sha256: str
    perceptual_hash: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPhoto:
    """What is known of a photo whose files are stored: its row, but for the account and the time."""

    id: str
    file_name: str
    sha256: str
    media_type: str
    size_bytes: int
    width: int
    height: int
    original_key: str
    prepared_key: str
    prepared_width: int
    prepared_height: int
    thumbnail_key: str
    perceptual_hash: int | None


def prepare(upload: Upload, *, header: validation.PhotoHeader | None = None) -> PreparedUpload:
    """Check the upload and make it ready; `header` saves a second reading.

    Raises:
        PhotoRefused: if it can't be staged.
        PicturesBusy: if no decoder became free in time.
    """
    header = header or validation.inspect(upload.data, file_name=upload.file_name)
    prepared = preparation.prepare(upload.data, header=header)
    thumbnail = thumbnails.thumbnail(prepared.jpeg)
    return PreparedUpload(
        upload=upload,
        header=header,
        prepared=prepared,
        thumbnail=thumbnail,
        sha256=storage_keys.sha256(upload.data),
        perceptual_hash=perceptual_hash(thumbnail),
    )


def prepare_all(uploads: Sequence[Upload]) -> list[PreparedUpload]:
    """The uploads made ready; all headers are read first, so that what is no photo costs no decoding.

    Raises:
        PhotoRefused: for the first that can't be staged.
        PicturesBusy: if no decoder became free in time.
    """
    headers = [validation.inspect(upload.data, file_name=upload.file_name) for upload in uploads]
    return [prepare(upload, header=header) for upload, header in zip(uploads, headers, strict=True)]


def store(desk: Desk, account_id: int, photo: PreparedUpload) -> StoredPhoto:
    """Keep the original, the model's copy and a thumbnail under their hashes; nothing is written to the database.

    Raises:
        StorageUnavailable: if the storage does not answer.
    """

    def put(kind: str, data: bytes, extension: str, known_digest: str | None = None) -> str:
        digest = known_digest or storage_keys.sha256(data)
        key = storage_keys.content_key(account_id=account_id, kind=kind, digest=digest, extension=extension)
        desk.storage.put(key, data)
        return key

    return StoredPhoto(
        id=new_id(),
        file_name=validation.safe_file_name(photo.upload.file_name),
        sha256=photo.sha256,
        media_type=photo.header.media_type,
        size_bytes=len(photo.upload.data),
        width=photo.header.width,
        height=photo.header.height,
        original_key=put("originals", photo.upload.data, photo.header.format, photo.sha256),
        prepared_key=put("prepared", photo.prepared.jpeg, "jpg"),
        prepared_width=photo.prepared.width,
        prepared_height=photo.prepared.height,
        thumbnail_key=put("thumbnails", photo.thumbnail, thumbnails.EXTENSION),
        perceptual_hash=photo.perceptual_hash,
    )


def insert(session: Session, account_id: int, photo: StoredPhoto) -> str:
    """Add the photo's row; its id."""
    known = {one.name: getattr(photo, one.name) for one in fields(StoredPhoto)}
    session.execute(sa.insert(Photo).values(account_id=account_id, created_at=clock.now(), **known))
    return photo.id
