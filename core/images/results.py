"""Is what the model drew a usable picture of the same view?"""

import hashlib
import io
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from core import errors
from core.images import color, decoding, formats, headers, rendering, scaling
from core.images.formats import Format
from core.images.headers import PhotoHeader

MAX_FILE_BYTES: Final = 50 * 1024 * 1024
MAX_PIXELS: Final = 64_000_000
MIN_SHORT_SIDE_PIXELS: Final = 256
# Beyond this the model has shown more or less of the room than the photo does.
MAX_ASPECT_CHANGE: Final = 0.03
# One or two pixels in a thousand come from rounding sides to what the model takes. Nobody sees them, but everybody
# would see a picture that was resampled and compressed once more.
NEGLIGIBLE_ASPECT_CHANGE: Final = 0.002

# How a corrected picture is written: without loss, or so that none is seen.
_SAVING: Final[dict[Format, dict[str, Any]]] = {
    "jpeg": {"format": "JPEG", "quality": 95, "subsampling": "4:4:4"},
    "png": {"format": "PNG", "compress_level": 4},
    "webp": {"format": "WEBP", "quality": 95},
}


@dataclass(frozen=True, slots=True)
class CheckedResult:
    """A result as it is to be stored: the bytes, what they are, and their SHA-256 in hexadecimal."""

    data: bytes
    media_type: str
    extension: str
    width: int
    height: int
    sha256: str


def check(data: bytes, *, photo_width: int, photo_height: int) -> CheckedResult:
    """The result, brought to the photo's aspect if it is slightly off.

    1. The header must be that of a still PNG, JPEG or WebP within the limits.
    2. Its aspect must be within 3 % of the upright photo's (`photo_width` × `photo_height` pixels).
    3. It must decode in full.
    4. If its aspect is the photo's to 0.2 %, the bytes stay as they came; otherwise the side that is too short is
       stretched.

    Raises `OutputInvalid`, `OutputReframed`, `PicturesBusy`. `extension` has no dot.
    """
    header = _read_header(data)
    _check_framing(header, photo_width=photo_width, photo_height=photo_height)
    size = _corrected_size(header, photo_width=photo_width, photo_height=photo_height)
    try:
        with decoding.decoded(data, header=header) as picture, decoding.refusing_damage():
            if size != (header.width, header.height) or header.orientation != 1:
                data = _rewritten(picture, header=header, size=size)
    except errors.PhotoRefused as refusal:
        raise errors.OutputInvalid() from refusal
    return CheckedResult(
        data=data,
        media_type=header.media_type,
        extension=formats.EXTENSIONS[header.format],
        width=size[0],
        height=size[1],
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _read_header(data: bytes) -> PhotoHeader:
    if len(data) > MAX_FILE_BYTES:
        raise errors.OutputInvalid()
    try:
        header = headers.read(data)
    except errors.PhotoRefused as refusal:
        raise errors.OutputInvalid() from refusal
    too_small = min(header.width, header.height) < MIN_SHORT_SIDE_PIXELS
    if header.format not in _SAVING or too_small or header.pixels > MAX_PIXELS:
        raise errors.OutputInvalid()
    return header


def _check_framing(header: PhotoHeader, *, photo_width: int, photo_height: int) -> None:
    ratio = (header.width * photo_height) / (header.height * photo_width)
    if max(ratio, 1 / ratio) > 1 + MAX_ASPECT_CHANGE:
        raise errors.OutputReframed(
            f"The model changed the photo's framing, so that picture is not used: it is {header.width} × "
            f"{header.height}, the photo {photo_width} × {photo_height}."
        )


def _corrected_size(header: PhotoHeader, *, photo_width: int, photo_height: int) -> tuple[int, int]:
    """The size with the photo's aspect, reached by stretching one side; a negligible difference stays."""
    ratio = (header.width * photo_height) / (header.height * photo_width)
    if max(ratio, 1 / ratio) <= 1 + NEGLIGIBLE_ASPECT_CHANGE:
        return header.width, header.height
    if header.width * photo_height > header.height * photo_width:
        return header.width, round(header.width * photo_height / photo_width)
    return round(header.height * photo_width / photo_height), header.height


def _rewritten(picture: Image.Image, *, header: PhotoHeader, size: tuple[int, int]) -> bytes:
    """The picture at another size, upright, in its own format and colour profile."""
    profile = picture.info.get("icc_profile")
    stored = headers.as_stored(size, orientation=header.orientation)
    resampled = scaling.scaled(color.scalable(picture), *stored)
    turned = rendering.upright(resampled, orientation=header.orientation)
    turned.info = {}
    buffer = io.BytesIO()
    turned.save(buffer, icc_profile=profile, **_SAVING[header.format])
    return buffer.getvalue()
