"""What does an order cost, and how is it bought? All of its photos in one transaction, or nothing of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import errors, logs
from core.auth.actors import Actor
from core.credits import ledger, pricing
from core.credits import queries as credit_queries
from core.credits import terms as credit_terms
from core.credits.queries import AccountBalance
from core.experiments import enrollment
from core.experiments.design import Arm
from core.experiments.enrollment import Enrollment, Running
from core.jobs import idempotency, model_settings, new_job, photos, queries, reuse
from core.jobs.desk import Desk
from core.jobs.new_job import NewJob, Submission
from core.jobs.photos import StoredPhoto
from core.jobs.states import Priority
from core.models import Account
from core.models.base import new_id
from core.prompts import compose
from core.prompts.compose import ComposedPrompt

_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoOrder:
    """A photo and how it is to look. `photo_id` is that of its row, if it has one already.

    With `new_seeds`, it is staged also if the account has had it staged just so before.
    """

    sha256: str
    file_name: str
    room_type: str
    style: str
    instructions: str
    prompt: ComposedPrompt
    photo_id: str | None = None
    new_seeds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one account wants staged at once.

    Who names a model gets that one: such an order takes no part in experiments (`model_is_named`).

    `key` and `fingerprint` tell whether it was sent before (`core.jobs.idempotency`).
    """

    account: AccountBalance
    photos: Sequence[PhotoOrder]
    model: str
    priority: Priority
    key: str | None = None
    fingerprint: str = ""
    listing_id: str | None = None
    model_is_named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What an order costs now: `reused` are the jobs that are given again at no charge, by the photos' numbers."""

    variant_credits: int
    reused: Mapping[int, str]
    credits: int

    @property
    def job_credits(self) -> int:
        """What one photo costs."""
        return self.variant_credits * pricing.VARIANTS_PER_JOB


def priority(value: str) -> Priority:
    """The priority of that word.

    Raises:
        ValidationFailed: if there is none.
    """
    try:
        return Priority(value)
    except ValueError as exception:
        raise errors.ValidationFailed("The priority is `normal` or `rush`. Nothing was charged.") from exception


def quote(session: Session, order: Order) -> Quote:
    """What the order costs at this moment.

    Raises:
        RushNotAllowed: if it is to be rush, and the account may not.
    """
    variant_credits = order.account.terms.variant_credits(is_rush=order.priority is Priority.RUSH)
    given = reused(session, order)
    count = len(order.photos) - len(given)
    return Quote(
        variant_credits=variant_credits, reused=given, credits=variant_credits * pricing.VARIANTS_PER_JOB * count
    )


def require_affordable(order: Order, quoted: Quote, *, expected_credits: int | None) -> None:
    """Go on only at the price that was told, if one was, and with a balance that covers all of it.

    Raises:
        PriceChanged, InsufficientCredits: otherwise.
    """
    if expected_credits not in (None, quoted.credits):
        raise errors.PriceChanged
    if order.account.balance < quoted.credits:
        raise ledger.insufficient(order.account.name, needed=quoted.credits, balance=order.account.balance)


def buy(
    desk: Desk,
    actor: Actor,
    order: Order,
    quoted: Quote,
    *,
    new_photos: Mapping[int, StoredPhoto],
    guard: Callable[[Session], None] | None = None,
) -> Submission:
    """Charge the account and insert a job for every photo that is not given again; then wake the dispatcher.

    `new_photos` are those without a row, by their numbers in the order. `guard` is asked first, in the transaction;
    what it raises ends it.

    Raises:
        PriceChanged: if it would not be what was quoted.
        InsufficientCredits: if the balance is short.
        IdempotencyConflict: if the key was used for something else. In all these cases nothing was written.
    """
    try:
        with desk.database.write() as session:
            if guard is not None:
                guard(session)
            idempotency.require_free(session, order.key)
            _require_as_quoted(session, order, quoted)
            running = _running(session, order)
            job_ids = [
                _give_again(session, actor, order, quoted, number)
                if number in quoted.reused
                else _insert(session, actor, order, quoted, number, new_photos.get(number), running)
                for number in range(len(order.photos))
            ]
            jobs = queries.load_jobs(session, job_ids)
            balance = credit_queries.account(session, actor, name=order.account.name).balance
    except (IntegrityError, idempotency.KeyTaken):
        # The same key came twice at once, and the other call was faster.
        earlier = idempotency.find_earlier(desk, order.key, order.fingerprint)
        if earlier is None:
            raise
        return earlier
    desk.wake.set()
    for number, job in enumerate(jobs):
        is_reused = number in quoted.reused
        _log.info(
            "job given again" if is_reused else "job submitted",
            job_id=job.id,
            account=order.account.name,
            credits_used=0 if is_reused else job.credits_used,
        )
    return Submission(jobs=jobs, balance=balance, repeated=False, reused=frozenset(quoted.reused))


