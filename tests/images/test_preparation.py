"""Is what is sent to the model upright, in sRGB, clean, of the right size, and made only of whole photos?"""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core import errors
from core.images import decoding, headers, preparation, validation
from tests.images import pictures, profiles


def shown(data: bytes) -> Image.Image:
    """The prepared photo, decoded."""
    prepared = preparation.prepare(data)
    picture = Image.open(io.BytesIO(prepared.jpeg))
    assert picture.size == (prepared.width, prepared.height)
    return picture


def color_at(picture: Image.Image, x_share: float, y_share: float) -> np.ndarray:
    return np.array(picture.getpixel((int(x_share * picture.width), int(y_share * picture.height))), dtype=int)


def assert_color(picture: Image.Image, expected: tuple[int, ...], *, tolerance: int = 4) -> None:
    found = color_at(picture, 0.5, 0.5)
    assert abs(found - np.array(expected)).max() <= tolerance, (tuple(found), expected)


def plain(color: float | tuple[float, ...], *, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (512, 512), color)


# ---- orientation -----------------------------------------------------------------------------

TURNED_BACK = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def as_sensor_saw(orientation: int) -> Image.Image:
    """The room as a camera stores it that was held in this way."""
    turn = TURNED_BACK[orientation]
    return pictures.room(800, 608) if turn is None else pictures.room(800, 608).transpose(turn)


def assert_upright(picture: Image.Image) -> None:
    assert picture.width > picture.height
    corners = {
        "top_left": (0.05, 0.05),
        "top_right": (0.95, 0.05),
        "bottom_right": (0.95, 0.95),
        "bottom_left": (0.05, 0.95),
    }
    for name, place in corners.items():
        assert abs(color_at(picture, *place) - np.array(pictures.CORNERS[name])).max() < 12, name


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright_from_every_format(orientation: int) -> None:
    stored = as_sensor_saw(orientation)
    exif, block = pictures.exif_block(orientation=orientation), pictures.tiff_block(orientation=orientation)
    assert_upright(shown(pictures.encoded(stored, "JPEG", exif=exif)))
    assert_upright(shown(pictures.with_chunks(pictures.encoded(stored, "PNG"), pictures.chunk(b"eXIf", block))))
    assert_upright(shown(pictures.encoded(stored, "WEBP", exif=block, quality=95)))
    assert_upright(shown(pictures.heic(stored, exif=exif)))


def test_a_heic_with_its_rotation_in_exif_alone_stays_as_stored() -> None:
    """The container's own rotation counts and EXIF is only a record; applying both would turn the photo twice."""
    data = pictures.heic(pictures.room(800, 608))
    turned = pictures.heic(pictures.room(800, 608), exif=pictures.exif_block(orientation=6))
    assert b"irot" in turned
    assert b"irot" not in data
    assert shown(turned).size == (608, 800)
    without_rotation = turned.replace(b"irot", b"free")
    assert shown(without_rotation).width > shown(without_rotation).height


def test_a_large_photo_on_its_side_is_turned_after_scaling() -> None:
    stored = pictures.room(3000, 2000).transpose(Image.Transpose.ROTATE_90)
    picture = shown(pictures.encoded(stored, "JPEG", exif=pictures.exif_block(orientation=6)))
    assert picture.size == (1248, 832)
    assert_upright(picture)


