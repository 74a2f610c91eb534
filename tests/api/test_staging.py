"""Does the API answer in exactly the promised words when photos are staged?"""

import re
from datetime import datetime

import pytest

from core import errors
from core.jobs import sync
from tests import factories, pictures_to_send
from tests.api_client import Api, problem
from tests.factories import BELLEVUE, OUTSIDER

DATABASES = ("sqlite",)
JOB_FIELDS = {
    "id",
    "status",
    "progress",
    "account",
    "roomType",
    "style",
    "priority",
    "prompt",
    "promptVersion",
    "model",
    "parameters",
    "retryOf",
    "creditsUsed",
    "creditsRefunded",
    "replicateJobId",
    "resultUrls",
    "error",
    "createdAt",
    "startedAt",
    "completedAt",
    "variants",
    "events",
}
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_staging_one_photo_answers_with_its_job(api: Api) -> None:
    factories.allow_rush(api.desk.database)
    answer = api.stage("bob", priority="rush", instructions="plants")
    body = answer.json()

    assert answer.status_code == 202
    assert set(body) == {"jobId", "status", "creditsUsed", "reused", "balance", "replicateJobId", "job"}
    assert body["reused"] is False
    assert UUID7.fullmatch(body["jobId"])
    assert {name: body[name] for name in ("status", "creditsUsed", "balance", "replicateJobId")} == {
        "status": "pending",
        "creditsUsed": 60,
        "balance": 940,
        "replicateJobId": None,
    }
    job = body["job"]
    assert set(job) == JOB_FIELDS
    assert job["id"] == body["jobId"]
    assert (job["account"], job["roomType"], job["style"], job["priority"]) == (
        BELLEVUE,
        "living_room",
        "modern",
        "rush",
    )
    assert (job["progress"], job["creditsRefunded"], job["resultUrls"], job["error"]) == (0, 0, [], None)
    assert datetime.fromisoformat(job["createdAt"]).tzinfo is not None
    assert [set(one) for one in job["variants"]] == [{"index", "state", "seed", "resultUrl", "error", "attempts"}] * 2
    assert [(one["index"], one["state"]) for one in job["variants"]] == [(0, "queued"), (1, "queued")]
    assert [set(one) for one in job["events"]] == [{"at", "kind", "source", "actor", "message"}]
    assert (job["events"][0]["source"], job["events"][0]["actor"]) == ("api", "key bob")


def test_staging_several_photos_answers_with_all_jobs_and_one_balance(api: Api) -> None:
    answer = api.stage("bob", 1, 2)
    body = answer.json()
    assert answer.status_code == 202
    assert set(body) == {"jobs", "balance"}
    assert body["balance"] == 920
    assert [set(one) for one in body["jobs"]] == [
        {"jobId", "status", "creditsUsed", "reused", "replicateJobId", "job"}
    ] * 2


def test_a_manager_says_which_account_pays(api: Api) -> None:
    problem(api.stage("alice"), 422, "account_required")
    assert api.stage("alice", account=OUTSIDER).json()["job"]["account"] == OUTSIDER
    assert api.stage("bob", account=BELLEVUE).status_code == 202
    problem(api.stage("bob", account=OUTSIDER), 404, "account_not_found")
    problem(api.stage("alice", account="Nobody"), 404, "account_not_found")


@pytest.mark.parametrize("numbers", [(1,), (1, 2)])
def test_a_repeated_key_answers_200_with_the_job_as_first_made(api: Api, numbers: tuple[int, ...]) -> None:
    first = api.stage("bob", *numbers, key="form-1")
    api.stage("bob", 7)
    again = api.stage("bob", *numbers, key="form-1")
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json()
    problem(api.stage("bob", 8, key="form-1"), 409, "idempotency_conflict")
    assert factories.balance(api.desk.database) == 1_000 - 40 * (len(numbers) + 1)


