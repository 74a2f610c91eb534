"""Can a program read everything page by page, and is every odd question answered with a problem?"""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import errors
from tests import factories
from tests.api_client import Api, problem
from tests.factories import BELLEVUE


def test_jobs_are_read_page_by_page_newest_first(api: Api) -> None:
    made = [factories.job(api.desk, number=number) for number in range(5)]
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor is not None:
        # As a program would that puts the cursor into the address just as it came.
        answer = api.get("bob", "/jobs?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"items", "nextCursor"}
        seen += [job["id"] for job in answer.json()["items"]]
        cursor, pages = answer.json()["nextCursor"], pages + 1
    assert seen == made[::-1]
    assert pages == 3


def test_jobs_are_filtered_by_state_and_account(api: Api) -> None:
    pending = factories.job(api.desk)
    processing, _ = factories.ordered_job(api.desk, number=1)
    foreign = factories.job(api.desk, account=factories.OUTSIDER, number=2)
    table: list[tuple[dict[str, object], list[str]]] = [
        ({"status": "pending"}, [foreign, pending]),
        ({"status": ["pending", "processing"], "account": BELLEVUE}, [processing, pending]),
        ({"status": "completed"}, []),
        ({"account": "Nobody"}, []),
    ]
    for params, expected in table:
        items = api.get("alice", "/jobs", params=params).json()["items"]
        assert [job["id"] for job in items] == expected, params
    problem(api.get("alice", "/jobs", params={"status": "lost"}), 422, "validation_failed")


def test_an_account_shows_its_balance_and_ledger_page_by_page(api: Api) -> None:
    for number in range(3):
        factories.job(api.desk, number=number)
    first = api.get("bob", f"/accounts/{quote(BELLEVUE)}", params={"limit": 3}).json()
    assert set(first) == {"account", "balance", "terms", "entries", "nextCursor"}
    assert first["terms"] == {"rushVariantCredits": None, "inFlightMax": None}
    assert (first["account"], first["balance"]) == (BELLEVUE, 880)
    assert [entry["balanceAfter"] for entry in first["entries"]] == [880, 920, 960]
    assert set(first["entries"][0]) == {"id", "at", "kind", "amount", "balanceAfter", "jobId", "reason", "actor"}
    assert [entry["amount"] for entry in first["entries"]] == [-40] * 3
    cursor = first["nextCursor"]
    rest = api.get("bob", f"/accounts/{quote(BELLEVUE)}", params={"limit": 3, "cursor": cursor}).json()
    assert [(entry["kind"], entry["amount"], entry["reason"]) for entry in rest["entries"]] == [
        ("grant", 1_000, "package")
    ]
    assert rest["nextCursor"] is None


def test_a_sync_tells_what_it_checked_and_changed(api: Api) -> None:
    job_id, predictions = factories.ordered_job(api.desk)
    for prediction_id in predictions:
        api.provider.finish(prediction_id)
    dry = api.post("dora", "/sync-staging", json={"dryRun": True}).json()
    assert set(dry) == {"checked", "changed", "dryRun"}
    assert (dry["checked"], dry["dryRun"]) == (1, True)
    assert set(dry["changed"][0]) == {"jobId", "from", "to", "message"}
    assert api.get("bob", f"/jobs/{job_id}").json()["status"] == "processing"
    real = api.post("dora", "/sync-staging", json={"jobId": job_id}).json()
    assert real["dryRun"] is False
    for told in (dry["changed"], real["changed"]):
        assert [(one["jobId"], one["from"], one["to"]) for one in told] == [(job_id, "processing", "completed")]
    # Without a body, everything in flight.
    assert api.post("dora", "/sync-staging").json() == {"checked": 0, "changed": [], "dryRun": False}
    problem(api.post("dora", "/sync-staging", json={"jobId": "none"}), 404, "job_not_found")


def test_a_prediction_is_shown_in_the_providers_words(api: Api) -> None:
    _, predictions = factories.ordered_job(api.desk)
    body = api.get("bob", f"/replicate/status/{predictions[0]}").json()
    assert body == api.provider.predictions[predictions[0]]
    problem(api.get("bob", "/replicate/status/none"), 404, "prediction_not_found")
    api.provider.fail_next("get", errors.ProviderUnavailable())
    problem(api.get("bob", f"/replicate/status/{predictions[0]}"), 503, "provider_unavailable")
    api.provider.fail_next("get", errors.ProviderUnauthorized())
    problem(api.get("bob", f"/replicate/status/{predictions[0]}"), 502, "provider_unauthorized")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("DELETE", "/jobs", 405, "method_not_allowed"),
        ("GET", "/stage", 405, "method_not_allowed"),
        ("GET", "/jobs/none", 404, "job_not_found"),
        ("GET", "/jobs?limit=0", 422, "validation_failed"),
        ("GET", "/jobs?limit=201", 422, "validation_failed"),
        ("GET", "/jobs?limit=x", 422, "validation_failed"),
        ("GET", "/jobs?cursor=x", 422, "validation_failed"),
        ("GET", "/jobs?cursor=0001-01-01T00:00:00%2B23:59~x", 422, "validation_failed"),
        ("GET", "/jobs?cursor=9999-12-31T23:59:59-23:59~x", 422, "validation_failed"),
        ("GET", f"/accounts/{BELLEVUE}?cursor=99999999999999999999", 422, "validation_failed"),
        ("GET", "/accounts/Nobody", 404, "account_not_found"),
        ("GET", "/jobs?cursor=2027-01-01T00:00:00Z~%00", 422, "validation_failed"),
        ("GET", "/replicate/status/%00", 404, "prediction_not_found"),
        ("POST", "/sync-staging", 422, "validation_failed"),
    ],
)
def test_odd_questions_are_answered_with_a_problem(api: Api, method: str, path: str, status: int, code: str) -> None:
    options = {"content": b"{not json", "headers": {"Content-Type": "application/json"}} if method == "POST" else {}
    problem(api.call(method, "alice", path, **options), status, code)


