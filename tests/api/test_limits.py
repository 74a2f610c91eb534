"""Is too much refused while it comes in, and nothing read for callers without a key?"""

from typing import Any

import pytest

from core.api import limits
from core.api.limits import RequestLimits

KEY = (b"authorization", b"Bearer any")


class Caller:
    """Sends a request in chunks and notes what was read and answered."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = list(chunks)
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        body = self.chunks.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.chunks)}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])


async def reads_all(_scope: Any, receive: Any, send: Any) -> None:
    """An application that keeps what it is sent, as a JSON route does."""
    kept = bytearray()
    while (message := await receive()).get("more_body"):
        kept += message["body"]
    kept += message["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(kept)).encode()})


def ask(path: str, *chunks: bytes, headers: tuple[tuple[bytes, bytes], ...] = (KEY,), method: str = "POST") -> Caller:
    caller = Caller(*chunks)
    scope = {"type": "http", "path": path, "method": method, "headers": list(headers)}
    running = RequestLimits(reads_all)(scope, caller.receive, caller.send)
    with pytest.raises(StopIteration):
        running.send(None)
    return caller


def test_without_a_key_nothing_of_the_body_is_read() -> None:
    caller = ask("/api/stage", b"x" * 10, headers=())
    assert (caller.status, len(caller.chunks)) == (401, 1)


@pytest.mark.parametrize("path", ["/api/webhooks/replicate", "/api/files/accounts/1/results/a"])
def test_routes_that_need_no_key_are_let_through(path: str) -> None:
    assert ask(path, b"{}", headers=()).status == 200


def test_a_body_within_its_limit_arrives_whole() -> None:
    half = b"x" * (limits._JSON_MAX_BYTES // 2)
    assert ask("/api/sync-staging", half, half).sent[1]["body"] == str(2 * len(half)).encode()


def test_a_body_over_its_limit_is_read_to_the_end_and_refused() -> None:
    chunk = b"x" * limits._JSON_MAX_BYTES
    caller = ask("/api/sync-staging", chunk, chunk, chunk)
    assert (caller.status, caller.chunks) == (413, [])
    assert b"request_too_large" in caller.sent[1]["body"]


def test_photos_may_be_larger_than_json() -> None:
    chunk = b"x" * limits._JSON_MAX_BYTES
    assert ask("/api/stage", chunk, chunk).status == 200
