"""What does a JPEG's header say, and is the file whole from its first marker to its last?

A decoder fills what it can't read with grey and reports nothing, so a photo damaged on a memory card would be staged
half grey. A picture that ends in the decoder's own grey is therefore looked at twice. Pictures that the decoder can
pick up again after damage, or that are made of several scans, are walked marker by marker before they are decoded
(about half a millisecond per megabyte).
"""

import io
import re
from collections.abc import Iterator
from typing import Final

from PIL import Image, JpegImagePlugin

from core import errors
from core.images import exif
from core.images.formats import Facts

_MARKER: Final = re.compile(rb"\xff([\x01-\xfe])")
_MARKER_BUT_RESTART: Final = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")

_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE_FRAME: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_END_OF_IMAGE: Final = 0xD9
_START_OF_SCAN: Final = 0xDA
_RESTART_INTERVAL: Final = 0xDD
_APP1: Final = 0xE1
# Tables, comments and application data may stand between the scans of a picture.
_BETWEEN_SCANS: Final = frozenset({0xC4, 0xCC, 0xDB, 0xDC, _RESTART_INTERVAL, *range(0xE0, 0xF0), 0xFE})

# Fifty megabytes of full segments are about 800, a progressive photo has about ten scans. A file with very many more
# was made to keep a decoder busy: each scan goes over the whole picture again, however few its bytes.
MAX_SEGMENTS: Final = 4096
MAX_SCANS: Final = 100

# What the decoder leaves where the data ran out: mid-grey, in each mode it decodes to.
_UNDECODED: Final[dict[str, object]] = {"L": 128, "RGB": (128, 128, 128), "CMYK": (127, 127, 127, 127)}
_PROBE: Final = b"\x2a" * 4096


class Picture(JpegImagePlugin.JpegImageFile):
    """Pillow's JPEG without its look into EXIF for a resolution that nobody needs: it warns about odd entries."""

    def _read_dpi_from_exif(self) -> None:
        return


def read(data: bytes) -> Facts:
    """The header's facts. Raises `PhotoUnreadable` if there is no complete header."""
    frame: tuple[int, bytes] | None = None
    orientation, has_gps, exif_seen = 1, False, False
    for marker, payload in _segments(data):
        if marker in _START_OF_FRAME and frame is None and len(payload) >= 6:
            frame = (marker, payload)
        elif marker == _APP1 and payload.startswith(b"Exif\0\0") and not exif_seen:
            exif_seen = True
            orientation, located = exif.read(payload)
            has_gps = has_gps or located
        elif marker == _APP1 and payload.startswith(b"http://ns.adobe.com/"):
            has_gps = has_gps or exif.xmp_has_gps(payload)
        elif marker == _START_OF_SCAN and frame is not None and payload:
            return _facts(frame, scan=payload, orientation=orientation, has_gps=has_gps)
    raise errors.PhotoUnreadable()


def _facts(frame: tuple[int, bytes], *, scan: bytes, orientation: int, has_gps: bool) -> Facts:
    marker, payload = frame
    height, width, components = int.from_bytes(payload[1:3]), int.from_bytes(payload[3:5]), payload[5]
    if not width or not height:
        raise errors.PhotoUnreadable()
    # A sequential picture whose first scan lacks a component is kept whole in memory too.
    progressive = marker in _PROGRESSIVE_FRAME or scan[0] < components
    return Facts(width=width, height=height, orientation=orientation, has_gps=has_gps, progressive=progressive)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and payload of each segment, up to and with the first scan's header, or while they make sense."""
    position = 2
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(data, position)
        if found is None or found[1][0] == _END_OF_IMAGE:
            return
        marker, position = found[1][0], found.end()
        if marker in _WITHOUT_LENGTH:
            continue
        end = position + int.from_bytes(data[position : position + 2])
        if end < position + 2 or end > len(data):
            return
        yield marker, data[position + 2 : end]
        if marker == _START_OF_SCAN:
            return
        position = end
    raise errors.PhotoUnreadable()


def check_whole(data: bytes) -> None:
    """Raises `PhotoUnreadable` for damage, or a senseless number of scans, that `ran_out` would not show."""
    if read(data).progressive or any(marker == _RESTART_INTERVAL for marker, _ in _segments(data)):
        end_of_image(data)


def end_of_image(data: bytes) -> int:
    """Where the end marker of the (first) picture stands.

    Bytes after it are no part of the photo: further pictures of a phone, a video, or something appended to deceive.
    Raises `PhotoUnreadable` if the picture is cut off or overwritten, or has more than `MAX_SCANS` scans.
    """
    position, scans, markers = 2, 0, _MARKER
    # Each turn is one segment or scan header, so the scan limit and the segment limit bound the loop.
    for _ in range(2 * MAX_SEGMENTS):
        found = markers.search(data, position)
        if found is None:
            break
        marker, position = found[1][0], found.end()
        if marker == _END_OF_IMAGE and scans:
            return found.start()
        if scans and marker != _START_OF_SCAN and marker not in _BETWEEN_SCANS:
            break
        if marker in _WITHOUT_LENGTH:
            continue
        scans += marker == _START_OF_SCAN
        if scans > MAX_SCANS:
            break
        if marker == _RESTART_INTERVAL:
            markers = _MARKER_BUT_RESTART if any(data[position + 2 : position + 4]) else _MARKER
        position += int.from_bytes(data[position : position + 2])
    raise errors.PhotoUnreadable()


def ran_out(data: bytes, picture: Image.Image) -> bool:
    """Whether the decoder had too little data and painted the end of `picture` (just decoded from `data`) grey.

    A photo may end in that grey by itself, so more data is put before the end marker: a complete
    picture takes no notice of it, one that ran out changes.
    """
    corner = picture.getpixel((picture.width - 1, picture.height - 1))
    if picture.mode not in _UNDECODED or corner != _UNDECODED[picture.mode]:
        return False
    end = end_of_image(data)
    return _small(data[:end] + b"\xff\xd9") != _small(data[:end] + _PROBE + b"\xff\xd9")


def _small(data: bytes) -> bytes:
    """The picture's pixels at an eighth of its size."""
    picture = Picture(io.BytesIO(data))
    picture.draft(None, (1, 1))
    return picture.tobytes()
