"""What can people and programs do with jobs? Use cases that open and close their own short transactions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries as credit_queries
from core.images import validation
from core.jobs import idempotency, model_settings, orders, photos
from core.jobs.desk import Desk
from core.jobs.new_job import Submission
from core.jobs.orders import Order, PhotoOrder
from core.jobs.photos import Upload
from core.jobs.states import Priority
from core.prompts import compose
from core.prompts.compose import ComposedPrompt
from core.storage import contract as storage_keys

# They are in memory together until the last of them is found good.
UPLOADS_MAX = idempotency.JOBS_MAX
UPLOADS_MAX_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRequest:
    """What a person or program wants staged. Without `account` the actor's own is meant, without `model` the default.

    With `expected_credits`, which is what they were told that all of it costs, nothing is bought for another price.
    With `new_seeds`, what was staged just so before is staged once more, and paid.
    """

    uploads: Sequence[Upload]
    room_type: str
    style: str
    instructions: str = ""
    priority: str = Priority.NORMAL
    model: str | None = None
    account: str | None = None
    idempotency_key: str | None = None
    expected_credits: int | None = None
    new_seeds: bool = False


def submit(desk: Desk, actor: Actor, request: StageRequest) -> Submission:
    """Stage one or more photos: charged at once, or not at all.

    1. Check who asks, which account pays, and that the words of the request make a prompt.
    2. The same Idempotency-Key with the same content: answer with the jobs it made the first time.
    3. What was staged just so before is given again at no charge (`core.jobs.reuse`); the rest has its price.
       Refuse early if the model is not on or the balance is short, before anything is stored.
    4. Validate and prepare every other photo, then store the files under their hashes.
    5. In one transaction: charge, insert jobs and variants, write events (`core.jobs.orders`).

    Raises:
        PermissionDenied, AccountRequired, AccountNotFound, ValidationFailed: who or where.
        UnknownRoomType, UnknownStyle, InstructionsRefused, InstructionsTooLong, PhotoRefused: what.
        UnknownModel, ModelSwitchedOff: by which model.
        IdempotencyConflict: the key was used for something else.
        RushNotAllowed, PriceChanged, InsufficientCredits: for how much. In all these cases nothing was written.
    """
    actor.require(Action.STAGE)
    _require_handy(request.uploads)
    priority = orders.priority(request.priority)
    prompt = compose.compose(room_type=request.room_type, style=request.style, instructions=request.instructions)
    with desk.database.read() as session:
        account = credit_queries.account(session, actor, name=request.account)
    key, fingerprint = idempotency.scoped_key(actor, request.idempotency_key), _fingerprint(account.id, request)
    earlier = idempotency.find_earlier(desk, key, fingerprint)
    if earlier is not None:
        return earlier
    with desk.database.read() as session:
        order = Order(
            account=account,
            photos=[_photo_order(request, upload, prompt) for upload in request.uploads],
            model=model_settings.choose(session, request.model).name,
            priority=priority,
            key=key,
            fingerprint=fingerprint,
            model_is_named=bool(request.model),
        )
        quote = orders.quote(session, order)
    orders.require_affordable(order, quote, expected_credits=request.expected_credits)
    # What is given again was found good when it came first.
    numbers = [number for number in range(len(request.uploads)) if number not in quote.reused]
    prepared = photos.prepare_all([request.uploads[number] for number in numbers])
    stored = {number: photos.store(desk, account.id, one) for number, one in zip(numbers, prepared, strict=True)}
    return orders.buy(desk, actor, order, quote, new_photos=stored)


def staged_before(
    session: Session,
    actor: Actor,
    *,
    account: str,
    photo_sha256: str,
    room_type: str,
    style: str,
    instructions: str,
) -> str | None:
    """The job that would be given again at no charge if this were staged now, if there is one.

    Raises:
        PermissionDenied: if the actor may not stage.
        AccountNotFound: if there is no such account, or the actor doesn't see it.
        UnknownRoomType, UnknownStyle, InstructionsRefused, InstructionsTooLong: if it could not be staged.
    """
    actor.require(Action.STAGE)
    photo = PhotoOrder(
        sha256=photo_sha256,
        file_name="",
        room_type=room_type,
        style=style,
        instructions=instructions.strip(),
        prompt=compose.compose(room_type=room_type, style=style, instructions=instructions),
    )
    order = Order(
        account=credit_queries.account(session, actor, name=account),
        photos=[photo],
        model=model_settings.choose(session, None).name,
        priority=Priority.NORMAL,
    )
    return orders.reused(session, order).get(0)


def _require_handy(uploads: Sequence[Upload]) -> None:
    if not uploads:
        raise errors.ValidationFailed("Send at least one photo as `image`. Nothing was charged.")
    if len(uploads) > UPLOADS_MAX:
        raise errors.ValidationFailed(f"Send at most {UPLOADS_MAX} photos at once. Nothing was charged.")
    if sum(len(upload.data) for upload in uploads) > UPLOADS_MAX_BYTES:
        raise errors.RequestTooLarge


def _photo_order(request: StageRequest, upload: Upload, prompt: ComposedPrompt) -> PhotoOrder:
    return PhotoOrder(
        sha256=storage_keys.sha256(upload.data),
        file_name=validation.safe_file_name(upload.file_name),
        room_type=request.room_type,
        style=request.style,
        instructions=request.instructions.strip(),
        prompt=prompt,
        new_seeds=request.new_seeds,
    )


def _fingerprint(account_id: int, request: StageRequest) -> str:
    return idempotency.fingerprint(
        account_id,
        request.room_type,
        request.style,
        request.instructions,
        str(request.priority),
        [[upload.file_name, storage_keys.sha256(upload.data)] for upload in request.uploads],
        # Only where they are asked for: keys of requests from before there was a choice still hold.
        *([request.model] if request.model else []),
        *(["new seeds"] if request.new_seeds else []),
    )
