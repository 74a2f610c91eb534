"""An observer from outside can count everything that happened, and change what goes wrong while it runs."""

import hashlib
from typing import Any

import httpx
import pytest

from core.provider.simulator import courier
from core.provider.simulator.faults import FAULT_NAMES
from tests.provider.simulator.simulation import Receiver, Simulation, jpeg, wait_for


def replace(simulation: Simulation, rates: Any) -> httpx.Response:
    return simulation.http.put("/simulator/faults", json=rates)


def rates_of(simulation: Simulation) -> dict[str, float]:
    rates: dict[str, float] = simulation.http.get("/simulator/faults").json()
    return rates


def test_rates_are_told_for_every_fault(simulate: Any) -> None:
    simulation = simulate(faults={"safety": 0.25, "failure": 0.25}, failure_rate=0.5)
    assert rates_of(simulation) == {**dict.fromkeys(FAULT_NAMES, 0.0), "safety": 0.25, "failure": 0.75}


def test_replaced_rates_hold_at_once_and_entirely(simulate: Any) -> None:
    simulation = simulate(faults={"safety": 1.0}, failure_rate=1.0)
    answer = replace(simulation, {"payment": 1})
    assert answer.status_code == 200
    assert answer.json() == rates_of(simulation) == {**dict.fromkeys(FAULT_NAMES, 0.0), "payment": 1.0}
    assert simulation.ask().status_code == 402
    replace(simulation, {})
    assert simulation.ended(simulation.create()["id"])["status"] == "succeeded"


def test_what_was_told_can_be_put_back(simulate: Any) -> None:
    simulation = simulate(faults={"safety": 1.0})
    before = rates_of(simulation)
    replace(simulation, {})
    assert replace(simulation, before).json() == before
    assert simulation.ended(simulation.create()["id"])["status"] == "failed"


def test_restart_goes_back_to_the_switches(simulate: Any) -> None:
    simulation = simulate(faults={"safety": 1.0})
    replace(simulation, {"hang": 1})
    simulation.restart()
    assert (rates_of(simulation)["safety"], rates_of(simulation)["hang"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("rates", "status"),
    [
        ({"typo": 1}, 422),
        ({"safety@1": 1}, 422),
        ({"hang": 2}, 422),
        ({"hang": -0.1}, 422),
        ({"hang": "1"}, 422),
        ({"hang": True}, 422),
        ({"hang": None}, 422),
        ([], 400),
        (1, 400),
    ],
)
def test_wrong_rates_are_refused_and_change_nothing(simulate: Any, rates: Any, status: int) -> None:
    simulation = simulate(faults={"safety": 1.0})
    answer = replace(simulation, rates)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert rates_of(simulation)["safety"] == 1.0


def test_body_that_is_no_json_is_refused(shared: Simulation) -> None:
    for content in (b"", b"{", b'{"hang": NaN}'):
        assert shared.http.put("/simulator/faults", content=content).status_code in (400, 422)


def test_every_create_is_accounted_for(simulate: Any) -> None:
    simulation = simulate(creates_per_minute=60, create_burst=7)
    for fault in ("throttle", "throttle-json", "server-error", "payment"):
        simulation.ask(headers={"X-Simulator-Fault": fault})
    simulation.ask(seed="wrong")
    simulation.http.post("/v1/predictions", content=b"{")
    simulation.ended(simulation.create()["id"])
    while simulation.ask().status_code != 429:
        pass
    stats = simulation.stats()
    refused = {name: stats[f"creates_{name}"] for name in ("throttled", "failed", "refused")}
    assert refused == {"throttled": 3, "failed": 1, "refused": 3}
    assert stats["creates"] == sum(refused.values()) + stats["predictions"]
    assert stats["faults"] == {"throttle": 1, "throttle-json": 1, "server-error": 1, "payment": 1}


def test_predictions_are_counted_by_status_and_calls_by_kind(simulate: Any) -> None:
    simulation = simulate()
    ids = [simulation.create(fault=fault)["id"] for fault in ("failure", "canceled", "aborted", "webhook-lost")]
    held = simulation.create(fault="hang")["id"]
    for prediction_id in ids:
        simulation.ended(prediction_id)
    wait_for(lambda: simulation.get(held)["status"] == "processing")
    before = simulation.stats()
    assert before["by_status"] == {"failed": 1, "canceled": 1, "aborted": 1, "succeeded": 1, "processing": 1}
    assert before["predictions"] == 5
    simulation.get(ids[0])
    simulation.http.get("/v1/predictions")
    simulation.http.post(f"/v1/predictions/{held}/cancel")
    after = simulation.stats()
    assert [after[name] - before[name] for name in ("gets", "lists", "cancels")] == [1, 1, 1]
    assert after["by_status"]["canceled"] == 2


def test_every_prediction_is_told_with_what_identifies_its_order(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    link = simulation.http.post("/v1/files", files={"content": ("a.jpg", jpeg())}).json()["urls"]["get"]
    hook = f"{receiver.url}/hook?variant=7"
    body = {"webhook": hook, "webhook_events_filter": ["completed"]}
    first = simulation.ended(simulation.create(prompt="Größe", seed=5, input_image=link, body=body)["id"])
    second = simulation.create(fault="hang, webhook-lost")["id"]
    # An hour later the provider has forgotten the input; the observer has not.
    simulation.clock.forward(3700)
    assert simulation.get(first["id"])["input"] == {}
    told = simulation.http.get("/simulator/predictions").json()["predictions"]
    assert told[0] == {
        "id": first["id"],
        "status": "succeeded",
        "prompt_sha256": hashlib.sha256("Größe".encode()).hexdigest(),
        "input_image": link,
        "seed": 5,
        "webhook": hook,
        "faults": [],
        "created_at": first["created_at"],
        "completed_at": first["completed_at"],
    }
    assert [(item["id"], item["status"], item["faults"]) for item in told[1:]] == [
        (second, "processing", ["hang", "webhook-lost"])
    ]


def test_what_is_told_of_predictions_is_up_to_date(simulate: Any) -> None:
    simulation = simulate(seconds=600)
    simulation.create(fault="failure")
    simulation.clock.forward(601)
    (told,) = simulation.http.get("/simulator/predictions").json()["predictions"]
    assert told["status"] == "failed"


def test_postings_of_webhooks_are_counted_by_kind_and_outcome(
    simulate: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "RETRY_DELAYS_SECONDS", (0.01, 0.01))
    simulation = simulate()
    body = {"webhook": receiver.url, "webhook_events_filter": ["completed"]}
    receiver.statuses = [401, 200, 503]
    simulation.create(fault="webhook-forged, webhook-wrong-id", body=body)
    receiver.wait_for(4)
    simulation.create(body={"webhook": "http://127.0.0.1:9/hook", "webhook_events_filter": ["completed"]})
    wait_for(lambda: simulation.stats()["webhooks_given_up"] == 2 and not simulation.stats()["webhooks_pending"])
    stats = simulation.stats()
    assert stats["posts"] == {
        "forged": {"401": 1},
        "wrong-id": {"200": 1},
        "genuine": {"503": 1, "200": 1, "ConnectError": 3},
    }
    assert stats["webhooks_delivered"] == 2
