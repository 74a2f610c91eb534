"""Where can the desk's process die? Around every commit and at every call to the provider, and then it stays dead."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db.session import Database
from tests.fake_provider import FakeProvider


class Crash(BaseException):
    """The process was killed; nothing that catches errors may catch it."""


class Doom:
    """Counts the points that are passed, and kills at the one it was armed for."""

    def __init__(self) -> None:
        self.is_dead = False
        self._points_left: int | None = None

    def arm(self, points: int) -> None:
        """Die after so many more points."""
        self._points_left = points

    def revive(self) -> None:
        """A new process, with nothing hanging over it."""
        self.is_dead, self._points_left = False, None

    def point(self) -> None:
        """A place to die. Who is dead already, and only tidies up, gets no further."""
        if self._points_left is not None:
            self.is_dead = self.is_dead or self._points_left == 0
            self._points_left -= 1
        if self.is_dead:
            raise Crash


class CrashingDatabase(Database):
    """The real one, whose transactions may be cut off: before they begin, before the commit, and right after it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.doom = Doom()
        if self.is_sqlite:
            # What a power cut would do is not what is asked here.
            sa.event.listen(self.engine, "connect", _without_syncing)

    @contextmanager
    def write(self) -> Iterator[Session]:
        self.doom.point()
        with super().write() as session:
            yield session
            self.doom.point()
        self.doom.point()


class CrashingProvider(FakeProvider):
    """The one in memory; it goes on when its caller dies, who may do so before the call and after it was obeyed."""

    def __init__(self, doom: Doom) -> None:
        super().__init__()
        self._doom = doom

    def heal(self) -> None:
        """No fault that was announced comes true any more."""
        self._faults.clear()

    def _answer(self, call: str) -> None:
        self._doom.point()
        super()._answer(call)


class Inline(Executor):
    """Stands in for a pool of threads: everything is done at once, in the order in which it is asked for."""

    def __init__(self, *_arguments: object) -> None:
        """However many threads were asked for, there are none."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Dice:
    """Stands in for the module `secrets`: the same ids and seeds in every example, as far as it goes the same way."""

    def __init__(self) -> None:
        self.start_over()

    def start_over(self) -> None:
        """Forget what was thrown."""
        chance = random.Random(0)
        self.randbits: Callable[[int], int] = chance.getrandbits
        self.randbelow: Callable[[int], int] = chance.randrange


def _without_syncing(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")
