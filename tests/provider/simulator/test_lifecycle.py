"""What becomes of a prediction follows from its record and the clock alone."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from core.provider.contract import PredictionStatus, parse_prediction
from core.provider.simulator import lifecycle, records, views
from core.provider.simulator.faults import Fault
from core.provider.simulator.orders import Order
from core.provider.simulator.pictures import Drawing
from core.provider.simulator.records import Record
from tests.provider.simulator.simulation import NOON, at, record, wait_for


def life(start: Record, seconds: float) -> list[tuple[str, float]]:
    """The statuses passed through until then, each with the time it was reached."""
    changes = lifecycle.advance(start, at(seconds))
    return [
        (change.status.value, ((change.completed_at or change.started_at or NOON) - NOON).total_seconds())
        for change in changes
    ]


@pytest.mark.parametrize(
    ("start", "seconds", "passed"),
    [
        (record(), 0.5, []),
        (record(), 5, [("processing", 1)]),
        (record(drawn_at=at(3)), 9, [("processing", 1)]),
        (record(drawn_at=at(3)), 11, [("processing", 1), ("succeeded", 10)]),
        (record(drawn_at=at(14)), 20, [("processing", 1), ("succeeded", 14)]),
        (record(drawn_at=at(3), draw_error="bad"), 11, [("processing", 1), ("failed", 10)]),
        (record(planned_error="bad"), 11, [("processing", 1), ("failed", 10)]),
        (record(), 999, [("processing", 1)]),
        (record(ready_at=None), 9999, [("processing", 1)]),
        (record(deadline=at(5)), 6, [("processing", 1), ("canceled", 5)]),
        (record(deadline=at(1)), 6, [("aborted", 1)]),
        (record(deadline=at(12), drawn_at=at(3)), 13, [("processing", 1), ("succeeded", 10)]),
        (record(deadline=at(12), drawn_at=at(14)), 15, [("processing", 1), ("canceled", 12)]),
        (record(ready_at=None, deadline=at(40)), 50, [("processing", 1), ("canceled", 40)]),
    ],
)
def test_prediction_passes_through_its_statuses_in_time(
    start: Record, seconds: float, passed: list[tuple[str, float]]
) -> None:
    assert life(start, seconds) == passed


def begun(*struck: Fault, **options: Any) -> Record:
    order = Order(
        model="black-forest-labs/flux-kontext-pro",
        input={"prompt": "x", "input_image": "https://a.example/a.jpg"},
        webhook=None,
        webhook_events=("completed",),
        cancel_after_seconds=300,
        wait_seconds=0,
    )
    given: dict[str, Any] = {"planned_error": None, "seconds": 10, **options}
    return lifecycle.begun(
        order, prediction_id="p1", seed=7, origin="https://b.example", faults=frozenset(struck), now=NOON, **given
    )


@pytest.mark.parametrize(
    ("start", "passed"),
    [
        (begun(), [("processing", 1), ("succeeded", 10)]),
        (begun(planned_error="bad"), [("processing", 1), ("failed", 10)]),
        (begun(Fault.CANCELED), [("processing", 1), ("canceled", 10)]),
        (begun(Fault.ABORTED), [("aborted", 1)]),
        (begun(Fault.HANG), [("processing", 1), ("canceled", 300)]),
        (begun(Fault.STUCK_STARTING), [("aborted", 300)]),
        (begun(Fault.HANG, planned_error="bad"), [("processing", 1), ("canceled", 300)]),
        (begun(Fault.HANG, Fault.DEADLINE_IGNORED), [("processing", 1)]),
        (begun(Fault.STUCK_STARTING, Fault.DEADLINE_IGNORED), []),
        (begun(Fault.CANCELED, seconds=400), [("processing", 40), ("canceled", 300)]),
        (begun(Fault.ABORTED, seconds=4000), [("aborted", 300)]),
    ],
)
def test_whole_life_can_be_told_without_a_server(start: Record, passed: list[tuple[str, float]]) -> None:
    if start.needs_drawing:
        start = lifecycle.drawn(start, at(2), size_bytes=5)
    assert life(start, 1000) == passed
    told = parse_prediction(views.prediction_view(start, origin=start.origin))
    assert (told.id, told.status, told.input) == ("p1", "starting", start.input)


def test_data_that_is_removed_at_once_is_there_for_no_moment() -> None:
    start = lifecycle.drawn(begun(Fault.DATA_REMOVED), at(2), size_bytes=5)
    *_, ended, removed = lifecycle.advance(start, at(10))
    assert (ended.data_removed, removed.data_removed, removed.input) == (False, True, {})
    assert removed.input_image == "https://a.example/a.jpg"


@pytest.mark.parametrize(
    ("struck", "lag_seconds", "listed_at"),
    [((), 0, None), ((), 3, at(3)), ((Fault.LIST_LAG,), 0, at(10)), ((Fault.LIST_LAG,), 30, at(30))],
)
def test_longer_lag_counts(struck: tuple[Fault, ...], lag_seconds: float, listed_at: datetime | None) -> None:
    assert begun(*struck, list_lag_seconds=lag_seconds).listed_at == listed_at


def test_data_is_removed_an_hour_after_the_end_and_nothing_comes_after() -> None:
    ended = [*lifecycle.advance(record(drawn_at=at(3)), at(11))][-1]
    assert [*lifecycle.advance(ended, at(10 + 3599))] == []
    (removed,) = lifecycle.advance(ended, at(10 + 3600))
    assert (removed.input, removed.data_removed, removed.status) == ({}, True, PredictionStatus.SUCCEEDED)
    assert lifecycle.due_at(removed) is None


def test_finished_prediction_is_not_canceled() -> None:
    ended = [*lifecycle.advance(record(drawn_at=at(3)), at(11))][-1]
    assert lifecycle.canceled(ended, at(12)) is ended


def test_record_survives_its_textual_form() -> None:
    original = record(deadline=at(5.123456), started_at=at(1), drawn_bytes=7, webhook="https://a.example")
    assert records.from_json(records.to_json(original)) == original


def test_status_follows_the_clock(simulate: Any) -> None:
    simulation = simulate(seconds=60)
    prediction_id = simulation.create()["id"]
    simulation.drawn()
    seen = []
    for seconds in (0, 10, 60):
        simulation.clock.forward(seconds)
        seen.append(simulation.get(prediction_id)["status"])
    assert seen == ["starting", "processing", "succeeded"]
    ended = simulation.get(prediction_id)
    assert ended["metrics"] == {"total_time": 60.0, "predict_time": 54.0, "image_count": 1}


def test_late_drawing_keeps_the_prediction_running(simulate: Any) -> None:
    may_draw = threading.Event()

    def slow(photo: Image.Image, *, prompt: str, seed: int) -> Image.Image:
        may_draw.wait(10)
        return photo

    simulation = simulate(drawing=Drawing(stage=slow, sample_room=lambda seed, size: Image.new("RGB", (32, 32))))
    prediction_id = simulation.create()["id"]
    simulation.clock.forward(30)
    assert simulation.get(prediction_id)["status"] == "processing"
    may_draw.set()
    ended = simulation.ended(prediction_id)
    assert ended["status"] == "succeeded"
    assert ended["metrics"]["predict_time"] >= 30


def test_logs_grow_with_the_run(simulate: Any) -> None:
    simulation = simulate(seconds=60)
    created = simulation.create(seed=7710683)
    assert created["logs"] == ""
    simulation.drawn()
    simulation.clock.forward(10)
    assert simulation.get(created["id"])["logs"] == "Using seed: 7710683\nGenerating..."
    simulation.clock.forward(60)
    ended = simulation.ended(created["id"])
    size = len(simulation.http.get(ended["output"]).content)
    assert ended["logs"].splitlines()[2:] == ["Generated image in 51.3sec", f"Downloading {size} bytes"]


def test_seed_is_random_unless_given(shared: Any) -> None:
    logs = {shared.ended(shared.create()["id"])["logs"].splitlines()[0] for _ in range(3)}
    assert len(logs) == 3
    given = shared.ended(shared.create(seed=0)["id"])["logs"]
    assert given.startswith("Using seed: 0\n")


def test_deadline_cancels_what_runs_and_aborts_what_waits(simulate: Any) -> None:
    simulation = simulate(seconds=60)
    running = simulation.create(headers={"Cancel-After": "30s"})
    waiting = simulation.create(headers={"Cancel-After": "5s"})
    lifetime = datetime.fromisoformat(running["deadline"]) - datetime.fromisoformat(running["created_at"])
    assert lifetime == timedelta(seconds=30)
    simulation.clock.forward(31)
    canceled, aborted = simulation.get(running["id"]), simulation.get(waiting["id"])
    assert (canceled["status"], aborted["status"]) == ("canceled", "aborted")
    assert canceled["completed_at"] == running["deadline"]
    assert "started_at" not in aborted


def test_data_removal_clears_input_output_logs_and_file(simulate: Any) -> None:
    simulation = simulate()
    ended = simulation.ended(simulation.create()["id"])
    assert simulation.http.get(ended["output"]).status_code == 200
    simulation.clock.forward(3601)
    assert simulation.http.get(ended["output"]).status_code == 404
    removed = simulation.get(ended["id"])
    assert (removed["input"], removed["output"], removed["logs"], removed["data_removed"]) == ({}, None, "", True)
    assert removed["status"] == "succeeded"
    assert removed["metrics"] == ended["metrics"]
    assert list((simulation.server.state_dir / "outputs").iterdir()) == []


def test_canceled_prediction_leaves_no_picture(simulate: Any) -> None:
    simulation = simulate(seconds=60)
    prediction_id = simulation.create()["id"]
    (picture,) = simulation.drawn()
    simulation.http.post(f"/v1/predictions/{prediction_id}/cancel")
    wait_for(lambda: not picture.exists())


def test_list_filters_by_time_of_creation(simulate: Any) -> None:
    simulation = simulate(seconds=60)
    first = simulation.create(fault="hang")
    simulation.clock.forward(10)
    second = simulation.create(fault="hang")

    def listed(**query: str) -> list[str]:
        return [item["id"] for item in simulation.http.get("/v1/predictions", params=query).json()["results"]]

    assert listed(created_after=second["created_at"]) == [second["id"]]
    assert listed(created_before=second["created_at"]) == [first["id"]]
    assert listed(created_after=first["created_at"]) == [second["id"], first["id"]]
    assert listed(source="web") == []


def test_filters_stay_on_the_next_page(simulate: Any) -> None:
    simulation = simulate(seconds=60)
    simulation.create(fault="hang")
    simulation.clock.forward(10)
    ids = [simulation.create(fault="hang") for _ in range(101)]
    page = simulation.http.get("/v1/predictions", params={"created_after": ids[0]["created_at"]}).json()
    last = simulation.http.get(page["next"]).json()
    assert ([item["id"] for item in last["results"]], last["next"]) == ([ids[0]["id"]], None)
