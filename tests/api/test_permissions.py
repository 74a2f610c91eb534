"""Who may call what? Every route of the application, for every kind of caller."""

from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from core.api.app import build_api
from core.auth.roles import PERMISSIONS, Action, Role
from tests import factories
from tests.api_client import Api, problem
from tests.factories import BELLEVUE
from tests.listings import desk_listings
from tests.pictures_to_send import photo

DATABASES = ("sqlite",)
CALLERS = (None, "bob", "charlie", "dora", "alice")
OPEN = (200, 200, 200, 200, 200)
# What a route answers when it is asked for something of Bellevue Homes: without a key, to Bellevue's own staff, to
# the staff of another account, to support, to a manager.
EXPECTED: dict[tuple[str, str], tuple[int, int, int, int, int]] = {
    ("GET", "/openapi.json"): OPEN,
    ("POST", "/stage"): (401, 202, 404, 202, 202),
    ("POST", "/listings"): (401, 200, 404, 200, 200),
    ("GET", "/listings"): (401, 200, 200, 200, 200),
    ("GET", "/listings/{listing_id}"): (401, 200, 404, 200, 200),
    ("PATCH", "/listings/{listing_id}"): (401, 200, 404, 200, 200),
    ("POST", "/listings/{listing_id}/photos"): (401, 200, 404, 200, 200),
    ("PATCH", "/listings/{listing_id}/photos/{photo_id}"): (401, 200, 404, 200, 200),
    # Staff stage it; then there is nothing left to stage.
    ("POST", "/listings/{listing_id}/stage"): (401, 202, 404, 422, 422),
    # Who may see the listing is told that there is nothing yet.
    ("GET", "/listings/{listing_id}/results.zip"): (401, 409, 404, 409, 409),
    ("GET", "/jobs"): (401, 200, 200, 200, 200),
    # The job has no result yet: those who see it learn that.
    ("PUT", "/jobs/{job_id}/favorite"): (401, 422, 404, 422, 422),
    ("PUT", "/jobs/{job_id}/ratings/{variant}"): (401, 422, 404, 422, 422),
    ("GET", "/jobs/{job_id}"): (401, 200, 404, 200, 200),
    ("POST", "/jobs/{job_id}/cancel"): (401, 403, 403, 200, 200),
    # Support asks first; the manager then finds the retry under way.
    ("POST", "/jobs/{job_id}/retry"): (401, 403, 403, 202, 409),
    # The job is still under way: those who may refund learn that.
    ("POST", "/jobs/{job_id}/refund"): (401, 403, 403, 409, 409),
    ("GET", "/refunds"): (401, 403, 403, 200, 200),
    ("POST", "/refunds/{refund_id}/approve"): (401, 403, 403, 403, 200),
    ("POST", "/refunds/{refund_id}/decline"): (401, 403, 403, 403, 200),
    ("POST", "/sync-staging"): (401, 403, 403, 200, 200),
    ("GET", "/replicate/status/{prediction_id}"): (401, 200, 404, 200, 200),
    ("GET", "/accounts/{account:path}"): (401, 200, 404, 200, 200),
    ("PUT", "/terms/{account:path}"): (401, 403, 403, 403, 200),
    ("GET", "/models"): (401, 200, 200, 200, 200),
    ("PATCH", "/models/{owner}/{name}"): (401, 403, 403, 403, 200),
    ("GET", "/experiments"): (401, 403, 403, 403, 200),
    ("GET", "/experiments/{experiment_id}"): (401, 403, 403, 403, 200),
    ("GET", "/analytics/summary"): (401, 403, 403, 403, 200),
    ("GET", "/files/{key:path}"): (401, 200, 404, 200, 200),
    ("POST", "/webhooks/replicate"): (401, 401, 401, 401, 401),
}
# What the role must be allowed to do before a route does anything; None for those that anybody may call.
NEEDS: dict[tuple[str, str], Action | None] = {
    ("GET", "/openapi.json"): None,
    ("POST", "/stage"): Action.STAGE,
    ("POST", "/listings"): Action.STAGE,
    ("GET", "/listings"): Action.READ_JOBS,
    ("GET", "/listings/{listing_id}"): Action.READ_JOBS,
    ("PATCH", "/listings/{listing_id}"): Action.STAGE,
    ("POST", "/listings/{listing_id}/photos"): Action.STAGE,
    ("PATCH", "/listings/{listing_id}/photos/{photo_id}"): Action.STAGE,
    ("POST", "/listings/{listing_id}/stage"): Action.STAGE,
    ("GET", "/listings/{listing_id}/results.zip"): Action.READ_JOBS,
    ("PUT", "/jobs/{job_id}/favorite"): Action.STAGE,
    ("PUT", "/jobs/{job_id}/ratings/{variant}"): Action.STAGE,
    ("GET", "/jobs"): Action.READ_JOBS,
    ("GET", "/jobs/{job_id}"): Action.READ_JOBS,
    ("POST", "/jobs/{job_id}/cancel"): Action.CANCEL,
    ("POST", "/jobs/{job_id}/retry"): Action.RETRY,
    ("POST", "/jobs/{job_id}/refund"): Action.REFUND,
    ("GET", "/refunds"): Action.REFUND,
    ("POST", "/refunds/{refund_id}/approve"): Action.DECIDE_REFUNDS,
    ("POST", "/refunds/{refund_id}/decline"): Action.DECIDE_REFUNDS,
    ("POST", "/sync-staging"): Action.SYNC,
    ("GET", "/replicate/status/{prediction_id}"): Action.ASK_PROVIDER,
    ("GET", "/accounts/{account:path}"): Action.READ_ACCOUNTS,
    ("PUT", "/terms/{account:path}"): Action.SET_LIMITS,
    ("GET", "/models"): Action.STAGE,
    ("PATCH", "/models/{owner}/{name}"): Action.MANAGE_MODELS,
    ("GET", "/experiments"): Action.MANAGE_EXPERIMENTS,
    ("GET", "/experiments/{experiment_id}"): Action.MANAGE_EXPERIMENTS,
    ("GET", "/analytics/summary"): Action.READ_ANALYTICS,
    ("GET", "/files/{key:path}"): Action.READ_JOBS,
    ("POST", "/webhooks/replicate"): None,
}
ROLES = {"bob": Role.STAFF, "charlie": Role.STAFF, "dora": Role.SUPPORT, "alice": Role.MANAGER}