def reused(session: Session, order: Order) -> dict[int, str]:
    """The jobs that the order would be given again at no charge, by the photos' numbers."""
    running = _running(session, order)
    keys = [[] if photo.new_seeds else _reuse_keys(order, photo, running) for photo in order.photos]
    found = reuse.finished(session, {key for several in keys for key in several})
    given = {number: [found[key] for key in several if key in found] for number, several in enumerate(keys)}
    return {number: job_ids[0] for number, job_ids in given.items() if job_ids}


def _running(session: Session, order: Order) -> list[Running]:
    """The experiments that the order may take part in: none, if its model was named."""
    if order.model_is_named:
        return []
    return enrollment.running(session, models=model_settings.names_on(session), prompts=compose.TEMPLATES)


def _reuse_keys(order: Order, photo: PhotoOrder, running: Sequence[Running]) -> list[str]:
    """Of what it is by itself, and of what any arm would make of it: the same order is not paid twice."""
    arms = [
        arm
        for one in running
        if one.design.participants.include(account=order.account.name, room_type=photo.room_type)
        for arm in one.design.arms
    ]
    return [_reuse_key(order, photo, None), *(_reuse_key(order, photo, arm) for arm in arms)]


def _reuse_key(order: Order, photo: PhotoOrder, arm: Arm | None) -> str:
    return reuse.key(
        account_id=order.account.id,
        photo_sha256=photo.sha256,
        model=order.model if arm is None else arm.model,
        prompt=_prompt(photo, arm).text,
        parameters=arm.parameters if arm is not None else {},
    )


def _prompt(photo: PhotoOrder, arm: Arm | None) -> ComposedPrompt:
    if arm is None:
        return photo.prompt
    return compose.compose(
        room_type=photo.room_type, style=photo.style, instructions=photo.instructions, version=arm.prompt_version
    )


def _require_as_quoted(session: Session, order: Order, quoted: Quote) -> None:
    """Whoever sets another price meanwhile waits for the commit, or was first: then nothing is bought unseen."""
    is_rush = order.priority is Priority.RUSH
    if is_rush:
        terms = credit_terms.terms_of(session, order.account.id, lock=True)
        if terms.variant_credits(is_rush=True) != quoted.variant_credits:
            raise errors.PriceChanged
    if reused(session, order) != quoted.reused:
        raise errors.PriceChanged


def _give_again(session: Session, actor: Actor, order: Order, quoted: Quote, number: int) -> str:
    job_id = quoted.reused[number]
    reuse.record(
        session,
        actor,
        account_id=order.account.id,
        job_id=job_id,
        saved_credits=quoted.job_credits,
        balance=session.scalars(sa.select(Account.balance).where(Account.id == order.account.id)).one(),
        idempotency_key=idempotency.numbered(order.key, number),
        request_fingerprint=order.fingerprint,
        listing_id=order.listing_id,
        photo_id=order.photos[number].photo_id,
    )
    return job_id


def _insert(
    session: Session,
    actor: Actor,
    order: Order,
    quoted: Quote,
    number: int,
    new_photo: StoredPhoto | None,
    running: Sequence[Running],
) -> str:
    photo = order.photos[number]
    photo_id = photo.photo_id
    if new_photo is not None:
        photo_id = photos.insert(session, order.account.id, new_photo)
    if photo_id is None:
        raise ValueError(f"photo {number} of the order has no row and was not stored")
    job_id = new_id()
    enrolled = _enroll(order, photo, running, job_id=job_id)
    arm = enrolled.arm if enrolled is not None else None
    prompt = _prompt(photo, arm)
    job = NewJob(
        id=job_id,
        account_id=order.account.id,
        photo_id=photo_id,
        file_name=photo.file_name,
        room_type=photo.room_type,
        style=photo.style,
        instructions=photo.instructions,
        prompt=prompt.text,
        prompt_version=prompt.version,
        model=order.model if arm is None else arm.model,
        parameters=arm.parameters if arm is not None else None,
        priority=order.priority,
        variant_credits=quoted.variant_credits,
        idempotency_key=idempotency.numbered(order.key, number),
        request_fingerprint=order.fingerprint,
        listing_id=order.listing_id,
        reuse_key=_reuse_key(order, photo, arm),
    )
    message = f"{photo.file_name} was submitted for {quoted.job_credits} credits."
    new_job.insert(session, actor, job, message=message)
    if enrolled is not None:
        enrollment.record(session, enrolled, job_id=job_id)
    return job_id


def _enroll(order: Order, photo: PhotoOrder, running: Sequence[Running], *, job_id: str) -> Enrollment | None:
    return enrollment.enroll(
        running,
        job_id=job_id,
        listing_id=order.listing_id,
        account=order.account.name,
        room_type=photo.room_type,
    )
