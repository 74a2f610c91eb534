"""Does the API keep the word of its document? Every operation, with input that fits and that doesn't, by each caller.

Schemathesis makes the requests out of the document; the same ones each time.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from core import errors
from core.api.app import build_alone, build_api
from core.jobs import sync
from core.jobs.service import UPLOADS_MAX
from tests import factories, pictures_to_send
from tests.api_client import Api
from tests.factories import BELLEVUE, OUTSIDER
from tests.test_readme import section
from tests.webhooks.signing import body_of, headers

DATABASES = ("sqlite",)
EXAMPLES_MAX = 10
PROBLEM = "application/problem+json"
CODES = {
    code: int(status) for code, status in re.findall(r"^\| `(\w+)` \| (\d+) \|", section("Errors"), re.MULTILINE)
}
DOCUMENT: dict[str, Any] = build_api(None).openapi() | {"servers": [{"url": "/api"}]}  # type: ignore[arg-type]


class _Door:
    """What the operations lead to: they are listed before any test has an application."""

    application: ASGIApp = Starlette()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.application(scope, receive, send)


DOOR = _Door()


def _schema(*, systematic: bool) -> Any:
    """The document's operations, with a few random requests for each and, if systematic, every kind of bad one."""
    config = {
        "seed": 20,
        "base-url": "http://testserver/api",
        "generation": {
            "deterministic": True,
            "max-examples": EXAMPLES_MAX,
            "database": "none",
            # Parameters that no document names are ignored, as on most of the web.
            "allow-extra-parameters": False,
        },
        "phases": {"coverage": {"enabled": systematic}, "stateful": {"enabled": False}},
    }
    schema = schemathesis.openapi.from_dict(DOCUMENT, config=schemathesis.Config.from_dict(config))
    schema.app = DOOR
    return schema


SYSTEMATIC, RANDOM = _schema(systematic=True), _schema(systematic=False)
load_all_checks()
# Left out: that whatever fits the document is accepted. It says neither which photos and cursors are good, nor which
# rooms there are. The rest of what is left out follows one request with another.
KEPT_WORDS = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "missing_required_header",
        "unsupported_method",
        "allow_header_conformance",
        "ignored_auth",
    ]
)
AS_DOCUMENTED = KEPT_WORDS[1:5]


@dataclass(frozen=True)
class Things:
    """What there is to be asked for, all of Bellevue Homes."""

    running: str
    failed: str
    completed: str
    refund_id: str
    prediction_id: str
    photo_key: str

    def path_parameters(self, path: str) -> dict[str, str]:
        """The parameters of a path, for something that is there."""
        known = {
            "job_id": self.failed if path.endswith("/retry") else self.running,
            "refund_id": self.refund_id,
            "prediction_id": self.prediction_id,
            "account": BELLEVUE,
            "key": self.photo_key,
        }
        return {name: known[name] for name in re.findall(r"{(\w+)", path)}


@pytest.fixture
def things(api: Api) -> Things:
    running, (prediction_id, _) = factories.ordered_job(api.desk)
    failed, predictions = factories.ordered_job(api.desk, number=1)
    for one in predictions:
        sync.apply(api.desk, factories.manager(), api.provider.finish(one, status="canceled"))
    photo_key = factories.detail(api.desk.database, running).photo.original_key
    return Things(
        running=running,
        failed=failed,
        completed=factories.completed_job(api.desk, api.provider, number=2),
        refund_id=factories.requested_refund(api.desk, api.provider),
        prediction_id=prediction_id,
        photo_key=photo_key,
    )


def require_readable_problem(answer: Any) -> None:
    """An answer of 400 or more is a problem whose code README lists, with its status."""
    if answer.status_code < 400:
        return
    assert answer.headers["content-type"] in (PROBLEM, [PROBLEM])
    problem = answer.json()
    assert problem["status"] == answer.status_code
    # Malformed requests that the framework ends early keep the status that it gave them.
    assert CODES[problem["code"]] == answer.status_code or (problem["code"], answer.status_code) == (
        "validation_failed",
        400,
    )


@pytest.fixture
def served(api: Api) -> Iterator[Api]:
    """The API as it is served alone, for all operations to lead to."""
    DOOR.application = build_alone(api.runtime)
    yield api
    DOOR.application = Starlette()


