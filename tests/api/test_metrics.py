"""What does `/metrics` show, and to whom? Over HTTP, in one process and in each kind of process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import logs, server
from core import runtime as core_runtime
from core.api.app import build_alone
from core.auth import api_keys
from core.auth.actors import Source
from core.auth.roles import Role
from core.db.session import Database
from core.errors import StagingError
from core.jobs.states import JobState, Priority, VariantState
from core.metrics import Operation, Receipt
from core.runtime import Runtime
from core.settings import Settings
from tests import factories, pictures_to_send
from tests.exposition import Scrape
from tests.fake_provider import FakeProvider
from tests.pictures_to_send import QUICK_DRAWING
from tests.test_readme import error_classes
from tests.waiting import eventually
from tests.webhooks.signing import body_of, headers

ROOT = Path(__file__).parents[2]
DATABASES = ("sqlite",)
RECEIVED = "staging_desk_webhooks_received_total"
CALLS = "staging_desk_provider_calls_total"
SETTLED = "staging_desk_settlement_delay_seconds_count"
TOKEN = "a-token-of-prometheus"


@pytest.fixture
def client(runtime: Runtime) -> Iterator[TestClient]:
    with TestClient(build_alone(runtime), raise_server_exceptions=False) as client:
        yield client


def scrape(client: TestClient) -> Scrape:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return Scrape(answer.text)


# ---- what it shows -----------------------------------------------------------------------------


def test_jobs_in_flight_are_shown_beside_the_api(client: TestClient, runtime: Runtime) -> None:
    factories.job(runtime.desk)
    factories.ordered_job(runtime.desk, number=1)
    found = scrape(client)
    assert found.by("state", "staging_desk_jobs") == {"pending": 1, "processing": 1}
    assert found.by("priority", "staging_desk_queue_depth") == {"normal": 2}


def test_prometheus_may_ask_for_the_newer_format(client: TestClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name for family in openmetrics.text_string_to_metric_families(answer.text)}
    assert {"staging_desk_jobs", "staging_desk_provider_calls"} <= families


def test_names_follow_prometheus_conventions(client: TestClient) -> None:
    families = scrape(client).families.values()
    ours = [family for family in families if family.name.startswith("staging_desk_")]
    assert len(ours) >= 12
    assert {family.name for family in families if family not in ours} <= {
        f"process_{name}"
        for name in (
            "cpu_seconds",
            "max_fds",
            "open_fds",
            "resident_memory_bytes",
            "start_time_seconds",
            "virtual_memory_bytes",
        )
    }
    for family in ours:
        assert family.documentation.endswith("."), family.name
        assert re.fullmatch(r"[a-z_]+", family.name)
        assert "_ms" not in family.name
        assert "_created" not in {sample.name.removeprefix(family.name) for sample in family.samples}
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
        if family.type == "counter":
            assert {sample.name for sample in family.samples} == {f"{family.name}_total"}


def test_each_answer_to_a_webhook_is_counted(client: TestClient, runtime: Runtime, provider: FakeProvider) -> None:
    _, (first, _) = factories.ordered_job(runtime.desk)
    body = body_of(provider.predictions[first])

    def send(content: bytes, **sent: str) -> None:
        client.post("/api/webhooks/replicate", content=content, headers=sent)

    send(body, **headers(body, webhook_id="msg_1"))
    send(body, **headers(body, webhook_id="msg_1"))
    send(body, **headers(body, webhook_id="msg_2", age_seconds=3600))
    send(body)
    send(b"{}", **headers(b"{}", webhook_id="msg_3"))
    send(b"x" * (10 * 1024 * 1024 + 1))
    assert scrape(client).by("outcome", RECEIVED) == {
        "new": 1,
        "duplicate": 1,
        "rejected": 2,
        "malformed": 1,
        "too_large": 1,
    }


def test_a_webhook_that_we_failed_to_keep_is_counted_as_our_failure(
    client: TestClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> bool:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(runtime.inbox, "receive", breaks)
    assert client.post("/api/webhooks/replicate", content=b"{}").status_code == 500
    assert scrape(client).by("outcome", RECEIVED) == {"failed": 1}


def test_labels_have_only_values_of_ours_and_name_no_customer(
    client: TestClient, runtime: Runtime, provider: FakeProvider
) -> None:
    job_id, (first, _) = factories.ordered_job(runtime.desk)
    body = body_of(provider.predictions[first])
    client.post("/api/webhooks/replicate", content=body, headers=headers(body, webhook_id="msg_secret"))
    text = client.get("/metrics").text
    codes = {one.code for one in error_classes(StagingError)}
    outcomes = {"applied", "no_news", "unknown_prediction", "failed", "unknown"}
    allowed = {
        "staging_desk_jobs": {state.value for state in JobState},
        "staging_desk_variants": {state.value for state in VariantState},
        "staging_desk_queue_depth": {priority.value for priority in Priority},
        "staging_desk_provider_calls": {operation.value for operation in Operation} | {"ok"} | codes,
        "staging_desk_provider_call_duration_seconds": {operation.value for operation in Operation},
        "staging_desk_provider_refusals": {"401", "402", "403", "404", "422", "429", "4xx", "5xx"},
        "staging_desk_settlement_delay_seconds": {source.value for source in Source} | {"unknown"},
        "staging_desk_webhooks_received": {receipt.value for receipt in Receipt},
        "staging_desk_webhooks_applied": outcomes,
    }
    found = Scrape(text)
    for name in found.families:
        assert found.labels(name) <= allowed.get(name, set()), name
    for secret in (
        job_id,
        first,
        "msg_secret",
        factories.BELLEVUE,
        factories.OUTSIDER,
        "room.jpg",
        str(factories.CREDITS),
    ):
        assert secret not in text


def test_a_broken_database_leaves_what_the_process_knows(client: TestClient, runtime: Runtime) -> None:
    client.post("/api/webhooks/replicate", content=b"{}")
    runtime.database = Database("postgresql+psycopg://127.0.0.1:9/nowhere")
    found = scrape(client)
    assert found.value("staging_desk_database_up") == 0
    assert not found.has("staging_desk_jobs")
    assert found.value(RECEIVED, outcome="rejected") == 1


def test_what_nobody_foresaw_is_a_503_with_a_sentence(client: TestClient, runtime: Runtime) -> None:
    class Broken:
        def collect(self) -> list[object]:
            raise RuntimeError("a mistake in /some/file.py")

    runtime.metrics.registry.register(Broken())  # type: ignore[arg-type]
    answer = client.get("/metrics")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/plain; charset=utf-8")
    assert answer.text == "The metrics can't be read just now; the log says why.\n"


# ---- who may see it ----------------------------------------------------------------------------


@pytest.mark.parametrize("env", ["development", "production"])
def test_with_a_token_only_the_token_opens_it(client: TestClient, runtime: Runtime, env: str) -> None:
    runtime.settings = runtime.settings.model_copy(update={"metrics_token": SecretStr(TOKEN), "env": env})
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    with runtime.database.write() as session:
        key = api_keys.create(session, name="alice", role=Role.MANAGER, account_id=None)
    for wrong in (None, "", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", f"Bearer {key}", "Bearer \x80"):
        sent = {} if wrong is None else {"Authorization": wrong.encode("latin-1")}
        answer = client.get("/metrics", headers=sent)  # type: ignore[arg-type]
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert "staging_desk" not in answer.text
        assert TOKEN not in answer.text


def test_production_without_a_token_shows_nothing_beside_the_api(client: TestClient, runtime: Runtime) -> None:
    runtime.settings = runtime.settings.model_copy(update={"env": "production"})
    answer = client.get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 403
    assert "STAGING_METRICS_TOKEN" in answer.text
    assert "staging_desk" not in answer.text


def test_the_token_is_kept_out_of_logs() -> None:
    settings = Settings(metrics_token=TOKEN, _env_file=None)  # type: ignore[call-arg,arg-type]
    assert TOKEN in settings.secret_values()
    assert TOKEN not in repr(settings)


# ---- in every kind of process ------------------------------------------------------------------


def test_the_whole_desk_counts_its_calls_to_the_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAGING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("STAGING_SIMULATOR_SECONDS", "0.2")
    monkeypatch.setattr("core.provider.simulator.pictures.stager", lambda: QUICK_DRAWING)
    monkeypatch.setattr("core.analytics.collector.MAX_AGE_SECONDS", 0.1)
    monkeypatch.setattr("core.analytics.collector._WORK_SHARE_MAX", 1.0)
    application = Starlette(routes=server.routes(), lifespan=server.lifespan)
    for number in range(2):
        with TestClient(application) as client:
            with core_runtime.current().database.write() as session:
                key = api_keys.create(session, name=os.urandom(4).hex(), role=Role.MANAGER, account_id=None)
            answer = client.post(
                "/api/stage",
                headers={"Authorization": f"Bearer {key}"},
                files={"image": ("a.jpg", pictures_to_send.photo(number), "image/jpeg")},
                data={"roomType": "bedroom", "style": "modern", "account": core_runtime.WELCOME_ACCOUNT},
            )
            assert answer.status_code == 202, answer.text
            eventually(lambda client=client: scrape(client).value(SETTLED, source="sweep") == 2)
            found = scrape(client)
            # Counted from nothing again by each desk that this process starts.
            assert found.value(CALLS, operation="create", outcome="ok") == 2
            assert found.value(CALLS, operation="download", outcome="ok") == 2
            assert found.value("staging_desk_provider_call_duration_seconds_count", operation="create") == 2
    logs.configure(as_json=False)


def test_before_the_desk_has_started_it_says_so() -> None:
    answer = TestClient(Starlette(routes=server.routes())).get("/metrics")
    assert answer.status_code == 503
    assert "starting" in answer.text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command of the desk in a process of its own, interrupted at the end."""
    cleaned = {name: value for name, value in os.environ.items() if not name.startswith(("STAGING_", "REPLICATE_"))}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "core", *words],
            cwd=folder,
            env={**cleaned, "STAGING_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            finally:
                process.kill()


def answer_of(url: str, process: subprocess.Popen[bytes]) -> httpx.Response:
    """The first answer there, of a process that has yet to start."""

    def ask() -> httpx.Response | None:
        assert process.poll() is None, "the process ended"
        try:
            return httpx.get(url, timeout=5)
        except httpx.TransportError:
            return None

    return eventually(ask, within_seconds=60)


def test_the_api_alone_shows_metrics(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, "api", "--port", str(port)) as process:
        answer = answer_of(f"http://127.0.0.1:{port}/metrics", process)
        assert Scrape(answer.text).value("staging_desk_database_up") == 1
    assert process.returncode == 0


def test_the_worker_alone_shows_metrics_on_the_port_it_is_given(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, "worker", "--metrics-port", str(port)) as process:
        url = f"http://127.0.0.1:{port}"
        found = Scrape(answer_of(f"{url}/metrics", process).text)
        assert found.value("staging_desk_jobs", state="pending") == 0
        eventually(lambda: httpx.get(f"{url}/readyz").json()["checks"]["queue"])
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
        # Its provider is not running, and that is seen too.
        found = Scrape(httpx.get(f"{url}/metrics").text)
        assert found.value(CALLS, operation="is_reachable", outcome="provider_unavailable") >= 1
        assert httpx.get(f"{url}/api/jobs").status_code == 404
    assert process.returncode == 0


def test_a_worker_whose_port_is_taken_says_so_and_ends(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        running(tmp_path, "worker", "--metrics-port", str(taken.getsockname()[1])) as process,
    ):
        assert process.wait(60) == 1
    assert "Choose another port or host. (configuration_error)" in (tmp_path / "log").read_text()
