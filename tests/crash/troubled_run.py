"""What is left of many jobs when everything goes wrong at once? Faults of all kinds while the server keeps dying."""

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.crash.books import Books
from tests.crash.processes import CREDITS, Desk, DeskSettings, Simulator, poll

SWITCHES = (
    *("--seconds", "1.5", "--seed", "7", "--failure-rate", "0.1"),
    *("--fault", "safety=0.05", "--fault", "throttle=0.1", "--fault", "timeout-after-accept=0.05"),
    *("--fault", "webhook-lost=0.3", "--fault", "webhook-duplicate=0.2", "--fault", "webhook-reorder=0.2"),
)
JOB_PRICE, VARIANT_PRICE = 40, 20
_RESTART_AFTER_SECONDS = 1.0
_TRIES_MAX = 600
_LAST_JOB_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted at the end."""

    seconds: float
    kills: int
    jobs: dict[str, int]
    variants: dict[str, int]
    bought: int
    creates: int
    webhooks: dict[str, dict[str, int]]

    def __str__(self) -> str:
        return (
            f"{sum(self.jobs.values())} jobs in {self.seconds:.0f} s with {self.kills} kills: {self.jobs}; variants "
            f"{self.variants}; {self.creates} orders sent, {self.bought} predictions bought, as many on record; "
            f"webhooks {self.webhooks}"
        )


def run(folder: Path, *, jobs: int, kills: int) -> Figures:
    """Stage so many jobs while the server is killed so many times, and see that everything adds up.

    1. Stage, a few at a time, repeating with its key whatever got no answer. 2. Meanwhile kill the server's whole
    process group at evenly spread moments, and restart it a second later. 3. Wait until every job has ended.
    4. Count from outside. 5. `check` finds nothing.
    """
    simulator = Simulator(folder / "simulator", *SWITCHES)
    desk = Desk(DeskSettings(data=folder / "desk", provider_url=simulator.url, with_webhooks=True))
    books = Books(desk.database_url)
    began = time.monotonic()
    try:
        desk.prepare()
        _start(desk)
        job_ids = _stage_under_fire(desk, books, jobs=jobs, kills=kills)
        poll(lambda: books.unfinished() == 0, within_seconds=_LAST_JOB_SECONDS, what="the end of every job")
        seconds = time.monotonic() - began
        _assert_exact(desk, simulator, job_ids)
        checked = desk.check()
        assert checked.returncode == 0, checked.stdout
        stats = simulator.stats()
        return Figures(
            seconds=seconds,
            kills=kills,
            jobs=dict(Counter(books.states(job_ids).values())),
            variants=dict(Counter(error or state for state, error in books.variant_states(job_ids))),
            bought=stats["predictions"],
            creates=stats["creates"],
            webhooks=stats["posts"],
        )
    finally:
        desk.kill()
        simulator.stop()


def _start(desk: Desk) -> None:
    desk.start()
    desk.wait_until_ready()


def _stage_under_fire(desk: Desk, books: Books, *, jobs: int, kills: int) -> list[str]:
    chance = random.Random(7)
    with ThreadPoolExecutor(4) as pool:
        staged = [pool.submit(_stage_until_answered, desk, number) for number in range(jobs)]
        for number in range(kills):
            share = jobs * (number + 1) // (kills + 1)
            poll(lambda share=share: len(books.job_ids()) >= share, within_seconds=300, what=f"job {share}")
            time.sleep(chance.uniform(0, 2))
            desk.kill()
            time.sleep(_RESTART_AFTER_SECONDS)
            _start(desk)
        return [job_id for one in staged for job_id in one.result()]


def _stage_until_answered(desk: Desk, number: int) -> list[str]:
    """As a program does that must not stage anything twice: the same key until there is an answer."""
    for _ in range(_TRIES_MAX):
        try:
            return desk.stage(number, key=f"photo {number}")
        except (httpx.TransportError, httpx.HTTPStatusError):
            time.sleep(0.2)
    raise AssertionError(f"photo {number} could not be staged")


def _assert_exact(desk: Desk, simulator: Simulator, job_ids: Sequence[str]) -> None:
    """Counted with sqlite3 alone, and with the simulator's own list."""
    with closing(sqlite3.connect(urlsplit(desk.database_url).path)) as connection:

        def one(sql: str) -> int:
            return int(connection.execute(sql).fetchone()[0])

        assert sorted(row[0] for row in connection.execute("SELECT id FROM jobs")) == sorted(job_ids)
        assert one("SELECT count(*) FROM jobs WHERE state IN ('pending', 'processing')") == 0
        charged = connection.execute("SELECT job_id, sum(amount), count(*) FROM ledger_entries WHERE kind = 'charge'")
        assert len(set(job_ids)) == len(job_ids)
        assert charged.fetchone()[1:] == (-JOB_PRICE * len(job_ids), len(job_ids))
        twice = "SELECT count(*) FROM (SELECT job_id FROM ledger_entries WHERE kind = 'charge' GROUP BY job_id)"
        assert one(twice) == len(job_ids)
        without = one("SELECT count(*) FROM variants WHERE state <> 'succeeded'")
        succeeded = one("SELECT count(*) FROM variants WHERE state = 'succeeded'")
        assert without + succeeded == 2 * len(job_ids)
        assert (
            one("SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE kind = 'refund'")
            == VARIANT_PRICE * without
        )
        balance = one("SELECT balance FROM accounts")
        assert balance == one("SELECT sum(amount) FROM ledger_entries")
        assert balance == CREDITS - VARIANT_PRICE * succeeded
        recorded = [row[0] for row in connection.execute("SELECT prediction_id FROM attempts")]
    bought = {prediction["id"]: prediction["status"] for prediction in simulator.predictions()}
    owned = [prediction_id for prediction_id in recorded if prediction_id is not None]
    assert len(owned) == len(set(owned)), "a prediction has two owners"
    assert set(owned) == set(bought), f"{len(bought)} were bought, {len(owned)} are on record"
    assert Counter(bought.values())["succeeded"] == succeeded, "more was paid for than was delivered"
