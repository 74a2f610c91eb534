"""How does the real code come under the world's rule? Its clocks, dice, threads and log, replaced for one run."""

import functools
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from datetime import datetime, tzinfo
from types import ModuleType
from typing import Any, Self
from unittest import mock

from standardwebhooks import webhooks as standard_webhooks

from core import clock
from core.images import preparation, thumbnails
from core.jobs import manual_sync, provider_list
from tests.simulation.world import World

_ROOMS = ("core.jobs.", "core.webhooks.", "core.models.", "core.credits.", "core.provider.", "core.db.group_commit")
# Pure functions of a photo's bytes: the same few photos are sent in every run.
_prepare = functools.cache(preparation.prepare)
_thumbnail = functools.lru_cache(maxsize=1_000)(thumbnails.thumbnail)


class _Secrets:
    """Stands in for the module `secrets`."""

    def __init__(self, world: World) -> None:
        self.randbelow: Callable[[int], int] = world.secrets.randrange
        self.randbits: Callable[[int], int] = world.secrets.getrandbits
        self.token_bytes: Callable[[int], bytes] = world.secrets.randbytes


class _Time:
    """Stands in for the module `time`."""

    def __init__(self, world: World) -> None:
        self.monotonic = world.monotonic
        self.perf_counter = world.monotonic


class _Log:
    """Stands in for a module's logger: what it calls an exception was caught where nobody else would see it."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    def bind(self, **_values: object) -> Self:
        return self

    def exception(self, event: str, **_values: object) -> None:
        self._world.report("no unexpected error", f"{self._name}: {event}: {sys.exc_info()[1]!r}")

    def debug(self, event: str, **_values: object) -> None:
        """Say nothing."""

    info = warning = error = debug


class _Inline(Executor):
    """Stands in for a pool of threads."""

    def __init__(self, *_arguments: object) -> None:
        """However many threads were asked for, there are none."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class _CountedLock:
    """Stands in for a lock. One thread can't wait for itself: while any is held, nobody acts who might need it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._is_held = False

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, or wait in vain for as long as was said."""
        if self._is_held:
            if blocking and timeout < 0:
                raise RuntimeError("an event of the simulation would wait for its own thread")
            self._world.forward(max(timeout, 0.0))
            return False
        self._is_held = True
        self._world.locks_held += 1
        return True

    def release(self) -> None:
        self._is_held = False
        self._world.locks_held -= 1

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_exception: object) -> None:
        self.release()


def _frozen_datetime(world: World) -> type[datetime]:
    class Now(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(world.desk_now().timestamp(), tz=tz)

    return Now


class _Threading:
    """Stands in for the module `threading`."""

    Event = threading.Event

    def __init__(self, world: World) -> None:
        self._world = world

    def Lock(self) -> _CountedLock:  # noqa: N802 - the module's own name
        return _CountedLock(self._world)


@contextmanager
def installed(world: World, *, get_limit: int) -> Iterator[None]:
    """Inside, core has no other time, chance or threads than the world's."""
    with ExitStack() as stack:

        def replace(owner: object, name: str, value: object) -> None:
            stack.enter_context(mock.patch.object(owner, name, value))

        replace(clock, "now", world.desk_now)
        replace(provider_list, "GET_LIMIT", get_limit)
        replace(manual_sync, "ThreadPoolExecutor", _Inline)
        replace(standard_webhooks, "datetime", _frozen_datetime(world))
        replace(preparation, "prepare", _prepare)
        replace(thumbnails, "thumbnail", _thumbnail)
        for module in _modules():
            if getattr(module, "secrets", None) is secrets:
                replace(module, "secrets", _Secrets(world))
            if getattr(module, "time", None) is time:
                replace(module, "time", _Time(world))
            if getattr(module, "threading", None) is threading:
                replace(module, "threading", _Threading(world))
            if hasattr(module, "_log"):
                replace(module, "_log", _Log(world, module.__name__))
        yield


def _modules() -> list[ModuleType]:
    return [module for name, module in sorted(sys.modules.items()) if name.startswith(_ROOMS)]