def require_word_kept(case: schemathesis.Case, api: Api, who: str | None) -> None:
    sent = {} if who is None else {"Authorization": f"Bearer {api.keys[who]}"}
    answer = case.call(headers=sent)
    case.validate_response(
        answer,
        checks=KEPT_WORDS,
        headers=sent,
        transport_kwargs={"headers": sent},
    )
    require_readable_problem(answer)


@SYSTEMATIC.parametrize()
def test_every_answer_is_as_documented(case: schemathesis.Case, served: Api, things: Things) -> None:
    case.path_parameters = things.path_parameters(case.operation.path)
    require_word_kept(case, served, "alice")


@pytest.mark.parametrize("who", ["charlie", None], ids=str)
@RANDOM.parametrize()
def test_to_strangers_too(case: schemathesis.Case, served: Api, things: Things, who: str | None) -> None:
    case.path_parameters = things.path_parameters(case.operation.path)
    require_word_kept(case, served, who)


@RANDOM.parametrize()
def test_to_questions_after_what_is_not_there(case: schemathesis.Case, served: Api) -> None:
    require_word_kept(case, served, "alice")


# ---- what chance does not find -----------------------------------------------------------------

Ask = Callable[[Api, Things], httpx.Response]


def _stage(*names: str, key: str | None = None, **fields: str) -> Ask:
    """Stage these files of the table below."""

    def ask(api: Api, _: Things) -> httpx.Response:
        files = [("image", (f"{name}.jpg", FILES[name], "image/jpeg")) for name in names]
        data = {"roomType": "living_room", "style": "modern", "account": BELLEVUE, **fields}
        sent = {} if key is None else {"Idempotency-Key": key}
        return api.post("alice", "/stage", files=files, data=data, headers=sent)

    return ask


def _call(method: str, path: str, *, who: str | None = "alice", **options: Any) -> Ask:
    def ask(api: Api, things: Things) -> httpx.Response:
        return api.call(method, who, path.format(**vars(things)), **options)

    return ask


def _then(first: Ask, second: Ask) -> Ask:
    def both(api: Api, things: Things) -> httpx.Response:
        first(api, things)
        return second(api, things)

    return both


def _twice(ask: Ask) -> Ask:
    return _then(ask, ask)


def _without_credits(ask: Ask) -> Ask:
    def short(api: Api, things: Things) -> httpx.Response:
        factories.set_balance(api.desk.database, 0)
        return ask(api, things)

    return short


def _while_provider_fails(error: errors.ProviderError, ask: Ask, *calls: str) -> Ask:
    def failing(api: Api, things: Things) -> httpx.Response:
        for call in calls:
            api.provider.fail_next(call, *[error] * 8)
        return ask(api, things)

    return failing


def _while_storage_is_away(ask: Ask, monkeypatched: str) -> Ask:
    def away(api: Api, things: Things) -> httpx.Response:
        def refuses(*_: object, **__: object) -> None:
            raise errors.StorageUnavailable

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(api.runtime.storage), monkeypatched, refuses)
            return ask(api, things)

    return away


def _refund(who: str, **body: Any) -> Ask:
    return _call("POST", "/jobs/{completed}/refund", who=who, json={"reason": "goodwill"} | body)


def _webhook(webhook_id: str = "msg_1", content: bytes | None = None) -> Ask:
    def send(api: Api, things: Things) -> httpx.Response:
        body = body_of(api.provider.predictions[things.prediction_id]) if content is None else content
        sent = headers(body, webhook_id=webhook_id)
        return api.post(None, "/webhooks/replicate", content=body, headers=sent)

    return send


