"""What do tests start from? People, accounts and jobs, made with few words."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core import clock
from core.auth.actors import Actor, Source
from core.auth.roles import Role
from core.credits import ledger, limits, pricing
from core.credits import service as credit_service
from core.credits import terms as credit_terms
from core.credits.limits import RefundLimit
from core.credits.terms import Terms
from core.db.session import Database
from core.experiments.design import Arm, Design
from core.jobs import creation, events, experiment_desk, queries, sync, turns
from core.jobs import refunds as refund_use_cases
from core.jobs.desk import Desk
from core.jobs.details import JobDetail
from core.jobs.events import EventKind
from core.jobs.refund_queries import RefundReason
from core.jobs.refunds import RefundRequest
from core.jobs.states import JobState, Priority, VariantState
from core.models import Account, Attempt, Job, LedgerEntry, Photo, Variant
from core.models.base import new_id
from core.prompts import compose
from core.provider.registry import DEFAULT_MODEL
from core.storage.contract import content_key, sha256
from tests import pictures_to_send
from tests.fake_provider import FakeProvider

BELLEVUE, OUTSIDER = "Bellevue Homes", "Outsider Ltd"
CREDITS = 1_000


def fill(database: Database) -> None:
    """The two accounts that every test finds, with 1,000 credits each."""
    for name in (BELLEVUE, OUTSIDER):
        credit_service.grant(database, manager(), account=name, amount_credits=CREDITS, reason="package")


def allow_rush(database: Database, account: str = BELLEVUE, *, variant_credits: int = 30) -> None:
    """Give the account the right to rush."""
    terms = Terms(rush_variant_credits=variant_credits, in_flight_max=None)
    credit_terms.set_terms(database, manager(), account=account, terms=terms)


def manager(name: str = "alice") -> Actor:
    return Actor(name=name, role=Role.MANAGER, source=Source.PAGE, identity=f"local:{name}")


@dataclass(frozen=True)
class People:
    """Alice manages, Bob stages for Bellevue Homes, Charlie for Outsider Ltd, Dora is support."""

    alice: Actor
    bob: Actor
    charlie: Actor
    dora: Actor


def people(database: Database) -> People:
    def staff(name: str, account: str) -> Actor:
        bound_to = account_id(database, account)
        return Actor(name=name, role=Role.STAFF, source=Source.PAGE, account_id=bound_to, identity=f"local:{name}")

    return People(
        alice=manager(),
        bob=staff("bob", BELLEVUE),
        charlie=staff("charlie", OUTSIDER),
        dora=Actor(name="dora", role=Role.SUPPORT, source=Source.PAGE, identity="local:dora"),
    )


def experiment(database: Database, *, is_started: bool = True, **design: Any) -> str:
    """An experiment of two prompt templates, half and half; its id."""
    arms = tuple(
        Arm(name=version, split_percent=50, prompt_version=version, model=DEFAULT_MODEL.name)
        for version in compose.TEMPLATES
    )
    wanted = Design(**{"name": "Say first what stays", "arms": arms, **design})
    made = experiment_desk.define(database, manager(), wanted, hypothesis="Fewer structures are altered.")
    if is_started:
        experiment_desk.start(database, manager(), made)
    return made


def account_id(database: Database, name: str = BELLEVUE) -> int:
    with database.read() as session:
        return session.scalars(sa.select(Account.id).where(Account.name == name)).one()


def balance(database: Database, name: str = BELLEVUE) -> int:
    with database.read() as session:
        return session.scalars(sa.select(Account.balance).where(Account.name == name)).one()


def set_balance(database: Database, amount_credits: int, *, account: str = BELLEVUE) -> None:
    """Leave the account with this much, by entries like any other."""
    owner = account_id(database, account)
    with database.write() as session:
        before = session.scalars(sa.select(Account.balance).where(Account.id == owner)).one()
        session.execute(sa.update(Account).where(Account.id == owner).values(balance=amount_credits))
        session.execute(
            sa.insert(LedgerEntry).values(
                entry_key=f"adjustment:{new_id()}",
                account_id=owner,
                at=clock.now(),
                kind="adjustment",
                amount=amount_credits - before,
                balance_after=amount_credits,
                reason="test",
                actor="alice",
            )
        )


def entries(database: Database, *, kind: str | None = None, job_id: str | None = None) -> list[LedgerEntry]:
    """The ledger, oldest first."""
    query = sa.select(LedgerEntry).order_by(LedgerEntry.id)
    query = query.where(LedgerEntry.kind == kind) if kind else query
    query = query.where(LedgerEntry.job_id == job_id) if job_id else query
    with database.read() as session:
        return list(session.scalars(query))


def refunds(database: Database, job_id: str) -> list[int]:
    """What came back for the job, in credits, one by one."""
    return [entry.amount for entry in entries(database, kind="refund", job_id=job_id)]


def job(
    desk: Desk,
    *,
    account: str = BELLEVUE,
    number: int = 0,
    priority: Priority = Priority.NORMAL,
    charged: bool = True,
) -> str:
    """A job as it is just after its submission, without going through the photo's preparation; its id."""
    owner, job_id, price = account_id(desk.database, account), new_id(), pricing.JOB_PRICE_CREDITS
    photo = _stored_photo(desk, owner, pictures_to_send.photo(number))
    with desk.database.write() as session:
        session.execute(sa.insert(Photo).values(photo))
        session.execute(
            sa.insert(Job).values(
                id=job_id,
                account_id=owner,
                photo_id=photo["id"],
                state=JobState.PENDING,
                room_type="living_room",
                style="modern",
                instructions="",
                prompt="Furnish this room.",
                prompt_version="1",
                model=DEFAULT_MODEL.name,
                priority=priority,
                created_by="bob",
                credits_used=price if charged else 0,
                credits_refunded=0,
                created_at=clock.now(),
                search_name=photo["file_name"],
            )
        )
        if charged:
            ledger.charge(session, account_id=owner, job_id=job_id, amount_credits=price, actor="bob")
        numbers = turns.take(session, account_id=owner, priority=priority, count=pricing.VARIANTS_PER_JOB)
        rows = [_queued_variant(job_id, index, number, turn) for index, turn in enumerate(numbers)]
        session.execute(sa.insert(Variant), rows)
        events.add(session, manager("bob"), job_id=job_id, kind=EventKind.SUBMITTED, message="Submitted.")
    return job_id


