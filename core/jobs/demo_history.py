"""What would months of work look like? A believable history, with its ledger and its files, written in bulk.

The pictures are a few drawn rooms that many jobs share; times, failures and customers come from a seeded chance, so
that the same call gives the same figures.
"""

import io
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from PIL import Image

from core import clock, errors
from core.credits import pricing
from core.credits import service as credit_service
from core.images import results, thumbnails
from core.jobs import search_text
from core.jobs.desk import Desk
from core.jobs.states import ENDED_WORDS, JobState, Priority, VariantState, final_job_state
from core.models import Account, Attempt, Base, Job, JobEvent, LedgerEntry, Photo, Variant
from core.models.base import new_id
from core.prompts import compose, presets
from core.provider.registry import DEFAULT_MODEL, SEED_MAX
from core.provider.simulator import stager
from core.storage.contract import content_key, sha256

_CUSTOMERS = {
    "Bellevue Homes": 40,
    "Harbor & Pine Realty": 25,
    "Northgate Estates": 20,
    "Old Town Lettings": 10,
    "Sunridge": 5,
}
_STAFF = ("Alice Brandt", "Bob Okafor", "Carmen Ruiz", "Dmitri Novak")
_ROOM_SEEDS = (1, 2, 3)
# Weight of each hour of a day, UTC: work begins at seven and fades out in the evening.
_HOURS = (1, 1, 0, 0, 0, 1, 3, 8, 14, 18, 20, 19, 15, 17, 20, 19, 17, 14, 9, 6, 4, 3, 2, 1)
_WEEKEND_SHARE = 0.25
_FAILURES: tuple[tuple[type[errors.VariantFailure], float], ...] = (
    (errors.PredictionFailed, 0.015),
    (errors.SafetyRefused, 0.008),
    (errors.TimedOut, 0.003),
    (errors.OutputReframed, 0.002),
)
_GRANT_CREDITS = 10_000
_CHUNK = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pictures:
    photo: dict[str, Any]
    variants: tuple[dict[str, Any], dict[str, Any]]


@dataclass(slots=True)
class _Books:
    """The rows to be written, by table, and each account's running balance."""

    balances: dict[int, int]
    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: type[Base], **values: Any) -> None:
        self.rows.setdefault(table, []).append(values)

    def move(
        self,
        *,
        key: str,
        account_id: int,
        kind: str,
        amount: int,
        at: datetime,
        job_id: str | None,
        reason: str,
        note: str = "",
        actor: str,
    ) -> None:
        self.balances[account_id] += amount
        self.add(
            LedgerEntry,
            entry_key=key,
            account_id=account_id,
            at=at,
            kind=kind,
            amount=amount,
            balance_after=self.balances[account_id],
            job_id=job_id,
            reason=reason,
            note=note,
            actor=actor,
        )


def write(desk: Desk, *, jobs: int, days: int) -> int:
    """Write that many finished jobs, spread over the days until now; returns how many were written."""
    chance = random.Random(jobs * 10_007 + days)
    with desk.database.write() as session:
        names = {credit_service.find_or_open_account(session, name=name): name for name in _CUSTOMERS}
    pictures = {account_id: [_draw(desk, account_id, seed) for seed in _ROOM_SEEDS] for account_id in names}
    moments = iter(sorted(_moment(chance, days) for _ in range(jobs)))
    written = 0
    while chunk := list(islice(moments, _CHUNK)):
        with desk.database.write() as session:
            found = session.execute(
                sa.select(Account.id, Account.balance).where(Account.id.in_(names)).with_for_update()
            )
            books = _Books({row.id: row.balance for row in found})
            for created_at in chunk:
                account_id = chance.choices(list(names), weights=list(_CUSTOMERS.values()))[0]
                _add_job(books, chance, account_id, chance.choice(pictures[account_id]), created_at)
            # In the order in which the tables refer to each other.
            for table in (Photo, Job, Variant, Attempt, JobEvent, LedgerEntry):
                if rows := books.rows.get(table):
                    session.execute(sa.insert(table), rows)
            for account_id, balance in books.balances.items():
                session.execute(sa.update(Account).where(Account.id == account_id).values(balance=balance))
        written += len(chunk)
    return written


