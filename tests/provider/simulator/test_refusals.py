"""Creates that are refused on purpose, or taken without an answer, as a plain client and the product's meet them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core import errors
from core.provider.replicate import ReplicateProvider
from core.provider.simulator import refusals
from core.provider.simulator.faults import REFUSALS
from tests.provider.simulator.simulation import MODEL, PREDICTIONS_OF_MODEL, Simulation

WAIT_SECONDS = 3.0

# Fault → (statuses it may answer, what our client makes of it).
REFUSED: dict[str, tuple[set[int], type[errors.ProviderError]]] = {
    "unauthorized": ({401}, errors.ProviderUnauthorized),
    "payment": ({402}, errors.ProviderPaymentRequired),
    "throttle": ({429}, errors.ProviderThrottled),
    "throttle-json": ({429}, errors.ProviderThrottled),
    "throttle-text": ({429}, errors.ProviderThrottled),
    "server-error": ({500, 502, 503}, errors.ProviderAmbiguous),
}


@pytest.fixture
def provider(shared: Simulation) -> Iterator[ReplicateProvider]:
    yield ReplicateProvider(token="any", base_url=shared.server.url, cancel_after_seconds=300)


def listed(simulation: Simulation) -> list[str]:
    return [item["id"] for item in simulation.http.get("/v1/predictions").json()["results"]]


def test_the_table_has_every_refusal() -> None:
    assert set(REFUSED) == set(REFUSALS)


@pytest.mark.parametrize("fault", REFUSED)
def test_refused_create_buys_nothing_by_mark_header_or_rate(simulate: Any, fault: str) -> None:
    simulation = simulate()
    answers = [simulation.ask(prompt=f"[fault:{fault}]"), simulation.ask(headers={"X-Simulator-Fault": fault})]
    simulation.http.put("/simulator/faults", json={fault: 1})
    answers.append(simulation.ask())
    statuses = {answer.status_code for answer in answers}
    assert statuses <= REFUSED[fault][0]
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
    assert listed(simulation) == []
    stats = simulation.stats()
    assert (stats["creates"], stats["predictions"], stats["faults"]) == (3, 0, {fault: 3})


@pytest.mark.parametrize("fault", REFUSED)
def test_client_reads_each_refusal_right(shared: Simulation, provider: ReplicateProvider, fault: str) -> None:
    before = shared.stats()["predictions"]
    with pytest.raises(REFUSED[fault][1]):
        provider.create(model=MODEL, input={"prompt": f"A [fault:{fault}]", "seed": 1})
    assert shared.stats()["predictions"] == before


@pytest.mark.parametrize(
    ("fault", "header", "in_json", "in_words"),
    [
        ("throttle", "3", None, False),
        ("throttle-json", None, 3, False),
        ("throttle-text", None, None, True),
    ],
)
def test_wait_is_told_in_one_place_only_and_the_client_finds_it(
    shared: Simulation,
    provider: ReplicateProvider,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    header: str | None,
    in_json: int | None,
    in_words: bool,
) -> None:
    monkeypatch.setattr(refusals, "WAIT_SECONDS", WAIT_SECONDS)
    answer = shared.ask(headers={"X-Simulator-Fault": fault})
    assert (answer.headers.get("retry-after"), answer.json().get("retry_after")) == (header, in_json)
    assert ("resets in ~3s" in answer.json()["detail"]) == in_words
    assert not [name for name in answer.headers if name.startswith("ratelimit")]
    with pytest.raises(errors.ProviderThrottled) as refusal:
        provider.create(model=MODEL, input={"prompt": f"[fault:{fault}]", "seed": 1})
    assert refusal.value.retry_after_seconds == WAIT_SECONDS


def test_refusing_leaves_all_other_calls_alone(simulate: Any) -> None:
    simulation = simulate()
    bought = simulation.create()["id"]
    simulation.http.put("/simulator/faults", json={"unauthorized": 1, "payment": 1, "server-error": 1})
    assert simulation.ask().status_code == 401
    assert simulation.ended(bought)["status"] == "succeeded"
    assert listed(simulation) == [bought]
    assert simulation.http.get("/v1/account").status_code == 200


def test_timeout_after_accept_buys_and_says_nothing(shared: Simulation) -> None:
    before = shared.stats()["predictions"]
    order = {"input": {"prompt": "[fault:timeout-after-accept]"}}
    with pytest.raises(httpx.ReadTimeout):
        shared.http.post(PREDICTIONS_OF_MODEL, json=order, timeout=0.3)
    assert shared.stats()["predictions"] == before + 1


def test_reset_after_accept_buys_and_breaks_the_connection(shared: Simulation) -> None:
    before = shared.stats()["predictions"]
    with pytest.raises(httpx.ReadError, match="reset"):
        shared.ask(prompt="[fault:reset-after-accept]")
    assert shared.stats()["predictions"] == before + 1
    newest = shared.http.get("/v1/predictions").json()["results"][0]
    assert newest["input"] == {"prompt": "[fault:reset-after-accept]"}


def test_client_leaves_open_what_a_reset_create_bought(shared: Simulation, provider: ReplicateProvider) -> None:
    inputs = {"prompt": "A [fault:reset-after-accept]", "seed": 9}
    with pytest.raises(errors.ProviderAmbiguous):
        provider.create(model=MODEL, input=inputs)
    assert shared.http.get("/v1/predictions").json()["results"][0]["input"] == inputs


def test_list_lags_behind_what_get_knows(simulate: Any) -> None:
    simulation = simulate(list_lag_seconds=20)
    prediction_id = simulation.create()["id"]
    assert simulation.get(prediction_id)["id"] == prediction_id
    assert listed(simulation) == []
    simulation.clock.forward(21)
    assert listed(simulation) == [prediction_id]


def test_one_prediction_alone_can_be_missing_from_lists(simulate: Any) -> None:
    simulation = simulate()
    late, prompt = simulation.create(fault="list-lag")["id"], simulation.create()["id"]
    assert listed(simulation) == [prompt]
    assert simulation.get(late)["id"] == late
    simulation.clock.forward(10.1)
    assert listed(simulation) == [prompt, late]


def test_lag_of_a_fault_does_not_shorten_that_of_the_switch(simulate: Any) -> None:
    simulation = simulate(list_lag_seconds=20)
    late = simulation.create(fault="list-lag")["id"]
    simulation.clock.forward(11)
    assert listed(simulation) == []
    simulation.clock.forward(10)
    assert listed(simulation) == [late]
