"""Is an upload judged by its header alone, with limits that are exact and messages that help?"""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.images import formats, headers, validation
from tests.images import corpus, pictures


@pytest.mark.parametrize(
    ("data", "kind", "media_type"),
    [
        (pictures.jpeg(700, 520), "jpeg", "image/jpeg"),
        (pictures.png(700, 520), "png", "image/png"),
        (pictures.webp(700, 520), "webp", "image/webp"),
        (pictures.webp(700, 520, lossless=True), "webp", "image/webp"),
        (pictures.heic(pictures.room(700, 520)), "heic", "image/heic"),
    ],
    ids=["jpeg", "png", "webp", "webp lossless", "heic"],
)
@pytest.mark.parametrize("file_name", ["room.jpg", "room.pdf", "room", "../../etc/passwd", ""])
def test_the_content_decides_what_a_file_is_whatever_its_name(
    data: bytes, kind: str, media_type: str, file_name: str
) -> None:
    header = validation.inspect(data, file_name=file_name)
    assert (header.format, header.media_type) == (kind, media_type)
    assert (header.width, header.height, header.orientation) == (700, 520, 1)
    assert header.size_bytes == len(data)
    assert not header.has_gps


@pytest.mark.parametrize("orientation", range(1, 9))
def test_width_and_height_are_those_of_the_upright_picture(orientation: int) -> None:
    exif, block = pictures.exif_block(orientation=orientation), pictures.tiff_block(orientation=orientation)
    for data in (
        pictures.jpeg(700, 520, exif=exif),
        pictures.with_chunks(pictures.png(700, 520), pictures.chunk(b"eXIf", block)),
        pictures.png(700, 520)[:-12] + pictures.chunk(b"eXIf", block) + pictures.png()[-12:],
        pictures.webp(700, 520, exif=block),
    ):
        header = validation.inspect(data)
        assert header.orientation == orientation
        assert (header.width, header.height) == ((520, 700) if orientation >= 5 else (700, 520))
        assert header.stored_size == (700, 520)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_heic_is_upright_already(orientation: int) -> None:
    header = validation.inspect(
        pictures.heic(pictures.room(700, 520), exif=pictures.exif_block(orientation=orientation))
    )
    assert header.orientation == 1
    assert (header.width, header.height) == ((700, 520) if orientation == 3 else (520, 700))


@pytest.mark.parametrize(
    "name",
    ["jpeg_gps", "jpeg_xmp_gps", "png_exif", "png_xmp", "webp_exif_and_xmp", "heic_exif_and_xmp"],
)
def test_a_position_in_the_metadata_is_noticed(name: str) -> None:
    make = next(make for known, make, _ in corpus.METADATA if known == name)
    assert validation.inspect(make()).has_gps


def test_a_compressed_xmp_packet_is_read_too() -> None:
    import zlib

    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(corpus.XMP)
    data = pictures.with_chunks(pictures.png(), pictures.chunk(b"iTXt", packed))
    assert validation.inspect(data).has_gps


def test_a_camera_that_knows_no_position_is_not_said_to_give_one() -> None:
    assert not validation.inspect(pictures.jpeg(exif=pictures.exif_block(orientation=6))).has_gps
    assert not validation.inspect(pictures.with_segments(pictures.jpeg(), corpus.icc_segments(b"x"))).has_gps


def test_of_several_exif_blocks_the_first_one_counts() -> None:
    blocks = [pictures.segment(0xE1, pictures.exif_block(orientation=orientation)) for orientation in (6, 3, 1)]
    assert validation.inspect(pictures.with_segments(pictures.jpeg(), *blocks)).orientation == 6


# ---- limits ----------------------------------------------------------------------------------


