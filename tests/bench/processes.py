"""How are the desk and the simulator run as they are in life? Processes of their own, measured from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).parents[2]
ACCOUNT = "Bench"
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Served:
    """A running process and its address."""

    process: psutil.Process
    url: str

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])

    def cpu_seconds(self) -> float:
        """CPU time of the process so far, user and system."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def free_port() -> int:
    """A loopback port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def simulator(folder: Path, *switches: str) -> Iterator[Served]:
    """The stand-alone simulator, with its switches."""
    port = free_port()
    command = [sys.executable, "-m", "core", "simulator", "--port", str(port), "--state", str(folder), *switches]
    with _running(command, {}, f"http://127.0.0.1:{port}", "/v1/account") as served:
        yield served


@contextmanager
def desk(
    data: Path, *, provider_url: str | None = None, port: int | None = None, **settings: str
) -> Iterator[Served]:
    """The desk as README starts it, on a port of its own; with its built-in simulator unless a provider is given.

    `settings` are further environment variables.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = _environment(data, provider_url, settings)
    with _running(command, environment, f"http://127.0.0.1:{port}", "/readyz") as served:
        yield served


@contextmanager
def page(script: str, **settings: str) -> Iterator[Served]:
    """A Streamlit page of its own, by the path of its script; `settings` are further environment variables."""
    port = free_port()
    words = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    with _running(words, settings, f"http://127.0.0.1:{port}", "/_stcore/health") as served:
        yield served


@contextmanager
def api(data: Path, *, provider_url: str, port: int | None = None, **settings: str) -> Iterator[Served]:
    """The API alone."""
    port = port or free_port()
    command = [sys.executable, "-m", "core", "api", "--port", str(port)]
    environment = _environment(data, provider_url, settings)
    with _running(command, environment, f"http://127.0.0.1:{port}", "/healthz") as served:
        yield served


@contextmanager
def worker(data: Path, *, provider_url: str, **settings: str) -> Iterator[Served]:
    """The queue and the sweep alone; it has no address, so nobody waits for it."""
    with _running([sys.executable, "-m", "core", "worker"], _environment(data, provider_url, settings)) as served:
        yield served


@contextmanager
def idle_route() -> Iterator[Served]:
    """A FastAPI route that does nothing, served as the API is."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.noop", str(port)]
    with _running(command, {}, f"http://127.0.0.1:{port}", "/healthz") as served:
        yield served


def _environment(data: Path, provider_url: str | None, settings: Mapping[str, str]) -> dict[str, str]:
    given = {"STAGING_DATA_DIR": str(data), **settings}
    if provider_url is not None:
        given = {"REPLICATE_API_TOKEN": "bench-token", "REPLICATE_BASE_URL": provider_url, **given}
    return given


def command(data: Path, *words: str, **settings: str) -> str:
    """Run a command of the desk; its standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "core", *words],
        cwd=ROOT,
        env={**os.environ, "STAGING_DATA_DIR": str(data), **settings},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def manager_client(served: Served, data: Path, *, credits: int, **settings: str) -> httpx.Client:
    """A client with a manager's key, and an account that can pay."""
    command(data, "grant", "--account", ACCOUNT, "--credits", str(credits), "--reason", "bench", **settings)
    name = f"bench-{time.monotonic_ns()}"
    key = command(data, "api-key", "create", "--name", name, "--role", "manager", **settings).splitlines()[-1]
    return httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)


def submit(client: httpx.Client, photo: bytes) -> str:
    """Stage one photo; the job's id."""
    answer = client.post(
        "/api/stage",
        files={"image": ("room.jpg", photo, "image/jpeg")},
        # The same photo may come again and again: each time it is to be drawn.
        data={"roomType": "living_room", "style": "modern", "account": ACCOUNT, "newSeeds": "true"},
    )
    answer.raise_for_status()
    return str(json.loads(answer.text)["jobId"])


def wait_until_quiet(client: httpx.Client, *, pause_seconds: float = 0.05) -> None:
    """Ask, as cheaply as the API allows, until nothing is in flight."""
    in_flight = {"status": ["pending", "processing"], "limit": 1}
    give_up_at = time.monotonic() + 120
    while client.get("/api/jobs", params=in_flight).json()["items"]:
        if time.monotonic() > give_up_at:
            raise AssertionError("not all jobs have ended")
        time.sleep(pause_seconds)


def predictions_of(client: httpx.Client, job_id: str) -> list[str]:
    """The ids of a job's predictions, once both are ordered."""
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at:
        ordered = client.get(f"/api/jobs/{job_id}").json()["replicateJobId"]
        if ordered and "," in ordered:
            return [str(one) for one in ordered.split(",")]
        time.sleep(0.1)
    raise RuntimeError("the job's predictions were not ordered")


@contextmanager
def _running(words: list[str], environment: dict[str, str], url: str = "", path: str = "") -> Iterator[Served]:
    cleaned = {name: value for name, value in os.environ.items() if not name.startswith(("STAGING_", "REPLICATE_"))}
    started = subprocess.Popen(
        words, cwd=ROOT, env={**cleaned, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        if url:
            _wait_until_answered(started, url + path)
        yield Served(psutil.Process(started.pid), url)
    finally:
        started.send_signal(signal.SIGINT)
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()


def _wait_until_answered(started: subprocess.Popen[bytes], url: str) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at:
        if started.poll() is not None:
            raise RuntimeError(f"the process ended with {started.returncode} before it answered")
        try:
            # Any answer of ours will do; the simulator says 401 to a question without a token.
            answer = httpx.get(url, timeout=2)
            is_ours = "json" in answer.headers.get("content-type", "") or answer.text == "ok"
            if answer.status_code in (200, 401) and is_ours:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"nothing answered at {url}")
