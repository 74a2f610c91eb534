"""What does a PNG's header say, and is the file whole?"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from core import errors
from core.images import exif
from core.images.formats import Facts

_SIGNATURE_BYTES: Final = 8
_MAX_CHUNKS: Final = 100_000
_MAX_XMP_BYTES: Final = 1_000_000


def read(data: bytes) -> Facts:
    """The header's facts. Raises `PhotoUnreadable` for a broken header, `PhotoAnimated` for an APNG."""
    chunks = _chunks(data)
    width, height = _size(data, next(chunks, None))
    orientation, has_gps, pixels_seen = 1, False, False
    for kind, start, end in chunks:
        pixels_seen = pixels_seen or kind == b"IDAT"
        if kind == b"acTL" and not pixels_seen and end - start >= 4 and int.from_bytes(data[start : start + 4]) > 1:
            raise errors.PhotoAnimated()
        if kind == b"eXIf":
            orientation, located = exif.read(data[start:end])
            has_gps = has_gps or located
        elif kind == b"iTXt" and data.startswith(b"XML:com.adobe.xmp\0", start):
            has_gps = has_gps or exif.xmp_has_gps(_text(data[start:end]))
    return Facts(width=width, height=height, orientation=orientation, has_gps=has_gps)


def check_whole(data: bytes) -> None:
    """Raises `PhotoUnreadable` if the end chunk is not reached; the decoder checks the pixels by their checksum."""
    if not any(kind == b"IEND" for kind, _start, _end in _chunks(data)):
        raise errors.PhotoUnreadable()


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk's content, up to and with IEND, or to where the file is cut off."""
    position = _SIGNATURE_BYTES
    for _ in range(_MAX_CHUNKS):
        if position + 12 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, position)
        start, end = position + 8, position + 8 + length
        if end + 4 > len(data):
            return
        yield kind, start, end
        if kind == b"IEND":
            return
        position = end + 4
    raise errors.PhotoUnreadable()


def _size(data: bytes, first: tuple[bytes, int, int] | None) -> tuple[int, int]:
    if first is None:
        raise errors.PhotoUnreadable()
    kind, start, end = first
    whole = zlib.crc32(data[start - 4 : end]) == int.from_bytes(data[end : end + 4])
    if kind != b"IHDR" or end - start != 13 or not whole:
        raise errors.PhotoUnreadable()
    width, height = struct.unpack_from(">II", data, start)
    if not width or not height:
        raise errors.PhotoUnreadable()
    return width, height


def _text(content: bytes) -> bytes:
    """The text of an iTXt chunk that holds XMP, unpacked as far as is reasonable; empty if it can't be."""
    fields = content.removeprefix(b"XML:com.adobe.xmp\0")
    parts = fields[2:].split(b"\0", 2)
    if len(fields) < 2 or len(parts) < 3:
        return b""
    if not fields[0]:
        return parts[2]
    try:
        return zlib.decompressobj().decompress(parts[2], _MAX_XMP_BYTES)
    except zlib.error:
        return b""
