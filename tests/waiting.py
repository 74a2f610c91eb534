"""When has it happened? Polls with a bound, so that tests neither sleep in hope nor hang."""

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
_PAUSE_SECONDS = 0.01


def eventually(condition: Callable[[], _T], *, within_seconds: float = 15.0, what: str = "it") -> _T:
    """The condition's first true value; an AssertionError if there is none in time."""
    give_up_at = time.monotonic() + within_seconds
    while not (found := condition()):
        assert time.monotonic() < give_up_at, f"{what} did not happen within {within_seconds} s"
        time.sleep(_PAUSE_SECONDS)
    return found
