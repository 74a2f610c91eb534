"""Does a refund through the API say what it did, once, and refuse what is no refund?"""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from core import clock
from core.auth import api_keys
from core.auth.roles import Role
from core.credits import limits
from core.credits.limits import RefundLimit
from core.models import User
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


def test_only_what_was_shown_is_refunded(api: Api, completed: str) -> None:
    shown = {"reason": "goodwill", "expectedCredits": 40}
    api.post("alice", f"/jobs/{completed}/refund", json={"reason": "goodwill", "amount": 1})
    told = problem(api.post("dora", f"/jobs/{completed}/refund", json=shown), 409, "state_conflict")
    assert "39 credits would be refunded by now, not 40" in told["detail"]
    answer = api.post("dora", f"/jobs/{completed}/refund", json={**shown, "expectedCredits": 39})
    assert answer.json()["refunded"] == 39


def test_who_asked_withdraws_it_and_nobody_else_but_a_manager(api: Api, completed: str) -> None:
    with api.desk.database.write() as session:
        other = api_keys.create(session, name="other support", role=Role.SUPPORT, account_id=None)
    limit = RefundLimit(role=Role.SUPPORT, per_refund_credits=0, per_day_credits=None)
    limits.set_refund_limit(api.desk.database, factories.manager(), limit)
    asked = api.post("dora", f"/jobs/{completed}/refund", json={"reason": "goodwill"}).json()["refund"]
    path = f"/refunds/{asked['id']}/decline"
    problem(api.post(other, path, json={"note": "no"}), 403, "permission_denied")
    problem(api.post("alice", path, json={}), 422, "validation_failed")
    withdrawn = api.post("dora", path, json={})
    assert (withdrawn.status_code, withdrawn.json()["refund"]["state"]) == (200, "declined")
    (event, *_) = reversed(api.get("bob", f"/jobs/{completed}").json()["events"])
    assert event["message"] == "The request for a refund of 40 credits was withdrawn."


@pytest.mark.parametrize("name", ["person", "account", "cursor"])
def test_a_filter_that_no_database_can_hold_finds_nothing(api: Api, completed: str, name: str) -> None:
    answer = api.get("dora", "/refunds", params={name: "a\x00"})
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    problem(api.post("alice", "/refunds/a%00/approve"), 404, "refund_not_found")


def test_a_key_whose_maker_lost_their_role_is_told_so(api: Api) -> None:
    maker = replace(factories.manager(), identity="user:1")
    with api.desk.database.write() as session:
        session.execute(
            sa.insert(User).values(id=1, email="zoe@example.com", name="", role="support", created_at=clock.now())
        )
        key = api_keys.create(session, name="web", role=Role.MANAGER, account_id=None, made_by=maker)
    assert api.get(key, "/refunds").status_code == 200
    problem(api.post(key, "/refunds/none/approve"), 403, "permission_denied")
    with api.desk.database.write() as session:
        session.execute(sa.update(User).values(role=None))
    refused = api.get(key, "/refunds")
    problem(refused, 401, "key_maker_without_role")
    assert refused.headers["www-authenticate"] == "Bearer"


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
