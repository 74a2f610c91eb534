"""What does the model draw? An input photo in, a staged picture of about one megapixel out, as bytes."""

import io
import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PIL import Image, ImageOps, UnidentifiedImageError

from core.provider.simulator import png
from core.provider.simulator.catalog import MATCH_INPUT_IMAGE

INPUT_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MAX_INPUT_PIXELS = 100_000_000
# Photos up to half as large again are left as they are; beyond that the model works at about one megapixel.
MAX_WORKING_PIXELS = 1_572_864
WORKING_PIXELS = 1_048_576
SIDE_MULTIPLE = 16
JPEG_QUALITY = 92
SAMPLE_SIZE = (1248, 832)
# Everything that Pillow's readers raise on damaged files.
_DECODING_ERRORS = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    zlib.error,
)


class InputUnreadable(Exception):
    """The input image is not a picture the model can read; the text says why."""


def leave(photo: Image.Image, **_: object) -> Image.Image:
    """A stage of a model that adds nothing to the room."""
    return photo


class Stage(Protocol):
    """Furnishes a photo of a room: RGB in, RGB of the same size out."""

    def __call__(self, photo: Image.Image, *, prompt: str, seed: int) -> Image.Image:
        """The staged photo."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The two functions that make pictures: one stages a photo, one invents a room of a seed and a size."""

    stage: Stage
    sample_room: Callable[[int, tuple[int, int]], Image.Image]


def stager() -> Drawing:
    """The simulator's own stager."""
    from core.provider.simulator import stager as own  # its pictures are loaded when the first one is drawn

    return Drawing(stage=own.stage, sample_room=own.sample_room)


def draw(
    photo: bytes | None, *, prompt: str, seed: int, aspect_ratio: str, output_format: str, drawing: Drawing
) -> bytes:
    """One prediction's picture as PNG, JPEG or WebP bytes; a room is invented where no photo is given.

    Raises:
        InputUnreadable: when the photo can't be decoded.
    """
    room = drawing.sample_room(seed, SAMPLE_SIZE) if photo is None else open_photo(photo)
    picture = drawing.stage(room, prompt=prompt, seed=seed)
    if aspect_ratio != MATCH_INPUT_IMAGE:
        picture = crop_to(picture, aspect_ratio)
    return encode(picture.convert("RGB"), output_format=output_format)


def open_photo(data: bytes) -> Image.Image:
    """The photo upright, in RGB, at about one megapixel at most.

    Raises:
        InputUnreadable: when it is no picture, of another format, too large or damaged.
    """
    try:
        photo = Image.open(io.BytesIO(data), formats=INPUT_FORMATS)
        width, height = photo.size
        if width * height > MAX_INPUT_PIXELS:
            raise InputUnreadable(f"The input image has {width * height} pixels, more than the model takes.")
        size = working_size(width, height)
        # A JPEG decodes to half or a quarter of its size at a fraction of the cost.
        photo.draft("RGB", size)
        upright = ImageOps.exif_transpose(photo.convert("RGB"))
        is_turned = upright.size == photo.size[::-1] and photo.size[0] != photo.size[1]
        return _resized(upright, size[::-1] if is_turned else size)
    except _DECODING_ERRORS as exception:
        raise InputUnreadable("The input image could not be decoded. Send a jpeg, png, gif or webp.") from exception


def _resized(photo: Image.Image, size: tuple[int, int]) -> Image.Image:
    return photo if photo.size == size else photo.resize(size, reducing_gap=2.0)


def working_size(width: int, height: int) -> tuple[int, int]:
    """The size the model works at: the photo's own, or about a megapixel with sides in multiples of 16."""
    if width * height <= MAX_WORKING_PIXELS:
        return width, height
    scale = math.sqrt(WORKING_PIXELS / (width * height))
    sides = (max(SIDE_MULTIPLE, round(side * scale / SIDE_MULTIPLE) * SIDE_MULTIPLE) for side in (width, height))
    new_width, new_height = sides
    return new_width, new_height


def crop_to(picture: Image.Image, aspect_ratio: str) -> Image.Image:
    """The largest centered part of the picture with that aspect ratio, such as 16:9."""
    across, down = (int(part) for part in aspect_ratio.split(":"))
    width, height = picture.size
    new_width = min(width, max(1, round(height * across / down)))
    new_height = min(height, max(1, round(width * down / across)))
    left, top = (width - new_width) // 2, (height - new_height) // 2
    return picture.crop((left, top, left + new_width, top + new_height))


def encode(picture: Image.Image, *, output_format: str) -> bytes:
    """The RGB picture as `png`, `jpg` or `webp` bytes."""
    if output_format == "png":
        return png.encode(picture)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP" if output_format == "webp" else "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()
