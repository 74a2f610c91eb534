"""Which way up was the photo taken, and does it say where?

Reads the few entries we need straight from the bytes, each access bounded, because a general EXIF
reader can be led by a hostile file to copy the same data thousands of times.
"""

import struct
from typing import Final

_ORIENTATION: Final = 0x0112
_GPS_DIRECTORY: Final = 0x8825
_LATITUDE: Final = 2
_LONGITUDE: Final = 4
_SHORT: Final = 3
_MAX_ENTRIES: Final = 1024

_XMP_LOCATION: Final = b"GPSLatitude"


def read(data: bytes) -> tuple[int, bool]:
    """The orientation (1 to 8; 1 if absent or senseless) and whether there is a position.

    `data` is an EXIF block (a TIFF header and its directories), with or without the leading
    `Exif\\0\\0`. Never raises: what can't be read is absent.
    """
    while data.startswith(b"Exif\0\0"):
        data = data[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return 1, False
    entries = _directory(data, order, offset=struct.unpack_from(order + "I", data, 4)[0])
    orientation = _short(data, order, entries[_ORIENTATION]) if _ORIENTATION in entries else 1
    has_gps = False
    if _GPS_DIRECTORY in entries:
        (gps_offset,) = struct.unpack_from(order + "I", data, entries[_GPS_DIRECTORY] + 8)
        has_gps = not {_LATITUDE, _LONGITUDE}.isdisjoint(_directory(data, order, offset=gps_offset))
    return orientation if 1 <= orientation <= 8 else 1, has_gps


def xmp_has_gps(packet: bytes) -> bool:
    """Whether an XMP packet holds a position."""
    return _XMP_LOCATION in packet


def _directory(data: bytes, order: str, *, offset: int) -> dict[int, int]:
    """The position in `data` of each entry of one directory, by tag; the first of equal tags counts."""
    if offset + 2 > len(data):
        return {}
    (count,) = struct.unpack_from(order + "H", data, offset)
    found: dict[int, int] = {}
    for position in range(offset + 2, offset + 2 + 12 * min(count, _MAX_ENTRIES), 12):
        if position + 12 > len(data):
            break
        found.setdefault(struct.unpack_from(order + "H", data, position)[0], position)
    return found


def _short(data: bytes, order: str, position: int) -> int:
    _tag, kind, _count, value = struct.unpack_from(order + "HHIH", data, position)
    return int(value) if kind == _SHORT else 1