def _stored_photo(desk: Desk, owner: int, data: bytes) -> dict[str, Any]:
    keys = {
        f"{name}_key": content_key(account_id=owner, kind=kind, digest=sha256(data), extension="jpg")
        for name, kind in {"original": "originals", "prepared": "prepared", "thumbnail": "thumbnails"}.items()
    }
    for key in keys.values():
        desk.storage.put(key, data)
    return {
        "id": new_id(),
        "account_id": owner,
        "sha256": sha256(data),
        "file_name": "room.jpg",
        "media_type": "image/jpeg",
        "size_bytes": len(data),
        "width": pictures_to_send.WIDTH,
        "height": pictures_to_send.HEIGHT,
        "prepared_width": pictures_to_send.WIDTH,
        "prepared_height": pictures_to_send.HEIGHT,
        "created_at": clock.now(),
        **keys,
    }


def _queued_variant(job_id: str, index: int, number: int, turn: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "job_id": job_id,
        "variant_index": index,
        "state": VariantState.QUEUED,
        "seed": 1_000 * number + index,
        "price_credits": pricing.VARIANT_PRICE_CREDITS,
        "turn": turn,
        "created_at": clock.now(),
        "next_due_at": clock.now(),
    }


def ordered_job(desk: Desk, **options: Any) -> tuple[str, list[str]]:
    """A job whose variants both run at the provider; its id and their predictions' ids, in order."""
    job_id = job(desk, **options)
    for variant in variants(desk.database, job_id):
        creation.create_prediction(desk, variant.id)
    return job_id, [one.prediction_id or "" for one in attempts(desk.database, job_id)]


