"""Does the API keep the word of its document? Every operation, with input that fits and that doesn't, by each caller.

Schemathesis makes the requests out of the document; the same ones each time.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from core.api.app import build_alone, build_api
from core.jobs import sync
from tests import factories
from tests.api.deliberate import DELIBERATE, Ask, Things
from tests.api_client import Api
from tests.listings import desk_listings
from tests.test_readme import section

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
# What is sent there that is no photo is refused within the answer, file by file.
TOLD_ONE_BY_ONE = {("/listings/{listing_id}/photos", "negative_data_rejection")}
AS_DOCUMENTED = KEPT_WORDS[1:5]


@pytest.fixture
def things(api: Api) -> Things:
    running, (prediction_id, _) = factories.ordered_job(api.desk)
    failed, predictions = factories.ordered_job(api.desk, number=1)
    for one in predictions:
        sync.apply(api.desk, factories.manager(), api.provider.finish(one, status="canceled"))
    photo_key = factories.detail(api.desk.database, running).photo.original_key
    listing_id = desk_listings.opened(api.desk, factories.manager(), 3)
    return Things(
        running=running,
        failed=failed,
        completed=factories.completed_job(api.desk, api.provider, number=2),
        refund_id=factories.requested_refund(api.desk, api.provider),
        prediction_id=prediction_id,
        experiment_id=factories.experiment(api.desk.database, is_started=False),
        photo_key=photo_key,
        listing_id=listing_id,
        listing_photo_id=desk_listings.of(api.desk, listing_id).photos[0].id,
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
    checks = [one for one in KEPT_WORDS if (case.operation.path, one.__name__) not in TOLD_ONE_BY_ONE]
    case.validate_response(
        answer,
        checks=checks,
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
