"""Are copies of a photo found, and other rooms left alone?"""

import functools
import io
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from core.images import perceptual_hash, preparation, thumbnails
from core.listings import similarity
from core.listings.similarity import Likeness, Match

hashes = st.integers(-(2**63), 2**63 - 1)


@functools.lru_cache
def room(number: int, *, width: int = 1200, height: int = 900) -> Image.Image:
    """Walls in perspective, a window with its light on the floor, some furniture: another for each number."""
    chance = random.Random(number)
    picture = Image.new("RGB", (width, height), (chance.randrange(190, 235),) * 3)
    draw = ImageDraw.Draw(picture, "RGBA")
    corner, floor = chance.randrange(width // 6, width * 5 // 6), chance.randrange(height // 2, height * 4 // 5)
    shade = chance.randrange(20, 90)
    side = [(0, 0), (corner, height // 8), (corner, floor), (0, height)]
    draw.polygon(side if chance.random() < 0.5 else [(width - x, y) for x, y in side], fill=(0, 0, 0, shade))
    draw.rectangle((0, floor, width, height), fill=(chance.randrange(60, 190), 120, 80, 255))
    for _ in range(14):
        left, top = chance.randrange(-60, width), chance.randrange(height // 8, height)
        right, bottom = left + chance.randrange(60, width // 3), top + chance.randrange(60, height // 3)
        color = tuple(chance.randrange(256) for _ in range(3))
        draw.rectangle((left, top, right, bottom), fill=(*color, 255))
    return picture.filter(ImageFilter.GaussianBlur(3))


def encoded(picture: Image.Image, kind: str = "JPEG", **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def hash_of(photo: bytes) -> int | None:
    """As the desk takes it: of the thumbnail of the prepared photo."""
    return perceptual_hash.perceptual_hash(thumbnails.thumbnail(preparation.prepare(photo).jpeg))


def likeness(photo: bytes, name: str = "") -> Likeness:
    return Likeness(sha256=name or str(hash(photo)), perceptual_hash=hash_of(photo))


def cropped(
    picture: Image.Image, *, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0
) -> Image.Image:
    width, height = picture.size
    box = (width * left, height * top, width * (1 - right), height * (1 - bottom))
    return picture.crop(tuple(round(edge) for edge in box))  # type: ignore[arg-type]


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "smaller": lambda picture: encoded(picture.resize((720, 540))),
    "recompressed": lambda picture: encoded(picture, quality=20),
    "another format": lambda picture: encoded(picture, "PNG"),
    "brighter": lambda picture: encoded(ImageEnhance.Brightness(picture).enhance(1.1)),
    "darker": lambda picture: encoded(ImageEnhance.Brightness(picture).enhance(0.75)),
    "more contrast": lambda picture: encoded(ImageEnhance.Contrast(picture).enhance(1.15)),
    "more color": lambda picture: encoded(ImageEnhance.Color(picture).enhance(1.4)),
    "cropped around": lambda picture: encoded(cropped(picture, left=0.015, top=0.015, right=0.015, bottom=0.015)),
    "cropped aside": lambda picture: encoded(cropped(picture, right=0.03)),
    "another shape": lambda picture: encoded(picture.resize((1200, 860))),
}


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_found(copy: str, number: int) -> None:
    original, other = likeness(encoded(room(number))), likeness(COPIES[copy](room(number)))
    match = similarity.closest(other, [likeness(encoded(room(99))), original])
    assert match is not None
    assert (match.position, match.is_same) == (1, False)


def test_a_copy_turned_upright_is_found() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    room(1).transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", exif=exif)
    assert similarity.closest(likeness(buffer.getvalue()), [likeness(encoded(room(1)))]) is not None


def test_different_rooms_are_not_taken_for_copies() -> None:
    assert similarity.repeats([likeness(encoded(room(number))) for number in range(24)]) == [None] * 24


def test_the_mirrored_room_is_another_room() -> None:
    mirrored = room(2).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert similarity.closest(likeness(encoded(mirrored)), [likeness(encoded(room(2)))]) is None


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_blank_walls_are_not_copies_of_each_other(grey: int) -> None:
    blank = likeness(encoded(Image.new("RGB", (800, 600), (grey,) * 3)))
    assert blank.perceptual_hash is None
    assert similarity.closest(blank, [Likeness("other", None), Likeness("another", 0)]) is None


def test_a_blank_wall_is_still_the_same_file() -> None:
    assert similarity.closest(Likeness("a", None), [Likeness("a", None)]) == Match(0, is_same=True, distance_bits=0)


def test_the_same_bytes_go_before_copies_and_nearer_copies_before_farther_ones() -> None:
    far, near, same = Likeness("far", 0b1111), Likeness("near", 0b1), Likeness("photo", 0)
    photo = Likeness("photo", 0)
    assert similarity.closest(photo, [far, near, same]) == Match(2, is_same=True, distance_bits=0)
    assert similarity.closest(photo, [Likeness("alike", 0), same]) == Match(1, is_same=True, distance_bits=0)
    assert similarity.closest(photo, [far, near]) == Match(1, is_same=False, distance_bits=1)
    assert similarity.closest(photo, [near, far, near]) == Match(0, is_same=False, distance_bits=1)
    assert similarity.closest(photo, []) is None


def test_a_set_tells_of_each_photo_which_earlier_one_it_repeats() -> None:
    photos = [Likeness("a", 0), Likeness("b", -1), Likeness("a", 0), Likeness("c", -2)]
    assert similarity.repeats(photos) == [
        None,
        None,
        Match(0, is_same=True, distance_bits=0),
        Match(1, is_same=False, distance_bits=1),
    ]


@pytest.mark.parametrize(("bits", "is_found"), [(similarity.NEAR_BITS, True), (similarity.NEAR_BITS + 1, False)])
def test_the_threshold_is_where_it_is_told(bits: int, is_found: bool) -> None:
    found = similarity.closest(Likeness("a", 0), [Likeness("b", (1 << bits) - 1)])
    assert (found is not None) is is_found


@given(hashes, hashes, hashes)
def test_distance_is_a_distance(one: int, other: int, third: int) -> None:
    between = perceptual_hash.distance_bits
    assert between(one, one) == 0
    assert between(one, other) == between(other, one) <= 64
    assert between(one, third) <= between(one, other) + between(other, third)
    assert between(one, ~one) == 64


def test_hashes_fit_a_signed_column() -> None:
    found = [hash_of(encoded(room(number))) for number in range(24)]
    assert all(bits is not None and -(2**63) <= bits < 2**63 for bits in found)
    assert {bits is not None and bits < 0 for bits in found} == {True, False}


@pytest.mark.parametrize(("turn", "bits"), [(None, -1), (Image.Transpose.FLIP_LEFT_RIGHT, 0)])
def test_each_bit_tells_whether_it_gets_brighter_to_the_right(turn: Image.Transpose | None, bits: int) -> None:
    rising = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize((900, 600))
    picture = rising if turn is None else rising.transpose(turn)
    assert picture.getpixel((0, 0)) == (0 if turn is None else 255)
    assert perceptual_hash.perceptual_hash(encoded(picture)) == bits