FILES = {
    "photo": pictures_to_send.photo(7),
    "other": pictures_to_send.photo(8),
    "empty": b"",
    "text": b"This is no photo.",
    "broken": pictures_to_send.photo(9)[:2_000],
    "huge": b"\xff\xd8\xff" + bytes(50 * 1024 * 1024),
}
JSON = {"Content-Type": "application/json"}
KEY = {"headers": {"Idempotency-Key": "again"}}
RETRY, CANCEL, STATUS = "/jobs/{failed}/retry", "/jobs/{running}/cancel", "/replicate/status/{prediction_id}"
APPROVE, DECLINE = "/refunds/{refund_id}/approve", "/refunds/{refund_id}/decline"
NO = {"json": {"note": "The picture is fine."}}
TERMS: dict[str, Any] = {"json": {"rushVariantCredits": 30, "inFlightMax": 8}}
SYNC = _call("POST", "/sync-staging", json={})
VIEW = _call("GET", STATUS)
PHOTO = _call("GET", "/files/{photo_key}")
REFUSED, AWAY = errors.ProviderUnauthorized(), errors.ProviderUnavailable()
# By operation: each success there is, and each refusal that needs more than a strange request.
DELIBERATE: list[tuple[str, str, int, Ask]] = [
    ("post", "/stage", 202, _stage("photo")),
    ("post", "/stage", 202, _stage("photo", "other")),
    ("post", "/stage", 200, _twice(_stage("photo", key="again"))),
    ("post", "/stage", 400, _stage("empty")),
    ("post", "/stage", 402, _without_credits(_stage("photo"))),
    ("post", "/stage", 404, _stage("photo", account="Nobody Ltd")),
    ("post", "/stage", 409, _then(_stage("photo", key="again"), _stage("other", key="again"))),
    ("post", "/stage", 413, _stage("huge")),
    ("post", "/stage", 415, _stage("text")),
    ("post", "/stage", 422, _stage("broken")),
    ("post", "/stage", 422, _stage("photo", roomType="ballroom")),
    ("post", "/stage", 422, _stage(*["photo"] * (UPLOADS_MAX + 1))),
    ("post", "/stage", 503, _while_storage_is_away(_stage("photo"), "put")),
    ("get", "/jobs", 200, _call("GET", "/jobs", params={"status": ["failed", "processing"], "limit": 1})),
    ("get", "/jobs/{job_id}", 200, _call("GET", "/jobs/{running}")),
    ("get", "/jobs/{job_id}", 404, _call("GET", "/jobs/{running}", who="charlie")),
    ("post", "/jobs/{job_id}/cancel", 200, _call("POST", CANCEL)),
    ("post", "/jobs/{job_id}/cancel", 409, _call("POST", "/jobs/{failed}/cancel")),
    ("post", "/jobs/{job_id}/retry", 202, _call("POST", RETRY)),
    ("post", "/jobs/{job_id}/retry", 200, _twice(_call("POST", RETRY, **KEY))),
    ("post", "/jobs/{job_id}/retry", 402, _without_credits(_call("POST", RETRY))),
    ("post", "/jobs/{job_id}/retry", 409, _call("POST", "/jobs/{running}/retry")),
    ("post", "/jobs/{job_id}/refund", 200, _refund("alice", amount=5)),
    ("post", "/jobs/{job_id}/refund", 200, _twice(_refund("alice", variant=1))),
    # Support's limit was set to nothing when the waiting refund was asked for.
    ("post", "/jobs/{job_id}/refund", 202, _refund("dora")),
    ("post", "/jobs/{job_id}/refund", 403, _refund("bob")),
    ("post", "/jobs/{job_id}/refund", 409, _then(_refund("alice"), _refund("alice", amount=1))),
    ("post", "/jobs/{job_id}/refund", 422, _refund("alice", amount=0)),
    ("post", "/jobs/{job_id}/refund", 422, _refund("alice", amount=1.5)),
    ("post", "/jobs/{job_id}/refund", 422, _refund("alice", amout=5)),
    ("post", "/jobs/{job_id}/refund", 422, _refund("alice", reason="other")),
    ("get", "/refunds", 200, _call("GET", "/refunds", params={"state": "requested", "limit": 1})),
    ("post", "/refunds/{refund_id}/approve", 200, _twice(_call("POST", APPROVE))),
    ("post", "/refunds/{refund_id}/approve", 403, _call("POST", APPROVE, who="dora")),
    ("post", "/refunds/{refund_id}/approve", 409, _then(_call("POST", DECLINE, **NO), _call("POST", APPROVE))),
    ("post", "/refunds/{refund_id}/decline", 200, _call("POST", DECLINE, **NO)),
    ("post", "/refunds/{refund_id}/decline", 404, _call("POST", "/refunds/nothing/decline", **NO)),
    ("post", "/sync-staging", 200, SYNC),
    ("post", "/sync-staging", 400, _call("POST", "/sync-staging", content=b"\xff", headers=JSON)),
    ("post", "/sync-staging", 403, _call("POST", "/sync-staging", who="bob", json={})),
    ("post", "/sync-staging", 413, _call("POST", "/sync-staging", content=b" " * (1024 * 1024 + 1))),
    ("post", "/sync-staging", 502, _while_provider_fails(REFUSED, SYNC, "get", "list_pages")),
    ("post", "/sync-staging", 503, _while_provider_fails(AWAY, SYNC, "get", "list_pages")),
    ("get", "/replicate/status/{prediction_id}", 200, VIEW),
    ("get", "/replicate/status/{prediction_id}", 502, _while_provider_fails(REFUSED, VIEW, "get")),
    ("get", "/replicate/status/{prediction_id}", 503, _while_provider_fails(AWAY, VIEW, "get")),
    ("get", "/accounts/{account}", 200, _call("GET", f"/accounts/{BELLEVUE}", params={"limit": 1})),
    ("get", "/accounts/{account}", 404, _call("GET", f"/accounts/{OUTSIDER}", who="bob")),
    ("put", "/terms/{account}", 200, _call("PUT", f"/terms/{BELLEVUE}", **TERMS)),
    ("put", "/terms/{account}", 403, _call("PUT", f"/terms/{BELLEVUE}", who="dora", **TERMS)),
    ("put", "/terms/{account}", 404, _call("PUT", "/terms/nobody's", **TERMS)),
    ("get", "/analytics/summary", 200, _call("GET", "/analytics/summary", params={"by": "style"})),
    ("get", "/analytics/summary", 404, _call("GET", "/analytics/summary", params={"account": "nobody's"})),
    ("get", "/files/{key}", 200, PHOTO),
    ("get", "/files/{key}", 403, _call("GET", "/files/a", who=None, params={"expires": 1, "signature": "x"})),
    ("get", "/files/{key}", 503, _while_storage_is_away(PHOTO, "get")),
    ("post", "/webhooks/replicate", 200, _webhook()),
    ("post", "/webhooks/replicate", 200, _twice(_webhook())),
    ("post", "/webhooks/replicate", 401, _call("POST", "/webhooks/replicate", who=None, json={})),
    ("post", "/webhooks/replicate", 413, _webhook(content=b" " * (10 * 1024 * 1024 + 1))),
    ("post", "/webhooks/replicate", 422, _webhook(content=b"[]")),
]