def _moment(chance: random.Random, days: int) -> datetime:
    now = clock.now()
    while True:
        # The square root makes later days busier: the business grows.
        back = timedelta(days=days * (1 - chance.random() ** 0.7))
        day = (now - back).replace(minute=0, second=0, microsecond=0)
        moment = day.replace(hour=chance.choices(range(24), weights=_HOURS)[0]) + timedelta(
            seconds=chance.random() * 3600
        )
        if day.weekday() >= 5 and chance.random() > _WEEKEND_SHARE:
            continue
        if now - timedelta(days=days) <= moment < now - timedelta(minutes=10):
            return moment


def _add_job(
    books: _Books, chance: random.Random, account_id: int, pictures: _Pictures, created_at: datetime
) -> None:
    person = chance.choice(_STAFF)
    job_id, photo_id = new_id(created_at), new_id(created_at)
    room, style = chance.choice(list(presets.ROOM_TYPES)), chance.choice(list(presets.STYLES))
    prompt = compose.compose(room_type=room, style=style)
    file_name = f"{room}-{chance.randrange(1000, 9999)}.jpg"
    _charge(books, account_id, job_id, person, created_at)
    books.add(
        Photo,
        id=photo_id,
        account_id=account_id,
        created_at=created_at,
        provider_url=None,
        provider_url_expires_at=None,
        file_name=file_name,
        **pictures.photo,
    )
    started_at = created_at + timedelta(seconds=chance.uniform(0.05, 0.4))
    outcomes = [
        _add_variant(books, chance, job_id, index, account_id, pictures, created_at, started_at, prompt.text)
        for index in range(pricing.VARIANTS_PER_JOB)
    ]
    completed_at = max(ended_at for _state, ended_at, _failure in outcomes)
    state = final_job_state([state for state, _ended_at, _failure in outcomes]) or JobState.FAILED
    failure = next((failure for _state, _ended_at, failure in outcomes if failure is not None), None)
    refunded = pricing.VARIANT_PRICE_CREDITS * sum(failure is not None for _s, _e, failure in outcomes)
    books.add(
        Job,
        id=job_id,
        account_id=account_id,
        photo_id=photo_id,
        state=state,
        room_type=room,
        style=style,
        instructions="",
        prompt=prompt.text,
        prompt_version=prompt.version,
        model=DEFAULT_MODEL.name,
        priority=Priority.NORMAL,
        created_by=person,
        idempotency_key=None,
        request_fingerprint=None,
        retry_of=None,
        credits_used=pricing.JOB_PRICE_CREDITS,
        credits_refunded=refunded,
        error_code=failure.code if failure else None,
        error_message=failure.message if failure else None,
        created_at=created_at,
        started_at=started_at,
        completed_at=completed_at,
        search_name=search_text.folded(file_name),
    )
    for at, kind, source, actor, message in (
        (created_at, "submitted", "page", person, f"Submitted for {pricing.JOB_PRICE_CREDITS} credits."),
        (completed_at, "finished", "sweep", "system", ENDED_WORDS[state]),
    ):
        books.add(
            JobEvent, job_id=job_id, variant_index=None, at=at, kind=kind, source=source, actor=actor, message=message
        )


def _charge(books: _Books, account_id: int, job_id: str, person: str, created_at: datetime) -> None:
    if books.balances[account_id] < pricing.JOB_PRICE_CREDITS:
        books.move(
            key=f"grant:{new_id(created_at)}",
            account_id=account_id,
            kind="grant",
            amount=_GRANT_CREDITS,
            at=created_at,
            job_id=None,
            reason="package",
            actor="Manager",
        )
    books.move(
        key=f"charge:{job_id}",
        account_id=account_id,
        kind="charge",
        amount=-pricing.JOB_PRICE_CREDITS,
        at=created_at,
        job_id=job_id,
        reason="staging",
        actor=person,
    )


