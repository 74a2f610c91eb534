"""Does every copy that is handed out say on its face that it is virtually staged?

1. Decode the picture to upright sRGB.
2. Lay out the label in the lower left corner: always the same place, so that people learn where to look and the two
   variants of a photo match. Its size follows the picture's short side.
3. Draw a plate (the picture itself, blurred and darkened, so that it is readable on any ground) and white text.
4. Encode, read the file back, and check on its pixels that the label is there and stands out. Whatever fails, nothing
   is handed out: never the picture without its label.
"""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from core import errors
from core.delivery import contrast
from core.images import headers, rendering, results

DEFAULT_TEXT: Final = "Virtually staged"
MIN_CONTRAST: Final = 4.5
JPEG_QUALITY: Final = 92
MAX_TEXT_LENGTH: Final = 40

# Sizes as parts of the text's height, from the top of its capitals to the foot of its descenders.
_TEXT_HEIGHT_OF_SHORT_SIDE: Final = 0.026
_MIN_TEXT_HEIGHT_PIXELS: Final = 11
_PADDING: Final = (0.75, 0.5)
_MARGIN: Final = 0.9
_RADIUS: Final = 0.45
_BLUR: Final = 0.6
# Descenders weigh less than capitals: text centered to the pixel looks too high.
_DROP: Final = 0.06
# Of the embedded font: that height for a size of 1, and a little weight so that thin strokes survive.
_TEXT_HEIGHT_OF_FONT_SIZE: Final = 0.96
_STROKE: Final = 0.016
# A label that takes more of the picture than this is no longer a label.
_MAX_PART_OF_WIDTH: Final = 0.6
_MAX_PART_OF_HEIGHT: Final = 0.2

_PLATE_COLOR: Final = (20, 22, 24)
_PLATE_OPACITY: Final = 0.7
_TEXT_COLOR: Final = (255, 255, 255)

# What counts as inside a letter, how many such pixels make a slice worth judging, and by how much JPEG may change
# the mean of a block half as large as a letter.
_INK_LEVEL: Final = 200
_MIN_INK_PIXELS: Final = 6
_MAX_LOCAL_DIFFERENCE: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledPicture:
    """A JPEG to hand out. `box` is where its label is: left, top, right, bottom in pixels."""

    data: bytes
    width: int
    height: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    """A label of one size: where it goes, and in mode L how far each of its pixels is plate and text."""

    box: tuple[int, int, int, int]
    text_height: int
    plate: Image.Image
    text: Image.Image


def label(picture: bytes, *, text: str = DEFAULT_TEXT) -> LabeledPicture:
    """The picture as an sRGB JPEG with the label burned in, verified on the encoded file.

    `picture` is a JPEG, PNG, WebP or HEIC; `text` up to 40 printable ASCII characters.

    Raises:
        LabelFailed: if the picture can't be read, is too small for a readable label, or the check fails.
        PicturesBusy: if no decoder became free in time; try again.
    """
    try:
        return _labeled(picture, text=text)
    except (errors.LabelFailed, errors.PicturesBusy):
        raise
    except Exception as failure:  # Whatever it was, the copy has no verified label.
        raise _failed("the picture can't be read or written") from failure


def _failed(reason: str) -> errors.LabelFailed:
    return errors.LabelFailed(
        f"The label could not be put on this picture: {reason}. It is not handed out without one; nothing was lost. "
        "Try again, or stage the photo again."
    )


def _labeled(picture: bytes, *, text: str) -> LabeledPicture:
    if not (text.strip() and text.isascii() and text.isprintable() and len(text) <= MAX_TEXT_LENGTH):
        raise _failed(f"its text must be 1 to {MAX_TEXT_LENGTH} plain characters")
    canvas = _decoded(picture)
    label = _laid_out(canvas.size, text=text)
    drawn = _drawn(canvas.crop(label.box), label=label)
    canvas.paste(drawn, label.box[:2])
    data = _encoded(canvas)
    _verify(data, size=canvas.size, label=label, drawn=drawn)
    return LabeledPicture(data=data, width=canvas.width, height=canvas.height, box=label.box)


def _decoded(picture: bytes) -> Image.Image:
    header = headers.read(picture)
    if header.pixels > results.MAX_PIXELS:
        raise _failed("the picture has too many pixels")
    return rendering.render(picture, header=header, width=header.width, height=header.height)


