"""Each fault that decides how a prediction ends, from outside: all six statuses can be had on purpose."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from core.provider.contract import PredictionStatus
from core.provider.replicate import ReplicateProvider
from core.provider.simulator.faults import ENDINGS, MODEL_ERRORS, SAFETY_ERROR
from tests.provider.simulator.simulation import MODEL, Simulation, wait_for

SECONDS = 60.0


@dataclass(frozen=True)
class Life:
    """What a prediction that takes a minute is like: after 10 s, after 70 s, and at a deadline of 90 s."""

    early: str
    later: str
    at_deadline: str
    errors: tuple[str, ...] = ()


LIVES = {
    "failure": Life("processing", "failed", "failed", MODEL_ERRORS),
    "safety": Life("processing", "failed", "failed", (SAFETY_ERROR,)),
    "canceled": Life("processing", "canceled", "canceled"),
    "aborted": Life("aborted", "aborted", "aborted"),
    "hang": Life("processing", "processing", "canceled"),
    "stuck-starting": Life("starting", "starting", "aborted"),
}


@pytest.fixture(scope="module")
def quick(shared: Simulation) -> Iterator[ReplicateProvider]:
    yield ReplicateProvider(token="any", base_url=shared.server.url, cancel_after_seconds=300)


def test_the_table_has_every_ending_and_so_all_six_statuses_can_be_had() -> None:
    assert set(LIVES) == set(ENDINGS)
    reached = {status for life in LIVES.values() for status in (life.early, life.later, life.at_deadline)}
    assert reached | {"succeeded"} == {status.value for status in PredictionStatus}


@pytest.mark.parametrize("fault", LIVES)
def test_fault_ends_a_prediction_as_its_name_says(simulate: Any, fault: str) -> None:
    life, simulation = LIVES[fault], simulate(seconds=SECONDS)
    created = simulation.create(fault=fault, headers={"Cancel-After": "90s"})
    assert created["status"] == "starting"
    seen = []
    for seconds in (10, 60, 21):
        simulation.clock.forward(seconds)
        seen.append(simulation.get(created["id"])["status"])
    assert seen == [life.early, life.later, life.at_deadline]
    ended = simulation.get(created["id"])
    assert ended["output"] is None
    assert ended["error"] in (life.errors or (None,))
    assert ("started_at" in ended) == (life.early == "processing")


@pytest.mark.parametrize(
    "fault", [fault for fault, life in LIVES.items() if life.later not in ("starting", "processing")]
)
def test_client_reads_each_ending(shared: Simulation, quick: ReplicateProvider, fault: str) -> None:
    made = quick.create(model=MODEL, input={"prompt": f"A [fault:{fault}]", "seed": 1})
    ended = wait_for(lambda: (found := quick.get(made.id)).status.is_terminal and found)
    assert ended.status == LIVES[fault].later
    assert (ended.error in LIVES[fault].errors) if LIVES[fault].errors else ended.error is None
    assert ended.output_url is None


@pytest.mark.parametrize("fault", ["hang", "stuck-starting"])
def test_prediction_that_does_not_move_stays_so_for_ever_but_can_be_canceled(simulate: Any, fault: str) -> None:
    simulation = simulate(seconds=1)
    prediction_id = simulation.create(fault=fault)["id"]
    simulation.clock.forward(24 * 3600)
    assert simulation.get(prediction_id)["status"] == LIVES[fault].later
    assert simulation.http.post(f"/v1/predictions/{prediction_id}/cancel").json()["status"] == "canceled"


@pytest.mark.parametrize("fault", ["hang", "stuck-starting"])
def test_deadline_can_be_ignored(simulate: Any, fault: str) -> None:
    simulation = simulate(seconds=SECONDS)
    created = simulation.create(fault=f"{fault}, deadline-ignored", headers={"Cancel-After": "90s"})
    assert "deadline" not in created
    simulation.clock.forward(3600)
    assert simulation.get(created["id"])["status"] == LIVES[fault].later


@pytest.mark.parametrize("fault", LIVES)
def test_no_picture_is_drawn_for_a_prediction_without_a_result(shared: Simulation, fault: str) -> None:
    prediction_id = shared.create(fault=fault, output_format="png")["id"]
    assert [path.name for path in shared.drawn() if path.stem == prediction_id] == []


def test_failure_rate_fails_predictions(simulate: Any) -> None:
    simulation = simulate(failure_rate=1.0)
    ended = simulation.ended(simulation.create()["id"])
    assert ended["status"] == "failed"
    assert ended["error"] in MODEL_ERRORS


def test_state_of_a_decided_prediction_survives_a_restart(simulate: Any) -> None:
    simulation = simulate(seconds=SECONDS)
    ids = {fault: simulation.create(fault=fault)["id"] for fault in LIVES}
    simulation.restart()
    simulation.clock.forward(70)
    assert {fault: simulation.get(ids[fault])["status"] for fault in LIVES} == {
        fault: life.later for fault, life in LIVES.items()
    }
