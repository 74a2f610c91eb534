"""What can people and programs do with jobs? Use cases that open and close their own short transactions."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, errors, logs
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import ledger, pricing
from core.credits import queries as credit_queries
from core.credits import terms as credit_terms
from core.images import preparation, thumbnails, validation
from core.jobs import idempotency, new_job, queries
from core.jobs.desk import Desk
from core.jobs.new_job import NewJob, Submission
from core.jobs.states import Priority
from core.models import Photo
from core.models.base import new_id
from core.prompts import compose
from core.provider.registry import DEFAULT_MODEL
from core.storage import contract as storage_keys

# They are in memory together until the last of them is found good.
UPLOADS_MAX = 60
UPLOADS_MAX_BYTES = 500 * 1024 * 1024
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A photo as it came: its name and its bytes."""

    file_name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRequest:
    """What a person or program wants staged. Without `account`, the actor's own is meant.

    With `expected_credits`, which is what they were told that all of it costs, nothing is bought for another price.
    """

    uploads: Sequence[Upload]
    room_type: str
    style: str
    instructions: str = ""
    priority: str = Priority.NORMAL
    account: str | None = None
    idempotency_key: str | None = None
    expected_credits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredPhoto:
    id: str
    file_name: str
    sha256: str
    media_type: str
    size_bytes: int
    width: int
    height: int
    original_key: str
    prepared_key: str
    prepared_width: int
    prepared_height: int
    thumbnail_key: str


def submit(desk: Desk, actor: Actor, request: StageRequest) -> Submission:
    """Stage one or more photos: charged at once, or not at all.

    1. Check who asks, which account pays, and that the words of the request make a prompt.
    2. The same Idempotency-Key with the same content: answer with the jobs it made the first time.
    3. Refuse early if the balance is short, before anything is stored.
    4. Validate and prepare every photo, then store the files under their hashes.
    5. In one transaction: charge, insert jobs and variants, write events.
    6. Wake the dispatcher.

    Raises:
        PermissionDenied, AccountRequired, AccountNotFound, ValidationFailed: who or where.
        UnknownRoomType, UnknownStyle, InstructionsRefused, InstructionsTooLong, PhotoRefused: what.
        IdempotencyConflict: the key was used for something else.
        RushNotAllowed, PriceChanged, InsufficientCredits: for how much. In all these cases nothing was written.
    """
    actor.require(Action.STAGE)
    _require_handy(request.uploads)
    priority = _priority(request.priority)
    prompt = compose.compose(room_type=request.room_type, style=request.style, instructions=request.instructions)
    with desk.database.read() as session:
        account = credit_queries.account(session, actor, name=request.account)
    key = idempotency.scoped_key(actor, request.idempotency_key)
    fingerprint = _fingerprint(account.id, request)
    earlier = idempotency.find_earlier(desk, key, fingerprint, count=len(request.uploads))
    if earlier is not None:
        return earlier
    variant_credits = account.terms.variant_credits(is_rush=priority is Priority.RUSH)
    job_price = variant_credits * pricing.VARIANTS_PER_JOB
    price = job_price * len(request.uploads)
    if request.expected_credits not in (None, price):
        raise errors.PriceChanged
    if account.balance < price:
        raise ledger.insufficient(account.name, needed=price, balance=account.balance)
    photos = [_store_photo(desk, account.id, upload, prepared) for upload, prepared in _prepare(request.uploads)]
    try:
        with desk.database.write() as session:
            if priority is Priority.RUSH:
                _require_price(session, account.id, variant_credits)
            job_ids = [
                new_job.insert(
                    session,
                    actor,
                    _new_job(
                        request,
                        prompt,
                        account_id=account.id,
                        photo_id=_insert_photo(session, account.id, photo),
                        file_name=photo.file_name,
                        priority=priority,
                        variant_credits=variant_credits,
                        idempotency_key=idempotency.numbered(key, number),
                        fingerprint=fingerprint,
                    ),
                    message=f"{photo.file_name} was submitted for {job_price} credits.",
                )
                for number, photo in enumerate(photos)
            ]
            jobs = queries.load_jobs(session, job_ids)
            balance = credit_queries.account(session, actor, name=account.name).balance
    except IntegrityError:
        # The same key came twice at once, and the other call was faster.
        earlier = idempotency.find_earlier(desk, key, fingerprint, count=len(request.uploads))
        if earlier is None:
            raise
        return earlier
    desk.wake.set()
    for job in jobs:
        _log.info("job submitted", job_id=job.id, account=account.name, credits_used=job.credits_used)
    return Submission(jobs=jobs, balance=balance, repeated=False)


