"""How many signed webhooks does a server take a second, and how long does each wait? A load generator of its own.

    python -m tests.bench.load --port P --path /api/webhooks/replicate --count 2000 --connections 32 [--rate 50]

It is a process of its own, so that it shares no interpreter with what it measures. Every request is made and signed
before the first is sent, and answers are told apart by status and length alone. Without a rate each connection sends
its next webhook as soon as it has its answer; with one, webhooks are due at fixed moments, and waiting counts from
the moment that a webhook was due, so that a stalled server can't hide the ones it kept from being sent.
"""

import argparse
import asyncio
import base64
import gc
import hashlib
import hmac
import json
import re
import secrets
import statistics
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

SECRET = "whsec_YmVuY2htYXJrcyBzaWduIHdpdGggdGhpcyBrZXk="
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Measured:
    """What one run found. `milliseconds` holds the median, the 99th percentile and the longest wait."""

    statuses: dict[str, int]
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    generator_cpu_seconds: float

    @property
    def accepted(self) -> int:
        """How many were answered by 200."""
        return self.statuses.get("200", 0)

    @property
    def per_second(self) -> float:
        return self.accepted / self.seconds

    @property
    def generator_share(self) -> float:
        """How much of one core the generator took: near 1 it would have measured itself."""
        return self.generator_cpu_seconds / self.seconds


def prediction_body(prediction_id: str, *, status: str = "processing") -> bytes:
    """A webhook's body: a prediction with every field and a prompt as long as ours."""
    now = datetime.now(UTC).isoformat()
    return json.dumps(
        {
            "id": prediction_id,
            "model": "black-forest-labs/flux-kontext-pro",
            "version": "hidden",
            "status": status,
            "input": {
                "prompt": "Furnish this living room in modern style. Keep walls, windows and doors as they are. " * 8,
                "input_image": f"https://api.replicate.com/v1/files/{secrets.token_hex(20)}/download",
                "seed": secrets.randbelow(2**31),
                "output_format": "png",
                "safety_tolerance": 2,
            },
            "output": None,
            "error": None,
            "logs": "Using seed: 1234\nGenerating image...\n",
            "metrics": {},
            "created_at": now,
            "started_at": now,
            "completed_at": None,
            "data_removed": False,
            "source": "api",
            "urls": {"get": f"https://api.replicate.com/v1/predictions/{prediction_id}"},
        }
    ).encode()


def signed_request(path: str, body: bytes, *, secret: str = SECRET) -> bytes:
    """The bytes of one POST, with a new `webhook-id`, signed now after the Standard Webhooks scheme."""
    webhook_id, timestamp = f"msg_{secrets.token_hex(12)}", str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nUser-Agent: bench\r\n"
        f"webhook-id: {webhook_id}\r\nwebhook-timestamp: {timestamp}\r\n"
        f"webhook-signature: v1,{base64.b64encode(digest).decode()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(asyncio.Protocol):
    """One kept-alive connection that has at most one request under way."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._buffer = b""
        self._due = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def send(self, request: bytes, *, due: float) -> None:
        """Send a request whose wait counts from `due`, on the clock of `perf_counter`."""
        assert self._transport is not None
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(_HEAD_END)
        if head_end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head_end)
        missing = head_end + len(_HEAD_END) + int(length[1]) - len(self._buffer) if length else 0
        if missing <= 0:
            status, self._buffer = self._buffer[9:12].decode(), b""
            self._load.answered(self, status, time.perf_counter() - self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class _Load:
    """All requests over all connections, counted until the last answer."""

    def __init__(self, requests: Sequence[bytes], *, rate: float | None) -> None:
        self._waiting = deque(requests)
        self._expected = len(requests)
        self._interval = 1 / rate if rate else None
        self._free: deque[_Connection] = deque()
        self._due: deque[float] = deque()
        self._done = asyncio.get_running_loop().create_future()
        self.statuses: Counter[str] = Counter()
        self.waits: list[float] = []

    async def run(self, host: str, port: int, connections: int) -> float:
        loop = asyncio.get_running_loop()
        opened = [
            (await loop.create_connection(lambda: _Connection(self), host, port))[1] for _ in range(connections)
        ]
        started = time.perf_counter()
        if self._interval is None:
            for connection in opened:
                self._send_next(connection, due=time.perf_counter())
        else:
            self._free.extend(opened)
            await self._pace(started)
        await asyncio.wait_for(self._done, 120)
        seconds = time.perf_counter() - started
        for connection in opened:
            connection.close()
        return seconds

    async def _pace(self, started: float) -> None:
        assert self._interval is not None
        for number in range(self._expected):
            due = started + number * self._interval
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if self._free:
                self._send_next(self._free.popleft(), due=due)
            else:
                self._due.append(due)

    def answered(self, connection: _Connection, status: str, seconds: float) -> None:
        self.statuses[status] += 1
        self.waits.append(seconds)
        if len(self.waits) == self._expected:
            self._done.set_result(None)
        elif self._interval is None:
            self._send_next(connection, due=time.perf_counter())
        elif self._due:
            self._send_next(connection, due=self._due.popleft())
        else:
            self._free.append(connection)

    def lost(self) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError("the server closed a connection"))

    def _send_next(self, connection: _Connection, *, due: float) -> None:
        if self._waiting:
            connection.send(self._waiting.popleft(), due=due)


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value that this share of the sorted values does not exceed."""
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def measure(port: int, requests: Sequence[bytes], *, connections: int, rate: float | None) -> Measured:
    """Send all requests and wait for all answers."""

    async def run() -> tuple[_Load, float]:
        load = _Load(requests, rate=rate)
        return load, await load.run("127.0.0.1", port, connections)

    gc.collect()
    gc.disable()
    cpu_before = time.process_time()
    load, seconds = asyncio.run(run())
    cpu_seconds = time.process_time() - cpu_before
    waits = sorted(load.waits)
    return Measured(
        statuses=dict(load.statuses),
        seconds=seconds,
        p50_ms=1_000 * statistics.median(waits),
        p99_ms=1_000 * percentile(waits, 0.99),
        max_ms=1_000 * waits[-1],
        generator_cpu_seconds=cpu_seconds,
    )


def _requests(path: str, count: int, predictions: Sequence[str], *, secret: str) -> Iterator[bytes]:
    """Webhooks about predictions that nobody knows, or about those given, in turn."""
    for number in range(count):
        known = predictions[number % len(predictions)] if predictions else f"bench{secrets.token_hex(10)}"
        yield signed_request(path, prediction_body(known), secret=secret)


def main() -> None:
    """Measure as the arguments say and write the figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--prediction", action="append", default=[])
    parser.add_argument("--secret", default=SECRET)
    given = parser.parse_args()
    requests = list(_requests(given.path, given.count, given.prediction, secret=given.secret))
    measured = measure(given.port, requests, connections=given.connections, rate=given.rate)
    sys.stdout.write(json.dumps(vars(measured)))


if __name__ == "__main__":
    main()
