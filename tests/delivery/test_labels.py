import functools
import io

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from core import errors
from core.delivery import labels

GROUNDS = ("white", "black", "mid-grey", "noise", "red", "stripes")
SIZES = ((512, 512), (683, 1024), (1248, 832), (4000, 3000))
GPS_DIRECTORY = 0x8825


def ground(kind, size):
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    if kind == "white":
        pixels[:] = 255
    elif kind == "mid-grey":
        pixels[:] = 119
    elif kind == "noise":
        pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    elif kind == "red":
        pixels[:] = (230, 20, 20)
    elif kind == "stripes":
        pixels[:, np.arange(width) // 6 % 2 == 0] = 255
    return Image.fromarray(pixels)


def encoded(picture, kind="JPEG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **({"quality": 95, **options} if kind == "JPEG" else options))
    return buffer.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def luminances(picture):
    levels = np.asarray(picture) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


@functools.cache
def labeled(kind, size):
    picture = encoded(ground(kind, size))
    return picture, labels.label(picture)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", GROUNDS)
def test_the_text_stands_out_from_the_plate_on_any_ground(kind, size):
    _picture, result = labeled(kind, size)
    left, top, right, bottom = result.box
    edge = (bottom - top) // 8
    luminance = luminances(opened(result.data).crop((left + edge, top + edge, right - edge, bottom - edge)))
    text, plate = luminance[luminance > 0.6], luminance[:, :edge]

    assert text.size > 0.06 * luminance.size
    assert np.median(luminance) == pytest.approx(np.median(plate), abs=0.05)
    assert (text.mean() + 0.05) / (plate.max() + 0.05) >= 4.5
    assert (np.quantile(text, 0.1) + 0.05) / (np.median(luminance) + 0.05) >= 4.5


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", GROUNDS)
def test_the_rest_of_the_picture_is_what_plain_encoding_gives(kind, size):
    picture, result = labeled(kind, size)
    plain = encoded(opened(picture), quality=labels.JPEG_QUALITY, subsampling="4:4:4")
    left, top, right, bottom = result.box
    changed = ImageChops.difference(opened(result.data), opened(plain))
    # JPEG works in blocks of 8 pixels, so what touches the label's blocks may differ.
    changed.paste(0, (left - 8, top - 8, right + 8, bottom + 8))

    assert (result.width, result.height) == size
    assert changed.getbbox() is None


@pytest.mark.parametrize("size", SIZES)
def test_the_label_is_small_and_sits_in_the_lower_left_corner(size):
    _picture, result = labeled("mid-grey", size)
    width, height = size
    left, top, right, bottom = result.box

    assert 0 < left < 0.05 * width
    assert 0 < height - bottom < 0.05 * height
    assert right - left < 0.4 * min(size)
    assert bottom - top < 0.07 * min(size)


@pytest.mark.parametrize(("size", "text_height"), [((300, 300), 11), ((512, 512), 13), ((4000, 3000), 78)])
def test_the_text_is_2_6_percent_of_the_short_side_and_at_least_11_pixels_high(size, text_height):
    result = labels.label(encoded(ground("black", size)))
    rows = (luminances(opened(result.data).crop(result.box)) > 0.2).any(axis=1)

    assert abs(np.flatnonzero(rows)[-1] - np.flatnonzero(rows)[0] + 1 - text_height) <= 2


def test_the_copy_is_a_jpeg_with_full_color_resolution_and_no_metadata():
    exif = Image.Exif()
    exif.get_ifd(GPS_DIRECTORY)[2] = (37.0, 46.0, 30.0)
    result = labels.label(encoded(ground("red", (640, 480)), exif=exif, comment=b"secret"))
    copy = Image.open(io.BytesIO(result.data))

    assert copy.format == "JPEG"
    assert {layer[1:3] for layer in copy.layer} == {(1, 1)}
    assert not copy.getexif()
    assert "comment" not in copy.info


def test_a_picture_stored_on_its_side_is_labeled_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    result = labels.label(encoded(ground("white", (800, 600)), exif=exif))

    assert (result.width, result.height) == (600, 800)
    assert result.box[3] > 700


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK"])
def test_every_usual_kind_of_picture_can_be_labeled(mode):
    picture = encoded(ground("red", (600, 600)).convert(mode), "JPEG" if mode in ("L", "CMYK") else "PNG")

    assert labels.label(picture).width == 600


def test_the_text_can_be_another():
    short, long = (
        labels.label(encoded(ground("white", (900, 600))), text=text) for text in ("Staged", "Digitally altered")
    )

    assert short.box[2] < long.box[2]


@pytest.mark.parametrize("text", ["", "   ", "x" * 41, "Möbliert", "a\nb", "虚拟布置"])
def test_a_text_that_can_not_be_shown_is_refused(text):
    with pytest.raises(errors.LabelFailed):
        labels.label(encoded(ground("white", (900, 600))), text=text)


UNUSABLE = {
    "nothing": b"",
    "text": b"not a picture at all",
    "cut off": encoded(ground("noise", (600, 600)), "PNG")[:-5000],
    "a GIF": encoded(ground("white", (600, 600)), "GIF"),
    "one pixel": encoded(ground("white", (1, 1)), "PNG"),
    "tiny": encoded(ground("white", (64, 64)), "PNG"),
    "a thread": encoded(ground("white", (12, 3000)), "PNG"),
    "a ribbon": encoded(ground("white", (3000, 40)), "PNG"),
    "too many pixels": encoded(Image.new("1", (9000, 8000)), "PNG"),
}


@pytest.mark.parametrize("picture", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_can_not_be_labeled_is_not_handed_out(picture):
    with pytest.raises(errors.LabelFailed) as caught:
        labels.label(picture)

    assert "not handed out" in caught.value.message


WHOLE = encoded(ground("white", (900, 600)))
BOX = labels.label(WHOLE).box
ENCODE = labels._encoded


def painted_over(canvas, *, across=(0.0, 1.0), down=(0.0, 1.0)):
    """The picture with the plate's color over a part of its label."""
    left, top, right, bottom = BOX
    width, height = right - left, bottom - top
    part = (left + across[0] * width, top + down[0] * height, left + across[1] * width, top + down[1] * height)
    copy = canvas.copy()
    copy.paste(canvas.getpixel((left + 4, (top + bottom) // 2)), tuple(round(side) for side in part))
    return copy


SABOTAGES = {
    "text that is not drawn": (ImageDraw.ImageDraw, "text", lambda *args, **options: None),
    "a label that is not drawn": (labels, "_drawn", lambda ground, *, label: ground),
    "text as dark as its plate": (labels, "_TEXT_COLOR", (90, 90, 90)),
    "a plate as light as its text": (labels, "_PLATE_COLOR", (255, 255, 255)),
    "the picture as it came": (labels, "_encoded", lambda canvas: ENCODE(ground("white", canvas.size))),
    "one letter missing": (labels, "_encoded", lambda canvas: ENCODE(painted_over(canvas, across=(0.38, 0.45)))),
    "letters without feet": (labels, "_encoded", lambda canvas: ENCODE(painted_over(canvas, down=(0.58, 0.66)))),
    "another size": (labels, "_encoded", lambda canvas: ENCODE(canvas.resize((450, 300)))),
    "a side cut off": (labels, "_encoded", lambda canvas: ENCODE(canvas.crop((0, 0, 800, 600)))),
    "half a file": (labels, "_encoded", lambda canvas: ENCODE(canvas)[:4000]),
    "no file": (labels, "_encoded", lambda canvas: b""),
    "upside down": (labels, "_encoded", lambda canvas: ENCODE(canvas.transpose(Image.Transpose.ROTATE_180))),
}


@pytest.mark.parametrize(("where", "name", "sabotage"), SABOTAGES.values(), ids=SABOTAGES.keys())
def test_a_copy_whose_label_went_wrong_is_not_handed_out(monkeypatch, where, name, sabotage):
    monkeypatch.setattr(where, name, sabotage)

    with pytest.raises(errors.LabelFailed) as caught:
        labels.label(WHOLE)
    # Found by the check, or unreadable when read back; not by a mistake in the sabotage itself.
    assert isinstance(caught.value.__cause__, errors.PhotoRefused | None)
