"""How are the desk and the provider run so that one can be killed without the other? Processes of their own."""

import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from core.auth import api_keys
from core.auth.roles import Role
from core.credits import service as credit_service
from core.db import schema
from core.db.session import Database
from core.models.base import new_id
from tests import factories, pictures_to_send
from tests.crash import launch, simulate
from tests.crash.nursery import Nursery

ROOT = Path(__file__).parents[2]
ACCOUNT = "Demo"
CREDITS = 1_000_000
# One client for all: making one costs more than most calls. It keeps no connection: a server closes one that is idle
# for a while, and a call that is just then sent over it would look as if the server had died of it.
_http = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
# Three or four desks start at once on two cores, which other tests may be using too.
START_SECONDS = 90.0
_STOP_SECONDS = 15.0
_PAUSE_SECONDS = 0.05
# Read once: pytest changes its own variables while threads start processes.
_SHELL = {name: value for name, value in os.environ.items() if not name.startswith(("STAGING_", "REPLICATE_"))}
# Alembic keeps what it works on in globals.
_migrating = threading.Lock()


def poll(condition: Callable[[], object], *, within_seconds: float, what: str) -> None:
    """Until the condition is true; an AssertionError if it is not in time. Looks 20 times a second."""
    give_up_at = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < give_up_at, f"{what} did not happen within {within_seconds} s"
        time.sleep(_PAUSE_SECONDS)


def free_port() -> int:
    """A loopback port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**given: str) -> dict[str, str]:
    """The shell's environment without what it configures of the desk, and with what is given."""
    return {**_SHELL, **given}


class Process:
    """A process group of its own, with its output in a file."""

    def __init__(self, pid: int, poll: Callable[[], int | None], *, log: Path) -> None:
        self.log = log
        self._pid = pid
        self._poll = poll

    def kill(self) -> None:
        """SIGKILL for all of its processes."""
        if self.ended_with() is None:
            os.killpg(self._pid, signal.SIGKILL)
        poll(lambda: self.ended_with() is not None, within_seconds=_STOP_SECONDS, what="the end of a killed process")

    def interrupt(self) -> None:
        """Ctrl-C, and the hard way if that does not end it."""
        if self.ended_with() is None:
            os.killpg(self._pid, signal.SIGINT)
        with suppress(AssertionError):
            poll(lambda: self.ended_with() is not None, within_seconds=_STOP_SECONDS, what="the end")
        self.kill()

    def ended_with(self) -> int | None:
        """Its return code (minus the signal's number), or None while it runs."""
        return self._poll()

    def log_end(self) -> str:
        """The last lines that it wrote."""
        return self.log.read_text(errors="replace")[-4_000:]


