"""How does a listing come about? Opened, filled with photos one by one, and its contact sheet set right."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, errors, logs
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries as credit_queries
from core.db.session import Database
from core.jobs import photos, search_text
from core.jobs.desk import Desk
from core.jobs.photos import PreparedUpload, StoredPhoto, Upload
from core.jobs.service import UPLOADS_MAX
from core.listings import inspection, room_guess, sheet, similarity
from core.listings.refusals import Refusal
from core.listings.sheet import ListingDetail
from core.listings.similarity import Likeness
from core.models import Listing, ListingPhoto, Photo
from core.models.base import new_id
from core.prompts import presets

REFERENCE_MAX = 120
PHOTOS_MAX = UPLOADS_MAX
# Among how many of the account's latest photos another copy of the same view is looked for: some milliseconds.
_SEARCHED_MAX = 5_000
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A photo that is on the contact sheet now, and the room that its name told, if it told one."""

    photo_id: str
    file_name: str
    room_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoChange:
    """How a photo is to look from now on; None leaves as it is. An empty `style` is the listing's."""

    room_type: str | None = None
    style: str | None = None
    is_skipped: bool | None = None


def open_listing(
    database: Database, actor: Actor, *, account: str | None, reference: str, style: str = "modern"
) -> ListingDetail:
    """The account's listing of that address or reference, in any case of its letters, opened if it is new.

    The style is a new one's.

    Raises:
        PermissionDenied, AccountRequired, AccountNotFound: who or where.
        ValidationFailed: if the reference is empty, too long, or not printable.
        UnknownStyle: if there is no such style.
    """
    actor.require(Action.STAGE)
    reference, slug = _checked_reference(reference), presets.style(style).slug
    with database.write() as session:
        account_id = credit_queries.account(session, actor, name=account).id
        insert = sqlite.insert if database.is_sqlite else postgresql.insert
        session.execute(
            insert(Listing)
            .values(
                id=new_id(),
                account_id=account_id,
                reference=reference,
                reference_folded=search_text.folded(reference),
                style=slug,
                mls_profile="",
                created_by=actor.name,
                created_by_identity=actor.identity,
                created_at=clock.now(),
            )
            .on_conflict_do_nothing()
        )
        return sheet.listing(session, actor, session.scalars(_called(account_id, reference)).one())


def change(
    database: Database, actor: Actor, *, listing_id: str, reference: str | None = None, style: str | None = None
) -> None:
    """Give a listing another address or reference, or another style: its photos have it unless they have their own.

    Raises:
        PermissionDenied, ListingNotFound, UnknownStyle: who or what.
        ValidationFailed: if the reference is empty, too long, or not printable.
        StateConflict: if another listing of the account is called so. In all these cases nothing was changed.
    """
    actor.require(Action.STAGE)
    values: dict[str, object] = {}
    if reference is not None:
        reference = _checked_reference(reference)
        values |= {"reference": reference, "reference_folded": search_text.folded(reference)}
    if style is not None:
        values["style"] = presets.style(style).slug
    try:
        with database.write() as session:
            sheet.listing(session, actor, listing_id)
            if values:
                session.execute(sa.update(Listing).where(Listing.id == listing_id).values(values))
    except IntegrityError:
        raise errors.StateConflict("The account has another listing of that name. Nothing was changed.") from None


def add_photos(
    desk: Desk, actor: Actor, *, listing_id: str, uploads: Iterable[Upload | Refusal]
) -> Iterator[Added | Refusal]:
    """Check, store and add photos to the contact sheet; each one's own outcome as soon as it is there.

    Each photo is a transaction of its own: whatever ends this leaves those that were added, and sending all again
    adds the others. A photo that is on the sheet already is refused as `photo_repeated`.

    Raises:
        PermissionDenied, ListingNotFound: nothing was added.
        StorageUnavailable: for what is left; what was added stays.
    """
    actor.require(Action.STAGE)
    with desk.database.read() as session:
        known = sheet.listing(session, actor, listing_id)
    return _outcomes(desk, known, uploads)


def change_photos(database: Database, actor: Actor, *, listing_id: str, changes: Mapping[str, PhotoChange]) -> None:
    """Change how photos of the sheet are to look, by their ids: all of them, or none.

    Raises:
        PermissionDenied, ListingNotFound: who or where.
        PhotoNotFound: if one is not on the sheet.
        UnknownRoomType, UnknownStyle: what. In all these cases nothing was changed.
    """
    actor.require(Action.STAGE)
    values = {photo_id: _values(change) for photo_id, change in changes.items()}
    with database.write() as session:
        sheet.listing(session, actor, listing_id)
        for photo_id, changed in values.items():
            mine = (ListingPhoto.listing_id == listing_id) & (ListingPhoto.photo_id == photo_id)
            if session.scalar(sa.select(ListingPhoto.photo_id).where(mine)) is None:
                raise errors.PhotoNotFound
            if changed:
                session.execute(sa.update(ListingPhoto).where(mine).values(changed))


