"""Who may call, how often, and what is refused before anything is bought."""

from typing import Any

import httpx
import pytest

from core.provider.simulator.limits import TokenBucket
from core.provider.simulator.orders import parse_cancel_after, parse_prefer
from core.provider.simulator.problems import Problem
from tests.provider.simulator.simulation import PREDICTIONS_OF_MODEL, Simulation


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc"])
@pytest.mark.parametrize("path", ["/v1/predictions", "/v1/files", "/v1/account", "/v1/webhooks/default/secret"])
def test_call_without_a_token_is_unauthenticated(shared: Simulation, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = httpx.get(shared.server.url + path, headers=headers)
    assert answer.status_code == 401


def test_any_token_passes(shared: Simulation) -> None:
    for header in ("Bearer r8_anything", "Token anything"):
        answer = httpx.get(shared.server.url + "/v1/account", headers={"Authorization": header})
        assert answer.status_code == 200


def test_creates_beyond_the_burst_are_throttled_and_told_for_how_long(simulate: Any) -> None:
    simulation = simulate(seconds=60, creates_per_minute=6, create_burst=2)
    first, second = simulation.ask(), simulation.ask()
    assert [answer.headers["ratelimit-remaining"] for answer in (first, second)] == ["1", "0"]
    assert int(second.headers["ratelimit-reset"]) in (19, 20)
    third = simulation.ask()
    assert third.status_code == 429
    wait = int(third.headers["retry-after"])
    assert 9 <= wait <= 10
    assert third.json()["retry_after"] == wait
    assert f"Your rate limit resets in ~{wait}s." in third.json()["detail"]
    assert simulation.http.get("/v1/predictions").status_code == 200
    stats = simulation.stats()
    assert (stats["creates"], stats["creates_throttled"], stats["predictions"]) == (3, 1, 2)


def test_no_limit_at_zero_creates_a_minute(simulate: Any) -> None:
    simulation = simulate(seconds=60, creates_per_minute=0, create_burst=1)
    answers = [simulation.ask(headers={"X-Simulator-Fault": "hang"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201] * 5
    assert "ratelimit-remaining" not in answers[0].headers


def test_bucket_refills_with_time_up_to_the_burst() -> None:
    now = [0.0]
    bucket = TokenBucket(per_minute=60, burst=2, monotonic=lambda: now[0])
    assert [bucket.take(), bucket.take()] == [0.0, 0.0]
    assert bucket.take() == pytest.approx(1.0)
    now[0] = 1.0
    assert bucket.take() == 0.0
    now[0] = 100.0
    assert [bucket.take(), bucket.take()] == [0.0, 0.0]
    assert bucket.take() > 0


@pytest.mark.parametrize(
    ("field", "inputs"),
    [
        ("prompt", {"prompt": None}),
        ("prompt", {"prompt": 5}),
        ("input_image", {"input_image": "not a url"}),
        ("input_image", {"input_image": 5}),
        ("input_image", {"input_image": "http://["}),
        ("aspect_ratio", {"aspect_ratio": "5:7"}),
        ("seed", {"seed": "7"}),
        ("seed", {"seed": True}),
        ("seed", {"seed": 1.5}),
        ("output_format", {"output_format": "webp"}),
        ("safety_tolerance", {"safety_tolerance": 7}),
        ("safety_tolerance", {"safety_tolerance": -1}),
        ("safety_tolerance", {"safety_tolerance": 3, "input_image": "https://example.org/a.png"}),
        ("prompt_upsampling", {"prompt_upsampling": 1}),
        ("num_outputs", {"num_outputs": 1}),
    ],
)
def test_input_outside_the_table_is_refused_by_name(shared: Simulation, field: str, inputs: dict[str, Any]) -> None:
    before = shared.stats()["predictions"]
    answer = shared.ask(**inputs)
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["invalid_fields"]] == [f"input.{field}"]
    assert shared.stats()["predictions"] == before


def test_broken_text_breaks_no_list(shared: Simulation) -> None:
    content = rb'{"input": {"prompt": "half a pair: \ud83d"}}'
    created = shared.http.post(PREDICTIONS_OF_MODEL, content=content)
    assert created.status_code == 201
    newest = shared.http.get("/v1/predictions").json()["results"][0]
    assert (newest["id"], newest["input"]) == (created.json()["id"], created.json()["input"])


@pytest.mark.parametrize("cursor", ["none", "b2xkZXI6LTE=", "b2xkZXI6OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "é"])
def test_cursor_of_nobody_is_refused(shared: Simulation, cursor: str) -> None:
    for path in ("/v1/predictions", "/v1/files"):
        assert shared.http.get(path, params={"cursor": cursor}).status_code == 400


@pytest.mark.parametrize("seed", [-1, 10**40])
def test_any_integer_is_a_seed(shared: Simulation, seed: int) -> None:
    ended = shared.ended(shared.create(seed=seed)["id"])
    assert ended["status"] == "succeeded"
    assert ended["logs"].startswith(f"Using seed: {seed}\n")


def test_missing_prompt_is_refused(shared: Simulation) -> None:
    answer = shared.http.post(PREDICTIONS_OF_MODEL, json={"input": {"seed": 1}})
    assert [item["field"] for item in answer.json()["invalid_fields"]] == ["input.prompt"]


def test_every_broken_rule_is_named_at_once(shared: Simulation) -> None:
    answer = shared.ask(seed="x", body={"webhook": "ftp://a.example", "webhook_events_filter": ["end"], "extra": 1})
    fields = {item["field"] for item in answer.json()["invalid_fields"]}
    assert fields == {"input.seed", "webhook", "webhook_events_filter", "extra"}


@pytest.mark.parametrize(
    "inputs", [{"safety_tolerance": 6}, {"seed": None}, {"input_image": None}, {"aspect_ratio": "21:9"}]
)
def test_input_inside_the_table_is_taken(shared: Simulation, inputs: dict[str, Any]) -> None:
    assert shared.create(**inputs)["input"] == {"prompt": "Furnish this room", **inputs}


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/hook", "ftp://example.org/hook", "https://", "hook", "", 5])
def test_webhook_that_is_not_https_is_refused_without_the_switch(simulate: Any, url: Any) -> None:
    answer = simulate(seconds=60, allow_http_webhooks=False).ask(body={"webhook": url})
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["invalid_fields"]] == ["webhook"]


def test_https_webhook_is_taken_without_the_switch(simulate: Any) -> None:
    simulation = simulate(seconds=60, allow_http_webhooks=False)
    assert simulation.ask(body={"webhook": "https://127.0.0.1:9/hook"}).status_code == 201


@pytest.mark.parametrize(
    ("version", "status"), [("nobody/nothing", 404), ("f" * 64, 422), ("nobody/nothing:" + "f" * 64, 422), (5, 422)]
)
def test_unknown_version_is_refused(shared: Simulation, version: Any, status: int) -> None:
    answer = shared.http.post("/v1/predictions", json={"version": version, "input": {"prompt": "x"}})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("5s", 5), ("5m", 300), ("2h30m", 9000), ("1h30m45s", 5445), ("1h45s", 3645), (None, None)],
)
def test_cancel_after_is_read_in_all_its_forms(text: str | None, seconds: int | None) -> None:
    assert parse_cancel_after(text) == seconds


@pytest.mark.parametrize("text", ["", "4", "4s", "0m", "soon", "5 m", "5d", "-5s", "1.5m", "5m30", "s", "9" * 30])
def test_cancel_after_of_another_form_or_under_five_seconds_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refusal:
        parse_cancel_after(text)
    assert refusal.value.status == 422


def test_create_with_a_bad_cancel_after_buys_nothing(shared: Simulation) -> None:
    before = shared.stats()["predictions"]
    answer = shared.ask(headers={"Cancel-After": "4s"})
    assert (answer.status_code, answer.json()["invalid_fields"][0]["field"]) == (422, "Cancel-After")
    assert shared.stats()["predictions"] == before


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("wait", 60), ("wait=5", 5), ("wait=99", 60), ("respond-async", 0), ("await=5", 0), (None, 0)],
)
def test_prefer_is_read_up_to_a_minute(text: str | None, seconds: int) -> None:
    assert parse_prefer(text) == seconds


def test_prefer_wait_holds_the_answer_until_the_end(simulate: Any) -> None:
    simulation = simulate(seconds=0.3)
    answer = simulation.ask(headers={"Prefer": "wait=5"})
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    answer = simulation.ask(headers={"Prefer": "wait=1", "X-Simulator-Fault": "hang"})
    assert (answer.status_code, answer.json()["status"]) == (202, "processing")
