"""What does the desk add to the model's own time, in seconds and in CPU? All against the same simulator, in one run.

    python -m pytest tests/bench/bench_staging.py

Needs the extras `test` and `bench`. Each figure is printed with its target; a benchmark fails if work was not
delivered, never because a machine was slow.
"""

import io
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from replicate.client import Client

from core.provider.simulator import stager
from tests.bench import processes
from tests.bench.processes import Served

MODEL = "black-forest-labs/flux-kontext-pro"
PROMPT = "Furnish the living room in modern style"
PREDICTION_SECONDS = 6.0
CREATES_PER_MINUTE, CREATE_BURST = 600, 60
ROUNDS = 5
JOBS = 50
IDLE_SECONDS = 20


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A drawn room of 1200 × 900 pixels, with as much detail as a camera leaves at that size."""
    picture = stager.sample_room(1, (1200, 900))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


@pytest.fixture
def simulated(tmp_path: Path):
    with processes.simulator(tmp_path / "simulator", "--seconds", str(PREDICTION_SECONDS)) as served:
        yield served


def test_one_job_against_a_bare_script(
    benchmark: BenchmarkFixture, simulated: Served, photo: bytes, tmp_path: Path
) -> None:
    with (
        processes.desk(tmp_path / "data", provider_url=simulated.url) as desk,
        processes.manager_client(desk, tmp_path / "data", credits=1_000) as client,
    ):
        _stage_one(client, photo)
        pairs = []

        def pair() -> None:
            script = _timed(lambda: _bare_script(simulated.url, photo))
            ours = _timed(lambda: _stage_one(client, photo))
            pairs.append((ours, script))

        benchmark.pedantic(pair, rounds=ROUNDS, iterations=1)
    ratios = [ours / script for ours, script in pairs]
    _report(
        benchmark,
        ours_seconds=statistics.median(ours for ours, _ in pairs),
        script_seconds=statistics.median(script for _, script in pairs),
        ratio=statistics.median(ratios),
        ratio_range=f"{min(ratios):.2f} to {max(ratios):.2f}",
        target="at most 1.10",
    )


def test_fifty_jobs_at_once(benchmark: BenchmarkFixture, simulated: Served, photo: bytes, tmp_path: Path) -> None:
    # The burst goes at once, the rest at the rate, and the last prediction takes its time.
    waiting = max(0, 2 * JOBS - CREATE_BURST) / (CREATES_PER_MINUTE / 60)
    bound = waiting + PREDICTION_SECONDS
    with (
        processes.desk(tmp_path / "data", provider_url=simulated.url) as desk,
        processes.manager_client(desk, tmp_path / "data", credits=10_000) as client,
    ):
        _stage_one(client, photo)
        cpu_before = desk.cpu_seconds()

        def batch() -> list[str]:
            started = time.monotonic()
            with ThreadPoolExecutor(8) as pool:
                jobs = list(pool.map(lambda _: processes.submit(client, photo), range(JOBS)))
            # Nothing can be done before its bound, so asking earlier would only add to what is measured.
            time.sleep(max(0.0, started + bound - time.monotonic()))
            processes.wait_until_quiet(client, pause_seconds=0.1)
            return jobs

        jobs = benchmark.pedantic(batch, rounds=1, iterations=1)
        cpu = desk.cpu_seconds() - cpu_before
        seconds = benchmark.stats.stats.max
        assert len(set(jobs)) == JOBS
        _require_delivered(client, jobs)
    _report(
        benchmark,
        seconds=seconds,
        bound_seconds=bound,
        ratio=seconds / bound,
        target="at most 1.25",
        cpu_ms_per_job=1_000 * cpu / JOBS,
        cpu_target="at most 150",
    )


def test_cpu_when_idle(benchmark: BenchmarkFixture, simulated: Served, tmp_path: Path) -> None:
    with processes.desk(tmp_path / "data", provider_url=simulated.url) as desk:
        time.sleep(2)
        before = desk.cpu_seconds()
        benchmark.pedantic(time.sleep, args=(IDLE_SECONDS,), rounds=1, iterations=1)
        share = (desk.cpu_seconds() - before) / IDLE_SECONDS
    _report(benchmark, idle_percent_of_a_core=100 * share, target="at most 10")


def _bare_script(url: str, photo: bytes) -> None:
    """What one would write with the client: two predictions at once, polled every half second, both results read."""

    def one(seed: int) -> None:
        client = Client(api_token="bench-token", base_url=url)
        file = client.files.create(io.BytesIO(photo), filename="room.jpg", content_type="image/jpeg")
        prediction = client.models.predictions.create(
            model=MODEL,
            input={
                "prompt": "Furnish the living room in modern style",
                "input_image": file.urls["get"],
                "seed": seed,
            },
        )
        while prediction.status not in ("succeeded", "failed", "canceled", "aborted"):
            time.sleep(0.5)
            prediction.reload()
        assert prediction.status == "succeeded", prediction.error
        httpx.get(prediction.output).raise_for_status()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, (1, 2)))


def _require_delivered(client: httpx.Client, jobs: list[str]) -> None:
    for job_id in jobs:
        job = client.get(f"/api/jobs/{job_id}").json()
        assert job["status"] == "completed", job["error"]


def _stage_one(client: httpx.Client, photo: bytes) -> None:
    job_id = processes.submit(client, photo)
    processes.wait_until_quiet(client)
    _require_delivered(client, [job_id])


def _timed(call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _report(benchmark: BenchmarkFixture, **figures: float | str) -> None:
    benchmark.extra_info.update(figures)
    words = ", ".join(
        f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}" for name, value in figures.items()
    )
    sys.stderr.write(f"\n{words}\n")
