"""How do a benchmark's many running jobs come into being? By the product's own steps, in few transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core import clock
from core.auth.actors import Actor
from core.credits import pricing
from core.credits import service as credit_service
from core.jobs import new_job, transitions
from core.jobs.desk import Desk
from core.jobs.new_job import NewJob
from core.jobs.states import Priority
from core.models import Account, Photo, Variant
from core.models.base import new_id
from core.provider.contract import Prediction
from core.provider.registry import DEFAULT_MODEL

ACCOUNT = "Bench"
_KEYS = ("original_key", "prepared_key", "thumbnail_key")


@dataclass(frozen=True)
class Order:
    """One variant's intent: what was written down before its prediction is bought."""

    attempt_id: str
    model: str
    input: dict[str, Any]


def open_account(desk: Desk, actor: Actor, *, jobs: int) -> int:
    """An account that can pay for so many jobs; its id."""
    amount = pricing.JOB_PRICE_CREDITS * jobs
    credit_service.grant(desk.database, actor, account=ACCOUNT, amount_credits=amount, reason="bench")
    with desk.database.read() as session:
        return int(session.scalars(sa.select(Account.id).where(Account.name == ACCOUNT)).one())


def photo_row(account_id: int) -> dict[str, Any]:
    """A photo's row, of a photo that lies nowhere."""
    return {
        "id": new_id(),
        "account_id": account_id,
        "sha256": "0" * 64,
        "file_name": "room.jpg",
        "media_type": "image/jpeg",
        "size_bytes": 1,
        "width": 640,
        "height": 512,
        "prepared_width": 640,
        "prepared_height": 512,
        "created_at": clock.now(),
        **dict.fromkeys(_KEYS, "nowhere.jpg"),
    }


def job_of(account_id: int, photo_id: str) -> NewJob:
    """What such a job is to be."""
    return NewJob(
        account_id=account_id,
        photo_id=photo_id,
        file_name="room.jpg",
        room_type="living_room",
        style="modern",
        instructions="",
        prompt="Furnish this living room in modern style.",
        prompt_version="1",
        model=DEFAULT_MODEL.name,
        priority=Priority.NORMAL,
        variant_credits=pricing.VARIANT_PRICE_CREDITS,
        idempotency_key=None,
        request_fingerprint=None,
    )


def insert(desk: Desk, actor: Actor, *, jobs: int, image_url: str) -> list[Order]:
    """Jobs whose variants are about to be ordered, in one transaction."""
    account_id = open_account(desk, actor, jobs=jobs)
    with desk.database.write() as session:
        for _ in range(jobs):
            photo = photo_row(account_id)
            session.execute(sa.insert(Photo).values(photo))
            new_job.insert(session, actor, job_of(account_id, photo["id"]), message="Submitted.")
        rows = session.execute(sa.select(Variant.id, Variant.seed)).all()
        orders = []
        for row in rows:
            inputs = dict(DEFAULT_MODEL.build_input("Furnish this living room.", image_url, row.seed))
            attempt_id = transitions.begin_attempt(session, actor, variant_id=row.id, input=inputs, seed=row.seed)
            assert attempt_id is not None
            orders.append(Order(attempt_id, DEFAULT_MODEL.name, inputs))
    return orders


def record(desk: Desk, actor: Actor, orders: Sequence[Order], bought: Sequence[Prediction]) -> None:
    """Write down which prediction each order bought, in one transaction."""
    with desk.database.write() as session:
        for order, prediction in zip(orders, bought, strict=True):
            recorded = transitions.record_prediction(
                session,
                actor,
                attempt_id=order.attempt_id,
                prediction=prediction,
                timeout_seconds=desk.timeout_seconds,
                poll_after=desk.poll_interval,
                cost_usd_micros=DEFAULT_MODEL.cost_usd_micros,
            )
            assert recorded


def charge(desk: Desk, actor: Actor, account_id: int) -> None:
    """The database's part of one submission, by the product's own steps: charge, photo, job, variants, event."""
    with desk.database.write() as session:
        photo = photo_row(account_id)
        session.execute(sa.insert(Photo).values(photo))
        new_job.insert(session, actor, job_of(account_id, photo["id"]), message="Submitted.")
