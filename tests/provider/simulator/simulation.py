"""A simulator over real HTTP, a clock that can be put forward, and a receiver of webhooks."""

import io
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageOps
from replicate.client import Client

from core.provider.simulator.pictures import Drawing
from core.provider.simulator.records import Record
from core.provider.simulator.server import SimulatorServer

MODEL = "black-forest-labs/flux-kontext-pro"
PREDICTIONS_OF_MODEL = f"/v1/models/{MODEL}/predictions"
TERMINAL = ("succeeded", "failed", "canceled", "aborted")
PATIENCE_SECONDS = 10.0
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


class Clock:
    """The real time, plus what a test puts it forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass
class Simulation:
    """A running simulator, and what a test needs to talk to it."""

    server: SimulatorServer
    clock: Clock
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        headers = {"Authorization": "Bearer any"}
        # There is no TLS on loopback, and loading certificates takes longer than a whole test.
        self.http = httpx.Client(base_url=self.server.url, headers=headers, timeout=10, verify=False)

    @cached_property
    def client(self) -> Client:
        """The real client, pointed at the simulator."""
        return Client(api_token="any", base_url=self.server.url)

    def ask(
        self, *, headers: dict[str, str] | None = None, body: dict[str, Any] | None = None, **inputs: Any
    ) -> httpx.Response:
        """Ask for a prediction; keywords become its input."""
        order = {"input": {"prompt": "Furnish this room", **inputs}, **(body or {})}
        return self.http.post(PREDICTIONS_OF_MODEL, json=order, headers=headers or {})

    def create(self, *, fault: str | None = None, **options: Any) -> dict[str, Any]:
        """A prediction that was taken, with a fault if one is named."""
        headers = {**options.pop("headers", {}), **({"X-Simulator-Fault": fault} if fault else {})}
        answer = self.ask(headers=headers, **options)
        assert answer.status_code == 201, answer.text
        return as_object(answer)

    def get(self, prediction_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/v1/predictions/{prediction_id}")
        assert answer.status_code == 200, answer.text
        return as_object(answer)

    def ended(self, prediction_id: str) -> dict[str, Any]:
        """The prediction once it has ended."""
        wait_for(lambda: self.get(prediction_id)["status"] in TERMINAL)
        return self.get(prediction_id)

    def drawn(self) -> list[Path]:
        """The pictures in the state folder, once no more are being drawn."""
        wait_for(lambda: self.stats()["drawings_pending"] == 0)
        return [*(self.server.state_dir / "outputs").glob("*.png")]

    def stats(self) -> dict[str, Any]:
        return as_object(self.http.get("/simulator/stats"))

    def restart(self) -> None:
        self.http.close()
        self.server.stop()
        self.server.start()
        self.connect()


@dataclass(frozen=True)
class Received:
    """One webhook as it arrived."""

    headers: dict[str, str]
    body: str

    @property
    def prediction(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def status(self) -> str:
        return str(self.prediction["status"])


class Receiver:
    """Takes webhooks on a loopback port; answers the statuses it was given, then 200."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                receiver.received.append(Received({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("location", f"{receiver.url}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                # Where a redirect would lead, if it were followed.
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def wait_for(self, count: int) -> list[Received]:
        """The first webhooks, once that many have come."""
        wait_for(lambda: len(self.received) >= count)
        return self.received[:count]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def as_object(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object that an answer carries."""
    document: dict[str, Any] = answer.json()
    return document


def wait_for(found: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Whatever is found, as soon as it is true; fails after that many seconds."""
    give_up_at = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.01)
    return result


def jpeg(width: int = 96, height: int = 64, color: tuple[int, int, int] = (200, 180, 160)) -> bytes:
    """A small photo."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, "JPEG")
    return buffer.getvalue()


# The simulator's own stager is tested apart; here a staged photo is its negative, and a room is one color.
QUICK_DRAWING = Drawing(
    stage=lambda photo, *, prompt, seed: ImageOps.invert(photo),
    sample_room=lambda seed, size: Image.new("RGB", (96, 64), tuple(seed.to_bytes(4, "big")[1:])),
)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def record(**changes: Any) -> Record:
    """A prediction of noon that starts after a second and is ready after ten."""
    return Record(
        **{
            "id": "a" * 26,
            "model": "owner/name",
            "origin": "http://127.0.0.1:1",
            "input": {"prompt": "x"},
            "seed": 1,
            "output_format": "png",
            "webhook": None,
            "webhook_events": ("completed",),
            "faults": frozenset(),
            "planned_error": None,
            "created_at": NOON,
            "starts_at": at(1),
            "ready_at": at(10),
            "deadline": None,
            **changes,
        }
    )