def _laid_out(size: tuple[int, int], *, text: str) -> _Label:
    width, height = size
    text_height = max(_MIN_TEXT_HEIGHT_PIXELS, round(min(size) * _TEXT_HEIGHT_OF_SHORT_SIDE))
    ink = _ink(text, text_height=text_height)
    plate_width = ink.width + 2 * round(_PADDING[0] * text_height)
    plate_height = text_height + 2 * round(_PADDING[1] * text_height)
    if plate_width > width * _MAX_PART_OF_WIDTH or plate_height > height * _MAX_PART_OF_HEIGHT:
        raise _failed("it is too small for a readable label")
    margin = round(_MARGIN * text_height)
    coverage = Image.new("L", (plate_width, plate_height))
    top = round((plate_height - ink.height) / 2 + _DROP * text_height)
    coverage.paste(ink, ((plate_width - ink.width) // 2, top))
    return _Label(
        box=(margin, height - margin - plate_height, margin + plate_width, height - margin),
        text_height=text_height,
        plate=_rounded(plate_width, plate_height, radius=_RADIUS * text_height),
        text=coverage,
    )


def _ink(text: str, *, text_height: int) -> Image.Image:
    """The text's coverage in mode L, cut to its width and to the height of its line."""
    size = text_height / _TEXT_HEIGHT_OF_FONT_SIZE
    font = ImageFont.load_default(size=size)
    stroke = _STROKE * size
    left, top, right, bottom = (round(side) for side in font.getbbox(text, stroke_width=stroke))
    ink = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(ink).text((-left, -top), text, fill=255, font=font, stroke_width=stroke)
    bounds = ink.getbbox()
    if bounds is None or bounds[3] - bounds[1] < text_height // 2:
        raise _failed("the text could not be drawn")
    return ink.crop(bounds)


def _rounded(width: int, height: int, *, radius: float) -> Image.Image:
    """A rectangle with smooth round corners, drawn large and scaled down."""
    scale = 4
    shape = Image.new("L", (width * scale, height * scale))
    ImageDraw.Draw(shape).rounded_rectangle(
        (0, 0, width * scale - 1, height * scale - 1), radius=radius * scale, fill=255
    )
    return shape.reduce(scale)


def _drawn(ground: Image.Image, *, label: _Label) -> Image.Image:
    """The label's box with plate and text over `ground`, the picture's own pixels there."""
    frosted = ground.filter(ImageFilter.GaussianBlur(_BLUR * label.text_height))
    plate = Image.blend(frosted, Image.new("RGB", ground.size, _PLATE_COLOR), _PLATE_OPACITY)
    drawn = Image.composite(plate, ground, label.plate)
    drawn.paste(_TEXT_COLOR, mask=label.text)
    return drawn


def _encoded(canvas: Image.Image) -> bytes:
    buffer = io.BytesIO()
    # 4:4:4: halved colour would smear the ground's colour into the text.
    canvas.save(buffer, format="JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
    return buffer.getvalue()


def _verify(data: bytes, *, size: tuple[int, int], label: _Label, drawn: Image.Image) -> None:
    """Judge the label on the pixels of the encoded file.

    1. The file decodes at the picture's size.
    2. Every part of the label's box looks as drawn, up to what JPEG changes: one missing letter is too much.
    3. In every slice as wide as the text is high, the letters stand out from the plate by `MIN_CONTRAST`.
    """
    seen = _decoded(data)
    if seen.size != size:
        raise _failed("the file that was written has another size")
    box = seen.crop(label.box)
    if _local_difference(box, drawn, block=max(1, label.text_height // 2)) > _MAX_LOCAL_DIFFERENCE:
        raise _failed("it is not in the file that was written")
    inside = label.text.point([255 * (level >= _INK_LEVEL) for level in range(256)])
    outside = ImageChops.darker(
        label.text.point([255 * (level == 0) for level in range(256)]),
        label.plate.point([255 * (level == 255) for level in range(256)]),
    )
    measured = [
        _contrast(box.crop(part), inside=inside.crop(part), outside=outside.crop(part))
        for part in _slices(inside, width=label.text_height)
    ]
    if not measured or min(measured) < MIN_CONTRAST:
        raise _failed("it would not be readable")


def _local_difference(one: Image.Image, other: Image.Image, *, block: int) -> int:
    """The largest mean difference, in levels, of any channel in any block of `block` × `block` pixels."""
    levels = ImageChops.difference(one, other).reduce(block).histogram()
    return max(level % 256 for level, count in enumerate(levels) if count)


def _slices(inside: Image.Image, *, width: int) -> list[tuple[int, int, int, int]]:
    """Upright slices of a label, each about `width` wide, that have letters in them."""
    parts = [(left, 0, min(left + width, inside.width), inside.height) for left in range(0, inside.width, width)]
    return [part for part in parts if inside.crop(part).histogram()[255] >= _MIN_INK_PIXELS]


def _contrast(box: Image.Image, *, inside: Image.Image, outside: Image.Image) -> float:
    return contrast.ratio(contrast.mean_luminance(box, mask=inside), contrast.mean_luminance(box, mask=outside))
