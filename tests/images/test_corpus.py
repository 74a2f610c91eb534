"""Does every odd or hostile file get its one right answer?"""

import io
import re
import warnings
from collections.abc import Callable

import pytest
from PIL import Image

from core import errors
from core.images import preparation, validation
from tests.images import corpus, pictures

TRACES = (
    b"Exif",
    b"ns.adobe.com",
    b"ICC_PROFILE",
    b"GPSLatitude",
    b"Photoshop",
    b"xmpmeta",
    b"<html",
    b"<?php",
    corpus.SECRET,
)


def answer_to(data: bytes) -> str:
    try:
        preparation.prepare(data, header=validation.inspect(data))
    except errors.PhotoRefused as refusal:
        assert "charged" in refusal.message
        return refusal.code
    return "ok"


def assert_clean(photo: preparation.PreparedPhoto) -> None:
    """A baseline JPEG with nothing in it but the picture."""
    for trace in TRACES:
        assert trace not in photo.jpeg
    header = photo.jpeg[: pictures.scan_start(photo.jpeg)]
    assert not re.search(rb"\xff[\xe1-\xef\xfe]", header)
    assert photo.jpeg.endswith(b"\xff\xd9")
    with Image.open(io.BytesIO(photo.jpeg)) as picture:
        picture.load()
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (photo.width, photo.height))
        assert not picture.getexif()
    assert photo.width % 16 == photo.height % 16 == 0
    assert photo.width * photo.height <= 1_200_000


@pytest.mark.parametrize(("name", "make", "expected"), corpus.CORPUS, ids=[case[0] for case in corpus.CORPUS])
def test_each_odd_or_hostile_file_gets_its_answer(name: str, make: Callable[[], bytes], expected: str) -> None:
    data = make()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert answer_to(data) == expected
    if expected == "ok":
        assert_clean(preparation.prepare(data))


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    names = [name for name, _, _ in corpus.CORPUS]
    assert len(names) == len(set(names)) >= 100


@pytest.mark.parametrize("data", [pictures.jpeg(), pictures.png(), pictures.webp()], ids=["jpeg", "png", "webp"])
def test_a_file_cut_off_anywhere_is_refused(data: bytes) -> None:
    for size_bytes in range(0, len(data), len(data) // 40):
        assert answer_to(data[:size_bytes]) in {"photo_empty", "photo_unsupported", "photo_unreadable"}, size_bytes
