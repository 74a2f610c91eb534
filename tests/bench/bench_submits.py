"""How many submissions a second: whole, without their photo's preparation, and the ledger's transaction alone?

    python -m pytest tests/bench/bench_submits.py -s

The last is set beside the same rows written by hand with SQLAlchemy Core, in one transaction each, with the same
durability, by as many threads. A run fails if a submission is missing or the ledger does not add up to the credit.
Needs the extras `test` and `bench`.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import clock
from core.auth.actors import Actor, Source
from core.auth.roles import Role
from core.credits import pricing
from core.db.engine import open_engine
from core.db.session import Database
from core.images import preparation, thumbnails, validation
from core.jobs import service
from core.jobs.desk import Desk
from core.jobs.photos import Upload
from core.jobs.service import StageRequest
from core.models import Account, Job, JobEvent, LedgerEntry, Photo, Variant
from core.models.base import new_id
from core.provider.registry import DEFAULT_MODEL
from core.storage.backend import ObjectStorage
from tests import pictures_to_send
from tests.bench import running_jobs
from tests.bench.report import Line, ratio, tell
from tests.fake_provider import FakeProvider

REPEATS = 5
THREADS = 4
# As many as take a second or two.
COUNTS = {"whole": 40, "prepared": 150, "transaction": 200, "by hand": 200}
NAMES = {
    "whole": "submit, with a photo of 1,200 × 900",
    "prepared": "submit, its photo prepared before",
    "transaction": "its ledger transaction alone",
    "by hand": "the same rows with SQLAlchemy Core",
}
OPERATOR = Actor(name="bench", role=Role.MANAGER, source=Source.API)
Contender = Callable[[int], object]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_submits_a_second(
    kind: str, new_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_database(kind)
    desk = _desk(Database(url), ObjectStorage((tmp_path / "files").as_uri()))
    jobs = (REPEATS + 1) * sum(COUNTS.values())
    account_id = running_jobs.open_account(desk, OPERATOR, jobs=jobs)
    photos = [pictures_to_send.photo(number, width=1_200, height=900) for number in range(8)]
    engine = open_engine(url).execution_options(writes=True)

    def submit(number: int) -> None:
        upload = Upload(file_name="room.jpg", data=photos[number % len(photos)])
        request = StageRequest(
            uploads=[upload], room_type="living_room", style="modern", account=running_jobs.ACCOUNT
        )
        service.submit(desk, OPERATOR, request)

    contenders: dict[str, Contender] = {
        "whole": submit,
        "prepared": submit,
        "transaction": lambda _: running_jobs.charge(desk, OPERATOR, account_id),
        "by hand": lambda _: _by_hand(engine, account_id),
    }
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(REPEATS + 1):
        for name, contender in contenders.items():
            with monkeypatch.context() as patched:
                if name == "prepared":
                    _prepare_before(patched, photos)
                rate = _rate(contender, COUNTS[name])
            if repeat:  # the first time warms everyone up
                rates[name].append(rate)
    _require_complete(desk, account_id, jobs=jobs)
    engine.dispose()
    desk.database.close()
    lines = {name: Line(NAMES[name], values, "/s") for name, values in rates.items()}
    over = ratio("the transaction, over SQLAlchemy Core", lines["transaction"], lines["by hand"])
    tell(f"Submissions a second on {kind}, {THREADS} threads", [*lines.values(), over])


def _rate(contender: Contender, count: int) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(contender, range(count)))
    return count / (time.perf_counter() - started)


def _desk(database: Database, storage: ObjectStorage) -> Desk:
    return Desk(
        database=database,
        storage=storage,
        provider=FakeProvider(),
        webhook_base_url=None,
        timeout_seconds=300,
        creates_per_minute=600,
        create_burst=60,
    )


def _prepare_before(patched: pytest.MonkeyPatch, photos: list[bytes]) -> None:
    """Put what the preparation of these photos gives in its place."""
    headers = {data: validation.inspect(data, file_name="room.jpg") for data in photos}
    copies = {data: preparation.prepare(data, header=headers[data]) for data in photos}
    small = {copy.jpeg: thumbnails.thumbnail(copy.jpeg) for copy in copies.values()}
    patched.setattr(validation, "inspect", lambda data, **_: headers[data])
    patched.setattr(preparation, "prepare", lambda data, **_: copies[data])
    patched.setattr(thumbnails, "thumbnail", lambda data: small[data])


def _by_hand(engine: sa.Engine, account_id: int) -> None:
    """What a careful user of SQLAlchemy Core would write: a conditional debit, and all rows in its transaction."""
    job_id, price, now = new_id(), pricing.JOB_PRICE_CREDITS, clock.now()
    accounts, photo = Account.__table__, running_jobs.photo_row(account_id)
    with engine.begin() as connection:
        balance = connection.execute(
            sa.update(accounts)
            .where(accounts.c.id == account_id, accounts.c.balance >= price)
            .values(balance=accounts.c.balance - price)
            .returning(accounts.c.balance)
        ).scalar_one()
        connection.execute(sa.insert(Photo.__table__), photo)
        connection.execute(sa.insert(Job.__table__), _job_row(job_id, account_id, photo["id"], now))
        connection.execute(
            sa.insert(LedgerEntry.__table__),
            {
                "at": now,
                "account_id": account_id,
                "kind": "charge",
                "amount": -price,
                "balance_after": balance,
                "job_id": job_id,
                "entry_key": f"charge:{job_id}",
                "reason": "staging",
                "actor": "bench",
            },
        )
        connection.execute(sa.insert(Variant.__table__), [_variant_row(job_id, index, now) for index in range(2)])
        connection.execute(
            sa.insert(JobEvent.__table__),
            {
                "job_id": job_id,
                "at": now,
                "kind": "submitted",
                "source": "api",
                "actor": "bench",
                "message": "Submitted.",
            },
        )


def _job_row(job_id: str, account_id: int, photo_id: str, now: Any) -> dict[str, Any]:
    return {
        "id": job_id,
        "account_id": account_id,
        "photo_id": photo_id,
        "state": "pending",
        "room_type": "living_room",
        "style": "modern",
        "instructions": "",
        "prompt": "Furnish this living room in modern style.",
        "prompt_version": "1",
        "model": DEFAULT_MODEL.name,
        "priority": "normal",
        "created_by": "bench",
        "credits_used": pricing.JOB_PRICE_CREDITS,
        "credits_refunded": 0,
        "search_name": "room.jpg",
        "created_at": now,
    }


def _variant_row(job_id: str, index: int, now: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "job_id": job_id,
        "variant_index": index,
        "state": "queued",
        "seed": index,
        "price_credits": pricing.VARIANT_PRICE_CREDITS,
        "turn": 1,
        "created_at": now,
        "next_due_at": now,
    }


def _require_complete(desk: Desk, account_id: int, *, jobs: int) -> None:
    with desk.database.read() as session:
        made = session.scalar(sa.select(sa.func.count()).select_from(Job))
        balance = session.scalar(sa.select(Account.balance).where(Account.id == account_id))
        entries = session.scalar(
            sa.select(sa.func.sum(LedgerEntry.amount)).where(LedgerEntry.account_id == account_id)
        )
    assert (made, balance, entries) == (jobs, 0, 0)
