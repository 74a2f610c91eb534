"""How does a program work on a whole listing: fill it, set its sheet right, stage it, judge and fetch the results?"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, File, Header, Query, Response, UploadFile, status
from fastapi.responses import StreamingResponse

from core import clock, errors
from core.api.deps import ActorDep, OptionalActorDep, RuntimeDep
from core.api.document import problems
from core.api.listing_schemas import (
    FavoriteBody,
    Listing,
    ListingBody,
    ListingChange,
    ListingLine,
    ListingList,
    ListingStaged,
    PhotoChange,
    PhotoOutcome,
    PhotosAdded,
    RatingBody,
    StageListingBody,
)
from core.auth.actors import Actor, Source, system
from core.delivery import filenames, listing_zip
from core.images.validation import MAX_FILE_BYTES
from core.jobs import favorites
from core.jobs.photos import Upload
from core.listings import archive, overview, results, service, sheet, staging
from core.listings.refusals import Refusal
from core.listings.staging import StageListing
from core.runtime import Runtime
from core.storage import links

router = APIRouter(tags=["listings"])
_NO_FAVORITE = "No photo of this listing has a favorite yet. Nothing is lost: pick some, or download all results."


@router.post("/listings", responses=problems(400, 413))
def open_listing(runtime: RuntimeDep, actor: ActorDep, body: ListingBody) -> Listing:
    """The listing of that address or reference, opened if it is new."""
    found = service.open_listing(
        runtime.database, actor, account=body.account, reference=body.reference, style=body.style
    )
    return _listing(runtime, actor, found.id)


@router.get("/listings")
def get_listings(
    runtime: RuntimeDep, actor: ActorDep, text: Annotated[str, Query(max_length=service.REFERENCE_MAX)] = ""
) -> ListingList:
    """The latest listings, or those that have the text in their address or reference."""
    with runtime.database.read() as session:
        found = overview.listings(session, actor, text=text)
    return ListingList(items=[ListingLine.of(one) for one in found])


@router.get("/listings/{listing_id}")
def get_listing(runtime: RuntimeDep, actor: ActorDep, listing_id: str) -> Listing:
    """A listing with its contact sheet and results."""
    return _listing(runtime, actor, listing_id)


@router.patch("/listings/{listing_id}", responses=problems(400, 409, 413))
def change_listing(runtime: RuntimeDep, actor: ActorDep, listing_id: str, body: ListingChange) -> Listing:
    """Give a listing another address or reference, another style, or both."""
    service.change(runtime.database, actor, listing_id=listing_id, reference=body.reference, style=body.style)
    return _listing(runtime, actor, listing_id)


@router.post("/listings/{listing_id}/photos", responses=problems(400, 413, 503))
def add_photos(
    runtime: RuntimeDep,
    actor: ActorDep,
    listing_id: str,
    image: Annotated[list[UploadFile], File(description="Photos, or ZIPs of photos")],
) -> PhotosAdded:
    """Put photos on the contact sheet, each with its own outcome. Nothing is charged."""
    outcomes = service.add_photos(runtime.desk, actor, listing_id=listing_id, uploads=_uploads(image))
    told = [PhotoOutcome.of(one) for one in outcomes]
    return PhotosAdded(outcomes=told, listing=_listing(runtime, actor, listing_id))


@router.patch("/listings/{listing_id}/photos/{photo_id}", responses=problems(400, 413))
def change_photo(runtime: RuntimeDep, actor: ActorDep, listing_id: str, photo_id: str, body: PhotoChange) -> Listing:
    """Say which room a photo shows, how it is to look, or that it is skipped."""
    change = service.PhotoChange(room_type=body.room_type, style=body.style, is_skipped=body.skip)
    service.change_photos(runtime.database, actor, listing_id=listing_id, changes={photo_id: change})
    return _listing(runtime, actor, listing_id)


@router.post(
    "/listings/{listing_id}/stage",
    status_code=status.HTTP_202_ACCEPTED,
    responses={
        200: {"model": ListingStaged, "description": "The Idempotency-Key repeats, or nothing had to be ordered"},
        **problems(400, 402, 409, 413),
    },
)
def stage_listing(
    runtime: RuntimeDep,
    actor: ActorDep,
    response: Response,
    listing_id: str,
    body: StageListingBody | None = None,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> ListingStaged:
    """Stage photos of a listing: all of them, or none. What was staged just so before is given again at no charge."""
    wanted = (body or StageListingBody()).model_dump()
    request = StageListing(listing_id=listing_id, idempotency_key=idempotency_key, **wanted)
    submission = staging.stage(runtime.desk, actor, request)
    if submission.repeated or len(submission.reused) == len(submission.jobs):
        response.status_code = status.HTTP_200_OK
    return ListingStaged.of(submission)


@router.get(
    "/listings/{listing_id}/results.zip",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}, **problems(409, 503)},
    # A signed link needs no key.
    openapi_extra={"security": [{}]},
)
def get_results(
    runtime: RuntimeDep,
    actor: OptionalActorDep,
    listing_id: str,
    favorites_only: Annotated[bool, Query(alias="favorites")] = False,
    expires: Annotated[int | None, Query(ge=0, le=2**40)] = None,
    signature: str | None = None,
) -> StreamingResponse:
    """All results with their label, and the untouched photos, as one ZIP that is made while it is sent."""
    if signature is not None and expires is not None:
        path = links.listing_zip_path(listing_id, favorites_only=favorites_only)
        secret = runtime.settings.signing_secret
        links.require_valid(path, expires=expires, signature=signature, secret=secret)
        # Whoever made the link saw the listing.
        actor = system(Source.API)
    elif actor is None:
        raise errors.NotAuthenticated
    with runtime.database.read() as session:
        found = sheet.contact_sheet(session, actor, listing_id)
        wanted = listing_zip.entries(results.gallery(session, found), favorites_only=favorites_only)
    # Once it is on its way, an answer can't become another.
    if not runtime.storage.is_reachable():
        raise errors.StorageUnavailable
    if not wanted:
        raise errors.NothingToDownload(_NO_FAVORITE if favorites_only else None)
    ending = "_favorites" if favorites_only else ""
    name = f"{filenames.slug(found.listing.reference) or 'listing'}{ending}.zip"
    return StreamingResponse(
        listing_zip.stream(runtime.storage, wanted, at=clock.now()),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.put("/jobs/{job_id}/favorite", status_code=status.HTTP_204_NO_CONTENT, responses=problems(400, 413))
def choose_favorite(runtime: RuntimeDep, actor: ActorDep, job_id: str, body: FavoriteBody) -> None:
    """Pick the variant of a job that is to be used."""
    favorites.choose(runtime.database, actor, job_id=job_id, variant_index=body.variant)


@router.put("/jobs/{job_id}/ratings/{variant}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(400, 413))
def rate(runtime: RuntimeDep, actor: ActorDep, job_id: str, variant: int, body: RatingBody) -> None:
    """Give a variant stars."""
    favorites.rate(runtime.database, actor, job_id=job_id, variant_index=variant, stars=body.stars)


def _listing(runtime: Runtime, actor: Actor, listing_id: str) -> Listing:
    with runtime.database.read() as session:
        found = sheet.contact_sheet(session, actor, listing_id)
        shown = results.gallery(session, found)
        return Listing.of(found, shown, results.progress(session, runtime.desk, shown))


def _uploads(files: Sequence[UploadFile]) -> Iterator[Upload | Refusal]:
    """The photos that were sent, those in ZIPs among them, one after another."""
    for file in files:
        name = file.filename or ""
        head = file.file.read(4)
        file.file.seek(0)
        if not archive.is_zip(name, head):
            # One byte over the limit is enough to be refused for it; the rest stays on disk.
            yield Upload(file_name=name, data=file.file.read(MAX_FILE_BYTES + 1))
            continue
        try:
            yield from archive.photos(file.file)
        except errors.PhotoRefused as refused:
            yield Refusal(name, refused)