def started(words: list[str], *, log: Path, variables: Mapping[str, str]) -> Process:
    """A Python process of its own."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=environment(**variables),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Process(process.pid, process.poll, log=log)


@functools.cache
def _nursery() -> Nursery:
    return Nursery(environment())


def forked_server(words: list[str], *, log: Path, variables: Mapping[str, str]) -> Process:
    """The server with traps laid, in a process forked off where its modules are in memory already."""
    pid = _nursery().start(words, log=log, variables=environment(**variables))
    return Process(pid, lambda: _nursery().poll(pid), log=log)


class Simulator:
    """The stand-alone simulator on one port and one state folder, started and stopped as the test likes."""

    def __init__(self, folder: Path, *switches: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: Process | None = None
        self._switches = switches
        self.start()

    @property
    def is_running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def start(self) -> None:
        """Run it, on the state that it has."""
        words = ["-m", "tests.crash.simulate", "simulator", "--port", str(self._port)]
        variables = {simulate.FOLDER_VARIABLE: str(self.folder)}
        words += ["--state", str(self.folder / "state"), "--allow-http-webhooks", *self._switches]
        self._process = started(words, log=self.folder / "simulator.log", variables=variables)
        poll(self._is_up, within_seconds=START_SECONDS, what="the simulator's first answer")

    def stop(self) -> None:
        """End it; its state stays."""
        if self._process is not None:
            self._process.interrupt()
        self._process = None

    def gateway(self, *rules: Mapping[str, Any]) -> None:
        """Put these rules before it, in the place of earlier ones."""
        unfinished = self.folder / "gateway.part"
        unfinished.write_text(json.dumps(rules))
        unfinished.replace(self.folder / simulate.RULES)

    def faults(self, rates: Mapping[str, float]) -> None:
        """From now on these go wrong, and no others."""
        _http.put(f"{self.url}/simulator/faults", json=dict(rates)).raise_for_status()

    def stats(self) -> dict[str, Any]:
        """What it counted itself."""
        counted: dict[str, Any] = _http.get(f"{self.url}/simulator/stats").raise_for_status().json()
        return counted

    def predictions(self) -> list[dict[str, Any]]:
        """Every prediction that was ever bought."""
        body: dict[str, Any] = _http.get(f"{self.url}/simulator/predictions").raise_for_status().json()
        found: list[dict[str, Any]] = body["predictions"]
        return found

    def requests(self, *, since: float = 0.0) -> list[dict[str, Any]]:
        """The calls since a moment (seconds since 1970), without health checks and the tests' own."""
        try:
            lines = (self.folder / simulate.REQUESTS).read_text().splitlines()
        except FileNotFoundError:
            return []
        calls = [json.loads(line) for line in lines]
        return [call for call in calls if call["at"] >= since and not call["path"].startswith(_NOT_WORK)]

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.ended_with() is None, self._process.log_end()
        try:
            return _http.get(f"{self.url}/simulator/stats", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


_NOT_WORK = ("/v1/account", "/simulator/")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """Where a desk keeps its things, and whom it asks."""

    data: Path
    provider_url: str
    database_url: str | None = None
    storage_url: str | None = None
    token: str = "desk"
    with_webhooks: bool = False
    variables: Mapping[str, str] | None = None


class Desk:
    """`streamlit run app.py` in a process group of its own, with traps laid, on a port that it keeps."""

    def __init__(self, settings: DeskSettings) -> None:
        self.settings = settings
        self.folder = settings.data.with_name(settings.data.name + "-crash")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.database_url = settings.database_url or f"sqlite:///{settings.data / 'staging.sqlite'}"
        self._process: Process | None = None
        self._armed = 0
        self._headers: dict[str, str] = {}

    def prepare(self) -> None:
        """Migrate the database, and fill the account."""
        database = Database(self.database_url)
        with _migrating:
            schema.migrate(database)
        credit_service.grant(
            database, factories.manager(), account=ACCOUNT, amount_credits=CREDITS, reason="crash tests"
        )
        database.close()

    def start(self) -> None:
        """Start the server; it need not answer yet."""
        words = ["run", "app.py", "--server.port", str(self._port)]
        self._process = forked_server(words, log=self.folder / "desk.log", variables=self.variables)

    @property
    def variables(self) -> dict[str, str]:
        """What its environment says."""
        given = self.settings
        variables = {
            "STAGING_DATA_DIR": str(given.data),
            "STAGING_DATABASE_URL": self.database_url,
            "REPLICATE_API_TOKEN": given.token,
            "REPLICATE_BASE_URL": given.provider_url,
            launch.FOLDER_VARIABLE: str(self.folder),
            **(given.variables or {}),
        }
        if given.storage_url:
            variables["STAGING_STORAGE_URL"] = given.storage_url
        if given.with_webhooks:
            variables |= {"STAGING_PUBLIC_URL": self.url, "STAGING_ALLOW_HTTP_WEBHOOKS": "true"}
        return variables

    def wait_until_ready(self, *, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Until `/readyz` says so; `meanwhile` is called between the looks."""
        poll(lambda: (meanwhile(), self._is_ready())[1], within_seconds=START_SECONDS, what=f"{self.url}/readyz")

    def arm(self, point: str, *, hit: int = 1) -> None:
        """Lay the trap at a point."""
        self._armed += 1
        (self.folder / launch.SPRUNG).unlink(missing_ok=True)
        unfinished = self.folder / "armed.part"
        unfinished.write_text(f"{point}\t{hit}\t{self._armed}")
        unfinished.replace(self.folder / launch.ARMED)

    def stall(self, point: str, *, seconds: float) -> None:
        """Let whoever comes to the point first stand still there for so long."""
        (self.folder / launch.STALLED).write_text(f"{point}\t{seconds}")

    def disarm(self) -> None:
        """Take the trap away."""
        (self.folder / launch.ARMED).unlink(missing_ok=True)

    def was_sprung(self) -> bool:
        """Whether the process died of the trap that is laid, and of nothing else."""
        if self.ended_with() is None:
            return False
        sprung, armed = (self.folder / launch.SPRUNG), (self.folder / launch.ARMED)
        return self.ended_with() == -signal.SIGKILL and sprung.exists() and sprung.read_text() == armed.read_text()

    def claims(self) -> list[dict[str, Any]]:
        """What its sweep took in hand: which predictions, and between which two moments it did so."""
        return [json.loads(line) for line in (self.folder / launch.CLAIMS).read_text().splitlines()]

    def ended_with(self) -> int | None:
        """The return code of its process, None while it runs."""
        return self._process.ended_with() if self._process else None

    def kill(self) -> None:
        """SIGKILL, from outside."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """End it, politely if it listens."""
        if self._process is not None:
            self._process.interrupt()

    def log_end(self) -> str:
        """The last lines of its log."""
        return self._process.log_end() if self._process else ""

    def stage(self, *numbers: int, key: str) -> list[str]:
        """Stage photos, one for each number, in one call; the jobs' ids. The same key gives the same jobs.

        Raises:
            httpx.TransportError: if there is no answer.
        """
        answer = self.call(
            "POST",
            "/stage",
            files=[("image", (f"room-{one}.jpg", pictures_to_send.photo(one), "image/jpeg")) for one in numbers],
            data={"roomType": "living_room", "style": "modern", "account": ACCOUNT},
            headers={"Idempotency-Key": key},
        )
        body: dict[str, Any] = answer.json()
        return [str(job["jobId"]) for job in body.get("jobs", [body])]

    def cancel(self, job_id: str) -> None:
        """Cancel a job; one that has ended is left as it is.

        Raises:
            httpx.TransportError: if there is no answer.
        """
        try:
            self.call("POST", f"/jobs/{job_id}/cancel")
        except httpx.HTTPStatusError as refused:
            assert refused.response.json()["code"] == "state_conflict", refused.response.text

    def retry(self, job_id: str, *, key: str) -> str:
        """Stage again what has no result; the new job's id. The same key gives the same job.

        Raises:
            httpx.TransportError: if there is no answer.
        """
        answer = self.call("POST", f"/jobs/{job_id}/retry", headers={"Idempotency-Key": key})
        return str(answer.json()["jobId"])

    def job(self, job_id: str) -> dict[str, Any]:
        """The job as the API shows it."""
        body: dict[str, Any] = self.call("GET", f"/jobs/{job_id}").json()
        return body

    def check(self) -> subprocess.CompletedProcess[str]:
        """`python -m core check` on the same data."""
        return subprocess.run(
            [sys.executable, "-m", "core", "check"],
            cwd=ROOT,
            env=environment(**self.variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask its API, with a manager's key of its own.

        Raises:
            httpx.TransportError: if there is no answer.
            httpx.HTTPStatusError: if it refuses.
        """
        if not self._headers:
            self._headers = {"Authorization": f"Bearer {self._new_key()}"}
        headers = {**self._headers, **options.pop("headers", {})}
        answer = _http.request(method, f"{self.url}/api{path}", headers=headers, **options)
        return answer.raise_for_status()

    def _new_key(self) -> str:
        database = Database(self.database_url)
        with database.write() as session:
            key = api_keys.create(session, name=f"crash-{new_id()}", role=Role.MANAGER, account_id=None)
        database.close()
        return key

    def _is_ready(self) -> bool:
        assert self.ended_with() is None, f"it ended with {self.ended_with()}:\n{self.log_end()}"
        try:
            return _http.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False
