"""Simulators over real HTTP, started for one test or shared by a module, and a receiver of webhooks."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.pictures import Drawing
from core.provider.simulator.server import SimulatorServer
from tests.provider.simulator.simulation import QUICK_DRAWING, Clock, Receiver, Simulation


@pytest.fixture(scope="session")
def stop_in_background() -> Iterator[Callable[[Simulation], None]]:
    """Stops simulators while the next test runs, for a stop takes a quarter of a second; waits for all at the end."""
    with ThreadPoolExecutor(4) as pool:
        stops: list[Future[None]] = []
        yield lambda simulation: stops.append(pool.submit(simulation.server.stop))
        for stop in stops:
            stop.result()


@pytest.fixture
def simulate(tmp_path: Path, stop_in_background: Callable[[Simulation], None]) -> Iterator[Callable[..., Simulation]]:
    """Starts simulators: `simulate(seconds=0, faults={...})`; predictions are quick and unlimited unless told."""
    started: list[Simulation] = []

    def start(*, drawing: Drawing = QUICK_DRAWING, state: str = "state", **switches: Any) -> Simulation:
        clock = Clock()
        config = SimulatorConfig(**{"seconds": 0.0, "creates_per_minute": 0, "allow_http_webhooks": True, **switches})
        server = SimulatorServer(config, state_dir=tmp_path / state, drawing=drawing, clock=clock)
        server.start()
        started.append(Simulation(server, clock))
        return started[-1]

    yield start
    for simulation in started:
        simulation.http.close()
        stop_in_background(simulation)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """One quick simulator for all tests of a module that need no switches."""
    config = SimulatorConfig(seconds=0.0, creates_per_minute=0, allow_http_webhooks=True)
    server = SimulatorServer(config, state_dir=tmp_path_factory.mktemp("shared"), drawing=QUICK_DRAWING)
    server.start()
    simulation = Simulation(server, Clock())
    yield simulation
    simulation.http.close()
    server.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