@pytest.mark.parametrize(
    ("method", "path", "status", "ask"),
    DELIBERATE,
    ids=[f"{number}-{method} {path} {status}" for number, (method, path, status, _) in enumerate(DELIBERATE)],
)
def test_what_takes_more_than_chance_is_as_documented_too(
    api: Api, things: Things, method: str, path: str, status: int, ask: Ask
) -> None:
    answer = ask(api, things)
    assert answer.status_code == status, answer.text[:500]
    case = SYSTEMATIC[path][method].Case(path_parameters=things.path_parameters(path))
    case.validate_response(answer, checks=AS_DOCUMENTED)
    require_readable_problem(answer)


def test_a_line_break_in_a_path_leads_past_nothing(served: Api) -> None:
    client = TestClient(build_alone(served.runtime))
    sent = {"Authorization": f"Bearer {served.keys['alice']}"}
    for path in ("/api/jobs/a%0A", "/api/%0A", "/api/accounts/a%0Ab"):
        answer = client.get(path, headers=sent)
        assert answer.status_code == 404
        require_readable_problem(answer)


# ---- the document itself -----------------------------------------------------------------------


def test_the_document_that_is_served_is_the_one_that_is_tested(api: Api) -> None:
    assert api.get(None, "/openapi.json").json() == DOCUMENT


def test_every_operation_has_a_success_and_all_its_successes_are_tried() -> None:
    documented = {
        (method, path, int(status))
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        for status in operation["responses"]
        if int(status) < 300
    }
    assert documented == {(method, path, status) for method, path, status, _ in DELIBERATE if status < 300}


def test_every_documented_refusal_is_a_problem_and_nothing_else() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            refusals = {int(status): one for status, one in operation["responses"].items() if int(status) >= 400}
            assert 401 in refusals, (method, path)
            for status, response in refusals.items():
                assert response["content"] == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
                assert status in CODES.values()
                assert response["description"] not in ("", "Additional Response")
