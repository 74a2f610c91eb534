"""Each fault strikes as its name says, by its rate, by a header or by a mark in the prompt."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from core import errors
from core.provider.simulator import routes_delivery
from core.provider.simulator.config import SimulatorConfig, parse_faults
from core.provider.simulator.faults import FAULT_NAMES, Fault, FaultPlan, forced_by
from tests.provider.simulator.simulation import PREDICTIONS_OF_MODEL, Simulation

NAMES = {
    "safety",
    "throttle",
    "server-error",
    "hang",
    "timeout-after-accept",
    "reset-after-accept",
    "webhook-lost",
    "webhook-duplicate",
    "webhook-reorder",
    "webhook-late",
    "webhook-forged",
    "output-expired",
    "output-not-image",
    "output-truncated",
    "output-slow",
}


def test_fault_names_are_the_published_ones() -> None:
    assert set(FAULT_NAMES) == NAMES


def test_switches_are_parsed() -> None:
    assert parse_faults(["safety=0.1", "hang=1"]) == {"safety": 0.1, "hang": 1.0}
    assert parse_faults([]) == {}


@pytest.mark.parametrize(
    "switch", ["safety", "safety=", "safety=often", "safety=1.5", "safety=-1", "safety=nan", "failure=1", "x=1", "=1"]
)
def test_unknown_names_and_rates_are_refused(switch: str) -> None:
    with pytest.raises(errors.ConfigurationError):
        parse_faults([switch])


@pytest.mark.parametrize(
    "switches",
    [
        {"seconds": -1},
        {"failure_rate": 2},
        {"creates_per_minute": -1},
        {"create_burst": 0},
        {"list_lag_seconds": -1},
        {"faults": {"nonsense": 1}},
    ],
)
def test_impossible_switches_are_refused(switches: dict[str, Any]) -> None:
    with pytest.raises(errors.ConfigurationError):
        SimulatorConfig(**switches)


def test_same_seed_gives_the_same_faults() -> None:
    def rolls(seed: int) -> list[frozenset[Fault]]:
        plan = FaultPlan({"safety": 0.3, "hang": 0.3}, failure_rate=0.3, seed=seed)
        return [plan.roll() for _ in range(50)]

    assert rolls(1) == rolls(1)
    assert rolls(1) != rolls(2)


def test_faults_strike_at_their_rate() -> None:
    plan = FaultPlan({"safety": 0.2}, failure_rate=0.5, seed=3)
    rolls = [plan.roll() for _ in range(2000)]
    assert sum(Fault.SAFETY in struck for struck in rolls) / 2000 == pytest.approx(0.2, abs=0.04)
    assert sum(Fault.FAILURE in struck for struck in rolls) / 2000 == pytest.approx(0.5, abs=0.04)
    assert set().union(*rolls) == {Fault.SAFETY, Fault.FAILURE}


def test_header_and_marks_force_faults() -> None:
    forced, unknown = forced_by(header="hang, Safety", prompt="A room [fault:output-slow] and [fault:typo]")
    assert forced == {Fault.HANG, Fault.SAFETY, Fault.OUTPUT_SLOW}
    assert unknown == ("typo",)


def test_unknown_forced_fault_is_refused(shared: Simulation) -> None:
    assert shared.ask(headers={"X-Simulator-Fault": "typo"}).status_code == 422
    assert shared.ask(prompt="[fault:typo]").status_code == 422


def test_safety_refuses_with_its_code(shared: Simulation) -> None:
    ended = shared.ended(shared.create(prompt="A room [fault:safety]")["id"])
    assert (ended["status"], ended["output"]) == ("failed", None)
    assert "flagged as sensitive (E005)" in ended["error"]


def test_failure_rate_fails_predictions(simulate: Any) -> None:
    simulation = simulate(failure_rate=1.0)
    ended = simulation.ended(simulation.create()["id"])
    assert ended["status"] == "failed"
    assert ended["error"]
    assert "sensitive" not in ended["error"]


def test_throttle_refuses_and_buys_nothing(simulate: Any) -> None:
    simulation = simulate(faults={"throttle": 1.0})
    answer = simulation.ask()
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["retry_after"]) == (429, "1", 1)
    assert simulation.http.get("/v1/predictions").json()["results"] == []


def test_server_error_refuses_and_buys_nothing(simulate: Any) -> None:
    simulation = simulate(faults={"server-error": 1.0})
    assert simulation.ask().status_code in (500, 502, 503)
    assert simulation.http.get("/v1/predictions").json()["results"] == []
    assert simulation.stats()["creates"] == 1


def test_hanging_prediction_runs_until_it_is_canceled(simulate: Any) -> None:
    simulation = simulate(seconds=1)
    prediction_id = simulation.create(fault="hang")["id"]
    simulation.clock.forward(24 * 3600)
    assert simulation.get(prediction_id)["status"] == "processing"
    assert simulation.http.post(f"/v1/predictions/{prediction_id}/cancel").json()["status"] == "canceled"


def test_hanging_prediction_ends_at_its_deadline(simulate: Any) -> None:
    simulation = simulate(seconds=1)
    prediction_id = simulation.create(fault="hang", headers={"Cancel-After": "1m"})["id"]
    simulation.clock.forward(61)
    assert simulation.get(prediction_id)["status"] == "canceled"


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


def test_list_lags_behind_what_get_knows(simulate: Any) -> None:
    simulation = simulate(list_lag_seconds=20)
    prediction_id = simulation.create()["id"]
    assert simulation.get(prediction_id)["id"] == prediction_id
    assert simulation.http.get("/v1/predictions").json()["results"] == []
    simulation.clock.forward(21)
    assert [item["id"] for item in simulation.http.get("/v1/predictions").json()["results"]] == [prediction_id]


def output(simulation: Simulation, fault: str) -> httpx.Response:
    ended = simulation.ended(simulation.create(fault=fault, output_format="jpg")["id"])
    assert ended["status"] == "succeeded"
    return simulation.http.get(ended["output"])


def test_expired_output_is_gone(shared: Simulation) -> None:
    assert output(shared, "output-expired").status_code == 404


def test_output_that_is_no_image_pretends_to_be_one(shared: Simulation) -> None:
    answer = output(shared, "output-not-image")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(answer.content))


def test_truncated_output_only_fails_to_decode(shared: Simulation) -> None:
    answer = output(shared, "output-truncated")
    assert answer.status_code == 200
    with pytest.raises(OSError, match=r"(?i)truncated"):
        Image.open(io.BytesIO(answer.content)).load()


def test_slow_output_is_whole_at_last(shared: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes_delivery, "SLOW_SECONDS", 0.4)
    answer = output(shared, "output-slow")
    assert answer.elapsed.total_seconds() >= 0.3
    Image.open(io.BytesIO(answer.content)).load()