def _require_handy(uploads: Sequence[Upload]) -> None:
    if not uploads:
        raise errors.ValidationFailed("Send at least one photo as `image`. Nothing was charged.")
    if len(uploads) > UPLOADS_MAX:
        raise errors.ValidationFailed(f"Send at most {UPLOADS_MAX} photos at once. Nothing was charged.")
    if sum(len(upload.data) for upload in uploads) > UPLOADS_MAX_BYTES:
        raise errors.RequestTooLarge


def _require_price(session: Session, account_id: int, rush_variant_credits: int) -> None:
    """Whoever sets another price meanwhile waits for the commit, or was first: then nothing is bought unseen."""
    if credit_terms.terms_of(session, account_id, lock=True).variant_credits(is_rush=True) != rush_variant_credits:
        raise errors.PriceChanged


def _new_job(
    request: StageRequest,
    prompt: compose.ComposedPrompt,
    *,
    account_id: int,
    photo_id: str,
    file_name: str,
    priority: Priority,
    variant_credits: int,
    idempotency_key: str | None,
    fingerprint: str,
) -> NewJob:
    return NewJob(
        account_id=account_id,
        photo_id=photo_id,
        file_name=file_name,
        room_type=request.room_type,
        style=request.style,
        instructions=request.instructions.strip(),
        prompt=prompt.text,
        prompt_version=prompt.version,
        model=DEFAULT_MODEL.name,
        priority=priority,
        variant_credits=variant_credits,
        idempotency_key=idempotency_key,
        request_fingerprint=fingerprint,
    )


def _insert_photo(session: Session, account_id: int, photo: _StoredPhoto) -> str:
    session.execute(
        sa.insert(Photo).values(
            account_id=account_id,
            created_at=clock.now(),
            **{name: getattr(photo, name) for name in _StoredPhoto.__dataclass_fields__},
        )
    )
    return photo.id


def _priority(value: str) -> Priority:
    try:
        return Priority(value)
    except ValueError as exception:
        raise errors.ValidationFailed("The priority is `normal` or `rush`. Nothing was charged.") from exception


def _fingerprint(account_id: int, request: StageRequest) -> str:
    return idempotency.fingerprint(
        account_id,
        request.room_type,
        request.style,
        request.instructions,
        str(request.priority),
        [[upload.file_name, storage_keys.sha256(upload.data)] for upload in request.uploads],
    )


def _prepare(
    uploads: Sequence[Upload],
) -> list[tuple[Upload, tuple[validation.PhotoHeader, preparation.PreparedPhoto]]]:
    headers = [validation.inspect(upload.data, file_name=upload.file_name) for upload in uploads]
    return [
        (upload, (header, preparation.prepare(upload.data, header=header)))
        for upload, header in zip(uploads, headers, strict=True)
    ]


def _store_photo(
    desk: Desk,
    account_id: int,
    upload: Upload,
    prepared: tuple[validation.PhotoHeader, preparation.PreparedPhoto],
) -> _StoredPhoto:
    header, copy = prepared
    small = thumbnails.thumbnail(copy.jpeg)
    digest = storage_keys.sha256(upload.data)

    def store(kind: str, data: bytes, extension: str, known_digest: str | None = None) -> str:
        key = storage_keys.content_key(
            account_id=account_id, kind=kind, digest=known_digest or storage_keys.sha256(data), extension=extension
        )
        desk.storage.put(key, data)
        return key

    return _StoredPhoto(
        id=new_id(),
        file_name=validation.safe_file_name(upload.file_name),
        sha256=digest,
        media_type=header.media_type,
        size_bytes=len(upload.data),
        width=header.width,
        height=header.height,
        original_key=store("originals", upload.data, header.format, digest),
        prepared_key=store("prepared", copy.jpeg, "jpg"),
        prepared_width=copy.width,
        prepared_height=copy.height,
        thumbnail_key=store("thumbnails", small, thumbnails.EXTENSION),
    )
