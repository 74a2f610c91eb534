"""Does anything but a refusal ever come of a file that was valid once?"""

import functools
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import errors
from core.images import preparation, validation
from tests.images import corpus, pictures
from tests.images.test_corpus import assert_clean

EXIF = pictures.exif_block(orientation=6, gps=True, note=corpus.SECRET)
SEEDS: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: pictures.jpeg(exif=EXIF, comment=corpus.SECRET),
    "jpeg with restarts": lambda: pictures.jpeg(restart_marker_rows=1),
    "progressive jpeg": lambda: pictures.jpeg(progressive=True),
    "two pictures": lambda: corpus.frames("MPO"),
    "png": lambda: pictures.png(exif=EXIF),
    "palette": lambda: corpus.palette(transparent=True),
    "webp": lambda: pictures.webp(exif=EXIF, xmp=corpus.XMP),
    "lossless webp": lambda: pictures.webp(lossless=True),
    "heic": lambda: pictures.heic(exif=EXIF, thumbnails=[128]),
}

seed = functools.lru_cache(maxsize=None)(lambda name: SEEDS[name]())
# Most of what can go wrong is decided in the first kilobyte.
places = st.one_of(st.integers(0, 1000), st.integers(0, 100_000))
changes = st.one_of(
    st.tuples(st.just("set"), places, st.sampled_from([0, 1, 0x7F, 0x80, 0xC4, 0xD9, 0xDA, 0xFE, 0xFF])),
    st.tuples(st.just("set"), places, st.integers(0, 255)),
    st.tuples(st.just("remove"), places, st.sampled_from([1, 2, 50, 5000])),
    st.tuples(st.just("insert"), places, st.binary(min_size=1, max_size=64)),
    st.tuples(st.just("cut"), places, st.none()),
)


def changed(data: bytes, kind: str, place: int, value: object) -> bytes:
    place %= max(1, len(data))
    if isinstance(value, bytes):
        return data[:place] + value + data[place:]
    if isinstance(value, int):
        return data[:place] + (bytes([value]) + data[place + 1 :] if kind == "set" else data[place + value :])
    return data[:place]


def mend_checksums(data: bytes) -> bytes:
    """A PNG whose chunks match their checksums again, so that the changes reach the decoder."""
    mended, position = data[:8], 8
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4])
        mended += pictures.chunk(data[position + 4 : position + 8], data[position + 8 : position + 8 + length])
        position += 12 + length
    return mended


def assert_refused_or_clean(data: bytes) -> None:
    try:
        photo = preparation.prepare(data, header=validation.inspect(data))
    except errors.PhotoRefused:
        return
    assert_clean(photo)


@given(st.sampled_from(sorted(SEEDS)), st.lists(changes, min_size=1, max_size=8))
@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_file_is_refused_or_comes_out_clean(name: str, edits: list[tuple[str, int, object]]) -> None:
    data = seed(name)
    for edit in edits:
        data = changed(data, *edit)
    assert_refused_or_clean(data)


@given(st.sampled_from(["png", "palette"]), st.lists(changes, min_size=1, max_size=8))
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_png_with_right_checksums_is_refused_or_comes_out_clean(
    name: str, edits: list[tuple[str, int, object]]
) -> None:
    data = seed(name)
    for edit in edits:
        data = changed(data, *edit)
    assert_refused_or_clean(mend_checksums(data))


@given(st.sampled_from(sorted(SEEDS)), st.sampled_from(sorted(SEEDS)), places, places)
@settings(deadline=None, max_examples=100)
def test_two_files_spliced_are_refused_or_come_out_clean(head: str, tail: str, end: int, start: int) -> None:
    assert_refused_or_clean(seed(head)[:end] + seed(tail)[start:])
