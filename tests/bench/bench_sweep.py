"""What does one round of the sweep cost while a thousand predictions run? Calls to the provider, and time.

    python -m pytest tests/bench/bench_sweep.py -s

The predictions run in a stand-alone simulator; every HTTP request that leaves this process is counted on its way. The
first round finds that all have begun, the later ones find no news. Needs the extras `test` and `bench`.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from core.auth.actors import Source, system
from core.credits import pricing
from core.db.session import Database
from core.jobs import sweep
from core.jobs.desk import Desk
from core.jobs.states import VariantState
from core.models import Attempt, Variant
from core.provider.contract import PredictionStatus
from core.provider.replicate import ReplicateProvider
from core.storage.backend import ObjectStorage
from tests import pictures_to_send
from tests.bench import processes, running_jobs
from tests.bench.report import Line, tell
from tests.waiting import eventually

VARIANTS = 1_000
REPEATS = 5
DATABASES = ("sqlite", "postgres")


class Calls:
    """Counts the HTTP requests that leave this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.urls: list[str] = []
        send = httpx.Client.send

        def counted(client: httpx.Client, request: httpx.Request, **options: object) -> httpx.Response:
            self.urls.append(f"{request.method} {request.url.path}")
            return send(client, request, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(httpx.Client, "send", counted)

    def take(self) -> list[str]:
        """Those since the last time."""
        taken, self.urls = self.urls, []
        return taken


def test_a_round_over_a_thousand_running_variants(
    new_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, lines = Calls(monkeypatch), []
    # Long enough that none ends meanwhile; a tenth of it is spent before a prediction begins.
    switches = ("--seconds", "200", "--creates-per-minute", "0")
    for kind in DATABASES:
        database = Database(new_database(kind))
        with processes.simulator(tmp_path / f"simulator-{kind}", *switches) as simulator:
            desk = _desk(database, ObjectStorage((tmp_path / f"files-{kind}").as_uri()), simulator.url)
            _order(desk)
            calls.take()
            first, rounds = _round(desk), []
            assert _begun(database) == VARIANTS
            counts = [len(calls.take())]
            for _ in range(REPEATS):
                rounds.append(_round(desk))
                counts.append(len(calls.take()))
            assert all(counts), "a round asked nothing"
            assert _running(database) == VARIANTS
        database.close()
        lines += [
            Line(f"{kind}: provider calls a round", counts, "", "at most 12"),
            Line(f"{kind}: a round without news", [1_000 * seconds for seconds in rounds], "ms"),
            Line(f"{kind}: the round in which all have begun", [1_000 * first], "ms"),
        ]
    tell(f"A sweep over {VARIANTS:,} running variants", lines)


def _desk(database: Database, storage: ObjectStorage, provider_url: str) -> Desk:
    return Desk(
        database=database,
        storage=storage,
        provider=ReplicateProvider(token="bench", base_url=provider_url, cancel_after_seconds=900),
        webhook_base_url=None,
        timeout_seconds=900,
        creates_per_minute=600,
        create_burst=60,
    )


def _order(desk: Desk) -> None:
    """A thousand variants, each with its prediction at the provider, where all have begun by now."""
    photo = desk.provider.upload(pictures_to_send.photo(), file_name="room.jpg", content_type="image/jpeg")
    orders = running_jobs.insert(
        desk, system(Source.SYSTEM), jobs=VARIANTS // pricing.VARIANTS_PER_JOB, image_url=photo.url
    )
    with ThreadPoolExecutor(4) as pool:
        bought = list(pool.map(lambda order: desk.provider.create(model=order.model, input=order.input), orders))
    running_jobs.record(desk, system(Source.SYSTEM), orders, bought)
    last = max(bought, key=lambda prediction: prediction.created_at)
    eventually(
        lambda: desk.provider.get(last.id).status is PredictionStatus.PROCESSING,
        within_seconds=60,
        what="the last prediction's beginning",
    )


def _round(desk: Desk) -> float:
    """One round over everything that runs, from the claim to the end of the last look; its seconds."""
    with desk.database.write() as session:
        session.execute(sa.update(Variant).values(next_due_at=Variant.created_at))
    with ThreadPoolExecutor(6) as lookers:
        started = time.perf_counter()
        looks = sweep.poll_running(desk, lookers)
        for look in looks:
            look.result(60)
        return time.perf_counter() - started


def _begun(database: Database) -> int:
    with database.read() as session:
        query = sa.select(sa.func.count()).where(Attempt.status == PredictionStatus.PROCESSING.value)
        return int(session.scalar(query) or 0)


def _running(database: Database) -> int:
    with database.read() as session:
        query = sa.select(sa.func.count()).where(Variant.state == VariantState.RUNNING)
        return int(session.scalar(query) or 0)
