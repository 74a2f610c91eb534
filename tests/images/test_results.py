"""Is a result kept as it came, set straight, or refused, each when it should be?"""

import hashlib
import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core import errors
from core.images import results
from tests.images import corpus, pictures, profiles

ENCODINGS = {
    "png": ("image/png", pictures.png),
    "jpg": ("image/jpeg", pictures.jpeg),
    "webp": ("image/webp", pictures.webp),
}


@pytest.mark.parametrize("extension", ENCODINGS)
def test_a_result_of_the_photos_aspect_keeps_its_bytes(extension: str) -> None:
    media_type, make = ENCODINGS[extension]
    data = make(768, 512)
    checked = results.check(data, photo_width=6000, photo_height=4000)
    assert checked.data is data
    assert (checked.media_type, checked.extension) == (media_type, extension)
    assert (checked.width, checked.height) == (768, 512)
    assert checked.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("extension", ENCODINGS)
@pytest.mark.parametrize(("photo_width", "photo_height"), [(6000, 4080), (6000, 3900), (4000, 2720)])
def test_a_result_slightly_off_is_brought_to_the_photos_aspect(
    extension: str, photo_width: int, photo_height: int
) -> None:
    media_type, make = ENCODINGS[extension]
    data = make(768, 512)
    checked = results.check(data, photo_width=photo_width, photo_height=photo_height)
    assert checked.data != data
    assert checked.width >= 768
    assert checked.height >= 512
    assert abs(checked.width / checked.height / (photo_width / photo_height) - 1) < 1 / 512
    assert checked.sha256 == hashlib.sha256(checked.data).hexdigest()
    with Image.open(io.BytesIO(checked.data)) as picture:
        picture.load()
        assert picture.size == (checked.width, checked.height)
        assert Image.MIME[picture.format or ""] == media_type == checked.media_type
        straight = np.asarray(picture.convert("RGB").resize((768, 512)), dtype=int)
    assert abs(straight - np.asarray(pictures.room(768, 512), dtype=int)).mean() < 8


def test_a_difference_of_two_in_a_thousand_is_not_worth_another_compression() -> None:
    data = pictures.jpeg(768, 512)
    assert results.check(data, photo_width=6000, photo_height=4007).data is data
    assert results.check(data, photo_width=6000, photo_height=4013).data is not data


def test_a_corrected_result_keeps_its_transparency_and_colour_profile() -> None:
    source = pictures.room(768, 512).convert("RGBA")
    source.putalpha(200)
    profile = profiles.rgb("wide")
    data = pictures.encoded(source, "PNG", icc_profile=profile)
    checked = results.check(data, photo_width=6000, photo_height=4080)
    with Image.open(io.BytesIO(checked.data)) as picture:
        assert picture.mode == "RGBA"
        assert picture.info["icc_profile"] == profile
        found = np.array(picture.getpixel((5, 5)), dtype=int)
    assert abs(found - np.array((*pictures.CORNERS["top_left"], 200))).max() <= 1


def test_correcting_a_png_loses_nothing() -> None:
    flat = Image.new("RGB", (768, 512), (13, 57, 201))
    checked = results.check(pictures.encoded(flat, "PNG"), photo_width=3000, photo_height=2040)
    with Image.open(io.BytesIO(checked.data)) as picture:
        assert picture.getextrema() == ((13, 13), (57, 57), (201, 201))


def test_a_result_marked_as_lying_on_its_side_is_stored_upright() -> None:
    stored = pictures.room(768, 512).transpose(Image.Transpose.ROTATE_90)
    exif = pictures.exif_block(orientation=6)
    data = pictures.encoded(stored, "JPEG", exif=exif, comment=corpus.SECRET, quality=95)
    checked = results.check(data, photo_width=6000, photo_height=4000)
    assert corpus.SECRET not in checked.data
    with Image.open(io.BytesIO(checked.data)) as picture:
        assert picture.size == (checked.width, checked.height) == (768, 512)
        assert not picture.getexif()
        found = np.array(picture.getpixel((5, 5)), dtype=int)
    assert abs(found - np.array(pictures.CORNERS["top_left"])).max() < 10


@given(photo_width=st.integers(512, 12_000), aspect=st.floats(1 / 3, 3), stretch=st.floats(0.9, 1.1))
@settings(deadline=None, max_examples=60)
def test_three_percent_divide_correcting_from_refusing(photo_width: int, aspect: float, stretch: float) -> None:
    photo_height = max(1, round(photo_width / aspect))
    width = 300
    height = max(256, round(width * photo_height / photo_width * stretch))
    data = pictures.encoded(Image.new("RGB", (width, height)), "PNG")
    ratio = (width * photo_height) / (height * photo_width)
    if max(ratio, 1 / ratio) > 1.03:
        with pytest.raises(errors.OutputReframed) as refusal:
            results.check(data, photo_width=photo_width, photo_height=photo_height)
        assert f"{width} × {height}" in refusal.value.message
        return
    checked = results.check(data, photo_width=photo_width, photo_height=photo_height)
    assert abs(checked.width - checked.height * photo_width / photo_height) <= max(1, photo_width / photo_height)
    assert checked.width >= width
    assert checked.height >= height


REFUSED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a web page": lambda: corpus.SCRIPT,
    "an animation": lambda: corpus.frames("WEBP"),
    "a GIF": lambda: pictures.encoded(pictures.room(), "GIF"),
    "a HEIC": pictures.heic,
    "a pixel": lambda: pictures.encoded(Image.new("RGB", (1, 1)), "PNG"),
    "a stamp": lambda: pictures.png(255, 204),
    "a bomb": lambda: corpus.bomb_png(10_000, 8000),
    "a cut PNG": lambda: pictures.png()[:-500],
    "a cut JPEG": lambda: pictures.jpeg()[:-500],
    "a cut WebP": lambda: pictures.webp()[:-500],
    "a JPEG filled with grey": lambda: pictures.jpeg()[:20_000] + b"\xff\xd9",
    "a JPEG of many scans": lambda: corpus.many_scans(400),
    "51 MB": lambda: pictures.jpeg() + bytes(51 * 1024 * 1024),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_whole_still_picture_is_invalid(name: str) -> None:
    with pytest.raises(errors.OutputInvalid):
        results.check(REFUSED[name](), photo_width=640, photo_height=512)