def test_without_credits_staging_is_402_and_says_the_figures(api: Api) -> None:
    factories.set_balance(api.desk.database, 39)
    body = problem(api.stage("bob"), 402, "insufficient_credits")
    assert "39" in body["detail"]
    assert "Nothing was charged" in body["detail"]


REFUSED: dict[str, tuple[dict[str, object], int, str]] = {
    "empty": ({"data": b""}, 400, "photo_empty"),
    "no picture": ({"data": b"%PDF-1.7 " * 100}, 415, "photo_unsupported"),
    "too large": ({"data": pictures_to_send.photo() + bytes(50 * 1024 * 1024)}, 413, "photo_too_large"),
    "too small": ({"data": pictures_to_send.photo(width=500, height=500)}, 422, "photo_too_small"),
    "broken": ({"data": pictures_to_send.photo()[:5_000]}, 422, "photo_unreadable"),
    "room type": ({"roomType": "spaceship"}, 422, "unknown_room_type"),
    "style": ({"style": "plaid"}, 422, "unknown_style"),
    "priority": ({"priority": "urgent"}, 422, "validation_failed"),
    "wish": ({"instructions": "remove the wall"}, 422, "instructions_refused"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_has_its_status_and_code(api: Api, case: str) -> None:
    wrong, status, code = REFUSED[case]
    fields = {"roomType": "bedroom", "style": "modern", **wrong}
    data = fields.pop("data", pictures_to_send.photo())
    answer = api.post("bob", "/stage", files={"image": ("a.jpg", data, "image/jpeg")}, data=fields)
    problem(answer, status, code)
    assert factories.balance(api.desk.database) == 1_000


@pytest.mark.parametrize("missing", ["image", "roomType", "style"])
def test_a_missing_field_is_named(api: Api, missing: str) -> None:
    fields = {"roomType": "bedroom", "style": "modern"}
    fields.pop(missing, None)
    files = {} if missing == "image" else {"image": ("a.jpg", pictures_to_send.photo(), "image/jpeg")}
    assert missing in problem(api.post("bob", "/stage", files=files, data=fields), 422, "validation_failed")["detail"]


def test_a_finished_job_shows_its_results_and_predictions(api: Api) -> None:
    job_id, predictions = factories.ordered_job(api.desk)
    for prediction_id in predictions:
        sync.apply(api.desk, factories.manager(), api.provider.finish(prediction_id))
    job = api.get("bob", f"/jobs/{job_id}").json()
    assert set(job) == JOB_FIELDS
    assert (job["status"], job["progress"]) == ("completed", 100)
    assert job["replicateJobId"] == ",".join(predictions)
    assert len(job["resultUrls"]) == 2
    assert [variant["resultUrl"] for variant in job["variants"]] == job["resultUrls"]
    for url in job["resultUrls"]:
        assert url.startswith("/api/files/")
        answer = api.get("bob", url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    attempt = job["variants"][0]["attempts"][0]
    assert set(attempt) == {"predictionId", "status", "createdAt", "predictSeconds"}
    assert attempt["predictSeconds"] == 1.5


def test_a_failed_job_says_why(api: Api) -> None:
    job_id, predictions = factories.ordered_job(api.desk)
    for prediction_id in predictions:
        factories.fail(api.desk, api.provider, prediction_id, error="E005 sensitive")
    job = api.get("bob", f"/jobs/{job_id}").json()
    assert (job["status"], job["creditsRefunded"], job["resultUrls"]) == ("failed", 40, [])
    assert job["error"]["code"] == "safety"
    assert job["error"]["message"] == errors.SafetyRefused().message
    assert [variant["error"]["code"] for variant in job["variants"]] == ["safety", "safety"]
    # The prediction that failed first, and the one of the free retry; the job names the latter.
    tried = [[attempt["predictionId"] for attempt in variant["attempts"]] for variant in job["variants"]]
    assert [first for first, _ in tried] == predictions
    assert job["replicateJobId"] == ",".join(last for _, last in tried)
    assert [event["kind"] for event in job["events"]].count("retried") == 2