def _add_variant(
    books: _Books,
    chance: random.Random,
    job_id: str,
    index: int,
    account_id: int,
    pictures: _Pictures,
    created_at: datetime,
    started_at: datetime,
    prompt: str,
) -> tuple[VariantState, datetime, errors.VariantFailure | None]:
    variant_id, seed = new_id(created_at), chance.randrange(SEED_MAX)
    # Most take seconds, a few take minutes: the tail of a busy provider.
    seconds = min(chance.lognormvariate(1.9, 0.5), 280.0)
    ended_at = started_at + timedelta(seconds=seconds + chance.uniform(0.2, 0.8))
    failure = _failure(chance)
    state = VariantState.SUCCEEDED if failure is None else VariantState.FAILED
    result = pictures.variants[index] if failure is None else dict.fromkeys(pictures.variants[index])
    books.add(
        Variant,
        id=variant_id,
        job_id=job_id,
        variant_index=index,
        state=state,
        seed=seed,
        price_credits=pricing.VARIANT_PRICE_CREDITS,
        priority=Priority.NORMAL.rank,
        error_code=failure.code if failure else None,
        error_message=failure.message if failure else None,
        created_at=created_at,
        started_at=started_at,
        completed_at=ended_at,
        deadline_at=started_at + timedelta(minutes=5),
        next_due_at=None,
        settling_until=None,
        **result,
    )
    books.add(
        Attempt,
        id=new_id(started_at),
        variant_id=variant_id,
        number=1,
        seed=seed,
        input={"prompt": prompt, "seed": seed},
        prediction_id=f"demo{variant_id.replace('-', '')[:26]}",
        status="succeeded" if failure is None else "failed",
        error=None,
        logs=None,
        cost_usd_micros=DEFAULT_MODEL.cost_usd_micros if failure is None else 0,
        created_at=started_at,
        call_ended_at=started_at,
        provider_created_at=started_at,
        provider_started_at=started_at,
        provider_completed_at=started_at + timedelta(seconds=seconds),
        predict_seconds=seconds,
    )
    if failure is not None:
        books.move(
            key=f"return:{variant_id}",
            account_id=account_id,
            kind="refund",
            amount=pricing.VARIANT_PRICE_CREDITS,
            at=ended_at,
            job_id=job_id,
            reason="system",
            note=failure.code,
            actor="system",
        )
    return state, ended_at, failure


def _failure(chance: random.Random) -> errors.VariantFailure | None:
    roll = chance.random()
    for kind, share in _FAILURES:
        if roll < share:
            return kind()
        roll -= share
    return None


def _draw(desk: Desk, account_id: int, seed: int) -> _Pictures:
    room = stager.sample_room(seed)
    original = _encoded(room, "JPEG")
    small = thumbnails.thumbnail(original)
    keys = {
        "original_key": content_key(
            account_id=account_id, kind="originals", digest=sha256(original), extension="jpeg"
        ),
        "prepared_key": content_key(account_id=account_id, kind="prepared", digest=sha256(original), extension="jpg"),
        "thumbnail_key": content_key(
            account_id=account_id, kind="thumbnails", digest=sha256(small), extension=thumbnails.EXTENSION
        ),
    }
    for key, data in zip(keys.values(), (original, original, small), strict=True):
        desk.storage.put(key, data)
    photo = {
        "sha256": sha256(original),
        "media_type": "image/jpeg",
        "size_bytes": len(original),
        "width": room.width,
        "height": room.height,
        "prepared_width": room.width,
        "prepared_height": room.height,
        **keys,
    }
    first, second = (_draw_variant(desk, account_id, room, seed * 10 + number) for number in range(2))
    return _Pictures(photo=photo, variants=(first, second))


def _draw_variant(desk: Desk, account_id: int, room: Image.Image, seed: int) -> dict[str, Any]:
    staged = stager.stage(room, prompt="a living room in modern style", seed=seed)
    picture = results.check(_encoded(staged, "PNG"), photo_width=room.width, photo_height=room.height)
    small = thumbnails.thumbnail(picture.data)
    key = content_key(account_id=account_id, kind="results", digest=picture.sha256, extension=picture.extension)
    small_key = content_key(
        account_id=account_id, kind="thumbnails", digest=sha256(small), extension=thumbnails.EXTENSION
    )
    desk.storage.put(key, picture.data)
    desk.storage.put(small_key, small)
    return {
        "result_key": key,
        "result_thumbnail_key": small_key,
        "result_sha256": picture.sha256,
        "result_media_type": picture.media_type,
        "result_width": picture.width,
        "result_height": picture.height,
        "result_size_bytes": len(picture.data),
    }


def _encoded(picture: Image.Image, file_format: str) -> bytes:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, file_format, quality=92)
    return buffer.getvalue()