def test_an_account_of_an_impossible_name_is_not_a_server_error(api: Api) -> None:
    answers = [
        api.get("alice", "/jobs/%00"),
        api.get("alice", "/accounts/a%00b"),
        api.get("alice", "/jobs", params={"account": "a\x00b"}),
        api.stage("alice", account="a\x00b"),
        api.stage("bob", instructions="plants\x00"),
        api.stage("bob", roomType="bed\x00room"),
        api.post("dora", "/sync-staging", json={"jobId": "a\x00"}),
        api.post("dora", "/sync-staging", content=b'{"jobId": "\\ud800"}'),
    ]
    assert {answer.status_code for answer in answers} <= {200, 202, 404, 422}


odd_text = st.text(max_size=30)


@settings(max_examples=60)
@given(text=odd_text, cursor=st.one_of(odd_text, st.datetimes().map(lambda at: f"{at.isoformat()}Z~x")))
def test_no_text_whatever_makes_a_server_error(api: Api, text: str, cursor: str) -> None:
    name = quote(text, safe="") or "x"
    answers = [
        api.get("alice", f"/jobs/{name}"),
        api.get("alice", f"/accounts/{name}"),
        api.get("alice", f"/files/{name}"),
        api.get("alice", f"/replicate/status/{name}"),
        api.get("alice", "/jobs", params={"account": text, "cursor": cursor}),
        api.get("alice", f"/files/{name}", params={"expires": "1", "signature": text, "name": text}),
    ]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []


def test_an_unexpected_error_is_a_problem_that_tells_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a detail of the inside")

    monkeypatch.setattr("core.jobs.queries.job", broken)
    body = problem(api.get("bob", "/jobs/x"), 500, "internal_error")
    assert "inside" not in str(body)
