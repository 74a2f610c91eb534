"""What does staging a listing cost, and how is it bought? All of the chosen photos, or none of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries as credit_queries
from core.credits.queries import AccountBalance
from core.jobs import idempotency, model_settings, orders
from core.jobs.desk import Desk
from core.jobs.new_job import Submission
from core.jobs.orders import Order, PhotoOrder
from core.jobs.states import IN_FLIGHT_JOBS, Priority
from core.listings import sheet
from core.listings.sheet import ContactSheet, SheetPhoto
from core.models import Listing
from core.prompts import compose

_CHANGED = "Meanwhile somebody staged photos of this listing, or changed what is to be staged."


@dataclass(frozen=True, slots=True, kw_only=True)
class StageListing:
    """What of a listing is to be staged: the photos of these ids, or else all that are not skipped and not staged.

    With `expected_credits`, which is what they were told that all of it costs, nothing is bought for another price;
    with `expected_look`, which is `look_of` the photos that they were shown, in no other look.
    With `new_seeds`, what was staged just so before is staged once more, and paid: all of it, or the photos of
    `new_seeds_for`.
    """

    listing_id: str
    photo_ids: Sequence[str] | None = None
    priority: str = Priority.NORMAL
    expected_credits: int | None = None
    expected_look: str | None = None
    new_seeds: bool = False
    new_seeds_for: Sequence[str] = ()
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchQuote:
    """What the photos cost now. `reused` of them are given again at no charge.

    `affordable` are those, from the first on, that the balance covers: all, unless it is short. What is given again
    is among them, whatever the balance is.
    """

    photos: tuple[SheetPhoto, ...]
    reused: int
    credits: int
    account: AccountBalance
    affordable: tuple[SheetPhoto, ...]
    affordable_credits: int

    @property
    def is_covered(self) -> bool:
        """Whether the balance covers all of it."""
        return len(self.affordable) == len(self.photos)


def quote(session: Session, actor: Actor, request: StageListing) -> BatchQuote:
    """What staging the listing would cost at this moment, and how far the balance goes.

    Raises:
        PermissionDenied, ListingNotFound, PhotoNotFound: who or what.
        ValidationFailed: if a photo is chosen that is under way.
        RoomMissing: if nobody said which room a photo shows.
        RushNotAllowed: if it is to be rush, and the account may not.
    """
    actor.require(Action.STAGE)
    found = sheet.contact_sheet(session, actor, request.listing_id)
    order = _order(session, actor, request, found)
    quoted = orders.quote(session, order)
    photos, affordable, spent = _chosen(found, request), list[SheetPhoto](), 0
    for number, photo in enumerate(photos):
        price = 0 if number in quoted.reused else quoted.job_credits
        if spent + price > order.account.balance:
            continue
        affordable.append(photo)
        spent += price
    return BatchQuote(
        photos=photos,
        reused=len(quoted.reused),
        credits=quoted.credits,
        account=order.account,
        affordable=tuple(affordable),
        affordable_credits=spent,
    )


def look_of(photos: Iterable[SheetPhoto]) -> str:
    """Which photos these are, and in which room type and style each would be staged."""
    return idempotency.fingerprint(*([photo.id, photo.room_type, photo.style] for photo in photos))


def stage(desk: Desk, actor: Actor, request: StageListing) -> Submission:
    """Stage photos of a listing: all of them charged and queued in one transaction, or none.

    1. The same Idempotency-Key with the same content: answer with the jobs it made the first time.
    2. Which photos, how are they to look, and what does it cost? What was staged just so before is given again.
    3. In one transaction: is the sheet still as it was? Charge, insert jobs and variants, write events.

    Raises:
        PermissionDenied, ListingNotFound, PhotoNotFound: who or what.
        ValidationFailed: if there is nothing to stage, or a photo is chosen that is under way.
        RoomMissing: if nobody said which room a photo shows.
        StateConflict: if somebody staged or changed these photos at the same moment.
        IdempotencyConflict: the key was used for something else.
        RushNotAllowed, PriceChanged, InsufficientCredits: for how much. In all these cases nothing was written.
    """
    actor.require(Action.STAGE)
    key, fingerprint = idempotency.scoped_key(actor, request.idempotency_key), _fingerprint(request)
    with desk.database.read() as session:
        found = sheet.contact_sheet(session, actor, request.listing_id)
    earlier = idempotency.find_earlier(desk, key, fingerprint)
    if earlier is not None:
        return earlier
    try:
        return _buy(desk, actor, request, found, key=key, fingerprint=fingerprint)
    except (errors.StateConflict, errors.ValidationFailed):
        # The same key came twice at once, and the other call was faster: that is what changed the sheet.
        earlier = idempotency.find_earlier(desk, key, fingerprint)
        if earlier is None:
            raise
        return earlier


def _buy(
    desk: Desk, actor: Actor, request: StageListing, found: ContactSheet, *, key: str | None, fingerprint: str
) -> Submission:
    if request.expected_look not in (None, look_of(_chosen(found, request))):
        raise errors.StateConflict(f"{_CHANGED} Nothing was charged; look at the sheet again.")
    with desk.database.read() as session:
        order = _order(session, actor, request, found, key=key, fingerprint=fingerprint)
        quoted = orders.quote(session, order)
    if not order.photos:
        raise errors.ValidationFailed("Every photo of this listing is staged or skipped. Nothing was charged.")
    orders.require_affordable(order, quoted, expected_credits=request.expected_credits)

    def require_unchanged(session: Session) -> None:
        # Two who stage the same listing at once take turns; the second sees what the first did.
        session.execute(sa.select(Listing.id).where(Listing.id == found.listing.id).with_for_update(key_share=True))
        now = sheet.contact_sheet(session, actor, request.listing_id)
        if _chosen(now, request) != _chosen(found, request):
            raise errors.StateConflict(f"{_CHANGED} Nothing was charged; look at the sheet again.")

    return orders.buy(desk, actor, order, quoted, new_photos={}, guard=require_unchanged)


def _chosen(found: ContactSheet, request: StageListing) -> tuple[SheetPhoto, ...]:
    if request.photo_ids is None:
        return found.to_stage
    wanted, by_id = list(dict.fromkeys(request.photo_ids)), {photo.id: photo for photo in found.photos}
    if any(photo_id not in by_id for photo_id in wanted):
        raise errors.PhotoNotFound
    return tuple(sorted((by_id[photo_id] for photo_id in wanted), key=lambda photo: photo.position))


def _order(
    session: Session,
    actor: Actor,
    request: StageListing,
    found: ContactSheet,
    *,
    key: str | None = None,
    fingerprint: str = "",
) -> Order:
    chosen = _chosen(found, request)
    for photo in chosen:
        if photo.job_state in IN_FLIGHT_JOBS:
            raise errors.ValidationFailed(f"{photo.file_name} is being staged already. Nothing was charged.")
    return Order(
        account=credit_queries.account(session, actor, name=found.listing.account),
        photos=[
            _photo_order(photo, new_seeds=request.new_seeds or photo.id in request.new_seeds_for) for photo in chosen
        ],
        model=model_settings.choose(session, None).name,
        priority=orders.priority(request.priority),
        key=key,
        fingerprint=fingerprint,
        listing_id=found.listing.id,
    )


def _photo_order(photo: SheetPhoto, *, new_seeds: bool) -> PhotoOrder:
    if photo.room_type is None:
        raise errors.RoomMissing(f"Say which room {photo.file_name} shows, or skip it. Nothing was charged.")
    return PhotoOrder(
        sha256=photo.sha256,
        file_name=photo.file_name,
        room_type=photo.room_type,
        style=photo.style,
        instructions="",
        prompt=compose.compose(room_type=photo.room_type, style=photo.style),
        photo_id=photo.id,
        new_seeds=new_seeds,
    )


def _fingerprint(request: StageListing) -> str:
    """What was asked for: not what the sheet said then, which changes by its being staged."""
    return idempotency.fingerprint(
        "listing",
        request.listing_id,
        None if request.photo_ids is None else sorted(request.photo_ids),
        str(request.priority),
        request.new_seeds,
        *([sorted(request.new_seeds_for)] if request.new_seeds_for else []),
    )
