"""Are thumbnails small, upright, clean and of the right size?"""

import io

import pytest
from PIL import Image

from core import errors
from core.images import thumbnails
from tests.images import corpus, pictures, profiles


def shown(data: bytes) -> Image.Image:
    assert Image.open(io.BytesIO(data)).get_format_mimetype() == thumbnails.MEDIA_TYPE
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1248, 832, (480, 320)),
        (832, 1248, (320, 480)),
        (1024, 1024, (480, 480)),
        (1536, 512, (480, 160)),
        (300, 260, (300, 260)),
    ],
)
def test_the_longer_side_is_the_one_asked_for_and_nothing_is_enlarged(
    width: int, height: int, expected: tuple[int, int]
) -> None:
    thumbnail = thumbnails.thumbnail(pictures.jpeg(width, height))
    assert shown(thumbnail).size == expected
    assert len(thumbnail) < 60_000


def test_another_size_can_be_asked_for() -> None:
    assert shown(thumbnails.thumbnail(pictures.png(1248, 832), max_side=96)).size == (96, 64)
    assert shown(thumbnails.thumbnail(pictures.webp(1248, 832), max_side=3)).size == (3, 2)


def test_nothing_of_the_metadata_is_left() -> None:
    data = pictures.with_segments(
        pictures.jpeg(
            1200,
            800,
            exif=pictures.exif_block(orientation=6, gps=True, note=corpus.SECRET),
            comment=corpus.SECRET,
            icc_profile=profiles.rgb("wide"),
        ),
        corpus.XMP_SEGMENT,
    )
    thumbnail = thumbnails.thumbnail(data)
    assert shown(thumbnail).size == (320, 480)
    for trace in (corpus.SECRET, b"EXIF", b"Exif", b"XMP", b"ICCP"):
        assert trace not in thumbnail


def test_a_file_that_is_no_picture_is_refused() -> None:
    with pytest.raises(errors.PhotoRefused):
        thumbnails.thumbnail(corpus.SCRIPT)
