"""Does each of many photos get its own outcome, in order, with few of them in memory and few decoded at once?"""

import hashlib
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from core import errors
from core.images import headers, pool, preparation, thumbnails, validation
from core.images.perceptual_hash import perceptual_hash
from core.jobs.photos import PreparedUpload, Upload
from core.listings import archive, inspection
from core.listings.refusals import Refusal
from tests import pictures_to_send
from tests.images import pictures
from tests.listings.zips import Entry, zipped

PATIENCE_SECONDS = 5.0


def upload(number: int, data: bytes | None = None) -> Upload:
    return Upload(file_name=f"{number}.jpg", data=pictures_to_send.photo(number) if data is None else data)


def named(outcomes: Iterable[PreparedUpload | Refusal]) -> list[tuple[str, str]]:
    return [
        (one.file_name, one.code) if isinstance(one, Refusal) else (one.upload.file_name, "prepared")
        for one in outcomes
    ]


def test_every_kind_of_photo_is_prepared_as_when_it_comes_alone() -> None:
    photos = [
        upload(n, data) for n, data in enumerate([pictures.jpeg(), pictures.png(), pictures.webp(), pictures.heic()])
    ]
    for photo, one in zip(photos, inspection.inspect(photos), strict=True):
        assert isinstance(one, PreparedUpload)
        assert one.upload is photo
        assert one.prepared == preparation.prepare(photo.data)
        assert one.thumbnail == thumbnails.thumbnail(one.prepared.jpeg)
        assert one.header == headers.read(photo.data)
        assert one.sha256 == hashlib.sha256(photo.data).hexdigest()
        assert one.perceptual_hash == perceptual_hash(one.thumbnail)


def test_each_bad_photo_has_its_own_refusal_and_the_order_is_kept() -> None:
    good = pictures_to_send.photo()
    photos = [
        upload(0),
        upload(1, b""),
        upload(2, good[: len(good) // 2]),
        upload(3),
        upload(4, b"<html>"),
        upload(5, pictures.jpeg(300, 300)),
        upload(6, pictures.jpeg(2000, 520)),
        upload(7),
    ]
    assert named(inspection.inspect(photos)) == [
        ("0.jpg", "prepared"),
        ("1.jpg", "photo_empty"),
        ("2.jpg", "photo_unreadable"),
        ("3.jpg", "prepared"),
        ("4.jpg", "photo_unsupported"),
        ("5.jpg", "photo_too_small"),
        ("6.jpg", "photo_too_narrow"),
        ("7.jpg", "prepared"),
    ]


def test_what_the_archive_refused_is_passed_on_in_its_place() -> None:
    photo = pictures_to_send.photo()
    names = [b"0.jpg", b"../1.jpg", b"2.jpg"]
    file = zipped([Entry(name=name, data=photo) for name in names] + [Entry(name=b"3.pdf", data=b"%PDF")])
    assert named(inspection.inspect(archive.photos(file))) == [
        ("0.jpg", "prepared"),
        ("../1.jpg", "photo_path_refused"),
        ("2.jpg", "prepared"),
        ("3.pdf", "photo_unsupported"),
    ]


@pytest.mark.parametrize("threads_count", [1, 2, 5])
def test_photos_are_read_only_as_fast_as_outcomes_are_taken(threads_count: int) -> None:
    read, taken, most = 0, 0, 0

    def source() -> Iterator[Upload]:
        nonlocal read, most
        for number in range(30):
            read += 1
            most = max(most, read - taken)
            yield upload(number % 3)

    for _ in inspection.inspect(source(), threads_count=threads_count):
        taken += 1
    assert taken == 30
    assert most == threads_count + 2


def test_the_first_outcome_comes_before_the_last_photo_is_read() -> None:
    def source() -> Iterator[Upload]:
        yield from (upload(number) for number in range(6))
        raise AssertionError("read too far")

    outcomes = inspection.inspect(source(), threads_count=2)
    assert named([next(outcomes)]) == [("0.jpg", "prepared")]


def test_whoever_stops_listening_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    outcomes = inspection.inspect(upload(number) for number in range(20))
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("inspection")]
    assert threading.active_count() <= before + pool.SLOTS  # scaling keeps its own threads


def test_whoever_stops_listening_has_no_more_photos_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = list[str](), threading.Event()
    real = validation.inspect

    def slow(data: bytes, *, file_name: str) -> validation.PhotoHeader:
        begun.append(file_name)
        if file_name == "1.jpg":
            may_end.wait(0.1)
        return real(data, file_name=file_name)

    monkeypatch.setattr(validation, "inspect", slow)
    outcomes = inspection.inspect((upload(number) for number in range(9)), threads_count=1)
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert begun in (["0.jpg"], ["0.jpg", "1.jpg"])


def test_as_many_are_decoded_at_once_as_the_process_allows_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, lock, both = 0, 0, threading.Lock(), threading.Barrier(pool.SLOTS)
    real, met = pool.slot, threading.Event()

    @contextmanager
    def counted(memory_bytes: int) -> Iterator[None]:
        nonlocal inside, most
        with real(memory_bytes):
            with lock:
                inside += 1
                most = max(most, inside)
            if not met.is_set():
                both.wait(PATIENCE_SECONDS)
                met.set()
            try:
                yield
            finally:
                with lock:
                    inside -= 1

    monkeypatch.setattr(pool, "slot", counted)
    with ThreadPoolExecutor(3) as batches:
        done = batches.map(lambda _: named(inspection.inspect(upload(number) for number in range(6))), range(3))
    assert all(outcome == "prepared" for batch in done for _, outcome in batch)
    assert most == pool.SLOTS


def test_refusals_that_are_kept_do_not_keep_the_photos() -> None:
    def source() -> Iterator[Upload]:
        cut = pictures.png(1600, 1200)[:-50_000]
        yield from (upload(number, cut + bytes([number])) for number in range(12))

    tracemalloc.start()
    kept = list(inspection.inspect(source()))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert [code for _, code in named(kept)] == ["photo_unreadable"] * 12
    assert held < 4_000_000


def test_a_photo_that_found_no_turn_says_to_come_again_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_large(memory_bytes: int, *, real: Callable[..., object] = pool.slot) -> object:
        if memory_bytes > 5_000_000:
            raise errors.PicturesBusy
        return real(memory_bytes)

    monkeypatch.setattr(pool, "slot", refuse_large)
    outcomes = list(inspection.inspect([upload(0), upload(1, pictures.png(1600, 1200)), upload(2)]))
    assert named(outcomes) == [("0.jpg", "prepared"), ("1.jpg", "pictures_busy"), ("2.jpg", "prepared")]
    assert isinstance(outcomes[1], Refusal)
    assert outcomes[1].error.retryable


def test_a_fault_of_our_own_is_not_taken_for_a_bad_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: bytes) -> bytes:
        raise KeyError("ours")

    monkeypatch.setattr(thumbnails, "thumbnail", broken)
    with pytest.raises(KeyError, match="ours"):
        list(inspection.inspect([upload(0)]))
