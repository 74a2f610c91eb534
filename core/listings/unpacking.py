"""How are bytes taken out of a ZIP file without trusting any size that it tells?"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final

from core import errors

# A step of reading, and the most that one step unpacks.
STEP_BYTES: Final = 256 * 1024
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_LOCAL_MARK: Final = b"PK\x03\x04"
_RAW_DEFLATE: Final = -zlib.MAX_WBITS
_STORED: Final = zipfile.ZIP_STORED
_DEFLATED: Final = zipfile.ZIP_DEFLATED


def pieces(file: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """The unpacked content of one file in the ZIP, piece by piece, each with the bytes that were read for it.

    No piece is longer than `STEP_BYTES`. Raises `PhotoUnreadable` for damage and `PhotoPackingUnknown` for methods
    other than storing and Deflate: the others unpack a few bytes into gigabytes in one step.
    """
    if entry.compress_type not in (_STORED, _DEFLATED):
        raise errors.PhotoPackingUnknown()
    raw = _raw_pieces(file, entry)
    return _inflated(raw) if entry.compress_type == _DEFLATED else ((piece, len(piece)) for piece in raw)


def _raw_pieces(file: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The packed bytes; between two pieces the file may be read by others, so each is sought anew."""
    position, left = _start(file, entry), entry.compress_size
    while left > 0:
        file.seek(position)
        piece = file.read(min(left, STEP_BYTES))
        if not piece:
            raise errors.PhotoUnreadable()
        position, left = position + len(piece), left - len(piece)
        yield piece


def _start(file: IO[bytes], entry: zipfile.ZipInfo) -> int:
    if not 0 <= entry.header_offset < file.seek(0, io.SEEK_END):
        raise errors.PhotoUnreadable()
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        raise errors.PhotoUnreadable()
    mark, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    if mark != _LOCAL_MARK:
        raise errors.PhotoUnreadable()
    return int(entry.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes)


def _inflated(raw: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    stream = zlib.decompressobj(_RAW_DEFLATE)
    while not stream.eof:
        fresh = b"" if stream.unconsumed_tail else next(raw, b"")
        try:
            piece = stream.decompress(stream.unconsumed_tail or fresh, STEP_BYTES)
        except zlib.error as damage:
            raise errors.PhotoUnreadable() from damage
        if not (piece or fresh or stream.eof):
            raise errors.PhotoUnreadable()
        yield piece, len(fresh)


class OutsideFile(OSError):
    """A place before or behind the file was sought; who reads ZIP files expects an `OSError` there."""


class Bounded(io.RawIOBase):
    """A file of which no single read takes more than `most_bytes` and nothing outside it is sought."""

    def __init__(self, file: IO[bytes], most_bytes: int) -> None:
        self._file = file
        self._most_bytes = most_bytes
        self._size_bytes = file.seek(0, io.SEEK_END)

    def seekable(self) -> bool:
        """Always."""
        return True

    def readable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The position in bytes."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Moves there. Raises `OutsideFile`."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._file.tell(), io.SEEK_END: self._size_bytes}[whence]
        if not 0 <= base + offset <= self._size_bytes:
            raise OutsideFile
        return self._file.seek(base + offset)

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, or all that is left. Raises `BadZipFile` if that is more than the bound."""
        left = self._size_bytes - self._file.tell()
        wanted = left if size < 0 else min(size, left)
        if wanted > self._most_bytes:
            raise zipfile.BadZipFile("This is longer than any list of files.")
        return self._file.read(wanted)
