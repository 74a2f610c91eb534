"""Does a refund through the API say what it did, once, and refuse what is no refund?"""

from typing import Any

import pytest

from tests import factories
from tests.api_client import Api, problem
from tests.factories import CREDITS


@pytest.fixture
def completed(api: Api) -> str:
    return factories.completed_job(api.desk, api.provider)


def test_a_refund_tells_amount_balance_and_state(api: Api, completed: str) -> None:
    answer = api.post("dora", f"/jobs/{completed}/refund", json={"variant": 0, "reason": "structure_altered"})
    body = answer.json()
    assert (answer.status_code, body["refunded"], body["balance"]) == (200, 20, CREDITS - 20)
    assert (body["refund"]["state"], body["refund"]["variant"], body["refund"]["requestedBy"]) == (
        "refunded",
        0,
        "key dora",
    )
    assert api.get("bob", f"/jobs/{completed}").json()["creditsRefunded"] == 20
    (entry, *_) = api.get("bob", f"/accounts/{factories.BELLEVUE}").json()["entries"]
    assert (entry["kind"], entry["amount"], entry["reason"], entry["actor"]) == (
        "refund",
        20,
        "structure_altered",
        "key dora",
    )


def test_twenty_equal_calls_at_once_refund_once(api: Api, completed: str) -> None:
    answers = factories.at_once(
        *[lambda: api.post("dora", f"/jobs/{completed}/refund", json={"amount": 10, "reason": "goodwill"})] * 20
    )
    assert [(one.status_code, one.json()["refunded"], one.json()["balance"]) for one in answers] == [
        (200, 10, CREDITS - 30)
    ] * 20
    assert factories.refunds(api.desk.database, completed) == [10]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": 41}, 409, "state_conflict"),
        ({"amount": 0}, 422, "invalid_amount"),
        ({"amount": -5}, 422, "invalid_amount"),
        ({"amount": 2.5}, 422, "validation_failed"),
        ({"amount": "5"}, 422, "validation_failed"),
        ({"amount": True}, 422, "validation_failed"),
        ({"amount": 10**30}, 409, "state_conflict"),
        ({"variant": 7}, 422, "validation_failed"),
        ({"variant": 0, "amount": 5}, 422, "validation_failed"),
        ({"amout": 5}, 422, "validation_failed"),
        ({"reason": "because"}, 422, "validation_failed"),
        ({"reason": "system"}, 422, "validation_failed"),
        ({"reason": "other"}, 422, "validation_failed"),
    ],
)
def test_what_is_no_refund_is_refused_and_changes_nothing(
    api: Api, completed: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = api.post("dora", f"/jobs/{completed}/refund", json={"reason": "goodwill"} | body)
    problem(answer, status, code)
    assert factories.balance(api.desk.database) == CREDITS - 40


def test_above_the_limit_it_waits_and_a_manager_decides(api: Api) -> None:
    refund_id = factories.requested_refund(api.desk, api.provider)
    (waiting,) = api.get("dora", "/refunds", params={"state": "requested"}).json()["items"]
    assert (waiting["id"], waiting["amount"], waiting["decidedAt"]) == (refund_id, 40, None)
    before = factories.balance(api.desk.database)
    problem(api.post("dora", f"/refunds/{refund_id}/approve"), 403, "permission_denied")
    paid = api.post("alice", f"/refunds/{refund_id}/approve", json={"note": "Agreed."}).json()
    assert (paid["refunded"], paid["balance"], paid["refund"]["decisionNote"]) == (40, before + 40, "Agreed.")
    again = api.post("alice", f"/refunds/{refund_id}/approve")
    assert (again.status_code, again.json()["balance"]) == (200, before + 40)
    assert factories.balance(api.desk.database) == before + 40
