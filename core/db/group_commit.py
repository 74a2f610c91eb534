"""How do many small writes that come at once share one commit? Whoever is first writes for all who wait.

A durable commit waits for the disk, and one after another they would wait for each other; together they wait once.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Outcome = TypeVar("_Outcome")
_TOGETHER_MAX = 100


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[_Item, _Outcome]):
    item: _Item
    outcome: "Future[_Outcome]" = field(default_factory=Future)


class GroupCommit(Generic[_Item, _Outcome]):
    """Calls `write` with up to 100 items at a time; it must commit, then return one outcome for each, in order."""

    def __init__(self, write: Callable[[Sequence[_Item]], Sequence[_Outcome]]) -> None:
        self._write = write
        self._waiting: deque[_Waiting[_Item, _Outcome]] = deque()
        self._turn = threading.Lock()

    def submit(self, item: _Item) -> _Outcome:
        """Write the item together with the others that wait; its outcome, once it is committed.

        Raises what writing this item raised: a bad item is told so, and its neighbours are written.
        """
        mine: _Waiting[_Item, _Outcome] = _Waiting(item)
        self._waiting.append(mine)
        while not mine.outcome.done():
            with self._turn:
                # Whoever had the turn before may have written this one too.
                if not mine.outcome.done():
                    self._write_next()
        return mine.outcome.result()

    def _write_next(self) -> None:
        together = [self._waiting.popleft() for _ in range(min(len(self._waiting), _TOGETHER_MAX))]
        try:
            outcomes = self._write([one.item for one in together])
        except Exception:
            for one in together:
                self._write_alone(one)
        except BaseException as interruption:
            for one in together:
                one.outcome.set_exception(interruption)
        else:
            for one, outcome in zip(together, outcomes, strict=True):
                one.outcome.set_result(outcome)

    def _write_alone(self, one: _Waiting[_Item, _Outcome]) -> None:
        try:
            (outcome,) = self._write([one.item])
        except BaseException as exception:
            one.outcome.set_exception(exception)
        else:
            one.outcome.set_result(outcome)
