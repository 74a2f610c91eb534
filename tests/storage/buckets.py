"""What stands in for S3? A server on this machine that speaks its protocol, and one that fails as it is told."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

ACCESS_KEY = "AKIAOFTHESETESTS0001"
SECRET_KEY = "the-secret-key-of-these-tests"
REGION = "eu-central-1"


class BucketServer:
    """moto's server, over HTTP on a free port, with a fresh bucket for whoever asks."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self._made = 0

    def new(self) -> str:
        """The name of a new bucket."""
        self._made += 1
        name = f"staging-{self._made}"
        self._change("PUT", name)
        return name

    def remove(self, name: str) -> None:
        """Delete an empty bucket."""
        self._change("DELETE", name)

    def stop(self) -> None:
        self._server.stop()

    def _change(self, method: str, name: str) -> None:
        with urlopen(Request(f"{self.url}/{name}", method=method), timeout=10) as answer:
            assert answer.status in (200, 204)


def use_endpoint(monkeypatch: pytest.MonkeyPatch, url: str | None) -> None:
    """Set the AWS variables as a person would, and no others."""
    variables = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": url,
    }
    for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ALLOW_HTTP"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], tuple[int, bytes]]) -> Iterator[str]:
    """The address of a server that answers every request as the function says, after reading it whole."""

    class Handler(BaseHTTPRequestHandler):
        def any_method(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            status, body = answer(self)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    for method in ("GET", "HEAD", "PUT", "POST"):
        setattr(Handler, f"do_{method}", Handler.any_method)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def refusing() -> Iterator[str]:
    """An address at which nobody listens, and nobody else will meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def unreachable() -> Iterator[str]:
    """An address whose connections are neither taken nor refused, like one behind a firewall that drops them."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for one in waiting:
            one.close()


@contextmanager
def cutting(upstream: str, *, up_bytes: int | None = None, down_bytes: int | None = None) -> Iterator[str]:
    """The address of a wire to another server that breaks after so many bytes in a direction, every time."""
    host, port = upstream.removeprefix("http://").split(":")
    listener = socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, target: socket.socket, left: int | None, both: list[socket.socket]) -> None:
        while data := _receive(source, 65_536 if left is None else min(left, 65_536)):
            target.sendall(data)
            left = None if left is None else left - len(data)
        for one in both:
            _hang_up(one)

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            both = [near, socket.create_connection((host, int(port)))]
            for source, target, left in ((*both, up_bytes), (*reversed(both), down_bytes)):
                threading.Thread(target=carry, args=(source, target, left, both), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    _hang_up(listener)
    listener.close()


def _receive(source: socket.socket, up_to: int) -> bytes:
    try:
        return source.recv(up_to) if up_to else b""
    except OSError:
        return b""


def _hang_up(one: socket.socket) -> None:
    # The other direction may have ended it already.
    if one.fileno() != -1:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            one.close()
