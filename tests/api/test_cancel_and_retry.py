"""Does the API cancel and retry in exactly the promised words?"""

import pytest

from core import errors
from core.jobs import sync
from tests import factories
from tests.api.test_staging import JOB_FIELDS, UUID7
from tests.api_client import Api, problem
from tests.factories import BELLEVUE, CREDITS


def ended_job(api: Api, *, failed: int) -> str:
    """A job of which so many variants failed, the last ones."""
    job_id, predictions = factories.ordered_job(api.desk)
    for number, prediction_id in enumerate(predictions):
        if number < 2 - failed:
            sync.apply(api.desk, factories.manager(), api.provider.finish(prediction_id))
        else:
            factories.fail(api.desk, api.provider, prediction_id)
    return job_id


# ---- cancel ------------------------------------------------------------------------------------------


def test_a_queued_job_is_canceled_with_its_refund(api: Api) -> None:
    job_id = api.stage("bob").json()["jobId"]
    answer = api.post("dora", f"/jobs/{job_id}/cancel")
    job = answer.json()
    assert answer.status_code == 200
    assert set(job) == JOB_FIELDS
    assert {name: job[name] for name in ("id", "status", "progress", "creditsUsed", "creditsRefunded", "error")} == {
        "id": job_id,
        "status": "canceled",
        "progress": 100,
        "creditsUsed": 40,
        "creditsRefunded": 40,
        "error": None,
    }
    assert (job["replicateJobId"], job["resultUrls"]) == (None, [])
    assert job["completedAt"] is not None
    assert [(one["state"], one["error"]) for one in job["variants"]] == [("canceled", None)] * 2
    asked = next(event for event in job["events"] if event["kind"] == "cancel_requested")
    assert (asked["source"], asked["actor"]) == ("api", "key dora")
    assert api.get("bob", f"/jobs/{job_id}").json() == job
    assert factories.balance(api.desk.database) == CREDITS
    entries = api.get("bob", f"/accounts/{BELLEVUE}").json()["entries"]
    assert [(one["kind"], one["amount"], one["reason"], one["actor"]) for one in entries[:2]] == [
        ("refund", 20, "system", "key dora")
    ] * 2


def test_asking_again_answers_the_same(api: Api) -> None:
    job_id, _ = factories.ordered_job(api.desk)
    first, second = (api.post(who, f"/jobs/{job_id}/cancel") for who in ("dora", "alice"))
    assert first.json()["status"] == "canceled"
    assert (second.status_code, second.json()) == (200, first.json())


def test_a_result_that_is_there_makes_the_job_partial(api: Api) -> None:
    job_id, predictions = factories.ordered_job(api.desk)
    sync.apply(api.desk, factories.manager(), api.provider.finish(predictions[0]))
    job = api.post("dora", f"/jobs/{job_id}/cancel").json()
    assert (job["status"], job["creditsRefunded"], len(job["resultUrls"])) == ("partial", 20, 1)
    assert api.get("bob", job["resultUrls"][0]).status_code == 200


def test_what_replicate_could_not_be_told_yet_is_answered_as_it_stands(api: Api) -> None:
    job_id, _ = factories.ordered_job(api.desk)
    api.provider.is_silent = True
    answer = api.post("dora", f"/jobs/{job_id}/cancel")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["creditsRefunded"]) == ("processing", 0)
    assert answer.json()["events"][-1]["kind"] == "cancel_requested"


@pytest.mark.parametrize(("failed", "state"), [(0, "completed"), (1, "partial"), (2, "failed")])
def test_a_job_that_has_ended_is_a_409(api: Api, failed: int, state: str) -> None:
    job_id = ended_job(api, failed=failed)
    before = api.get("bob", f"/jobs/{job_id}").json()
    assert before["status"] == state
    assert state in problem(api.post("dora", f"/jobs/{job_id}/cancel"), 409, "state_conflict")["detail"]
    assert api.get("bob", f"/jobs/{job_id}").json() == before


