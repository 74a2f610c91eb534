"""What do we know of a picture before anything is decoded?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.images import formats, heic, jpeg, png, webp
from core.images.formats import Facts, Format

_READERS: Final[dict[Format, Callable[[bytes], Facts]]] = {
    "jpeg": jpeg.read,
    "png": png.read,
    "webp": webp.read,
    "heic": heic.read,
}
# The decoders of WebP and HEIC refuse what is cut off by themselves.
_CHECKERS: Final[dict[Format, Callable[[bytes], None]]] = {"jpeg": jpeg.check_whole, "png": png.check_whole}
# From this EXIF orientation on, the picture lies on its side.
_FIRST_SIDEWAYS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoHeader:
    """A picture as its header describes it.

    `width` and `height` are pixels of the upright picture; `orientation` is the EXIF value (1 to 8) still to be
    applied to the decoded pixels; `has_gps` tells that the file names a position; `progressive` that the decoder must
    hold the picture at full size.
    """

    format: Format
    media_type: str
    width: int
    height: int
    orientation: int
    size_bytes: int
    has_gps: bool
    progressive: bool = False

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height of the pixels as stored, before the orientation is applied."""
        return as_stored((self.width, self.height), orientation=self.orientation)

    @property
    def pixels(self) -> int:
        """How many pixels the picture has."""
        return self.width * self.height


def read(data: bytes) -> PhotoHeader:
    """The header of a JPEG, PNG, WebP or HEIC, with no limits applied.

    Raises `PhotoUnsupported`, `PhotoAnimated` or `PhotoUnreadable`.
    """
    kind = formats.sniff(data)
    facts = _READERS[kind](data)
    width, height = as_stored((facts.width, facts.height), orientation=facts.orientation)
    return PhotoHeader(
        format=kind,
        media_type=formats.MEDIA_TYPES[kind],
        width=width,
        height=height,
        orientation=facts.orientation,
        size_bytes=len(data),
        has_gps=facts.has_gps,
        progressive=facts.progressive,
    )


def check_whole(data: bytes, *, header: PhotoHeader) -> None:
    """Raises `PhotoUnreadable` for damage, or an effort, that decoding would not show in time."""
    if header.format in _CHECKERS:
        _CHECKERS[header.format](data)


def as_stored(size: tuple[int, int], *, orientation: int) -> tuple[int, int]:
    """Turns an upright size into the stored one, or back."""
    return (size[1], size[0]) if orientation >= _FIRST_SIDEWAYS else size