def test_fifty_megabytes_are_the_limit_to_the_byte() -> None:
    photo = pictures.jpeg()
    filled = photo + bytes(50 * 1024 * 1024 - len(photo))
    assert validation.inspect(filled).size_bytes == validation.MAX_FILE_BYTES
    with pytest.raises(errors.PhotoTooLarge) as refusal:
        validation.inspect(filled + b"\0", file_name="hall.jpg")
    assert "hall.jpg has 50.1 MB" in refusal.value.message


def claiming(kind: str, width: int, height: int) -> bytes:
    """A small file whose header tells this size."""
    if kind == "jpeg":
        return pictures.with_frame(pictures.jpeg(), width=width, height=height)
    if kind == "png":
        return pictures.raw_png(width, height, depth=8, color=2, rows=b"")
    if kind == "webp":
        return pictures.webp_canvas(pictures.webp(xmp=corpus.XMP), width, height)
    return corpus.heic_claiming(width, height)


@pytest.mark.parametrize(
    ("kind", "width", "height"),
    [("jpeg", 12_000, 10_000), ("png", 8000, 8000), ("webp", 8000, 8000), ("heic", 8000, 8000)],
)
def test_the_pixel_limit_is_exact_and_read_from_the_header_alone(kind: str, width: int, height: int) -> None:
    assert validation.inspect(claiming(kind, width, height)).pixels == width * height
    with pytest.raises(errors.PhotoTooManyPixels) as refusal:
        validation.inspect(claiming(kind, width, height + 1))
    assert f"{width} × {height + 1}" in refusal.value.message
    assert kind.upper() in refusal.value.message


def test_the_short_side_must_have_512_pixels() -> None:
    assert validation.inspect(claiming("png", 512, 900)).width == 512
    for width, height in ((511, 900), (900, 511)):
        with pytest.raises(errors.PhotoTooSmall, match=rf"{width} × {height}; the short side must be at least 512"):
            validation.inspect(claiming("png", width, height))


def test_a_photo_may_be_three_times_as_long_as_wide_and_no_longer() -> None:
    assert validation.inspect(claiming("png", 600, 1800)).height == 1800
    for width, height in ((600, 1801), (1801, 600)):
        with pytest.raises(errors.PhotoTooNarrow):
            validation.inspect(claiming("png", width, height))


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("pdf", "a PDF"),
        ("avif", "AVIF"),
        ("camera_raw", "raw"),
        ("tiff", "TIFF"),
        ("svg", "drawing"),
        ("video", "video"),
    ],
)
def test_a_refusal_names_what_the_file_is(name: str, word: str) -> None:
    make = next(make for known, make, _ in corpus.DISGUISED if known == name)
    with pytest.raises(errors.PhotoUnsupported) as refusal:
        validation.inspect(make(), file_name="room.jpg")
    assert word in refusal.value.message


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic"]),
)
def test_no_bytes_whatever_raise_anything_but_a_refusal(data: bytes, lead: bytes) -> None:
    with pytest.raises(errors.PhotoRefused):
        validation.inspect(lead + data)


def test_reading_a_header_decodes_nothing() -> None:
    """A header alone, without one byte of pixels, is enough for the answer."""
    photo = pictures.jpeg(3000, 2000)
    assert headers.read(photo[: pictures.scan_start(photo)]).pixels == 6_000_000
    assert formats.sniff(photo[:3]) == "jpeg"


def test_importing_the_room_loads_no_image_library() -> None:
    program = (
        "import sys, core.images; sys.exit(any(name in sys.modules for name in ('PIL', 'pillow_heif', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_nothing_is_registered_or_set_for_the_whole_process() -> None:
    """Others in this process may open pictures too; they keep Pillow as it is."""
    program = (
        "from PIL import Image, ImageFile; limit = Image.MAX_IMAGE_PIXELS;"
        "from core.images import preparation, results, thumbnails;"
        "Image.init();"
        "assert 'HEIF' not in Image.OPEN and not ImageFile.LOAD_TRUNCATED_IMAGES and Image.MAX_IMAGE_PIXELS == limit"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
