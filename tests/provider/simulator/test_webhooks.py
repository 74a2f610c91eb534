"""Webhooks: which are sent, how they are signed, and what happens when they are not taken."""

import base64
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from core.provider.contract import PredictionStatus
from core.provider.simulator import courier, webhooks
from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.faults import Fault
from tests.provider.simulator.simulation import Received, Receiver, Simulation, at, jpeg, record, wait_for


def order(receiver: Receiver, *events: str) -> dict[str, Any]:
    return {"webhook": f"{receiver.url}/hook?variant=1", **({"webhook_events_filter": events} if events else {})}


def settled(simulation: Simulation, receiver: Receiver, count: int) -> list[Received]:
    """All webhooks, once nothing is pending any more; there must be that many."""
    receiver.wait_for(count)
    wait_for(lambda: simulation.stats()["webhooks_pending"] == 0)
    assert len(receiver.received) == count
    return receiver.received


def verify(simulation: Simulation, webhook: Received) -> dict[str, Any]:
    secret = simulation.http.get("/v1/webhooks/default/secret").json()["key"]
    prediction: dict[str, Any] = Webhook(secret).verify(webhook.body, webhook.headers)
    return prediction


def test_webhook_is_signed_and_carries_the_prediction(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    prediction_id = simulation.create(body=order(receiver, "completed"))["id"]
    (webhook,) = settled(simulation, receiver, 1)
    assert verify(simulation, webhook) == simulation.get(prediction_id)
    assert webhook.headers["content-type"] == "application/json"


def test_altered_webhook_does_not_verify(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    simulation.create(body=order(receiver, "completed"))
    (webhook,) = settled(simulation, receiver, 1)
    with pytest.raises(WebhookVerificationError):
        verify(simulation, Received(webhook.headers, webhook.body.replace("succeeded", "failed")))


@pytest.mark.parametrize(
    ("events", "statuses"),
    [
        (["start"], ["processing"]),
        (["completed"], ["succeeded"]),
        (["start", "completed"], ["processing", "succeeded"]),
        (["output"], ["processing"]),
        (["logs"], ["processing", "processing"]),
        ([], ["processing", "processing", "processing", "succeeded"]),
    ],
)
def test_only_the_events_asked_for_are_sent_and_in_order(
    simulate: Any, receiver: Receiver, events: list[str], statuses: list[str]
) -> None:
    simulation = simulate(seconds=60)
    prediction_id = simulation.create(body=order(receiver, *events))["id"]
    simulation.clock.forward(61)
    simulation.ended(prediction_id)
    received = settled(simulation, receiver, len(statuses))
    assert [webhook.status for webhook in received] == statuses
    assert len({webhook.headers["webhook-id"] for webhook in received}) == len(statuses)


def test_output_webhook_has_the_output_before_the_end(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate(seconds=60)
    prediction_id = simulation.create(body=order(receiver, "output"))["id"]
    simulation.clock.forward(61)
    simulation.ended(prediction_id)
    (webhook,) = settled(simulation, receiver, 1)
    assert webhook.prediction["output"] == simulation.get(prediction_id)["output"]
    assert "completed_at" not in webhook.prediction


@pytest.mark.parametrize(
    ("wanted", "seconds", "sent"),
    [
        (("output", "logs", "completed"), 0.4, ["completed"]),
        (("output", "logs", "completed"), 0.6, ["output", "completed"]),
        (("logs", "completed"), 0.6, ["logs", "completed"]),
        (("output", "completed"), 0.4, ["output", "completed"]),
    ],
)
def test_output_and_logs_are_told_every_half_second_at_most(
    wanted: tuple[str, ...], seconds: float, sent: list[str]
) -> None:
    ended = record(
        webhook="https://127.0.0.1:9",
        webhook_events=wanted,
        status=PredictionStatus.SUCCEEDED,
        started_at=at(1),
        completed_at=at(1 + seconds),
    )
    assert [delivery.event for delivery in webhooks.deliveries(ended, at=at(2), late_by=timedelta())] == sent


@pytest.mark.parametrize(
    ("fault", "status"),
    [("failure", "failed"), ("safety", "failed"), ("canceled", "canceled"), ("hang", "canceled")],
)
def test_every_end_but_aborted_is_told(simulate: Any, receiver: Receiver, fault: str, status: str) -> None:
    simulation = simulate(seconds=0.05)
    prediction_id = simulation.create(fault=fault, body=order(receiver, "completed"))["id"]
    if fault == "hang":
        simulation.http.post(f"/v1/predictions/{prediction_id}/cancel")
    (webhook,) = settled(simulation, receiver, 1)
    assert webhook.status == status


def test_aborted_is_not_told(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate(seconds=600)
    prediction_id = simulation.create(headers={"Cancel-After": "5s"}, body=order(receiver))["id"]
    simulation.clock.forward(6)
    assert simulation.get(prediction_id)["status"] == "aborted"
    assert simulation.stats()["webhooks_pending"] == 0
    assert receiver.received == []


@pytest.mark.parametrize("fault", ["aborted", "stuck-starting"])
def test_prediction_that_never_starts_has_no_news(simulate: Any, receiver: Receiver, fault: str) -> None:
    simulation = simulate()
    faults = f"{fault}, webhook-forged, webhook-wrong-id, webhook-duplicate"
    prediction_id = simulation.create(fault=faults, headers={"Cancel-After": "5s"}, body=order(receiver))["id"]
    simulation.clock.forward(6)
    assert simulation.get(prediction_id)["status"] == "aborted"
    assert simulation.stats()["webhooks_pending"] == 0
    assert receiver.received == []


def test_data_removal_is_not_told(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    prediction_id = simulation.create(body=order(receiver, "completed"))["id"]
    settled(simulation, receiver, 1)
    simulation.clock.forward(3601)
    assert simulation.get(prediction_id)["data_removed"]
    settled(simulation, receiver, 1)


def test_completed_is_retried_with_the_same_id_until_taken(
    simulate: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "RETRY_DELAYS_SECONDS", (0.02, 0.02, 0.02))
    simulation = simulate()
    # A redirect is no success either, and is not followed.
    receiver.statuses = [500, 302]
    simulation.create(body=order(receiver, "completed"))
    received = settled(simulation, receiver, 3)
    assert len({webhook.headers["webhook-id"] for webhook in received}) == 1
    for webhook in received:
        verify(simulation, webhook)
    assert simulation.stats()["webhooks_delivered"] == 1


def test_retries_end_after_about_a_minute() -> None:
    assert 55 <= sum(courier.RETRY_DELAYS_SECONDS) <= 65
    assert list(courier.RETRY_DELAYS_SECONDS) == sorted(courier.RETRY_DELAYS_SECONDS)


def test_completed_is_given_up_at_last(simulate: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "RETRY_DELAYS_SECONDS", (0.01, 0.01))
    simulation = simulate()
    receiver.statuses = [500] * 9
    simulation.create(body=order(receiver, "completed"))
    settled(simulation, receiver, 3)
    assert simulation.stats()["webhooks_given_up"] == 1


def test_start_is_not_retried(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    receiver.statuses = [500]
    simulation.create(body=order(receiver, "start", "completed"))
    received = settled(simulation, receiver, 2)
    assert [webhook.status for webhook in received] == ["processing", "succeeded"]


def test_unreachable_receiver_harms_nothing(simulate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "RETRY_DELAYS_SECONDS", ())
    simulation = simulate()
    prediction_id = simulation.create(body={"webhook": "http://127.0.0.1:9/hook"})["id"]
    assert simulation.ended(prediction_id)["status"] == "succeeded"
    wait_for(lambda: simulation.stats()["webhooks_pending"] == 0)


def test_lost_webhook_never_comes(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    simulation.ended(simulation.create(fault="webhook-lost", body=order(receiver))["id"])
    simulation.create(body=order(receiver, "completed"))
    settled(simulation, receiver, 1)


def test_duplicate_webhook_comes_twice_with_one_id(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    simulation.create(fault="webhook-duplicate", body=order(receiver, "completed"))
    first, second = settled(simulation, receiver, 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_reordered_webhook_starts_after_the_end(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    simulation.create(fault="webhook-reorder", body=order(receiver, "start", "completed"))
    received = settled(simulation, receiver, 2)
    assert [webhook.status for webhook in received] == ["succeeded", "processing"]


def test_late_webhook_is_later_than_the_last_one_that_is_tried_again() -> None:
    assert SimulatorConfig().webhook_late_seconds > sum(courier.RETRY_DELAYS_SECONDS) + courier.TIMEOUT_SECONDS


def test_late_webhook_comes_later_but_freshly_signed(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate(webhook_late_seconds=0.4)
    started = time.time()
    ended = simulation.ended(simulation.create(fault="webhook-late", body=order(receiver, "completed"))["id"])
    (webhook,) = settled(simulation, receiver, 1)
    assert time.time() - started >= 0.4
    assert int(webhook.headers["webhook-timestamp"]) >= int(datetime.fromisoformat(ended["completed_at"]).timestamp())
    verify(simulation, webhook)


def test_forged_webhook_lies_and_does_not_verify(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate(seconds=60)
    simulation.create(fault="webhook-forged", body=order(receiver, "completed"))
    simulation.clock.forward(10)
    simulation.http.get("/v1/predictions")
    (forged,) = receiver.wait_for(1)
    assert (forged.status, forged.prediction["output"] is None) == ("succeeded", False)
    with pytest.raises(WebhookVerificationError):
        verify(simulation, forged)
    simulation.clock.forward(60)
    simulation.http.get("/v1/predictions")
    _, genuine = settled(simulation, receiver, 2)
    verify(simulation, genuine)


def test_forged_webhook_is_not_tried_again(
    simulate: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "RETRY_DELAYS_SECONDS", (0.01, 0.01))
    simulation = simulate()
    receiver.statuses = [401]
    simulation.create(fault="webhook-forged", body=order(receiver, "completed"))
    _, genuine = settled(simulation, receiver, 2)
    verify(simulation, genuine)


def test_webhook_with_a_wrong_id_is_genuine_but_about_nobody(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    photo = "data:image/jpeg;base64," + base64.b64encode(jpeg()).decode()
    created = simulation.create(
        fault="webhook-wrong-id", seed=5, input_image=photo, body=order(receiver, "start", "completed")
    )
    start, wrong, right = settled(simulation, receiver, 3)
    for webhook in (start, wrong, right):
        verify(simulation, webhook)
    assert [webhook.prediction["id"] == created["id"] for webhook in (start, wrong, right)] == [True, False, True]
    assert wrong.headers["webhook-id"] != right.headers["webhook-id"]
    unknown = wrong.prediction
    assert simulation.http.get(f"/v1/predictions/{unknown['id']}").status_code == 404
    assert [item["id"] for item in simulation.http.get("/v1/predictions").json()["results"]] == [created["id"]]
    # Another order by its seed alone, so that only a receiver which looks closely enough leaves it alone.
    assert unknown["input"] == {**created["input"], "seed": 6}
    assert unknown["status"] == "succeeded"
    assert unknown["id"] in unknown["output"]


def test_webhook_with_a_wrong_id_can_come_instead_of_the_right_one(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate()
    created = simulation.create(fault="webhook-wrong-id, webhook-lost", body=order(receiver, "start", "completed"))
    (wrong,) = settled(simulation, receiver, 1)
    assert verify(simulation, wrong)["id"] != created["id"]


def test_webhooks_are_the_same_each_time_where_ids_are_given() -> None:
    running = record(
        webhook="https://127.0.0.1:9",
        status=PredictionStatus.PROCESSING,
        started_at=at(1),
        webhook_events=("start", "completed"),
        faults=frozenset({Fault.WEBHOOK_FORGED}),
    )

    def sent() -> list[webhooks.Delivery]:
        ids = (f"id{number}" for number in range(9))
        return list(webhooks.deliveries(running, at=at(1), late_by=timedelta(), make_id=lambda: next(ids)))

    assert sent() == sent()
    assert [delivery.kind for delivery in sent()] == [webhooks.Kind.FORGED, webhooks.Kind.GENUINE]
