"""A restart in the middle loses nothing: state, running predictions, pending webhooks and the address stay."""

import json
import logging
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from core import errors
from core.provider.simulator import records
from core.provider.simulator.address import known_address
from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.pictures import Drawing
from core.provider.simulator.server import SimulatorServer
from tests.provider.simulator.simulation import MODEL, QUICK_DRAWING, Receiver, at, jpeg, record, wait_for


def test_running_prediction_goes_on_to_completion(simulate: Any) -> None:
    may_draw = threading.Event()
    drawn: list[int] = []

    def slow(photo: Image.Image, *, prompt: str, seed: int) -> Image.Image:
        drawn.append(seed)
        may_draw.wait(10)
        return photo

    simulation = simulate(drawing=Drawing(stage=slow, sample_room=QUICK_DRAWING.sample_room))
    # Two are being drawn and one waits for its turn when the simulator is stopped.
    ids = [simulation.create(seed=seed)["id"] for seed in (1, 2, 3)]
    wait_for(lambda: len(drawn) == 2)
    threading.Timer(0.2, may_draw.set).start()
    simulation.server.stop()
    assert not simulation.server.is_running
    simulation.server.start()
    simulation.connect()
    assert [simulation.ended(prediction_id)["status"] for prediction_id in ids] == ["succeeded"] * 3
    assert sorted(drawn) == [1, 2, 3]


def test_everything_kept_is_there_after_a_restart(simulate: Any) -> None:
    simulation = simulate()
    ended = simulation.ended(simulation.create()["id"])
    picture = simulation.http.get(ended["output"]).content
    file = simulation.http.post("/v1/files", files={"content": ("a.jpg", jpeg())}).json()
    secret = simulation.http.get("/v1/webhooks/default/secret").json()
    stats = simulation.stats()
    simulation.restart()
    assert simulation.get(ended["id"]) == ended
    assert simulation.http.get(ended["output"]).content == picture
    assert simulation.http.get(file["urls"]["get"]).json() == file
    assert simulation.http.get("/v1/webhooks/default/secret").json() == secret
    assert simulation.stats() == {**stats, "gets": 1}


def test_uploaded_file_is_an_input_after_a_restart_on_another_port(simulate: Any) -> None:
    simulation = simulate()
    url = simulation.http.post("/v1/files", files={"content": ("a.jpg", jpeg(80, 48))}).json()["urls"]["get"]
    elsewhere = url.replace(str(simulation.http.base_url.port), "9")
    assert simulation.ended(simulation.create(input_image=elsewhere)["id"])["status"] == "succeeded"