# ---- colours ---------------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["srgb", "wide", "adobe"])
@pytest.mark.parametrize("color", [(200, 100, 100), (60, 180, 90), (230, 200, 40), (128, 128, 128)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_embedded_profile_is_converted_to_srgb(space: str, color: tuple[int, int, int], kind: str) -> None:
    options = {"quality": 100} | ({"subsampling": 0} if kind == "JPEG" else {})
    data = pictures.encoded(plain(color), kind, icc_profile=profiles.rgb(space), **options)
    assert_color(shown(data), profiles.in_srgb(space, color), tolerance=5)


def test_a_grey_profile_is_converted_too() -> None:
    linear = pictures.encoded(plain(100, mode="L"), "PNG", icc_profile=profiles.grey(1.0))
    assert_color(shown(linear), (168, 168, 168))


@pytest.mark.parametrize("profile", [b"not a profile", profiles.grey(1.0), profiles.rgb("wide")[:150]])
def test_a_profile_that_is_broken_or_for_other_pixels_is_ignored(profile: bytes) -> None:
    assert_color(shown(pictures.encoded(plain((200, 100, 100)), "PNG", icc_profile=profile)), (200, 100, 100))


def test_transparency_is_laid_over_white_without_dark_edges() -> None:
    assert_color(shown(pictures.encoded(plain((255, 0, 0, 0), mode="RGBA"), "PNG")), (255, 255, 255))
    assert_color(shown(pictures.encoded(plain((255, 0, 0, 128), mode="RGBA"), "PNG")), (255, 127, 127))
    assert_color(shown(pictures.encoded(plain((0, 128), mode="LA"), "PNG")), (127, 127, 127))
    # Half of it red, half of it black but invisible: scaled down, nothing of the black may show at the edge.
    halves = Image.new("RGBA", (2048, 2048), (0, 0, 0, 0))
    halves.paste((255, 0, 0, 255), (0, 0, 1024, 2048))
    edge = np.asarray(shown(pictures.encoded(halves, "PNG", compress_level=1)).convert("RGB"))
    # Black would bring red down to half; the JPEG's coarse colour alone takes some too.
    assert edge[..., 0].min() > 200


def test_a_transparent_palette_and_a_keyed_color_are_laid_over_white() -> None:
    indexed = plain(0, mode="P")
    indexed.putpalette([255, 0, 0, 0, 0, 255])
    assert_color(shown(pictures.encoded(indexed, "PNG", transparency=bytes([128]))), (255, 127, 127))
    assert_color(shown(pictures.encoded(indexed, "PNG")), (254, 0, 0))
    assert_color(shown(pictures.encoded(plain((10, 200, 10)), "PNG", transparency=(10, 200, 10))), (255, 255, 255))


def test_cmyk_as_photo_editors_write_it_is_not_inverted() -> None:
    """They store the inks the wrong way round, with a mark that says so."""
    data = pictures.encoded(plain((0, 255, 255, 0), mode="CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data
    assert_color(shown(data), (255, 0, 0), tolerance=8)


def test_sixteen_bits_are_scaled_and_not_cut() -> None:
    half = (b"\0" + b"\x80\x00" * 512) * 512
    assert_color(shown(pictures.raw_png(512, 512, depth=16, color=0, rows=half)), (128, 128, 128))
    color = (b"\0" + b"\xc8\x00\x64\x00\x32\x00" * 512) * 512
    assert_color(shown(pictures.raw_png(512, 512, depth=16, color=2, rows=color)), (200, 100, 50))


# ---- size ------------------------------------------------------------------------------------


@given(short=st.integers(512, 20_000), aspect=st.floats(1, 3), upright=st.booleans())
def test_prepared_sizes_keep_the_aspect_and_stay_near_a_megapixel(short: int, aspect: float, upright: bool) -> None:
    long = min(int(short * aspect), 3 * short)
    width, height = (short, long) if upright else (long, short)
    prepared_width, prepared_height = preparation.prepared_size(width, height)
    assert prepared_width % 16 == prepared_height % 16 == 0
    assert abs(prepared_width / prepared_height / (width / height) - 1) < 0.015
    area = min(width * height, 1024 * 1024)
    assert 0.84 * area <= prepared_width * prepared_height <= 1.08 * area
    assert min(prepared_width, prepared_height) >= 480


@pytest.mark.parametrize(
    ("photo", "prepared"),
    [
        ((6000, 4000), (1248, 832)),
        ((4000, 6000), (832, 1248)),
        ((8000, 6000), (1152, 864)),
        ((1920, 1080), (1280, 720)),
        ((5000, 5000), (1024, 1024)),
        ((1024, 768), (1024, 768)),
        ((640, 512), (640, 512)),
        ((512, 512), (512, 512)),
        ((512, 1536), (512, 1536)),
    ],
)
def test_common_photos_keep_their_aspect_exactly(photo: tuple[int, int], prepared: tuple[int, int]) -> None:
    assert preparation.prepared_size(*photo) == prepared
    assert prepared[0] * photo[1] == prepared[1] * photo[0]


@pytest.mark.parametrize(("width", "height"), [(2048, 1536), (2600, 1950), (4200, 3150), (9600, 7200)])
def test_a_jpeg_decoded_at_any_reduction_looks_like_one_scaled_with_care(width: int, height: int) -> None:
    """A half, a quarter and an eighth are decoded directly; edges must be where a slow scaling puts them."""
    photo = pictures.encoded(
        pictures.room(900, 675).resize((width, height), Image.Resampling.NEAREST), "JPEG", quality=90
    )
    picture = shown(photo)
    with Image.open(io.BytesIO(photo)) as original:
        careful = original.resize(picture.size, Image.Resampling.BICUBIC)
    difference = np.asarray(picture, dtype=float) - np.asarray(careful, dtype=float)
    assert abs(difference.mean()) < 0.5
    assert np.sqrt((difference**2).mean()) < 4


@pytest.mark.parametrize(
    ("photo", "wanted", "decoded"),
    [
        ((6000, 4000), (1248, 832), (1500, 1000)),
        ((9600, 7200), (1152, 864), (1200, 900)),
        ((2400, 1600), (1248, 832), (2400, 1600)),
        ((2496, 1664), (1248, 832), (1248, 832)),
    ],
)
def test_a_jpeg_is_decoded_as_small_as_can_be_and_never_smaller_than_wanted(
    photo: tuple[int, int], wanted: tuple[int, int], decoded: tuple[int, int]
) -> None:
    data = pictures.encoded(Image.new("L", photo, 90), "JPEG")
    with decoding.decoded(data, header=headers.read(data), at_least=wanted) as picture:
        assert picture.size == decoded


# ---- refusals --------------------------------------------------------------------------------


def test_without_a_header_given_the_limits_apply_all_the_same() -> None:
    with pytest.raises(errors.PhotoTooSmall):
        preparation.prepare(pictures.jpeg(400, 300))


def test_a_header_of_another_file_is_noticed() -> None:
    header = validation.inspect(pictures.jpeg(1024, 768))
    with pytest.raises(errors.PhotoUnreadable):
        preparation.prepare(pictures.jpeg(), header=header)


def test_the_same_photo_gives_the_same_bytes() -> None:
    data = pictures.jpeg(1600, 1200)
    assert preparation.prepare(data) == preparation.prepare(data, header=headers.read(data))
