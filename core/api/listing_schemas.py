"""How does the API tell of listings: their photos, what is to become of each, and what came of them?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import ConfigDict, StrictBool, StrictInt

from core.api.schemas import Failure, Schema, StagedJob
from core.jobs.new_job import Submission
from core.listings import service, sheet
from core.listings.overview import ListingSummary
from core.listings.refusals import Refusal
from core.listings.results import PhotoResult, Progress, VariantResult
from core.storage import links


class ListingBody(Schema):
    """Which listing is meant. `style` is what a new one gets."""

    model_config = ConfigDict(extra="forbid")

    reference: str
    account: str | None = None
    style: str = "modern"


class ListingChange(Schema):
    """What of a listing is to be another; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    reference: str | None = None
    style: str | None = None


class PhotoChange(Schema):
    """How a photo is to look; what is left out stays as it is. An empty style is the listing's."""

    model_config = ConfigDict(extra="forbid")

    room_type: str | None = None
    style: str | None = None
    skip: StrictBool | None = None


class StageListingBody(Schema):
    """What of a listing is to be staged; without `photoIds`, all that is neither skipped nor staged."""

    model_config = ConfigDict(extra="forbid")

    photo_ids: list[str] | None = None
    priority: str = "normal"
    expected_credits: StrictInt | None = None
    new_seeds: StrictBool = False


class FavoriteBody(Schema):
    """The index of the variant that is picked, or null for none."""

    model_config = ConfigDict(extra="forbid")

    variant: StrictInt | None


class RatingBody(Schema):
    """One to five stars, or null for none."""

    model_config = ConfigDict(extra="forbid")

    stars: StrictInt | None


class ListingResult(Schema):
    """A variant with a result."""

    job_id: str
    variant: int
    url: str
    favorite: bool
    stars: int | None

    @classmethod
    def of(cls, result: VariantResult) -> Self:
        """From the room's value."""
        return cls(
            job_id=result.job.id,
            variant=result.variant.index,
            url=links.path(result.variant.result_key or ""),
            favorite=result.is_favorite,
            stars=result.stars,
        )


class ListingPhoto(Schema):
    """A photo on the contact sheet, and what came of it."""

    id: str
    file_name: str
    room_type: str | None
    style: str
    skip: bool
    repeats: str | None
    thumbnail_url: str
    job_id: str | None
    status: str | None
    results: list[ListingResult]

    @classmethod
    def of(cls, photo: sheet.SheetPhoto, found: Sequence[VariantResult]) -> Self:
        """From the room's values."""
        return cls(
            id=photo.id,
            file_name=photo.file_name,
            room_type=photo.room_type,
            style=photo.style,
            skip=photo.is_skipped,
            repeats=photo.repeats,
            thumbnail_url=links.path(photo.thumbnail_key),
            job_id=photo.job_id,
            status=None if photo.job_state is None else photo.job_state.value,
            results=[ListingResult.of(one) for one in found],
        )


class ListingProgress(Schema):
    """How many of the photos that were staged are done, done in part, under way, waiting and failed."""

    done: int
    partial: int
    running: int
    waiting: int
    failed: int
    percent: int
    seconds_left: float | None


class Listing(Schema):
    """A listing with its contact sheet and results."""

    id: str
    account: str
    reference: str
    style: str
    created_by: str
    created_at: datetime
    progress: ListingProgress
    photos: list[ListingPhoto]

    @classmethod
    def of(cls, found: sheet.ContactSheet, shown: Sequence[PhotoResult], progress: Progress) -> Self:
        """From the room's values."""
        by_photo = {one.photo.id: one.results for one in shown}
        listing = found.listing
        return cls(
            id=listing.id,
            account=listing.account,
            reference=listing.reference,
            style=listing.style,
            created_by=listing.created_by,
            created_at=listing.created_at,
            progress=ListingProgress(
                done=progress.done,
                partial=progress.partial,
                running=progress.running,
                waiting=progress.waiting,
                failed=progress.failed,
                percent=progress.percent,
                seconds_left=progress.seconds_left,
            ),
            photos=[ListingPhoto.of(photo, by_photo.get(photo.id, ())) for photo in found.photos],
        )


class ListingLine(Schema):
    """A listing at a glance: its photos, and how many of them are skipped, or stand so by their latest staging."""

    id: str
    account: str
    reference: str
    style: str
    created_at: datetime
    photos: int
    skipped: int
    done: int
    partial: int
    running: int
    failed: int

    @classmethod
    def of(cls, one: ListingSummary) -> Self:
        """From the room's value."""
        return cls(
            id=one.listing.id,
            account=one.listing.account,
            reference=one.listing.reference,
            style=one.listing.style,
            created_at=one.listing.created_at,
            photos=one.photos,
            skipped=one.skipped,
            done=one.done,
            partial=one.partial,
            running=one.running,
            failed=one.failed,
        )


class ListingList(Schema):
    """The latest listings."""

    items: list[ListingLine]


class PhotoOutcome(Schema):
    """What became of one file that was sent: it is on the sheet, or refused for a reason."""

    file_name: str
    photo_id: str | None
    room_type: str | None
    error: Failure | None

    @classmethod
    def of(cls, outcome: service.Added | Refusal) -> Self:
        """From the room's value."""
        if isinstance(outcome, Refusal):
            error = Failure(code=outcome.code, message=outcome.error.message)
            return cls(file_name=outcome.shown_name, photo_id=None, room_type=None, error=error)
        return cls(file_name=outcome.file_name, photo_id=outcome.photo_id, room_type=outcome.room_type, error=None)


class PhotosAdded(Schema):
    """What became of each file, in their order, and the listing afterwards."""

    outcomes: list[PhotoOutcome]
    listing: Listing


class ListingStaged(Schema):
    """The jobs of a listing that were ordered or given again, in the sheet's order."""

    jobs: list[StagedJob]
    credits_used: int
    balance: int

    @classmethod
    def of(cls, submission: Submission) -> Self:
        """From the use case's result."""
        jobs = StagedJob.all_of(submission)
        return cls(jobs=jobs, credits_used=sum(job.credits_used for job in jobs), balance=submission.balance)
