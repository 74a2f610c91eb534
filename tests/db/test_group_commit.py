"""Do writes that come at once share a commit, with each told its own outcome?"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.db.group_commit import GroupCommit


class Log:
    """Keeps what was written together; the first write waits until the test lets it go on."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []
        self.first_is_writing = threading.Event()
        self.go_on = threading.Event()

    def write(self, items: Sequence[int]) -> list[int]:
        if not self.first_is_writing.is_set():
            self.first_is_writing.set()
            assert self.go_on.wait(10)
        if any(item < 0 for item in items):
            raise ValueError(str(items))
        self.together.append(list(items))
        return [item * 10 for item in items]


def submit_while_the_first_writes(
    log: Log, items: Sequence[int], *, write: Callable[[Sequence[int]], list[int]] | None = None
) -> list[int | Exception]:
    group: GroupCommit[int, int] = GroupCommit(
        write or log.write, is_fault_of_an_item=lambda error: isinstance(error, ValueError)
    )
    arrived = threading.Barrier(len(items) + 1)

    def one(item: int) -> int | Exception:
        arrived.wait(10)
        try:
            return group.submit(item)
        except Exception as exception:
            return exception

    with ThreadPoolExecutor(len(items) + 1) as pool:
        first = pool.submit(group.submit, 0)
        assert log.first_is_writing.wait(10)
        others = [pool.submit(one, item) for item in items]
        arrived.wait(10)
        while len(group._waiting) < len(items):
            threading.Event().wait(0.001)
        log.go_on.set()
        assert first.result(10) == 0
        return [other.result(10) for other in others]


def test_what_comes_while_one_writes_is_written_together() -> None:
    log = Log()
    outcomes = submit_while_the_first_writes(log, range(1, 21))
    assert outcomes == [item * 10 for item in range(1, 21)]
    assert [len(one) for one in log.together] == [1, 20]


def test_no_more_than_a_hundred_are_written_together() -> None:
    log = Log()
    submit_while_the_first_writes(log, range(1, 151))
    assert [len(one) for one in log.together] == [1, 100, 50]


def test_a_bad_item_is_told_so_and_its_neighbours_are_written() -> None:
    log = Log()
    outcomes = submit_while_the_first_writes(log, [1, -2, 3])
    assert [str(outcome) for outcome in outcomes] == ["10", "[-2]", "30"]
    assert sorted(item for one in log.together for item in one) == [0, 1, 3]


def test_nobody_waits_for_ever_when_a_write_is_interrupted() -> None:
    def write(_items: Sequence[int]) -> list[int]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        GroupCommit(write, is_fault_of_an_item=lambda _: True).submit(1)


def test_a_database_that_is_away_is_asked_once_for_all() -> None:
    log, calls = Log(), []

    def away(items: Sequence[int]) -> list[int]:
        calls.append(len(items))
        if len(calls) > 1:
            raise ConnectionError
        return log.write(items)

    outcomes = submit_while_the_first_writes(log, range(1, 21), write=away)
    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 20
    assert calls == [1, 20]


def test_a_write_that_forgets_an_item_leaves_nobody_waiting() -> None:
    with pytest.raises(ValueError, match="zip"):
        GroupCommit[int, int](lambda _: [], is_fault_of_an_item=lambda _: False).submit(1)