def order_queued(desk: Desk, job_id: str) -> list[str]:
    """Order what is queued of the job, as after a failure; each variant's latest prediction, in order."""
    for variant in variants(desk.database, job_id):
        creation.create_prediction(desk, variant.id)
    return detail(desk.database, job_id).prediction_ids


def fail(desk: Desk, provider: FakeProvider, prediction_id: str, **ending: Any) -> str:
    """End the prediction so, and that of its free retry if it has one; the id of the last."""
    ending = {"status": "failed", **ending}
    with desk.database.read() as session:
        variant_id = session.scalars(
            sa.select(Attempt.variant_id).where(Attempt.prediction_id == prediction_id)
        ).one()
    sync.apply(desk, manager(), provider.finish(prediction_id, **ending))
    creation.create_prediction(desk, variant_id)
    with desk.database.read() as session:
        query = sa.select(Attempt.prediction_id).where(Attempt.variant_id == variant_id)
        last = session.scalars(query.order_by(Attempt.number.desc()).limit(1)).one() or ""
    if last != prediction_id:
        sync.apply(desk, manager(), provider.finish(last, **ending))
    return last


def completed_job(desk: Desk, provider: FakeProvider, **options: Any) -> str:
    """A job with both results; its id."""
    job_id, predictions = ordered_job(desk, **options)
    for prediction_id in predictions:
        sync.apply(desk, manager(), provider.finish(prediction_id))
    return job_id


def requested_refund(desk: Desk, provider: FakeProvider) -> str:
    """What Eve of support asked a manager for, of a completed job; the refund's id."""
    job_id = completed_job(desk, provider)
    limit = RefundLimit(role=Role.SUPPORT, per_refund_credits=0, per_day_credits=None)
    limits.set_refund_limit(desk.database, manager(), limit)
    eve = Actor(name="eve", role=Role.SUPPORT, source=Source.PAGE, identity="local:eve")
    request = RefundRequest(job_id=job_id, reason=RefundReason.GOODWILL)
    return refund_use_cases.refund_job(desk.database, eve, request).refund.id


def variants(database: Database, job_id: str) -> list[Variant]:
    """The job's variants, in their order, as they are now."""
    with database.read() as session:
        query = sa.select(Variant).where(Variant.job_id == job_id).order_by(Variant.variant_index)
        return list(session.scalars(query))


def attempts(database: Database, job_id: str) -> list[Attempt]:
    """The attempts of the job's variants, in the variants' order."""
    with database.read() as session:
        return list(
            session.scalars(
                sa.select(Attempt)
                .join(Variant, Variant.id == Attempt.variant_id)
                .where(Variant.job_id == job_id)
                .order_by(Variant.variant_index, Attempt.number)
            )
        )


def detail(database: Database, job_id: str) -> JobDetail:
    """The job as everyone sees it."""
    with database.read() as session:
        return queries.load_jobs(session, [job_id])[0]


def states(database: Database, job_id: str) -> tuple[str, list[str]]:
    """The state of the job, and those of its variants."""
    found = detail(database, job_id)
    return found.state.value, [variant.state.value for variant in found.variants]


def event_kinds(database: Database, job_id: str) -> list[str]:
    """What happened to the job, oldest first."""
    return [event.kind for event in detail(database, job_id).events]


def error_codes(database: Database, job_id: str) -> list[str | None]:
    """Why each variant has no result."""
    return [variant.error_code for variant in variants(database, job_id)]


def move_variant(database: Database, variant_id: str, **values: Any) -> None:
    """Change a variant's row as no use case would."""
    with database.write() as session:
        session.execute(sa.update(Variant).where(Variant.id == variant_id).values(**values))


def wait_for_all(looks: Sequence[Future[Any]]) -> None:
    for look in looks:
        look.result(timeout=20)


def at_once(*calls: Any, threads: int | None = None) -> list[Any]:
    """Call them all at the same time; what each returned, or the exception it raised."""

    def guarded(call: Any) -> Any:
        try:
            return call()
        except Exception as exception:
            return exception

    with ThreadPoolExecutor(threads or len(calls)) as pool:
        return list(pool.map(guarded, calls))