def _called(account_id: int, reference: str) -> sa.Select[str]:
    folded = search_text.folded(reference)
    return sa.select(Listing.id).where(Listing.account_id == account_id, Listing.reference_folded == folded)


def _checked_reference(reference: str) -> str:
    reference = " ".join(reference.split())
    if not reference or len(reference) > REFERENCE_MAX or not reference.isprintable():
        raise errors.ValidationFailed(
            f"Name the listing by its address or reference, in up to {REFERENCE_MAX} characters. Nothing was changed."
        )
    return reference


def _values(change: PhotoChange) -> dict[str, object]:
    values: dict[str, object] = {}
    if change.room_type is not None:
        values["room_type"] = presets.room_type(change.room_type).slug
    if change.style is not None:
        values["style"] = presets.style(change.style).slug if change.style else None
    if change.is_skipped is not None:
        values["is_skipped"] = change.is_skipped
    return values


def _outcomes(desk: Desk, known: ListingDetail, uploads: Iterable[Upload | Refusal]) -> Iterator[Added | Refusal]:
    for one in inspection.inspect(uploads):
        if isinstance(one, Refusal):
            yield one
            continue
        try:
            yield _add(desk, known, one)
        except (errors.PhotoRepeated, errors.ListingFull) as refused:
            yield Refusal(one.upload.file_name, refused)


def _add(desk: Desk, known: ListingDetail, prepared: PreparedUpload) -> Added:
    room_type = room_guess.guess(prepared.upload.file_name)
    with desk.database.read() as session:
        # Before anything is stored for nothing.
        _require_room_for(session, known.id, prepared.sha256)
    stored = photos.store(desk, known.account_id, prepared)
    with desk.database.write() as session:
        # Whoever adds photos to the same listing meanwhile waits for the commit.
        session.execute(sa.select(Listing.id).where(Listing.id == known.id).with_for_update(key_share=True))
        position = _require_room_for(session, known.id, prepared.sha256)
        repeats, bits = _repeated(session, known.account_id, stored)
        photo_id = photos.insert(session, known.account_id, stored)
        session.execute(
            sa.insert(ListingPhoto).values(
                photo_id=photo_id,
                listing_id=known.id,
                position=position,
                sha256=stored.sha256,
                room_type=room_type,
                style=None,
                is_skipped=False,
                repeats_photo_id=repeats,
                repeats_bits=bits,
            )
        )
    return Added(photo_id=photo_id, file_name=stored.file_name, room_type=room_type)


def _require_room_for(session: Session, listing_id: str, sha256: str) -> int:
    """The position of the next photo on the sheet, if there is one left, and the photo is not there yet."""
    of_listing = sa.select(ListingPhoto.position, ListingPhoto.sha256).where(ListingPhoto.listing_id == listing_id)
    rows = session.execute(of_listing).all()
    if any(row.sha256 == sha256 for row in rows):
        raise errors.PhotoRepeated
    if len(rows) >= PHOTOS_MAX:
        raise errors.ListingFull
    return max((row.position for row in rows), default=0) + 1


def _repeated(session: Session, account_id: int, photo: StoredPhoto) -> tuple[str | None, int | None]:
    """The photo of the account that shows the same view, and in how many bits they differ; 0: the same."""
    same = sa.select(Photo.id).where(Photo.account_id == account_id, Photo.sha256 == photo.sha256).limit(1)
    if (found := session.scalar(same)) is not None:
        return found, 0
    if photo.perceptual_hash is None:
        return None, None
    latest = session.execute(
        sa.select(Photo.id, Photo.sha256, Photo.perceptual_hash)
        .where(Photo.account_id == account_id, Photo.perceptual_hash.is_not(None))
        .order_by(Photo.id.desc())
        .limit(_SEARCHED_MAX)
    ).all()
    wanted = Likeness(photo.sha256, photo.perceptual_hash)
    match = similarity.closest(wanted, (Likeness(row.sha256, row.perceptual_hash) for row in latest))
    return (None, None) if match is None else (latest[match.position].id, match.distance_bits)
