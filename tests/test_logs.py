"""Does any secret ever reach the logs, whatever is done and whatever goes wrong?"""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from core import errors, logs
from core.api.app import build_api
from core.auth import api_keys
from core.auth.roles import Role
from core.credits import service as credit_service
from core.jobs import creation, sync
from core.provider.replicate import ReplicateProvider
from core.runtime import Runtime
from core.settings import Settings
from tests import factories, pictures_to_send

TOKEN = "r8_PlantedTokenOfTheTests1234567890"
WEBHOOK_SECRET = "whsec_UGxhbnRlZFdlYmhvb2tTZWNyZXQ="
SECRET = "planted-staging-secret"
PASSWORD = "planted-pass-word"
WRONG_KEY = "planted-wrong-key-of-a-caller"


@pytest.fixture(params=[False, True], ids=["terminal", "json"])
def as_json(request: pytest.FixtureRequest) -> Iterator[bool]:
    kept = set(logs._secrets)
    logs.configure(as_json=request.param, level="DEBUG")
    yield request.param
    logs._secrets.clear()
    logs._secrets.update(kept)
    logs.configure(as_json=False)


def captured(capfd: pytest.CaptureFixture[str]) -> str:
    found = capfd.readouterr()
    return found.out + found.err


def planted_settings(folder: Path, base_url: str) -> Settings:
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        replicate_api_token=TOKEN,  # type: ignore[arg-type]
        replicate_base_url=base_url,
        replicate_webhook_secret=WEBHOOK_SECRET,  # type: ignore[arg-type]
        secret=SECRET,  # type: ignore[arg-type]
        data_dir=folder,
    )


def test_no_secret_is_logged_in_real_flows(
    as_json: bool, tmp_path: Path, simulate: Callable[..., ReplicateProvider], capfd: pytest.CaptureFixture[str]
) -> None:
    simulator = simulate()
    capfd.readouterr()
    logs.configure(as_json=as_json, level="DEBUG")
    runtime = Runtime(planted_settings(tmp_path, simulator._base_url))
    runtime.migrate()
    with runtime.database.write() as session:
        key = api_keys.create(session, name="k", role=Role.MANAGER, account_id=None)
    logs.get("test").error("a key by mistake", key=key, note=f"it is {key}")
    credit_service.grant(runtime.database, factories.manager(), account="A", amount_credits=500, reason="r")
    application = Starlette(routes=[Mount("/api", app=build_api(runtime))])
    with TestClient(application, raise_server_exceptions=False) as client:
        for given in (key, WRONG_KEY, TOKEN):
            client.post(
                "/api/stage",
                headers={"Authorization": f"Bearer {given}"},
                files={"image": ("a.jpg", pictures_to_send.photo(), "image/jpeg")},
                data={"roomType": "bedroom", "style": "modern", "account": "A"},
            )
        client.post("/api/webhooks/replicate", content=b"{}", headers={"webhook-signature": WEBHOOK_SECRET})
        job_id = client.get("/api/jobs", headers={"Authorization": f"Bearer {key}"}).json()["items"][0]["id"]
    for variant in factories.variants(runtime.database, job_id):
        creation.create_prediction(runtime.desk, variant.id)
    for attempt in factories.attempts(runtime.database, job_id):
        sync.apply(runtime.desk, factories.manager(), runtime.provider.get(attempt.prediction_id or ""))
    _provoke_errors(runtime)
    runtime.close()

    text = captured(capfd)
    assert "job submitted" in text
    assert "prediction created" in text
    for planted in (TOKEN, WEBHOOK_SECRET, SECRET, key, WRONG_KEY):
        assert planted not in text, planted


def _provoke_errors(runtime: Runtime) -> None:
    log = logs.get("test")
    nobody = ReplicateProvider(token=TOKEN, base_url="http://127.0.0.1:9", cancel_after_seconds=5)
    for call in (
        lambda: nobody.get("p1"),
        lambda: nobody.create(model="a/b", input={}),
        lambda: (_ for _ in ()).throw(RuntimeError(f"raised with {TOKEN} and {SECRET}")),
    ):
        try:
            call()
        except Exception:
            log.exception("provoked", token=TOKEN, url=f"https://x/?token={TOKEN}")
    log.warning("nested", headers={"Authorization": f"Bearer {TOKEN}", "deep": [{"password": "x", "text": SECRET}]})
    log.warning("settings", settings=runtime.settings, error=errors.StagingError(f"with {SECRET}"))
    logging.getLogger("somebody.else").error("a library logs %s", TOKEN, exc_info=ValueError(SECRET))
    logging.getLogger("uvicorn.access").info('"GET /?key=%s HTTP/1.1" 200', TOKEN)


def test_production_writes_one_json_object_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure(as_json=True)
    try:
        logs.get("core.test").info("something happened", job_id="j1", count=3)
        logging.getLogger("library").warning("told %s", "this")
        logs.get("core.test").error("broken", exc_info=ValueError("why"))
    finally:
        found = capfd.readouterr()
        logs.configure(as_json=False)
    lines = [json.loads(line) for line in found.err.splitlines()]
    assert found.out == ""
    assert [line["event"] for line in lines] == ["something happened", "told this", "broken"]
    assert {"job_id": "j1", "count": 3, "level": "info", "logger": "core.test"}.items() <= lines[0].items()
    assert lines[0]["timestamp"].endswith("Z")
    assert "ValueError: why" in lines[2]["exception"]


@pytest.mark.parametrize(
    "text",
    [
        "token r8_abcdefghijkl end",
        "secret whsec_abcdef+/== end",
        "header Bearer abc.def-ghi end",
        "key sd_" + "a1-_" * 8 + " end",
        f"password {PASSWORD} end",
    ],
)
def test_what_looks_like_a_key_or_is_protected_is_redacted(text: str) -> None:
    kept = set(logs._secrets)
    logs.protect(PASSWORD, None, "", "short")
    try:
        assert logs.redact(text).endswith("[redacted] end")
    finally:
        logs._secrets.clear()
        logs._secrets.update(kept)


def test_a_secret_that_begins_like_another_does_not_leave_the_rest_of_it() -> None:
    kept = set(logs._secrets)
    secrets = ["planted" + "x" * length for length in range(20)]
    logs.protect(*secrets)
    try:
        assert {logs.redact(secret) for secret in secrets} == {"[redacted]"}
    finally:
        logs._secrets.clear()
        logs._secrets.update(kept)


@given(st.text(max_size=40), st.text(alphabet=st.characters(min_codepoint=97, max_codepoint=122), min_size=6))
def test_a_protected_text_never_comes_through(around: str, secret: str) -> None:
    kept = set(logs._secrets)
    logs.protect(secret)
    try:
        redacted = logs.redact(f"{around}{secret}{around}")
        assert secret not in redacted.replace("[redacted]", "")
    finally:
        logs._secrets.clear()
        logs._secrets.update(kept)


def test_logs_go_to_stderr_alone() -> None:
    handlers = logging.getLogger().handlers
    ours = [handler for handler in handlers if isinstance(handler, logging.StreamHandler)]
    assert all(getattr(handler, "stream", None) is not sys.stdout for handler in ours)
