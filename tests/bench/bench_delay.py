"""How long after the model has finished is its picture ours? With webhooks, and without any.

    python -m pytest tests/bench/bench_delay.py -s

Two desks, alike but for webhooks, take turns on one stand-alone simulator. The delay runs from the end of the
prediction by the provider's own clock (here the same as ours) to the commit that settles the variant: news, download,
checks, storage and commit are in it. A run fails if a variant was not delivered. Needs the extras `test` and `bench`.
"""

import statistics
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import sqlalchemy as sa

from core.db.session import Database
from core.models import Attempt, Variant, WebhookDelivery
from tests import pictures_to_send
from tests.bench import load, processes
from tests.bench.report import Line, tell
from tests.waiting import eventually

REPEATS = 5
JOBS = 4
PAUSE_SECONDS = 0.7
PREDICTION_SECONDS = 1.0
TARGETS = {"with webhooks": "at most 100", "without webhooks": "at most 350"}
SETTLED_TARGET = "at most 300"


@dataclass(frozen=True)
class Settled:
    """One variant's delays in milliseconds; `since_webhook_ms` is None where no webhook told of its end."""

    by: str
    since_provider_ms: float
    since_webhook_ms: float | None


def test_delay_added_to_the_models_time(tmp_path: Path) -> None:
    found: dict[str, list[list[Settled]]] = {name: [] for name in TARGETS}
    with ExitStack() as running:
        switches = ("--seconds", str(PREDICTION_SECONDS), "--creates-per-minute", "0", "--allow-http-webhooks")
        provider = running.enter_context(processes.simulator(tmp_path / "simulator", *switches))
        clients = {}
        for name in found:
            port = processes.free_port()
            told = {"STAGING_PUBLIC_URL": f"http://127.0.0.1:{port}", "STAGING_ALLOW_HTTP_WEBHOOKS": "true"}
            settings = told if name == "with webhooks" else {}
            data = tmp_path / name
            desk = running.enter_context(processes.desk(data, provider_url=provider.url, port=port, **settings))
            clients[name] = running.enter_context(processes.manager_client(desk, data, credits=10_000))
            _stage(clients[name], tmp_path / name, number=0)
        for repeat in range(REPEATS):
            for name, client in clients.items():
                jobs = []
                for number in range(JOBS):
                    jobs += _stage(client, tmp_path / name, number=1 + repeat * JOBS + number, wait=False)
                    time.sleep(PAUSE_SECONDS)
                found[name].append([one for job_id in jobs for one in _settled(tmp_path / name, job_id)])
    lines = []
    for name, repeats in found.items():
        delays = [statistics.median(one.since_provider_ms for one in variants) for variants in repeats]
        everything = sorted(one.since_provider_ms for variants in repeats for one in variants)
        lines += [
            Line(f"{name}: delay, p50", delays, "ms", TARGETS[name]),
            Line(f"{name}: delay, p95 of all {len(everything)}", [load.percentile(everything, 0.95)], "ms"),
        ]
    waits = [
        [one.since_webhook_ms for one in variants if one.since_webhook_ms] for variants in found["with webhooks"]
    ]
    every_wait = sorted(wait for repeat in waits for wait in repeat)
    lines += [
        Line("webhook's delivery to settled, p50", [statistics.median(repeat) for repeat in waits], "ms"),
        Line("webhook's delivery to settled, longest", [every_wait[-1]], "ms", SETTLED_TARGET),
    ]
    by = Counter(one.by for variants in found["with webhooks"] for one in variants)
    lines.append(Line("settled by a webhook, with webhooks", [100 * by["webhook"] / by.total()], "%"))
    tell(f"Delay added to a prediction of {PREDICTION_SECONDS:.0f} s", lines)


def _stage(client: httpx.Client, data: Path, *, number: int, wait: bool = True) -> list[str]:
    job_id = processes.submit(client, pictures_to_send.photo(number))
    if wait:
        _settled(data, job_id)
    return [job_id]


def _settled(data: Path, job_id: str) -> list[Settled]:
    """Both variants' delays, once both are settled."""
    database = Database(f"sqlite:///{data / 'staging.sqlite'}")
    told = (
        sa.select(sa.func.min(WebhookDelivery.received_at))
        .where(
            WebhookDelivery.prediction_id == Attempt.prediction_id,
            WebhookDelivery.body["status"].as_string() == "succeeded",
        )
        .scalar_subquery()
    )
    query = (
        sa.select(Variant.settled_by, Variant.completed_at, Attempt.provider_completed_at, told.label("told_at"))
        .join(Attempt, Attempt.variant_id == Variant.id)
        .where(Variant.job_id == job_id, Variant.result_key.is_not(None))
    )

    def both() -> list[Settled]:
        with database.read() as session:
            rows = session.execute(query).all()
        return [
            Settled(
                by=str(row.settled_by),
                since_provider_ms=1_000 * (row.completed_at - row.provider_completed_at).total_seconds(),
                since_webhook_ms=1_000 * (row.completed_at - row.told_at).total_seconds() if row.told_at else None,
            )
            for row in rows
        ]

    variants = eventually(lambda: len(seen := both()) == 2 and seen, within_seconds=60, what="the job's end")
    database.close()
    assert variants
    return variants
