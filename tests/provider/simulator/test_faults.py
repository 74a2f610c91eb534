"""Which faults strike: by their rates, by a header, by marks in the prompt, and what can't go together."""

from typing import Any

import pytest

from core import errors
from core.provider.simulator.config import SimulatorConfig, parse_faults
from core.provider.simulator.faults import (
    DESCRIPTIONS,
    ENDINGS,
    FAULT_NAMES,
    REFUSALS,
    Fault,
    FaultPlan,
    Mark,
    forced_now,
    marks_of,
    settled,
)
from tests.provider.simulator.simulation import Simulation, jpeg

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
    "unfurnished",
    "failure",
    "canceled",
    "aborted",
    "stuck-starting",
    "throttle-json",
    "throttle-text",
    "payment",
    "unauthorized",
    "deadline-ignored",
    "list-lag",
    "webhook-wrong-id",
    "output-wrong-host",
    "output-redirect",
    "output-interrupted",
    "data-removed",
}


def test_fault_names_are_the_published_ones() -> None:
    assert set(FAULT_NAMES) == NAMES


def test_every_fault_is_described_in_a_line() -> None:
    assert {fault.value for fault in DESCRIPTIONS} == NAMES
    assert all("\n" not in line and "|" not in line for line in DESCRIPTIONS.values())


def test_switches_are_parsed() -> None:
    assert parse_faults(["safety=0.1", "hang=1", "failure=0.2"]) == {"safety": 0.1, "hang": 1.0, "failure": 0.2}
    assert parse_faults([]) == {}


@pytest.mark.parametrize(
    "switch",
    ["safety", "safety=", "safety=often", "safety=1.5", "safety=-1", "safety=nan", "safety@1=1", "x=1", "=1"],
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
        {"webhook_late_seconds": -1},
        {"faults": {"nonsense": 1}},
    ],
)
def test_impossible_switches_are_refused(switches: dict[str, Any]) -> None:
    with pytest.raises(errors.ConfigurationError):
        SimulatorConfig(**switches)


def rolls(seed: int, count: int = 50, **rates: float) -> list[frozenset[Fault]]:
    plan = FaultPlan({name.replace("_", "-"): rate for name, rate in rates.items()}, seed=seed)
    return [plan.roll() for _ in range(count)]


def test_same_seed_gives_the_same_faults() -> None:
    assert rolls(1, safety=0.3, output_slow=0.3) == rolls(1, safety=0.3, output_slow=0.3)
    assert rolls(1, safety=0.3, output_slow=0.3) != rolls(2, safety=0.3, output_slow=0.3)


def test_switching_a_fault_on_does_not_move_the_others() -> None:
    alone = [Fault.WEBHOOK_LOST in struck for struck in rolls(1, webhook_lost=0.3)]
    together = [Fault.WEBHOOK_LOST in struck for struck in rolls(1, webhook_lost=0.3, safety=0.5, output_slow=0.5)]
    assert together == alone


def test_faults_strike_at_their_rate() -> None:
    plan = FaultPlan({"webhook-lost": 0.2}, failure_rate=0.5, seed=3)
    struck = [plan.roll() for _ in range(2000)]
    assert sum(Fault.WEBHOOK_LOST in faults for faults in struck) / 2000 == pytest.approx(0.2, abs=0.04)
    assert sum(Fault.FAILURE in faults for faults in struck) / 2000 == pytest.approx(0.5, abs=0.04)
    assert set().union(*struck) == {Fault.WEBHOOK_LOST, Fault.FAILURE}


def test_faults_strike_independently_of_each_other() -> None:
    struck = rolls(3, 2000, webhook_late=0.5, webhook_lost=0.5)
    assert sum(len(faults) == 2 for faults in struck) / 2000 == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize(
    ("fault_rate", "failure_rate", "together"), [(0.0, 0.1, 0.1), (0.1, 0.0, 0.1), (0.1, 0.2, 0.3), (0.8, 0.7, 1.0)]
)
def test_both_ways_to_set_the_failure_rate_add_up(fault_rate: float, failure_rate: float, together: float) -> None:
    assert FaultPlan({"failure": fault_rate}, failure_rate=failure_rate).rates["failure"] == together


def test_replaced_rates_hold_from_then_on_and_wrong_ones_change_nothing() -> None:
    plan = FaultPlan({"safety": 1.0})
    plan.replace_rates({"hang": 1.0})
    assert plan.roll() == {Fault.HANG}
    with pytest.raises(errors.ConfigurationError):
        plan.replace_rates({"safety": 1.0, "hang": 2.0})
    assert plan.roll() == {Fault.HANG}