def routes() -> set[tuple[str, str]]:
    application: Any = build_api(None)  # type: ignore[arg-type]
    return {
        (method, context.path)
        for context in iter_route_contexts(application.routes)
        for method in context.methods or ()
        if method != "HEAD"
    }


def test_every_route_has_an_expectation_and_a_rule() -> None:
    assert routes() == set(EXPECTED) == set(NEEDS)


@pytest.mark.parametrize("caller", ROLES)
@pytest.mark.parametrize("route", sorted(NEEDS))
def test_a_role_is_forbidden_what_the_table_does_not_give_it(route: tuple[str, str], caller: str) -> None:
    # What each caller is expected to get is what they do get, below; here it is held against the table of roles.
    needed, answer = NEEDS[route], EXPECTED[route][CALLERS.index(caller)]
    assert (answer == 403) is (needed is not None and needed not in PERMISSIONS[ROLES[caller]])


@pytest.mark.parametrize(("method", "path"), sorted(EXPECTED))
def test_each_caller_gets_what_its_role_allows(api: Api, method: str, path: str) -> None:
    job_id, predictions = factories.ordered_job(api.desk)
    if path.endswith("/retry"):
        for prediction_id in predictions:
            factories.fail(api.desk, api.provider, prediction_id)
    listing_id = desk_listings.opened(api.desk, factories.manager(), 5)
    values = {
        "job_id": job_id,
        "listing_id": listing_id,
        "photo_id": desk_listings.of(api.desk, listing_id).photos[0].id,
        "variant": "0",
        "refund_id": factories.requested_refund(api.desk, api.provider),
        "prediction_id": predictions[0],
        "experiment_id": factories.experiment(api.desk.database),
        "account:path": BELLEVUE,
        "owner": "black-forest-labs",
        "name": "flux-2-pro",
        "key:path": factories.detail(api.desk.database, job_id).photo.original_key,
    }
    for name, value in values.items():
        path = path.replace("{" + name + "}", value)
    requests: dict[str, dict[str, Any]] = {
        "/stage": {
            "files": {"image": ("a.jpg", photo(), "image/jpeg")},
            "data": {"roomType": "bedroom", "style": "modern", "account": BELLEVUE},
        },
        f"/terms/{BELLEVUE}": {"json": {"rushVariantCredits": 30, "inFlightMax": None}},
        "/models/black-forest-labs/flux-2-pro": {"json": {"isOn": True}},
        "/listings": {"json": {"reference": "1 Elm Street", "account": BELLEVUE}} if method == "POST" else {},
        f"/listings/{listing_id}": {"json": {"style": "coastal"}} if method == "PATCH" else {},
        f"/listings/{listing_id}/photos": {"files": {"image": ("a.jpg", photo(), "image/jpeg")}},
        f"/listings/{listing_id}/photos/{values['photo_id']}": {"json": {"skip": False}},
        f"/listings/{listing_id}/stage": {"json": {}},
        f"/jobs/{job_id}/favorite": {"json": {"variant": 0}},
        f"/jobs/{job_id}/ratings/0": {"json": {"stars": 3}},
        "/sync-staging": {"json": {"jobId": job_id}},
        f"/jobs/{job_id}/refund": {"json": {"reason": "goodwill"}},
        f"/refunds/{values['refund_id']}/decline": {"json": {"note": "No."}},
        "/webhooks/replicate": {"content": b"{}"},
    }
    answers = [api.call(method, caller, path, **requests.get(path, {})) for caller in CALLERS]
    found = tuple(answer.status_code for answer in answers)
    key = next(one for one in EXPECTED if one[0] == method and _matches(one[1], path, values))
    assert found == EXPECTED[key], [answer.text[:200] for answer in answers]
    for answer in answers:
        if answer.status_code >= 400:
            problem(answer, answer.status_code, answer.json()["code"])
        if answer.status_code == 401 and "webhooks" not in path:
            assert answer.headers["www-authenticate"] == "Bearer"


def _matches(template: str, path: str, values: dict[str, str]) -> bool:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template == path


def test_staff_see_only_their_own_jobs(api: Api) -> None:
    own = factories.job(api.desk)
    foreign = factories.job(api.desk, account=factories.OUTSIDER, number=2)
    seen = {who: [job["id"] for job in api.get(who, "/jobs").json()["items"]] for who in ("bob", "charlie", "dora")}
    assert seen == {"bob": [own], "charlie": [foreign], "dora": [foreign, own]}
    assert api.get("charlie", "/jobs", params={"account": BELLEVUE}).json()["items"] == []


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic Ym9iOmJvYg==",
        "bob",
        "Bearer sd_" + "a" * 43,
        "Bearer \x80",
        "Token x",
    ],
)
def test_what_is_no_key_is_refused(api: Api, authorization: str) -> None:
    answer = api.get(None, "/jobs", headers={"Authorization": authorization.encode("latin-1")})
    problem(answer, 401, "not_authenticated")


def test_a_key_is_taken_from_the_header_only(api: Api) -> None:
    assert api.get(None, "/jobs", params={"token": api.keys["bob"], "key": api.keys["bob"]}).status_code == 401
