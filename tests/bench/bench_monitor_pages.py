"""What do 20 open Monitor pages cost, each refreshing every two seconds, over a desk of 100,000 jobs?

    python -m pytest tests/bench/bench_monitor_pages.py -s

Beside them, in the same run: an empty page with the same timer, as Streamlit comes and with the settings of this
project (`.streamlit/config.toml` leaves out a collection of garbage after every run), and the Monitor rerun whole,
which is what a timer at page level brings about. And what 2,000 sessions that came and went leave
behind. A run fails only if a page breaks or does not refresh. Needs the extras `test` and `bench`.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.credits import pricing
from tests import pictures_to_send
from tests.bench import processes, watchers
from tests.bench.processes import ROOT, Served
from tests.bench.report import Line, ratio, tell

JOBS = 100_000
PAGES = 20
REPEATS = 3
WATCHED_SECONDS = 20.0
IN_FLIGHT = 5
EMPTY = "tests/bench/peers/empty_page.py"
FIGURES = {"p50_ms": "refresh, p50", "p99_ms": "refresh, p99", "load_ms": "first load", "mb": "memory a session"}
SESSIONS, WARM_SESSIONS, AT_ONCE = 2_000, 200, 10
# Streamlit keeps a session that lost its connection for a while, in case it comes back.
_FORGOTTEN_AFTER_SECONDS = 130.0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    processes.command(folder, "demo-data", "--jobs", str(JOBS), "--days", "90")
    return folder


def test_twenty_monitor_pages_that_refresh(data: Path) -> None:
    with (
        processes.page(EMPTY, STREAMLIT_RUNNER_POST_SCRIPT_GC="true") as as_it_comes,
        processes.page(EMPTY) as as_set_here,
        _desk_with_work(data) as desk,
    ):
        contenders = {
            "Monitor": (desk, "monitor", False),
            "Monitor, rerun whole": (desk, "monitor", True),
            "empty page": (as_it_comes, "", False),
            "empty page, our settings": (as_set_here, "", False),
        }
        # A server's first page brings modules with it, which are no session's.
        for served, page, _ in contenders.values():
            asyncio.run(_come_and_go(served.port, AT_ONCE, page=page))
        found: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
        for _ in range(REPEATS):
            for name, (served, page, is_whole) in contenders.items():
                found[name].append(_watch(served, page, is_whole=is_whole))

    def line(name: str, figure: str, unit: str, target: str = "") -> Line:
        return Line(f"{name}: {FIGURES[figure]}", [one[figure] for one in found[name]], unit, target)

    targets = {"p99_ms": "at most 300", "load_ms": "at most 2,000", "mb": "at most 1"}
    lines = [
        line(name, figure, "MB" if figure == "mb" else "ms", targets.get(figure, "") if name == "Monitor" else "")
        for name in contenders
        for figure in FIGURES
    ]
    refresh = line("Monitor", "p50_ms", "ms")
    lines += [
        ratio("Monitor over an empty page, p50", refresh, line("empty page", "p50_ms", "ms"), target="at most 2"),
        ratio("… with our settings", refresh, line("empty page, our settings", "p50_ms", "ms")),
    ]
    tell(f"{PAGES} open pages that refresh every 2 s, {JOBS:,} jobs", lines)


def test_two_thousand_sessions_that_come_and_go(data: Path) -> None:
    with _desk_with_work(data) as desk:
        asyncio.run(_come_and_go(desk.port, WARM_SESSIONS))
        _wait_until_forgotten()
        before_mb, descriptors = _memory_mb(desk), desk.process.num_fds()
        asyncio.run(_come_and_go(desk.port, SESSIONS))
        _wait_until_forgotten()
        after_mb = _memory_mb(desk)
        lines = [
            Line("memory before", [before_mb], "MB"),
            Line("memory after", [after_mb], "MB"),
            Line("after over before", [after_mb / before_mb], "", "at most 1.1"),
            Line("open files more than before", [desk.process.num_fds() - descriptors], "", "0"),
        ]
    tell(f"{SESSIONS:,} Monitor sessions opened and closed", lines)


@contextmanager
def _desk_with_work(data: Path) -> Iterator[Served]:
    """A desk with a few jobs in flight, without which the Monitor has no timer."""
    settings = {"STAGING_SIMULATOR_SECONDS": "3600", "STAGING_JOB_TIMEOUT_SECONDS": "7200"}
    with (
        processes.desk(data, **settings) as served,
        processes.manager_client(served, data, credits=IN_FLIGHT * pricing.JOB_PRICE_CREDITS) as client,
    ):
        for number in range(IN_FLIGHT):
            processes.submit(client, pictures_to_send.photo(number))
        yield served


def _watch(served: Served, page: str, *, is_whole: bool) -> dict[str, float]:
    words = [sys.executable, "-m", "tests.bench.watchers", "--port", str(served.port), "--pages", str(PAGES)]
    words += ["--page", page, *(["--whole"] if is_whole else [])]
    before_mb = _memory_mb(served)
    watching = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    try:
        assert watching.stdout.readline() == "open\n"
        time.sleep(WATCHED_SECONDS)
        memory_mb = (_memory_mb(served) - before_mb) / PAGES
        output, _ = watching.communicate(timeout=90)
    finally:
        watching.kill()
    seen: dict[str, float] = json.loads(output)
    assert seen["fewest"] >= 2, "a page did not refresh"
    return {**seen, "mb": memory_mb}


async def _come_and_go(port: int, sessions: int, *, page: str = "monitor") -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def visit() -> None:
        async with turns:
            visited = await watchers.open_page(port, page)
            await visited.load()
            await visited.socket.close()

    await asyncio.gather(*(visit() for _ in range(sessions)))


def _wait_until_forgotten() -> None:
    time.sleep(_FORGOTTEN_AFTER_SECONDS)


def _memory_mb(served: Served) -> float:
    return float(served.process.memory_info().rss) / 1e6
