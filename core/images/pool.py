"""How many pictures may be decoded at once, and how much memory may they take together?

Decoding runs in whatever thread asks for it. What is bounded is the process: as many decodes as it has cores (two at
least), and a budget of memory. Whoever comes first is served first, so a large photo is not passed over for ever by
small ones; one that is larger than the whole budget is decoded alone.
"""

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from core import errors

BUDGET_BYTES: Final = 512 * 1024 * 1024
WAIT_SECONDS: Final = 60.0
# So many pictures are decoded at once; more threads than these would only wait.
SLOTS: Final = max(2, os.cpu_count() or 1)


class DecodePool:
    """Slots and memory for decodes. Not reentrant: a thread that holds a slot must not ask for another."""

    def __init__(self, *, slots: int, budget_bytes: int) -> None:
        self._slots = slots
        self._budget_bytes = budget_bytes
        self._running = 0
        self._used_bytes = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def slot(self, memory_bytes: int, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Holds a slot and `memory_bytes` of the budget while in the block.

        Waits up to `wait_seconds` for its turn, then raises `PicturesBusy`.
        """
        self._enter(memory_bytes, wait_seconds=wait_seconds)
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._used_bytes -= memory_bytes
                self._changed.notify_all()

    def _enter(self, memory_bytes: int, *, wait_seconds: float) -> None:
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                if not self._changed.wait_for(lambda: self._may_enter(ticket, memory_bytes), wait_seconds):
                    raise errors.PicturesBusy()
                self._running += 1
                self._used_bytes += memory_bytes
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _may_enter(self, ticket: object, memory_bytes: int) -> bool:
        if self._queue[0] is not ticket or self._running >= self._slots:
            return False
        return self._running == 0 or self._used_bytes + memory_bytes <= self._budget_bytes


_POOL: Final = DecodePool(slots=SLOTS, budget_bytes=BUDGET_BYTES)

slot = _POOL.slot
