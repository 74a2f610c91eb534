"""Are decodes bounded in number and memory, served in turn, and never left waiting for ever?"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import errors
from core.images import decoding, headers, pool, preparation, results
from tests.images import pictures

PATIENCE_SECONDS = 5.0


def until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < limit, "nothing happened"
        time.sleep(0.001)


class Holder:
    """A thread that takes a slot and keeps it until told."""

    def __init__(self, decodes: pool.DecodePool, memory_bytes: int, order: list[str], name: str) -> None:
        self.entered = threading.Event()
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._hold, args=(decodes, memory_bytes, order, name))
        self._thread.start()

    def _hold(self, decodes: pool.DecodePool, memory_bytes: int, order: list[str], name: str) -> None:
        with decodes.slot(memory_bytes, wait_seconds=PATIENCE_SECONDS):
            order.append(name)
            self.entered.set()
            self._leave.wait(PATIENCE_SECONDS)

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(PATIENCE_SECONDS)


def test_no_more_run_at_once_than_there_are_slots() -> None:
    decodes = pool.DecodePool(slots=3, budget_bytes=1000)
    running, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal running, most
        with decodes.slot(1):
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.002)
            with lock:
                running -= 1

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(work, range(60)))
    assert most == 3


def test_memory_is_a_limit_of_its_own() -> None:
    decodes, order = pool.DecodePool(slots=8, budget_bytes=100), list[str]()
    first = Holder(decodes, 60, order, "first")
    assert first.entered.wait(PATIENCE_SECONDS)
    second = Holder(decodes, 60, order, "second")
    assert not second.entered.wait(0.05)
    first.leave()
    assert second.entered.wait(PATIENCE_SECONDS)
    second.leave()


def test_a_picture_over_the_whole_budget_is_decoded_alone() -> None:
    decodes, order = pool.DecodePool(slots=8, budget_bytes=100), list[str]()
    small = Holder(decodes, 10, order, "small")
    assert small.entered.wait(PATIENCE_SECONDS)
    large = Holder(decodes, 5000, order, "large")
    assert not large.entered.wait(0.05)
    small.leave()
    assert large.entered.wait(PATIENCE_SECONDS)
    large.leave()


def test_small_pictures_do_not_overtake_a_large_one() -> None:
    decodes, order = pool.DecodePool(slots=8, budget_bytes=100), list[str]()
    first = Holder(decodes, 60, order, "first")
    assert first.entered.wait(PATIENCE_SECONDS)
    large = Holder(decodes, 90, order, "large")
    until(lambda: len(decodes._queue) == 1)
    small = Holder(decodes, 10, order, "small")
    until(lambda: len(decodes._queue) == 2)
    assert not small.entered.wait(0.05)
    first.leave()
    assert small.entered.wait(PATIENCE_SECONDS)
    assert order == ["first", "large", "small"]
    large.leave()
    small.leave()


def test_waiting_ends_with_an_error_that_says_to_come_again() -> None:
    decodes, order = pool.DecodePool(slots=1, budget_bytes=100), list[str]()
    holder = Holder(decodes, 1, order, "holder")
    assert holder.entered.wait(PATIENCE_SECONDS)
    with pytest.raises(errors.PicturesBusy) as busy, decodes.slot(1, wait_seconds=0.02):
        pass
    assert busy.value.retryable
    holder.leave()
    with decodes.slot(1, wait_seconds=0.02):
        pass


def test_a_slot_is_given_back_when_decoding_fails() -> None:
    decodes = pool.DecodePool(slots=1, budget_bytes=100)
    for _ in range(3):
        with pytest.raises(ValueError, match="bad file"), decodes.slot(100, wait_seconds=0.1):
            raise ValueError("bad file")
    with decodes.slot(100, wait_seconds=0.1):
        pass


@pytest.mark.parametrize(
    "use",
    [
        lambda data: preparation.prepare(data),
        lambda data: results.check(data, photo_width=640, photo_height=512),
    ],
    ids=["prepare", "check"],
)
def test_preparing_and_checking_take_a_slot(use: Callable[[bytes], object], monkeypatch: pytest.MonkeyPatch) -> None:
    full = pool.DecodePool(slots=0, budget_bytes=1)
    monkeypatch.setattr(pool, "slot", lambda memory_bytes: full.slot(memory_bytes, wait_seconds=0.01))
    with pytest.raises(errors.PicturesBusy):
        use(pictures.jpeg())


def test_a_large_baseline_jpeg_is_counted_small_and_a_progressive_one_in_full() -> None:
    baseline = headers.read(pictures.with_frame(pictures.jpeg(), width=8000, height=6000))
    progressive = headers.read(pictures.with_frame(pictures.jpeg(progressive=True), width=8000, height=6000))
    assert decoding._memory_bytes(baseline, at_least=(1152, 864)) < 20_000_000
    assert decoding._memory_bytes(progressive, at_least=(1152, 864)) > 8 * 48_000_000
    assert decoding._memory_bytes(baseline, at_least=None) >= 4 * 48_000_000


def test_a_jpeg_with_a_scan_for_each_color_is_counted_in_full_too() -> None:
    data = bytearray(pictures.jpeg())
    data[data.find(b"\xff\xda") + 4] = 1
    assert headers.read(bytes(data)).progressive


def test_many_threads_prepare_different_photos_without_mixing_them_up() -> None:
    photos = {
        make(width, 608): preparation.prepare(make(width, 608))
        for width in (640, 800, 1216)
        for make in (pictures.jpeg, pictures.png, pictures.webp)
    }
    work = list(photos) * 6
    with ThreadPoolExecutor(8) as threads:
        for data, prepared in zip(work, threads.map(preparation.prepare, work), strict=True):
            assert prepared == photos[data]
