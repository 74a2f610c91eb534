"""Who reads the columns first? The server by itself, after its start, so that no manager has to wait for it."""

import threading
from collections.abc import Callable

from core import logs

# By then whoever waits for the server to be ready has had the answer, and the first page is drawn.
DELAY_SECONDS = 3.0
# Between two of its steps a reading takes a second at most.
_STOP_SECONDS = 10.0
_log = logs.get(__name__)


class _Stopped(Exception):
    """The reading is not wanted any more."""


class WarmUp:
    """A thread that reads once, after a while, and ends early when it is told to stop."""

    def __init__(self, read: Callable[[Callable[[], None]], None], *, delay_seconds: float = DELAY_SECONDS) -> None:
        """`read` is handed what it has to call at each of its steps, and lets pass what that raises."""
        self._read, self._delay_seconds = read, delay_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="figures-warm-up", daemon=True)

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    def stop(self) -> None:
        """End it, also in the middle of its reading."""
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        if self._stopped.wait(self._delay_seconds):
            return
        try:
            self._read(self._go_on)
        except _Stopped:
            _log.info("figures are not read ahead: the desk stops")
        except Exception:
            # Nothing is lost: whoever asks for figures has them read then, and is told what is wrong.
            _log.warning("figures could not be read ahead", exc_info=True)

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise _Stopped