def test_pending_webhook_is_delivered_after_a_restart(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate(seconds=0.1)
    receiver.statuses = [500]
    prediction_id = simulation.create(body={"webhook": receiver.url, "webhook_events_filter": ["completed"]})["id"]
    receiver.wait_for(1)
    simulation.restart()
    first, second = receiver.wait_for(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.prediction["id"] == prediction_id
    wait_for(lambda: simulation.stats()["webhooks_pending"] == 0)


def test_folder_of_an_earlier_version_is_taken_over(simulate: Any, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    earlier = json.loads(records.to_json(record(drawn_at=at(1), ready_at=at(1))))
    for name in ("listed_at", "prompt_sha256", "input_image"):
        del earlier[name]
    database = sqlite3.connect(tmp_path / "old" / "simulator.sqlite")
    database.execute(
        "CREATE TABLE predictions (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
        " status TEXT NOT NULL, created_us INTEGER NOT NULL, due_us INTEGER, record TEXT NOT NULL)"
    )
    values = (earlier["id"], earlier["status"], 1, 1, json.dumps(earlier))
    database.execute(
        "INSERT INTO predictions (id, status, created_us, due_us, record) VALUES (?, ?, ?, ?, ?)", values
    )
    database.commit()
    database.close()
    simulation = simulate(state="old")
    newer = simulation.create()["id"]
    listed = simulation.http.get("/v1/predictions").json()["results"]
    assert [item["id"] for item in listed] == [newer, earlier["id"]]
    assert simulation.get(earlier["id"])["status"] == "succeeded"
    told = simulation.http.get("/simulator/predictions").json()["predictions"]
    assert [item["id"] for item in told] == [earlier["id"], newer]


def test_port_is_taken_again_and_recorded(simulate: Any) -> None:
    simulation = simulate()
    url = simulation.server.url
    assert known_address(simulation.server.state_dir) == url
    simulation.restart()
    assert simulation.server.url == url


def test_other_port_is_taken_when_the_known_one_is_not_free(simulate: Any, receiver: Receiver) -> None:
    simulation = simulate(seconds=60)
    created = simulation.create(body={"webhook": receiver.url, "webhook_events_filter": ["completed"]})
    old_port = simulation.http.base_url.port
    simulation.http.close()
    simulation.server.stop()
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", old_port))
        squatter.listen()
        simulation.server.start()
    simulation.connect()
    assert simulation.http.base_url.port != old_port
    assert known_address(simulation.server.state_dir) == simulation.server.url
    simulation.clock.forward(61)
    simulation.ended(created["id"])
    (webhook,) = receiver.wait_for(1)
    assert simulation.http.get(webhook.prediction["output"]).status_code == 200


@contextmanager
def in_foreground(state_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A simulator alone in a process of its own, answering."""
    code = (
        "import sys, pathlib; from core.provider.simulator import server, config; "
        "server.run(config.SimulatorConfig(), host='127.0.0.1', port=0, state_dir=pathlib.Path(sys.argv[1]))"
    )
    (state_dir / "address").unlink(missing_ok=True)
    with subprocess.Popen([sys.executable, "-c", code, str(state_dir)], stderr=subprocess.PIPE) as process:
        wait_for(lambda: answers(known_address(state_dir)))
        yield process
        process.kill()


def answers(url: str | None) -> bool:
    try:
        return url is not None and httpx.get(f"{url}/simulator/stats").is_success
    except httpx.ConnectError:
        return False


def test_killed_simulator_forgets_nothing_it_answered(tmp_path: Path) -> None:
    def call(method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": "Bearer any", "X-Simulator-Fault": "hang"}
        return httpx.request(method, f"{known_address(tmp_path)}{path}", headers=headers, **options).json()

    with in_foreground(tmp_path) as process:
        order = {"version": MODEL, "input": {"prompt": "x"}}
        ids = [call("POST", "/v1/predictions", json=order)["id"] for _ in range(5)]
        process.kill()
    with in_foreground(tmp_path) as process:
        assert [item["id"] for item in call("GET", "/v1/predictions")["results"]] == ids[::-1]
        process.terminate()
        assert process.wait(5) == -signal.SIGTERM


def test_answers_are_not_held_back_by_the_network_stack(simulate: Any) -> None:
    simulation = simulate()
    times = [simulation.http.get("/v1/account").elapsed.total_seconds() for _ in range(41)]
    assert sorted(times)[20] < 0.03


def test_address_of_a_simulator_that_never_ran_is_unknown(tmp_path: Path) -> None:
    assert known_address(tmp_path) is None


def test_second_simulator_on_the_same_folder_is_refused(simulate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    simulation = simulate()
    monkeypatch.setattr("core.provider.simulator.server.LOCK_TIMEOUT_SECONDS", 0.05)
    second = SimulatorServer(SimulatorConfig(), state_dir=simulation.server.state_dir)
    with pytest.raises(errors.ConfigurationError, match="already working"):
        second.start()
    assert simulation.stats()["creates"] == 0


def test_taken_port_is_refused_by_name(simulate: Any, tmp_path: Path) -> None:
    port = simulate().http.base_url.port
    with pytest.raises(errors.ConfigurationError, match=str(port)):
        SimulatorServer(SimulatorConfig(), state_dir=tmp_path / "other", port=port).start()


def test_starting_leaves_signals_and_logging_alone(simulate: Any) -> None:
    def settings() -> list[Any]:
        loggers = [logging.getLogger(name) for name in ("", "uvicorn", "uvicorn.error", "uvicorn.access")]
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        return [*handlers, *((logger.level, list(logger.handlers), logger.propagate) for logger in loggers)]

    before = settings()
    simulation = simulate()
    assert simulation.http.get("/v1/account").status_code == 200
    assert settings() == before


def test_answers_leave_no_access_log(simulate: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert simulate().http.get("/v1/account").status_code == 200
    assert "uvicorn.access" not in [entry.name for entry in caplog.records]


def test_stop_does_not_wait_for_held_requests(simulate: Any, caplog: pytest.LogCaptureFixture) -> None:
    simulation = simulate()
    held = threading.Thread(target=lambda: simulation.ask(headers={"X-Simulator-Fault": "timeout-after-accept"}))
    held.start()
    wait_for(lambda: simulation.stats()["predictions"] == 1)
    simulation.server.stop()
    held.join(5)
    assert not held.is_alive()
    # A request that does not end by itself would be cut off with an error.
    assert [entry.message for entry in caplog.records if entry.levelno >= logging.ERROR] == []
