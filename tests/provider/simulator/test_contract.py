"""Every answer carries the fields it must, each of its kind, and optional ones only when they have a value."""

import re
from datetime import datetime
from typing import Any

import pytest

from tests.provider.simulator.simulation import MODEL, Simulation, jpeg


def is_time(value: Any) -> bool:
    return isinstance(value, str) and value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None


def is_url(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"https?://[^/]+/.+", value) is not None


def one_of(*values: str) -> Any:
    return lambda value: value in values


def or_null(rule: Any) -> Any:
    return lambda value: value is None or holds(rule, value)


def holds(rule: Any, value: Any) -> bool:
    return isinstance(value, rule) if isinstance(rule, type) else bool(rule(value))


ANYTHING: Any = lambda _: True  # noqa: E731 - a rule among others in the tables below

# Field → (must it be there, what its value is). Optional fields that may not be null are absent without a value.
PREDICTION = {
    "id": (True, lambda value: re.fullmatch(r"[a-z2-7]{26}", value)),
    "model": (True, str),
    "version": (True, one_of("hidden")),
    "input": (True, dict),
    "output": (True, or_null(is_url)),
    "data_removed": (True, bool),
    "error": (True, or_null(str)),
    "status": (True, one_of("starting", "processing", "succeeded", "failed", "canceled", "aborted")),
    "created_at": (True, is_time),
    "urls": (True, dict),
    "source": (False, one_of("api", "web")),
    "logs": (False, str),
    "metrics": (False, dict),
    "deadline": (False, is_time),
    "started_at": (False, is_time),
    "completed_at": (False, is_time),
}
URLS = {"web": (True, is_url), "get": (True, is_url), "cancel": (True, is_url)}
METRICS = {"total_time": (False, float), "predict_time": (False, float), "image_count": (False, int)}
PAGE = {"next": (False, or_null(is_url)), "previous": (False, or_null(is_url)), "results": (True, list)}
FILE = {
    "id": (True, str),
    "urls": (True, dict),
    "content_type": (True, str),
    "size": (True, int),
    "checksums": (True, dict),
    "metadata": (True, dict),
    "created_at": (True, is_time),
    "expires_at": (True, is_time),
    # The client wants these two, though the API's document does not name them.
    "name": (False, str),
    "etag": (False, str),
}
ACCOUNT = {
    "type": (True, one_of("user", "organization")),
    "username": (True, str),
    "name": (False, str),
    "github_url": (False, is_url),
    "avatar_url": (False, is_url),
}
MODEL_FIELDS = {
    "url": (False, is_url),
    "owner": (False, str),
    "name": (False, str),
    "description": (False, or_null(str)),
    "visibility": (False, one_of("public", "private")),
    "is_official": (False, bool),
    "github_url": (False, or_null(is_url)),
    "paper_url": (False, or_null(is_url)),
    "license_url": (False, or_null(is_url)),
    "run_count": (False, int),
    "cover_image_url": (False, or_null(is_url)),
    "default_example": (False, or_null(dict)),
    "latest_version": (False, or_null(dict)),
}
PROBLEM = {"title": (True, str), "detail": (True, str), "status": (True, int), "invalid_fields": (False, list)}


def check(document: dict[str, Any], table: dict[str, tuple[bool, Any]]) -> None:
    missing = {name for name, (is_required, _) in table.items() if is_required} - document.keys()
    unknown = document.keys() - table.keys()
    wrong = {name: value for name, value in document.items() if name in table and not holds(table[name][1], value)}
    assert (missing, unknown, wrong) == (set(), set(), {})


def check_prediction(document: dict[str, Any]) -> None:
    check(document, PREDICTION)
    check(document["urls"], URLS)
    check(document.get("metrics", {}), METRICS)
    ended = document["status"] in ("succeeded", "failed", "canceled", "aborted")
    assert ("completed_at" in document, "metrics" in document) == (ended, ended)


LIVES: dict[str, dict[str, Any]] = {
    "succeeded": {},
    "failed": {"fault": "failure"},
    "refused": {"fault": "safety"},
    "hanging": {"fault": "hang"},
    "timed out": {"fault": "hang", "headers": {"Cancel-After": "30s"}},
    "aborted": {"headers": {"Cancel-After": "5s"}},
}


@pytest.mark.parametrize("life", LIVES)
def test_prediction_keeps_its_contract_through_its_life(simulate: Any, life: str) -> None:
    simulation = simulate(seconds=60)
    created = simulation.create(**LIVES[life])
    check_prediction(created)
    assert (created["status"], created["output"], created["error"]) == ("starting", None, None)
    for seconds in (5.5, 2, 25, 60, 3600):
        simulation.clock.forward(seconds)
        check_prediction(simulation.get(created["id"]))


def test_list_page_holds_the_same_objects(shared: Simulation) -> None:
    created = shared.ended(shared.create()["id"])
    page = shared.http.get("/v1/predictions").json()
    check(page, PAGE)
    assert created in page["results"]
    for prediction in page["results"]:
        check_prediction(prediction)


def test_canceled_prediction_keeps_the_contract(simulate: Any) -> None:
    simulation = simulate(seconds=60)
    created = simulation.create()
    canceled = simulation.http.post(f"/v1/predictions/{created['id']}/cancel").json()
    check_prediction(canceled)
    assert canceled["status"] == "canceled"


def test_file_answers_keep_the_contract(shared: Simulation) -> None:
    made = shared.http.post("/v1/files", files={"content": ("a.jpg", jpeg(), "image/jpeg")})
    assert made.status_code == 201
    check(made.json(), FILE)
    assert made.json() == shared.http.get(made.json()["urls"]["get"]).json()
    page = shared.http.get("/v1/files").json()
    check(page, PAGE)
    for file in page["results"]:
        check(file, FILE)


def test_account_secret_and_model_keep_the_contract(shared: Simulation) -> None:
    check(shared.http.get("/v1/account").json(), ACCOUNT)
    check(shared.http.get("/v1/webhooks/default/secret").json(), {"key": (True, str)})
    check(shared.http.get(f"/v1/models/{MODEL}").json(), MODEL_FIELDS)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/predictions/none", 404),
        ("POST", "/v1/predictions/none/cancel", 404),
        ("GET", "/v1/predictions?cursor=none", 400),
        ("GET", "/v1/predictions?created_after=yesterday", 422),
        ("GET", "/v1/predictions?source=moon", 422),
        ("GET", "/v1/files/none", 404),
        ("DELETE", "/v1/files/none", 404),
        ("POST", "/v1/files", 422),
        ("GET", "/v1/models/nobody/nothing", 404),
        ("POST", "/v1/models/nobody/nothing/predictions", 404),
        ("POST", "/v1/predictions", 422),
        ("GET", "/delivery/none/output.png", 404),
        ("GET", "/v1/nothing", 404),
        ("PUT", "/v1/account", 405),
    ],
)
def test_errors_are_problem_documents(shared: Simulation, method: str, path: str, status: int) -> None:
    order: dict[str, Any] | None = {"input": {}} if path.endswith("predictions") else None
    answer = shared.http.request(method, path, json=order)
    assert answer.headers["content-type"] == "application/problem+json"
    check(answer.json(), PROBLEM)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_unreadable_body_is_a_problem_document(shared: Simulation, body: bytes) -> None:
    answer = shared.http.post("/v1/predictions", content=body)
    assert answer.status_code == 400
    check(answer.json(), PROBLEM)
