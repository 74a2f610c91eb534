"""What is sent to the model in place of the photo?

About one megapixel at the photo's own aspect, upright, in sRGB, with nothing of the original's metadata: the model
was trained at that size, a larger input makes its output worse, and what leaves the house says nothing about where or
by whom a photo was taken.
"""

import io
import math
from dataclasses import dataclass
from typing import Final

from PIL import Image

from core.images import rendering, validation
from core.images.headers import PhotoHeader

TARGET_PIXELS: Final = 1024 * 1024
# The model works on blocks of this many pixels.
GRID_PIXELS: Final = 16
JPEG_QUALITY: Final = 92
# What Pillow takes by itself when it scales: a third cheaper than Lanczos, and without its halos along window frames.
_RESAMPLING: Final = Image.Resampling.BICUBIC
# Widths tried, as shares of the ideal one. The area stays between 0.85 and 1.06 of what was aimed at.
_NARROWEST: Final = 0.93
_WIDEST: Final = 1.02
# Aspects closer together than this are equally good; then the larger picture wins.
_ASPECT_STEP: Final = 0.001


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A clean JPEG for the model, with its size in pixels."""

    jpeg: bytes
    width: int
    height: int


def prepare(data: bytes, *, header: PhotoHeader | None = None) -> PreparedPhoto:
    """A photo decoded in full and made ready for the model.

    `header` saves a second reading if `validation.inspect` was just called. Raises `PhotoUnreadable` for a damaged
    file, what `inspect` raises if there is no header, and `PicturesBusy`.
    """
    header = validation.inspect(data) if header is None else header
    width, height = prepared_size(header.width, header.height)
    picture = rendering.render(data, header=header, width=width, height=height, resampling=_RESAMPLING)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0")
    return PreparedPhoto(jpeg=buffer.getvalue(), width=width, height=height)


def prepared_size(width: int, height: int) -> tuple[int, int]:
    """The size in pixels to which a photo of `width` × `height` is brought.

    Both sides are multiples of 16, the area is about one megapixel or that of a smaller photo, and among the sizes
    near it the one with the aspect closest to the photo's is taken.
    """
    aspect = width / height
    area = min(width * height, TARGET_PIXELS)
    ideal = math.sqrt(area * aspect)
    first = max(1, math.ceil(_NARROWEST * ideal / GRID_PIXELS))
    last = max(first, math.floor(_WIDEST * ideal / GRID_PIXELS))
    sizes = []
    for columns in range(first, last + 1):
        rows = max(1, round(columns / aspect))
        sizes.append((columns * GRID_PIXELS, rows * GRID_PIXELS))
    return min(sizes, key=lambda size: (_aspect_error(size, aspect), abs(size[0] * size[1] - area)))


def _aspect_error(size: tuple[int, int], aspect: float) -> int:
    """How far the size is from the aspect, in steps of a thousandth."""
    return int(abs(size[0] / size[1] / aspect - 1) / _ASPECT_STEP)
