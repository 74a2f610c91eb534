"""Does news come all the way: from a simulator that signs it, over HTTP, into the job's history?"""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette

from core import logs, runtime, server
from core.auth import api_keys
from core.auth.roles import Role
from core.models import WebhookDelivery
from tests import factories, pictures_to_send
from tests.pictures_to_send import QUICK_DRAWING
from tests.waiting import eventually

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """A whole desk on a port of its own, which its simulator can reach; asks it with a manager's key."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for name, value in {
        "STAGING_DATA_DIR": str(tmp_path / "data"),
        "STAGING_SIMULATOR_SECONDS": "0.3",
        "STAGING_PUBLIC_URL": url,
        "STAGING_ALLOW_HTTP_WEBHOOKS": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("core.provider.simulator.pictures.stager", lambda: QUICK_DRAWING)
    # The sweep is kept from looking, so that only webhooks can bring the news.
    monkeypatch.setattr("core.jobs.sweep.poll_running", lambda *_: [])
    application = Starlette(routes=server.routes(), lifespan=server.lifespan)
    running = uvicorn.Server(uvicorn.Config(application, log_config=None, lifespan="on", ws="none"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    eventually(lambda: running.started)
    with runtime.current().database.write() as session:
        key = api_keys.create(session, name="test", role=Role.MANAGER, account_id=None)
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=20) as client:
        yield client.request
    running.should_exit = True
    thread.join(20)
    listener.close()
    logs.configure(as_json=False)


def test_webhooks_alone_bring_a_job_to_its_end(ask: Ask) -> None:
    answer = ask(
        "POST",
        "/api/stage",
        files={"image": ("a.jpg", pictures_to_send.photo(), "image/jpeg")},
        data={"roomType": "bedroom", "style": "modern", "account": runtime.WELCOME_ACCOUNT},
    )
    job_id = answer.json()["jobId"]

    def job() -> dict[str, object]:
        return dict(ask("GET", f"/api/jobs/{job_id}").json())

    found = eventually(lambda: (seen := job())["status"] == "completed" and seen, within_seconds=30)

    events = found["events"]
    assert isinstance(events, list)
    assert {event["source"] for event in events if event["kind"] in ("succeeded", "finished")} == {"webhook"}
    database = runtime.current().database
    with database.read() as session:
        outcomes = session.scalars(sa.select(WebhookDelivery.outcome)).all()
    assert outcomes.count("applied") == 2
    assert len(factories.entries(database, kind="refund")) == 0


def test_a_webhook_that_breaks_off_is_refused_without_a_fuss(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    host, port = str(ask("GET", "/api/health").url.netloc, "ascii").split(":")
    request = b"POST /api/webhooks/replicate HTTP/1.1\r\nHost: desk\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request + b"{")
    metrics = runtime.current().metrics
    eventually(
        lambda: metrics.registry.get_sample_value("staging_desk_webhooks_received_total", {"outcome": "malformed"})
    )
    assert not [record.message for record in caplog.records if record.levelname == "ERROR"]
