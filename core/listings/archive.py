"""Which photos does a ZIP file hold?

Nothing in the file is believed: the list of files is read within bounds, and each file's size is what comes out when
it is unpacked, not what its header says. One photo is in memory at a time.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from core import errors
from core.images import formats, validation
from core.jobs.photos import Upload
from core.jobs.service import UPLOADS_MAX, UPLOADS_MAX_BYTES
from core.listings import archive_names, unpacking
from core.listings.refusals import Refusal

# Folders, side files of macOS and everything else counted: what no camera, phone or office puts beside 60 photos.
FILES_MAX: Final = 1_000
# Reading and unpacking end here, however often a hostile file has the same bytes unpacked: some seconds of one core.
WORK_MAX_BYTES: Final = 4 * UPLOADS_MAX_BYTES
# Photos are compressed already. A drawing saved as PNG without compression comes to a few times its size.
EXPANSION_MAX: Final = 100
_EXPANSION_COUNTS_FROM_BYTES: Final = 1024 * 1024
# The list of files is read in one piece; a thousand names take a tenth of this.
_DIRECTORY_MAX_BYTES: Final = 1024 * 1024
# Enough to tell every format there is, a tar by its mark at 257.
_HEAD_BYTES: Final = 512
_ENCRYPTED_FLAGS: Final = 0x1 | 0x40 | 0x2000
_ENCRYPTED_METHOD: Final = 99
_ZIP_MARKS: Final = (b"PK\x03\x04", b"PK\x05\x06")
_ARCHIVES: Final[tuple[tuple[int, bytes], ...]] = (
    (0, b"PK\x03\x04"),
    (0, b"PK\x05\x06"),
    (0, b"PK\x07\x08"),
    (0, b"Rar!\x1a\x07"),
    (0, b"7z\xbc\xaf\x27\x1c"),
    (0, b"\x1f\x8b"),
    (0, b"BZh"),
    (0, b"\xfd7zXZ\0"),
    (0, b"\x28\xb5\x2f\xfd"),
    (257, b"ustar"),
)

# What reading a hostile list of files has been seen to raise.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    NotImplementedError,
    ValueError,
    OverflowError,
    EOFError,
    struct.error,
)


@dataclass(slots=True)
class _Taken:
    """What was taken and spent so far."""

    photos: int = 0
    kept_bytes: int = 0
    work_bytes: int = 0


def is_zip(file_name: str, head: bytes) -> bool:
    """Whether a file is to be opened as a ZIP of photos: by its name, or by the first four of its bytes."""
    return file_name.lower().endswith(".zip") or head.startswith(_ZIP_MARKS)


def photos(file: IO[bytes]) -> Iterator[Upload | Refusal]:
    """Each photo of the ZIP file in its order, or why it is not taken; `Upload.file_name` is its path in the ZIP.

    `file` can seek and is read while the result is walked through. Folders and what computers leave behind are
    skipped without a word. At most `UPLOADS_MAX` photos and `UPLOADS_MAX_BYTES` are given; the rest is refused one by
    one. Raises `ArchiveDamaged` and `ArchiveTooManyFiles` at once, before the first photo.
    """
    return _walk(file, _entries(file))


def _entries(file: IO[bytes]) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(unpacking.Bounded(file, _DIRECTORY_MAX_BYTES)) as archive:
            entries = archive.infolist()
    except _DAMAGE as damage:
        raise errors.ArchiveDamaged() from damage
    # With its beginning cut off, a ZIP file still lists what was there.
    if any(entry.header_offset < 0 for entry in entries):
        raise errors.ArchiveDamaged()
    if len(entries) > FILES_MAX:
        raise errors.ArchiveTooManyFiles()
    return entries


def _walk(file: IO[bytes], entries: list[zipfile.ZipInfo]) -> Iterator[Upload | Refusal]:
    taken, seen = _Taken(), set[str]()
    for entry in entries:
        name = archive_names.decoded(entry)
        if archive_names.is_folder(name):
            continue
        try:
            path = archive_names.checked(name)
            if archive_names.is_left_by_a_system(path):
                continue
            if path in seen:
                raise errors.PhotoNameRepeated()
            seen.add(path)
            data = _photo(file, entry, taken)
        except errors.PhotoRefused as refused:
            yield Refusal(name, refused)
        else:
            taken.photos += 1
            taken.kept_bytes += len(data)
            yield Upload(file_name=path, data=data)


def _photo(file: IO[bytes], entry: zipfile.ZipInfo, taken: _Taken) -> bytes:
    """The unpacked bytes of what at least begins like a photo, or a `PhotoRefused`."""
    if entry.flag_bits & _ENCRYPTED_FLAGS or entry.compress_type == _ENCRYPTED_METHOD:
        raise errors.PhotoEncrypted()
    buffer, packed_bytes, checksum, is_known = io.BytesIO(), 0, 0, False
    for piece, read_bytes in unpacking.pieces(file, entry):
        taken.work_bytes += len(piece) + read_bytes
        checksum = zlib.crc32(piece, checksum)
        size_bytes = buffer.tell() + buffer.write(piece)
        if not is_known and size_bytes >= _HEAD_BYTES:
            _require_photo(buffer.getvalue(), taken)
            is_known = True
        packed_bytes += read_bytes
        _require_bounds(size_bytes, packed_bytes, taken)
    data = buffer.getvalue()
    if not data:
        raise errors.PhotoEmpty()
    if checksum != entry.CRC:
        raise errors.PhotoUnreadable()
    if not is_known:
        _require_photo(data, taken)
    return data


def _require_photo(head: bytes, taken: _Taken) -> None:
    if any(head.startswith(mark, at) for at, mark in _ARCHIVES):
        raise errors.ArchiveNested()
    formats.sniff(head)
    if taken.photos >= UPLOADS_MAX:
        raise errors.PhotosOverLimit()


def _require_bounds(size_bytes: int, packed_bytes: int, taken: _Taken) -> None:
    if size_bytes > max(_EXPANSION_COUNTS_FROM_BYTES, EXPANSION_MAX * packed_bytes):
        raise errors.PhotoExpandsTooFar()
    if size_bytes > validation.MAX_FILE_BYTES:
        raise errors.PhotoTooLarge()
    if taken.kept_bytes + size_bytes > UPLOADS_MAX_BYTES or taken.work_bytes > WORK_MAX_BYTES:
        raise errors.PhotosOverLimit()
