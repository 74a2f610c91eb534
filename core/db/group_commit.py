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

    def __init__(
        self,
        write: Callable[[Sequence[_Item]], Sequence[_Outcome]],
        *,
        is_fault_of_an_item: Callable[[Exception], bool],
    ) -> None:
        self._write = write
        self._is_fault_of_an_item = is_fault_of_an_item
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
        self._write_together([self._waiting.popleft() for _ in range(min(len(self._waiting), _TOGETHER_MAX))])

    def _write_together(self, together: Sequence[_Waiting[_Item, _Outcome]]) -> None:
        try:
            outcomes = list(zip(together, self._write([one.item for one in together]), strict=True))
        except BaseException as exception:
            self._fail(together, exception)
        else:
            for one, outcome in outcomes:
                one.outcome.set_result(outcome)

    def _fail(self, together: Sequence[_Waiting[_Item, _Outcome]], exception: BaseException) -> None:
        # A database that is away would let each wait in vain, one after the other; only a bad item is sought out.
        is_bad_item = isinstance(exception, Exception) and self._is_fault_of_an_item(exception)
        if is_bad_item and len(together) > 1:
            for one in together:
                self._write_together([one])
            return
        for one in together:
            one.outcome.set_exception(exception)
