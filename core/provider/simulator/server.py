"""How is the simulator run? In a thread with an address it keeps, or alone in the foreground."""

import asyncio
import fcntl
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO

import uvicorn
from fastapi import FastAPI

from core import clock as real_clock
from core import errors, logs
from core.provider.simulator import address
from core.provider.simulator.address import known_address
from core.provider.simulator.app import build_app
from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.connections import Connections, protocol
from core.provider.simulator.pictures import Drawing

__all__ = ["SimulatorServer", "known_address", "run"]

_log = logs.get(__name__)

START_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = 15.0
LOCK_TIMEOUT_SECONDS = 5.0
HELD_REQUESTS_TIMEOUT_SECONDS = 2
# Longer than clients keep an idle connection, so that none is closed just as a create is sent over it.
KEEP_ALIVE_SECONDS = 60
_BACKLOG = 2048


class SimulatorServer:
    """A simulator in a thread of this process, on a loopback port of its own.

    The port is kept in the state folder, and taken again after a restart while it is free.
    """

    def __init__(
        self,
        config: SimulatorConfig,
        *,
        state_dir: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        drawing: Drawing | None = None,
        clock: Callable[[], datetime] = real_clock.now,
    ) -> None:
        self.state_dir = state_dir
        self._config = config
        self._host = host
        self._port = port
        self._drawing = drawing
        self._clock = clock
        self._url: str | None = None
        self._lock: IO[str] | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Its address, such as http://127.0.0.1:40123, once it was started."""
        if self._url is None:
            raise errors.ConfigurationError("The simulator has not been started.")
        return self._url

    @property
    def is_running(self) -> bool:
        """Whether its thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Run until `stop`; returns once it answers.

        Raises:
            ConfigurationError: if another simulator works on the same folder, or the port can't be had.
        """
        self._lock = _lock(self.state_dir)
        try:
            listener = _listen(self._host, self._port, fallback_port=address.known_port(self.state_dir))
            self._url = _remember(self.state_dir, self._host, listener)
            self._server = _server(
                self._config, self.state_dir, listener=listener, drawing=self._drawing, clock=self._clock
            )
            self._thread = threading.Thread(
                target=self._server.run_on, args=(listener,), name="simulator-server", daemon=True
            )
            self._thread.start()
            if not self._server.wait_until_settled(START_TIMEOUT_SECONDS):
                raise errors.ConfigurationError("The simulator did not start; the log says why.")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the thread; unfinished predictions and webhooks go on after the next start."""
        if self._server is not None and self._thread is not None:
            self._server.ask_to_stop()
            self._thread.join(STOP_TIMEOUT_SECONDS)
            if self.is_running:
                _log.error("simulator does not stop", url=self._url)
                return
        if self._lock is not None:
            self._lock.close()
        self._server = self._thread = self._lock = None


def run(config: SimulatorConfig, *, host: str, port: int, state_dir: Path) -> None:
    """Run a simulator in the foreground until a signal ends it.

    Raises:
        ConfigurationError: if another simulator works on the same folder, or the port can't be had.
    """
    with _lock(state_dir):
        listener = _listen(host, port, fallback_port=None)
        url = _remember(state_dir, host, listener)
        _log.info("simulator started", url=url)
        _server(config, state_dir, listener=listener, drawing=None, clock=real_clock.now).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that tells when it answers, and lets held requests go when it is to stop."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app
        self._settled = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run_on(self, listener: socket.socket) -> None:
        """Serve on a listening socket; for a thread's target."""
        try:
            self.run(sockets=[listener])
        finally:
            self._settled.set()
            listener.close()

    def wait_until_settled(self, timeout_seconds: float) -> bool:
        """Whether it answers, once that is known."""
        return self._settled.wait(timeout_seconds) and self.started

    def ask_to_stop(self) -> None:
        """End soon; may be called from any thread."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._settled.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Requests held on purpose would keep the server from ending.
        self._app.state.simulator.stopping.set()
        await super().shutdown(sockets)


def _server(
    config: SimulatorConfig,
    state_dir: Path,
    *,
    listener: socket.socket,
    drawing: Drawing | None,
    clock: Callable[[], datetime],
) -> _Server:
    connections = Connections()
    port = listener.getsockname()[1]
    app = build_app(config, state_dir, drawing=drawing, clock=clock, connections=connections, port=port)
    # Logging is left as the process has it: no configuration of the server's, no level.
    settings = uvicorn.Config(
        app,
        http=protocol(connections),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        backlog=_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=HELD_REQUESTS_TIMEOUT_SECONDS,
    )
    return _Server(settings, app)


def _listen(host: str, port: int, *, fallback_port: int | None) -> socket.socket:
    """A bound socket: on the port given, else on the one known from before, else on any that is free."""
    for candidate in (port,) if port else (fallback_port or 0, 0):
        # Without the protocol's number asyncio leaves Nagle's algorithm on, and every answer takes 40 ms.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
        except OSError as exception:
            listener.close()
            if port:
                message = f"The simulator can't listen on {host}:{port}: {exception.strerror}. Choose another port."
                raise errors.ConfigurationError(message) from exception
            _log.info("simulator's port is taken", port=candidate)
        else:
            return listener
    raise errors.ConfigurationError(f"The simulator can't listen on {host}.")


def _remember(state_dir: Path, host: str, listener: socket.socket) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    reachable = f"[{reachable}]" if ":" in reachable and not reachable.startswith("[") else reachable
    url = f"http://{reachable}:{listener.getsockname()[1]}"
    address.remember(state_dir, url)
    return url


def _lock(state_dir: Path) -> IO[str]:
    """Hold the folder for this process; closing the file gives it back.

    Raises:
        ConfigurationError: if another process has held it for several seconds.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    file = (state_dir / "lock").open("w")
    give_up_at = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exception:
            # A predecessor may be on its way out.
            if time.monotonic() > give_up_at:
                file.close()
                message = f"Another simulator is already working on {state_dir}. Stop it, or choose another folder."
                raise errors.ConfigurationError(message) from exception
            time.sleep(0.05)
        else:
            return file
