"""How do bytes from outside become pixels without harm?

The decoder is chosen by our own reading of the header, never by Pillow's guess, and the class for that format is
called directly: no other decoder can be reached, nothing is registered or set for the whole process, and the size
limits that count are ours, applied to the header before this module sees the file.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Final

from PIL import ImageFile, PngImagePlugin, WebPImagePlugin
from pillow_heif import HeifImageFile

from core import errors
from core.images import headers, jpeg, pool
from core.images.formats import Format
from core.images.headers import PhotoHeader

_DECODERS: Final[dict[Format, Callable[[IO[bytes]], ImageFile.ImageFile]]] = {
    "jpeg": jpeg.Picture,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "heic": HeifImageFile,
}
# Peak bytes per pixel of decoding and scaling down, measured with transparency, which is the widest.
_BYTES_PER_PIXEL: Final[dict[Format, int]] = {"jpeg": 5, "png": 11, "webp": 20, "heic": 14}
# A picture decoded to be kept at its size may be scaled and written at that size too.
_COPIES_AT_FULL_SIZE: Final = 2
# A progressive JPEG keeps a 16-bit coefficient for each sample of up to four components at full size.
_PROGRESSIVE_BYTES_PER_PIXEL: Final = 8
_MAX_JPEG_REDUCTION: Final = 8


@contextmanager
def decoded(
    data: bytes, *, header: PhotoHeader, at_least: tuple[int, int] | None = None
) -> Iterator[ImageFile.ImageFile]:
    """The whole picture in memory, in its stored orientation and mode; holds a slot of the pool while in the block.

    A JPEG may come at a half, a quarter or an eighth of its size, as small as the decoder can make it without going
    under `at_least` (width and height as stored, in pixels). Raises `PhotoUnreadable` for anything that is cut off,
    damaged or not what its header says, and `PicturesBusy`.
    """
    headers.check_whole(data, header=header)
    with pool.slot(_memory_bytes(header, at_least=at_least)):
        with refusing_damage():
            picture = _load(data, header=header, at_least=at_least)
        yield picture


@contextmanager
def refusing_damage() -> Iterator[None]:
    """Turns whatever a decoder throws at hostile bytes into `PhotoUnreadable`."""
    try:
        yield
    except (errors.StagingError, MemoryError):
        raise
    except Exception as failure:  # Decoders raise nearly every built-in error there is; all mean the same.
        raise errors.PhotoUnreadable() from failure


def _load(data: bytes, *, header: PhotoHeader, at_least: tuple[int, int] | None) -> ImageFile.ImageFile:
    picture = _DECODERS[header.format](io.BytesIO(data))
    if picture.size != header.stored_size:
        raise errors.PhotoUnreadable()
    if header.format == "jpeg" and at_least is not None:
        picture.draft(None, at_least)
    # All at once: fed in small pieces, the decoder gives back what it left of each to be copied into the next.
    picture.decodermaxblock = max(len(data), ImageFile.MAXBLOCK)
    picture.load()
    if header.format == "jpeg" and jpeg.ran_out(data, picture):
        raise errors.PhotoUnreadable()
    return picture


def _memory_bytes(header: PhotoHeader, *, at_least: tuple[int, int] | None) -> int:
    """An upper estimate of what decoding takes, the file itself not counted."""
    held = header.pixels * _BYTES_PER_PIXEL[header.format]
    coefficients = header.pixels * _PROGRESSIVE_BYTES_PER_PIXEL * header.progressive
    if at_least is None:
        return _COPIES_AT_FULL_SIZE * held + coefficients
    if header.format != "jpeg":
        return held
    width, height = header.stored_size
    reduction = _MAX_JPEG_REDUCTION
    while reduction > 1 and min(width // at_least[0], height // at_least[1]) < reduction:
        reduction //= 2
    return held // reduction**2 + coefficients
