"""How does a process that serves nobody show how it is? Health checks and metrics on a port of their own."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from core import errors, logs
from core.api import health, metrics
from core.runtime import Runtime

_STOP_SECONDS = 5.0
_log = logs.get(__name__)


@contextmanager
def served(runtime: Runtime, checks: Callable[[], Mapping[str, bool]], *, host: str, port: int) -> Iterator[None]:
    """Answer `/healthz`, `/readyz` and `/metrics` in a thread, for as long as this is entered.

    Raises:
        ConfigurationError: if the port can't be had.
    """
    application = Starlette(
        routes=[*health.routes(checks), *metrics.routes(lambda: runtime, has_own_port=True)],
    )
    listener = _listen(host, port)
    # Logging is left as the process has it.
    server = uvicorn.Server(
        uvicorn.Config(application, ws="none", lifespan="off", loop="asyncio", log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="side-port", daemon=True)
    thread.start()
    _log.info("metrics are served", host=host, port=port)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as exception:
        raise errors.ConfigurationError(
            f"The metrics can't be served on {host}:{port}: {exception.strerror}. Choose another port or host."
        ) from exception
    return listener