# ---- retry -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failed", [1, 2])
def test_a_retry_is_a_job_of_its_own_like_any_that_is_staged(api: Api, failed: int) -> None:
    old = api.get("bob", f"/jobs/{ended_job(api, failed=failed)}").json()
    balance = factories.balance(api.desk.database)
    answer = api.post("dora", f"/jobs/{old['id']}/retry")
    body = answer.json()

    assert answer.status_code == 202
    assert set(body) == {"jobId", "status", "creditsUsed", "reused", "balance", "replicateJobId", "job"}
    assert UUID7.fullmatch(body["jobId"])
    assert body["jobId"] != old["id"]
    assert {name: body[name] for name in ("status", "creditsUsed", "balance", "replicateJobId")} == {
        "status": "pending",
        "creditsUsed": 20 * failed,
        "balance": balance - 20 * failed,
        "replicateJobId": None,
    }
    job = body["job"]
    assert set(job) == JOB_FIELDS
    assert (job["retryOf"], job["creditsUsed"], job["creditsRefunded"]) == (old["id"], 20 * failed, 0)
    for field in ("account", "roomType", "style", "priority", "prompt", "model"):
        assert job[field] == old[field], field
    assert [one["index"] for one in job["variants"]] == list(range(2 - failed, 2))
    assert not {one["seed"] for one in job["variants"]} & {one["seed"] for one in old["variants"]}
    assert api.get("bob", f"/jobs/{job['id']}").json() == job
    # The old one has not moved.
    now = api.get("bob", f"/jobs/{old['id']}").json()
    assert now | {"events": None} == old | {"events": None}
    assert now["events"][:-1] == old["events"]


def test_a_finished_retry_shows_the_one_result_it_made(api: Api) -> None:
    job_id = api.post("dora", f"/jobs/{ended_job(api, failed=1)}/retry").json()["jobId"]
    (prediction_id,) = factories.order_queued(api.desk, job_id)
    sync.apply(api.desk, factories.manager(), api.provider.finish(prediction_id))
    job = api.get("bob", f"/jobs/{job_id}").json()
    assert (job["status"], len(job["resultUrls"]), job["replicateJobId"]) == ("completed", 1, prediction_id)
    assert (job["variants"][0]["index"], job["creditsRefunded"]) == (1, 0)


def test_a_repeated_key_is_200_with_the_first_answer(api: Api) -> None:
    job_id, key = ended_job(api, failed=1), {"Idempotency-Key": "again-1"}
    first, second = (api.post("dora", f"/jobs/{job_id}/retry", headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json() == first.json()
    assert len(api.get("bob", "/jobs").json()["items"]) == 2
    other = ended_job(api, failed=1)
    problem(api.post("dora", f"/jobs/{other}/retry", headers=key), 409, "idempotency_conflict")
    problem(
        api.post("dora", f"/jobs/{other}/retry", headers={"Idempotency-Key": "k" * 201}), 422, "validation_failed"
    )


@pytest.mark.parametrize("state", ["pending", "processing", "completed", "retried"])
def test_what_needs_no_retry_is_a_409_and_costs_nothing(api: Api, state: str) -> None:
    made = {
        "pending": lambda: factories.job(api.desk),
        "processing": lambda: factories.ordered_job(api.desk)[0],
        "completed": lambda: ended_job(api, failed=0),
        "retried": lambda: ended_job(api, failed=1),
    }
    job_id = made[state]()
    if state == "retried":
        assert api.post("dora", f"/jobs/{job_id}/retry").status_code == 202
    balance = factories.balance(api.desk.database)
    body = problem(api.post("dora", f"/jobs/{job_id}/retry"), 409, "state_conflict")
    assert "Nothing was charged" in body["detail"]
    assert factories.balance(api.desk.database) == balance


def test_without_credits_a_retry_is_402_and_says_the_figures(api: Api) -> None:
    job_id = ended_job(api, failed=1)
    factories.set_balance(api.desk.database, 19)
    detail = problem(api.post("dora", f"/jobs/{job_id}/retry"), 402, "insufficient_credits")["detail"]
    assert "19" in detail
    assert "20" in detail
    assert "Nothing was charged" in detail
    assert [job["id"] for job in api.get("bob", "/jobs").json()["items"]] == [job_id]


# ---- both --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_an_unknown_job_is_404_and_a_missing_role_403(api: Api, action: str) -> None:
    job_id = factories.job(api.desk)
    for who in ("dora", "alice"):
        for unknown in ("none", "%00", "x" * 200):
            problem(api.post(who, f"/jobs/{unknown}/{action}"), 404, "job_not_found")
    for who in ("bob", "charlie"):
        # Whether there is such a job is nothing that the answer tells.
        for asked in (job_id, "none"):
            problem(api.post(who, f"/jobs/{asked}/{action}"), 403, "permission_denied")
    problem(api.post(None, f"/jobs/{job_id}/{action}"), 401, "not_authenticated")
    problem(api.get("alice", f"/jobs/{job_id}/{action}"), 405, "method_not_allowed")
    assert api.get("bob", f"/jobs/{job_id}").json()["status"] == "pending"


def test_a_provider_that_refuses_our_token_is_no_error_of_the_cancel(api: Api) -> None:
    job_id, _ = factories.ordered_job(api.desk)
    api.provider.fail_next("cancel", errors.ProviderUnauthorized())
    assert api.post("dora", f"/jobs/{job_id}/cancel").status_code == 200
