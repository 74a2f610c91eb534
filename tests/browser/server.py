"""How is the desk run for a browser? As README runs it: a process of its own, stopped by Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from core.auth import api_keys
from core.auth.roles import Role
from core.db.session import Database
from core.models.base import new_id
from core.settings import Settings
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
ACCOUNT = "Demo"
STOP_SECONDS = 10.0
_START_SECONDS = 60.0


class DeskServer:
    """`streamlit run app.py` on a port of its own, with the simulator, its data in a folder of the test's.

    `folder` is where it is started, and finds its `.streamlit/`; `environment` is added to what it is given.
    """

    def __init__(
        self,
        data: Path,
        *,
        simulator_seconds: float = 1.0,
        folder: Path = ROOT,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{port or free_port()}"
        self.log = data.with_suffix(".log")
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("STAGING_", "REPLICATE_"))},
            "STAGING_DATA_DIR": str(data),
            "STAGING_SIMULATOR_SECONDS": str(simulator_seconds),
            **(environment or {}),
        }
        script, its_port = str(ROOT / "app.py"), self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", its_port]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A process group of its own: Ctrl-C reaches it alone, and what it leaves behind can be seen.
                start_new_session=True,
            )
        eventually(self._is_ready, within_seconds=_START_SECONDS, what=f"an answer of {self.url}/readyz")
        self.client = httpx.Client(
            base_url=f"{self.url}/api", headers={"Authorization": f"Bearer {self._new_key()}"}, timeout=30
        )

    def interrupt(self) -> float:
        """Press Ctrl-C and wait for the end; how many seconds it took.

        Raises:
            AssertionError: if it takes too long, ends with an exception, or leaves a process behind.
        """
        self.client.close()
        pressed_at = time.monotonic()
        os.killpg(self._process.pid, signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {STOP_SECONDS} s after Ctrl-C:\n{self.log_text()}") from None
        took_seconds = time.monotonic() - pressed_at
        assert "Traceback" not in self.log_text(), self.log_text()
        assert "desk stopped" in self.log_text(), "the lifespan did not end"
        assert not self._group_is_alive(), "a process of its own was left behind"
        return took_seconds

    def kill(self) -> None:
        """End it the hard way, if it still runs."""
        if self._group_is_alive():
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def log_text(self) -> str:
        """What it has written so far."""
        return self.log.read_text()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, `python -m core …`, on the same data."""
        command = [sys.executable, "-m", "core", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )

    def stage(self, *photos: bytes, name: str = "room.jpg", instructions: str = "") -> list[str]:
        """Stage photos through the API; the jobs' ids."""
        answer = self.client.post(
            "/stage",
            files=[("image", (name, photo, "image/jpeg")) for photo in photos],
            data={
                "roomType": "living_room",
                "style": "modern",
                "account": ACCOUNT,
                "instructions": instructions,
            },
        )
        answer.raise_for_status()
        body = answer.json()
        return [job["jobId"] for job in body.get("jobs", [body])]

    def job(self, job_id: str) -> dict[str, Any]:
        """The job as the API shows it."""
        found: dict[str, Any] = self.client.get(f"/jobs/{job_id}").raise_for_status().json()
        return found

    def wait_for(self, job_id: str, *statuses: str, within_seconds: float = 30.0) -> dict[str, Any]:
        """The job when it has one of these statuses."""

        def reached() -> dict[str, Any] | None:
            found = self.job(job_id)
            return found if found["status"] in statuses else None

        found = eventually(reached, within_seconds=within_seconds, what=f"{statuses} of {job_id}")
        assert found is not None
        return found

    def job_ids(self) -> list[str]:
        """The ids of all jobs, newest first."""
        return [job["id"] for job in self.client.get("/jobs").raise_for_status().json()["items"]]

    def balance(self) -> int:
        """The credits that the account has."""
        return int(self.client.get(f"/accounts/{ACCOUNT}").raise_for_status().json()["balance"])

    def _new_key(self) -> str:
        database = Database(Settings(data_dir=self.data).resolved_database_url)
        with database.write() as session:
            key = api_keys.create(session, name=f"tests-{new_id()}", role=Role.MANAGER, account_id=None)
        database.close()
        return key

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, f"it ended with {self._process.returncode}:\n{self.log_text()}"
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def _group_is_alive(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True


def free_port() -> int:
    """A port on which nothing listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
