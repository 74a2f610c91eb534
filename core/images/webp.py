"""What does a WebP's header say?"""

import struct
from collections.abc import Iterator
from typing import Final

from core import errors
from core.images import exif
from core.images.formats import Facts

_RIFF_BYTES: Final = 12
_MAX_CHUNKS: Final = 10_000


def read(data: bytes) -> Facts:
    """The header's facts. Raises `PhotoUnreadable` for a broken header, `PhotoAnimated` for an animation."""
    chunks = _chunks(data)
    width, height = _size(data, next(chunks, None))
    orientation, has_gps, frames = 1, False, 0
    for kind, start, end in chunks:
        frames += kind == b"ANMF"
        if frames > 1:
            raise errors.PhotoAnimated()
        if kind == b"EXIF":
            orientation, located = exif.read(data[start:end])
            has_gps = has_gps or located
        elif kind == b"XMP ":
            has_gps = has_gps or exif.xmp_has_gps(data[start:end])
    return Facts(width=width, height=height, orientation=orientation, has_gps=has_gps)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk's content, to the end that the file claims or has."""
    position, limit = _RIFF_BYTES, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    for _ in range(_MAX_CHUNKS):
        if position + 8 > limit:
            return
        kind, length = struct.unpack_from("<4sI", data, position)
        yield kind, position + 8, min(position + 8 + length, limit)
        position += 8 + length + length % 2
    raise errors.PhotoUnreadable()


def _size(data: bytes, first: tuple[bytes, int, int] | None) -> tuple[int, int]:
    if first is None:
        raise errors.PhotoUnreadable()
    kind, start, end = first
    if kind == b"VP8X" and end - start >= 10:
        return 1 + int.from_bytes(data[start + 4 : start + 7], "little"), 1 + int.from_bytes(
            data[start + 7 : start + 10], "little"
        )
    if kind == b"VP8L" and end - start >= 5 and data[start] == 0x2F:
        bits = int.from_bytes(data[start + 1 : start + 5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and end - start >= 10 and data[start + 3 : start + 6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, start + 6)
        if width & 0x3FFF and height & 0x3FFF:
            return width & 0x3FFF, height & 0x3FFF
    raise errors.PhotoUnreadable()
