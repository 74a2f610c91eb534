"""How soon is a rush job ordered while two hundred normal ones wait? And how soon is another account's normal one?

    python -m pytest tests/bench/bench_rush.py -s

The desk orders one prediction every half second. A slot is free half a second after the order before it; the delay
runs from there (or from the submission, if that was later) to the moment at which the provider has the first order of
the rush job. Beside it: how many orders of the two hundred came first. Needs the extras `test` and `bench`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa

from core.db.session import Database
from core.models import Attempt, Job, Variant
from tests import pictures_to_send
from tests.bench import processes
from tests.bench.report import Line, tell
from tests.waiting import eventually

NORMAL_JOBS = 200
AT_ONCE = 50
REPEATS = 7
CREATES_PER_MINUTE = 120
SLOT = timedelta(minutes=1) / CREATES_PER_MINUTE
OTHER = "Another"


@dataclass(frozen=True)
class Ordered:
    """When a job was submitted and first ordered, and when the order before it was sent."""

    submitted_at: datetime
    ordered_at: datetime
    before_at: datetime
    overtaken_by: int

    @property
    def delay_ms(self) -> float:
        """From the free slot to the order at the provider."""
        free_at = max(self.submitted_at, self.before_at + SLOT)
        return 1_000 * max((self.ordered_at - free_at).total_seconds(), 0.0)


def test_a_rush_job_behind_two_hundred(tmp_path: Path) -> None:
    switches = ("--seconds", "1", "--creates-per-minute", "0")
    settings = {"STAGING_CREATES_PER_MINUTE": str(CREATES_PER_MINUTE), "STAGING_CREATE_BURST": "1"}
    with (
        processes.simulator(tmp_path / "simulator", *switches) as provider,
        processes.desk(tmp_path / "desk", provider_url=provider.url, **settings) as desk,
        processes.manager_client(desk, tmp_path / "desk", credits=100_000) as client,
    ):
        processes.command(tmp_path / "desk", "grant", "--account", OTHER, "--credits", "1000", "--reason", "bench")
        terms = {"rushVariantCredits": 30, "inFlightMax": None}
        client.put(f"/api/terms/{processes.ACCOUNT}", json=terms).raise_for_status()
        for start in range(0, NORMAL_JOBS, AT_ONCE):
            _stage(client, *range(start, start + AT_ONCE))
        rush = [_measured(client, tmp_path / "desk", number, priority="rush") for number in range(300, 300 + REPEATS)]
        other = [_measured(client, tmp_path / "desk", number, account=OTHER) for number in range(400, 403)]
    tell(
        f"A job submitted while {NORMAL_JOBS} of an account wait, one order in {SLOT.total_seconds()} s",
        [
            Line("rush: from the free slot to the order", [one.delay_ms for one in rush], "ms", "at most 250"),
            Line("rush: orders of waiting normal jobs before it", [one.overtaken_by for one in rush]),
            Line("normal, of another account: orders before it", [one.overtaken_by for one in other]),
        ],
    )


def _stage(client: httpx.Client, *numbers: int, account: str = processes.ACCOUNT, priority: str = "normal") -> str:
    """Stage these photos at once; the first job's id."""
    files = [("image", (f"room-{one}.jpg", pictures_to_send.photo(one), "image/jpeg")) for one in numbers]
    words = {"roomType": "living_room", "style": "modern", "account": account, "priority": priority}
    answer = client.post("/api/stage", files=files, data=words)
    answer.raise_for_status()
    body = answer.json()
    return str(body["jobs"][0]["jobId"] if "jobs" in body else body["jobId"])


def _measured(client: httpx.Client, data: Path, number: int, **words: str) -> Ordered:
    job_id = _stage(client, number, **words)
    database = Database(f"sqlite:///{data / 'staging.sqlite'}")

    def first() -> Ordered | None:
        with database.read() as session:
            orders = sa.select(Attempt.created_at, Attempt.provider_created_at, Variant.job_id, Job.created_at)
            rows = session.execute(
                orders.join(Variant, Variant.id == Attempt.variant_id)
                .join(Job, Job.id == Variant.job_id)
                .where(Attempt.provider_created_at.is_not(None))
                .order_by(Attempt.created_at)
            ).all()
        places = [place for place, row in enumerate(rows) if row.job_id == job_id]
        if not places:
            return None
        mine, before = rows[places[0]], rows[places[0] - 1]
        submitted_at = mine[3]
        return Ordered(
            submitted_at=submitted_at,
            ordered_at=mine[1],
            before_at=before[0],
            overtaken_by=sum(row[0] >= submitted_at for row in rows[: places[0]]),
        )

    found = eventually(first, within_seconds=60, what="the first order")
    # Its second variant takes the next slot.
    eventually(lambda: len(processes.predictions_of(client, job_id)) == 2, within_seconds=60, what="both orders")
    database.close()
    assert found
    return found
