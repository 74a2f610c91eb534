"""Does the server start what it should, say how it is, refuse unsafe production, and stop without a trace?"""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import errors, logs, runtime, server
from core.api.app import build_alone
from core.auth import api_keys
from core.auth.roles import Role
from core.runtime import Runtime
from core.settings import Settings
from tests import pictures_to_send
from tests.pictures_to_send import QUICK_DRAWING
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAGING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("STAGING_SIMULATOR_SECONDS", "0.2")
    monkeypatch.setattr("core.provider.simulator.pictures.stager", lambda: QUICK_DRAWING)
    yield
    logs.configure(as_json=False)


def application() -> Starlette:
    return Starlette(routes=server.routes(), lifespan=server.lifespan)


def manager_key() -> str:
    with runtime.current().database.write() as session:
        return api_keys.create(session, name="test", role=Role.MANAGER, account_id=None)


def test_a_demo_serves_itself_from_upload_to_result_and_again_after_a_restart() -> None:
    headers: dict[str, str] = {}
    for number in range(2):
        with TestClient(application()) as client:
            assert client.get("/healthz").json() == {"status": "ok"}
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()) == (
                200,
                {
                    "status": "ready",
                    "checks": {"queue": True, "database": True, "storage": True, "provider": True},
                },
            )
            headers = headers or {"Authorization": f"Bearer {manager_key()}"}
            answer = client.post(
                "/api/stage",
                headers=headers,
                files={"image": ("a.jpg", pictures_to_send.photo(number), "image/jpeg")},
                data={"roomType": "bedroom", "style": "modern", "account": runtime.WELCOME_ACCOUNT},
            )
            assert answer.status_code == 202, answer.text
            url = f"/api/jobs/{answer.json()['jobId']}"

            ask = partial(client.get, url, headers=headers)
            eventually(lambda ask=ask: ask().json()["status"] == "completed")
    with pytest.raises(errors.ConfigurationError):
        runtime.current()


def test_nothing_runs_on_after_the_end() -> None:
    before = set(threading.enumerate())
    with TestClient(application()):
        assert len(threading.enumerate()) > len(before)
    eventually(
        lambda: (
            not [
                thread
                for thread in set(threading.enumerate()) - before
                if thread.name in ("sweep", "simulator-server") or thread.name.startswith("look")
            ]
        )
    )


def test_pages_alone_start_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGING_ROLE", "pages")
    with TestClient(application()) as client:
        assert client.get("/readyz").json()["checks"] == {
            "queue": True,
            "database": True,
            "storage": True,
            "provider": False,
        }
        assert client.get("/readyz").status_code == 503
        assert "sweep" not in {thread.name for thread in threading.enumerate()}


def test_the_api_alone_starts_no_work_and_answers() -> None:
    desk = Runtime(Settings())
    desk.migrate()
    with TestClient(build_alone(desk)) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/api/jobs").status_code == 401
        assert client.get("/api/openapi.json").status_code == 200
        assert "sweep" not in {thread.name for thread in threading.enumerate()}
    desk.close()


def test_production_does_not_start_without_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGING_ENV", "production")
    with pytest.raises(errors.ConfigurationError, match="REPLICATE_API_TOKEN"), TestClient(application()):
        pass
