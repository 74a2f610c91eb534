"""How many signed webhooks are taken a second, and how long does each wait, alone or beside ten open Monitor pages?

    python -m pytest tests/bench/bench_webhooks.py -s

A webhook is answered once it is committed, to the disk: SQLite with `synchronous=FULL`, PostgreSQL with its own
defaults. A run fails if any webhook was not accepted or is not in the database afterwards, never because a machine
was slow. Needs the extras `test` and `bench`.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import sqlalchemy as sa

from core.db.session import Database
from core.models import WebhookDelivery
from tests import pictures_to_send
from tests.bench import load, processes
from tests.bench.load import Measured
from tests.bench.processes import ROOT, Served
from tests.bench.report import Line, ratio, tell

PATH = "/api/webhooks/replicate"
REPEATS = 5
CONNECTIONS = 32
WEBHOOKS = 1_500
# Nothing listens there: accepting a webhook asks nobody.
NO_PROVIDER = "http://127.0.0.1:9"
PAGES = 10
JOBS = 10
CALM_RATE = 50
CALM_WEBHOOKS = 250
IDLE = "a route that does nothing, the same pages"
# With more, the generator would be measured along with the server.
GENERATOR_SHARE_MAX = 0.5


def test_webhooks_taken_a_second(new_database: Callable[[str], str], tmp_path: Path) -> None:
    urls = {kind: new_database(kind) for kind in ("sqlite", "postgres")}
    measured: dict[str, list[Measured]] = {name: [] for name in ("nothing", *urls)}
    with ExitStack() as running:
        served = {"nothing": running.enter_context(processes.idle_route())}
        for kind, url in urls.items():
            desk = processes.api(
                tmp_path / kind,
                provider_url=NO_PROVIDER,
                STAGING_DATABASE_URL=url,
                REPLICATE_WEBHOOK_SECRET=load.SECRET,
            )
            served[kind] = running.enter_context(desk)
        for name in served:
            _fire(served[name], count=200)
        for _ in range(REPEATS):
            for name, runs in measured.items():
                runs.append(_fire(served[name], count=WEBHOOKS))
    for url in urls.values():
        assert _kept(url) == 200 + REPEATS * WEBHOOKS
    rates = {name: Line(_NAMES[name], [one.per_second for one in runs], "/s") for name, runs in measured.items()}
    lines = list(rates.values())
    lines += [
        ratio(f"{_NAMES[kind]}, over the idle route", rates[kind], rates["nothing"], target="at least 0.12")
        for kind in urls
    ]
    lines += [Line(f"{_NAMES[name]}, p99", [one.p99_ms for one in runs], "ms") for name, runs in measured.items()]
    tell(f"Webhooks over {CONNECTIONS} connections", lines)


_NAMES = {"nothing": "a FastAPI route that does nothing", "sqlite": "ours, SQLite", "postgres": "ours, PostgreSQL"}


def test_waiting_while_ten_monitor_pages_refresh(new_database: Callable[[str], str], tmp_path: Path) -> None:
    with ExitStack() as running:
        switches = ("--seconds", "900", "--allow-http-webhooks")
        provider = running.enter_context(processes.simulator(tmp_path / "simulator", *switches))
        secret = _secret(provider)
        stacks = {
            "in one process, SQLite": running.enter_context(_together(tmp_path / "one", provider.url, secret=secret)),
            "API apart, PostgreSQL": running.enter_context(
                _apart(tmp_path / "apart", provider.url, secret=secret, database_url=new_database("postgres"))
            ),
        }
        # What the machine itself makes of it: the route that does nothing, while the same pages refresh.
        idle = running.enter_context(processes.idle_route())
        stacks[IDLE] = replace(stacks["API apart, PostgreSQL"], api=idle)
        found: dict[str, list[tuple[Measured, dict[str, float]]]] = {name: [] for name in stacks}
        for _ in range(REPEATS):
            for name, stack in stacks.items():
                with _watched(stack.pages) as seen:
                    measured = _fire(
                        stack.api,
                        count=CALM_WEBHOOKS,
                        switches=("--rate", str(CALM_RATE), "--secret", secret, *stack.predictions),
                    )
                found[name].append((measured, seen))
    targets = dict(zip(stacks, ("at most 100", "at most 25", ""), strict=True))
    lines = []
    for name, runs in found.items():
        lines += [
            Line(f"{name}: p99", [one.p99_ms for one, _ in runs], "ms", targets[name]),
            Line(f"{name}: p50", [one.p50_ms for one, _ in runs], "ms"),
        ]
        if name != IDLE:
            lines.append(Line(f"{name}: a page's refresh, p50", [seen["p50_ms"] for _, seen in runs], "ms"))
    tell(f"{CALM_RATE} webhooks a second while {PAGES} Monitor pages refresh", lines)


@dataclass(frozen=True)
class Stack:
    """A running desk, where its API and its pages are, and what it waits for, as switches of the generator."""

    api: Served
    pages: Served
    predictions: tuple[str, ...]


@contextmanager
def _together(data: Path, provider_url: str, *, secret: str) -> Iterator[Stack]:
    port = processes.free_port()
    settings = _with_webhooks(port, secret)
    with processes.desk(data, provider_url=provider_url, port=port, **settings) as desk:
        predictions = _in_flight(desk, data, settings)
        yield Stack(api=desk, pages=desk, predictions=predictions)


@contextmanager
def _apart(data: Path, provider_url: str, *, secret: str, database_url: str) -> Iterator[Stack]:
    port = processes.free_port()
    settings = {**_with_webhooks(port, secret), "STAGING_DATABASE_URL": database_url}
    with (
        processes.api(data, provider_url=provider_url, port=port, **settings) as api,
        processes.worker(data, provider_url=provider_url, **settings),
        processes.desk(data, provider_url=provider_url, STAGING_ROLE="pages", **settings) as pages,
    ):
        predictions = _in_flight(api, data, settings)
        yield Stack(api=api, pages=pages, predictions=predictions)


def _with_webhooks(port: int, secret: str) -> dict[str, str]:
    return {
        "STAGING_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STAGING_ALLOW_HTTP_WEBHOOKS": "true",
        "REPLICATE_WEBHOOK_SECRET": secret,
    }


def _in_flight(api: Served, data: Path, settings: dict[str, str]) -> tuple[str, ...]:
    """Stage some jobs that will not end during the benchmark; their predictions, as switches of the generator."""
    with processes.manager_client(api, data, credits=40 * JOBS, **settings) as client:
        jobs = [processes.submit(client, pictures_to_send.photo(number)) for number in range(JOBS)]
        return tuple(
            word
            for job_id in jobs
            for prediction_id in processes.predictions_of(client, job_id)
            for word in ("--prediction", prediction_id)
        )


@contextmanager
def _watched(pages: Served) -> Iterator[dict[str, float]]:
    """Keep ten Monitor pages open; what they saw is filled in at the end."""
    words = [sys.executable, "-m", "tests.bench.watchers", "--port", str(pages.port), "--pages", str(PAGES)]
    seen: dict[str, float] = {}
    watching = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    try:
        assert watching.stdout.readline() == "open\n"
        yield seen
        output, _ = watching.communicate(timeout=60)
        seen |= json.loads(output)
        assert seen["fewest"] >= 2, "a page did not refresh"
    finally:
        watching.kill()


def _fire(served: Served, *, count: int, switches: tuple[str, ...] = ()) -> Measured:
    """Send so many webhooks from a process of its own; every one must be accepted."""
    words = [sys.executable, "-m", "tests.bench.load", "--port", str(served.port), "--path", PATH]
    words += ["--count", str(count), "--connections", str(CONNECTIONS), *switches]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    measured = Measured(**json.loads(done.stdout))
    assert measured.accepted == count, measured.statuses
    assert measured.generator_share < GENERATOR_SHARE_MAX, "the load generator is the bottleneck"
    return measured


def _secret(provider: Served) -> str:
    answer = httpx.get(f"{provider.url}/v1/webhooks/default/secret", headers={"Authorization": "Bearer bench"})
    return str(answer.raise_for_status().json()["key"])


def _kept(url: str) -> int:
    database = Database(url)
    with database.read() as session:
        count = session.scalar(sa.select(sa.func.count()).select_from(WebhookDelivery))
    database.close()
    return int(count or 0)