@pytest.mark.parametrize(
    ("forced", "rolled", "true"),
    [
        ((), ("safety", "failure", "hang", "webhook-lost"), {"safety", "webhook-lost"}),
        (("hang",), ("safety", "failure", "webhook-lost"), {"hang", "webhook-lost"}),
        ((), ("throttle", "server-error", "safety", "webhook-lost"), {"throttle"}),
        (("server-error",), ("throttle",), {"server-error"}),
        (("safety",), ("payment",), {"payment"}),
        ((), ("output-slow", "output-expired"), {"output-expired"}),
        (("timeout-after-accept",), ("reset-after-accept", "safety"), {"timeout-after-accept", "safety"}),
        (
            ("webhook-lost", "webhook-forged"),
            ("webhook-wrong-id",),
            {"webhook-lost", "webhook-forged", "webhook-wrong-id"},
        ),
    ],
)
def test_only_one_of_several_rivals_comes_true(
    forced: tuple[str, ...], rolled: tuple[str, ...], true: set[str]
) -> None:
    struck = settled(forced=frozenset(map(Fault, forced)), rolled=frozenset(map(Fault, rolled)))
    assert struck == true


def test_whatever_strikes_a_create_is_refused_once_or_ends_one_way() -> None:
    every = settled(forced=frozenset(), rolled=frozenset(Fault))
    assert len(every & set(REFUSALS)) == 1
    assert every == every & set(REFUSALS)
    bought = settled(forced=frozenset(), rolled=frozenset(Fault) - set(REFUSALS))
    assert len(bought & set(ENDINGS)) == 1


def test_header_and_marks_ask_for_faults() -> None:
    marks, unknown = marks_of(header="hang, Safety@2", prompt="A room [fault:output-slow] and [fault:typo]")
    assert set(marks) == {Mark(Fault.HANG), Mark(Fault.SAFETY, 2), Mark(Fault.OUTPUT_SLOW)}
    assert unknown == ("typo",)


def test_counted_mark_strikes_its_turn_alone() -> None:
    marks = (Mark(Fault.HANG), Mark(Fault.SAFETY, 2))
    assert [forced_now(marks, nth=nth) for nth in (1, 2, 3)] == [
        {Fault.HANG},
        {Fault.HANG, Fault.SAFETY},
        {Fault.HANG},
    ]


@pytest.mark.parametrize(
    "name", ["typo", "safety@", "safety@0", "safety@-1", "safety@x", "safety@1.5", "@1", "safety@²"]
)
def test_unknown_fault_asked_for_is_refused(shared: Simulation, name: str) -> None:
    before = shared.stats()["predictions"]
    answer = shared.ask(prompt=f"[fault:{name}]")
    assert (answer.status_code, answer.json()["invalid_fields"][0]["field"]) == (422, "X-Simulator-Fault")
    assert shared.stats()["predictions"] == before


def test_unknown_fault_in_the_header_is_refused(shared: Simulation) -> None:
    assert shared.ask(headers={"X-Simulator-Fault": "typo"}).status_code == 422


def statuses(simulation: Simulation, prompt: str, seeds: range, **options: Any) -> list[str]:
    return [
        simulation.ended(simulation.create(prompt=prompt, seed=seed, **options)["id"])["status"] for seed in seeds
    ]


def test_counted_mark_spares_the_retry_with_a_new_seed(simulate: Any) -> None:
    simulation = simulate()
    assert statuses(simulation, "A [fault:safety@1]", range(3)) == ["failed", "succeeded", "succeeded"]
    assert statuses(simulation, "B [fault:safety@1] [fault:canceled@2]", range(3)) == [
        "failed",
        "canceled",
        "succeeded",
    ]


def test_creates_are_counted_for_each_image_and_through_a_restart(simulate: Any) -> None:
    simulation = simulate()
    links = [
        simulation.http.post("/v1/files", files={"content": (f"{n}.jpg", jpeg())}).json()["urls"]["get"]
        for n in range(2)
    ]
    for link in links:
        assert statuses(simulation, "C [fault:safety@1]", range(1), input_image=link) == ["failed"]
    simulation.restart()
    assert statuses(simulation, "C [fault:safety@1]", range(1), input_image=links[0]) == ["succeeded"]


def test_refused_create_counts_as_the_first(simulate: Any) -> None:
    simulation = simulate()
    assert simulation.ask(prompt="D [fault:throttle@1]").status_code == 429
    assert simulation.ask(prompt="D [fault:throttle@1]").status_code == 201
