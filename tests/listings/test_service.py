"""Does every photo of a listing come onto its contact sheet once, with its own outcome, and stay as it was set?"""

import io

import pytest
from PIL import Image

from core import errors
from core.jobs import creation
from core.jobs import service as job_service
from core.jobs.desk import Desk
from core.jobs.photos import Upload
from core.listings import library, overview, service, sheet, staging
from core.listings.library import LibraryFilter
from core.listings.refusals import Refusal
from core.listings.service import Added, PhotoChange
from core.listings.staging import StageListing
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE, CREDITS, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.jobs.test_submit import request
from tests.listings import desk_listings


def test_a_listing_is_opened_once_for_an_address(desk: Desk, people: People) -> None:
    def opening() -> str:
        return service.open_listing(desk.database, people.bob, account=None, reference="  12  Elm Street ").id

    ids = set(factories.at_once(*[opening] * 6))
    with desk.database.read() as session:
        (known,) = overview.listings(session, people.bob, text="ELM")
    assert ids == {known.listing.id}
    assert (known.listing.reference, known.listing.account, known.listing.style) == (
        "12 Elm Street",
        BELLEVUE,
        "modern",
    )


@pytest.mark.parametrize("reference", ["", "  ", "x" * 121, "a\x00b"])
def test_an_address_that_says_nothing_opens_nothing(desk: Desk, people: People, reference: str) -> None:
    with pytest.raises(errors.ValidationFailed):
        service.open_listing(desk.database, people.bob, account=None, reference=reference)
    with desk.database.read() as session:
        assert overview.listings(session, people.alice) == []


def test_others_neither_see_nor_fill_nor_change_it(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0)
    with desk.database.read() as session:
        assert overview.listings(session, people.charlie) == []
        for unknown in (listing_id, "nothing", "a\x00"):
            with pytest.raises(errors.ListingNotFound):
                sheet.contact_sheet(session, people.charlie, unknown)
    for attempt in (
        lambda: desk_listings.add(desk, people.charlie, listing_id, desk_listings.uploads(1)),
        lambda: service.change(desk.database, people.charlie, listing_id=listing_id, style="coastal"),
        lambda: service.change_photos(desk.database, people.charlie, listing_id=listing_id, changes={}),
    ):
        with pytest.raises(errors.ListingNotFound):
            attempt()
    assert len(desk_listings.of(desk, listing_id).photos) == 1


def test_each_photo_has_its_own_outcome_and_the_good_ones_are_on_the_sheet(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob)
    good, other = desk_listings.uploads(0, 1)
    files = [
        good,
        Upload(file_name="broken.jpg", data=good.data[: len(good.data) // 2]),
        Upload(file_name="copy.jpg", data=good.data),
        Refusal("nested.zip", errors.ArchiveNested()),
        Upload(file_name="IMG_1.jpg", data=other.data),
    ]
    outcomes = desk_listings.add(desk, people.bob, listing_id, files)
    assert [one.code if isinstance(one, Refusal) else one.room_type for one in outcomes] == [
        "kitchen",
        "photo_unreadable",
        "photo_repeated",
        "archive_nested",
        None,
    ]
    photos = desk_listings.of(desk, listing_id).photos
    assert [(one.file_name, one.room_type, one.position) for one in photos] == [
        ("kitchen.jpg", "kitchen", 1),
        ("IMG_1.jpg", None, 2),
    ]
    assert desk.storage.get(photos[0].original_key) == good.data
    assert factories.balance(desk.database) == CREDITS


def test_sending_all_again_adds_what_is_missing_and_nothing_twice(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob)
    files = desk_listings.uploads(0, 1, 2)
    outcomes = service.add_photos(desk, people.bob, listing_id=listing_id, uploads=iter(files))
    # As when the process ends, or the browser is closed, after the first.
    assert isinstance(next(outcomes), Added)
    outcomes.close()  # type: ignore[attr-defined]
    desk_listings.add(desk, people.bob, listing_id, files)
    assert [one.file_name for one in desk_listings.of(desk, listing_id).photos] == [one.file_name for one in files]


def test_the_same_photos_at_once_are_there_once(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob)
    files = desk_listings.uploads(0, 1, 2)
    told = factories.at_once(*[lambda: desk_listings.add(desk, people.bob, listing_id, files)] * 4)
    assert sum(isinstance(one, Added) for outcomes in told for one in outcomes) == 3
    found = desk_listings.of(desk, listing_id).photos
    assert [one.position for one in found] == [1, 2, 3]
    assert len({one.sha256 for one in found}) == 3


def test_several_who_drop_photos_at_once_lose_none(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob)
    drops = [desk_listings.uploads(*range(first, first + 4)) for first in (0, 4, 8, 12)]
    told = factories.at_once(
        *[lambda files=files: desk_listings.add(desk, people.bob, listing_id, files) for files in drops]
    )
    assert all(isinstance(one, Added) for outcomes in told for one in outcomes)
    assert [one.position for one in desk_listings.of(desk, listing_id).photos] == list(range(1, 17))


def test_a_full_listing_takes_no_more(desk: Desk, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PHOTOS_MAX", 2)
    listing_id = desk_listings.opened(desk, people.bob, 0, 1)
    (refused,) = desk_listings.add(desk, people.bob, listing_id, desk_listings.uploads(2))
    assert isinstance(refused, Refusal)
    assert refused.code == "listing_full"


def test_another_copy_of_a_view_is_told_and_not_left_out(desk: Desk, provider: FakeProvider, people: People) -> None:
    job_id = job_service.submit(desk, people.bob, request(0)).jobs[0].id
    desk_listings.finish_job(desk, provider, job_id)
    listing_id = desk_listings.opened(desk, people.bob, 1)
    small = Image.open(io.BytesIO(pictures_to_send.photo(1)))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=30)
    files = [Upload(file_name="smaller.jpg", data=buffer.getvalue()), *desk_listings.uploads(0)]
    desk_listings.add(desk, people.bob, listing_id, files)
    _, smaller, staged = desk_listings.of(desk, listing_id).photos
    assert (smaller.repeats, smaller.repeats_here, smaller.repeats_job_id) == ("bedroom.jpg", True, None)
    assert (staged.repeats, staged.repeats_here, staged.repeats_job_id) == ("room-0.jpg", False, job_id)
    assert all(photo.is_to_stage for photo in (smaller, staged))


def test_copies_in_other_accounts_are_never_told(desk: Desk, people: People) -> None:
    desk_listings.opened(desk, people.charlie, 0, account=OUTSIDER)
    listing_id = desk_listings.opened(desk, people.bob, 0)
    assert desk_listings.of(desk, listing_id).photos[0].repeats is None


def test_changes_are_made_all_or_none(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1)
    first, second = desk_listings.of(desk, listing_id).photos
    change = PhotoChange(room_type="home_office", style="coastal", is_skipped=True)

    def put(changes: dict[str, PhotoChange]) -> None:
        service.change_photos(desk.database, people.bob, listing_id=listing_id, changes=changes)

    for wrong, error in (
        ({"nothing": change}, errors.PhotoNotFound),
        ({second.id: PhotoChange(room_type="garage_band")}, errors.UnknownRoomType),
        ({second.id: PhotoChange(style="brutalist_disco")}, errors.UnknownStyle),
    ):
        with pytest.raises(error):
            put({first.id: change, **wrong})
    assert desk_listings.of(desk, listing_id).photos == (first, second)
    put({first.id: change})
    service.change(desk.database, people.bob, listing_id=listing_id, style="bohemian")
    changed, other = desk_listings.of(desk, listing_id).photos
    assert (changed.room_type, changed.style, changed.is_to_stage) == ("home_office", "coastal", False)
    assert (other.style, other.own_style) == ("bohemian", None)
    put({first.id: PhotoChange(style="")})
    assert desk_listings.of(desk, listing_id).photos[0].style == "bohemian"


def test_a_listing_is_found_in_any_case_and_renamed_unless_another_is_called_so(desk: Desk, people: People) -> None:
    first = desk_listings.opened(desk, people.bob, reference="12 Élm Street")
    assert desk_listings.opened(desk, people.bob, reference="12  ÉLM street") == first
    other = desk_listings.opened(desk, people.bob, reference="7 Oak Road")
    with pytest.raises(errors.StateConflict, match="another listing of that name"):
        service.change(desk.database, people.bob, listing_id=other, reference="12 élm STREET", style="coastal")
    assert desk_listings.of(desk, other).listing.style == "modern"
    service.change(desk.database, people.bob, listing_id=other, reference="7 OAK road")
    assert desk_listings.of(desk, other).listing.reference == "7 OAK road"


def test_a_listing_at_a_glance_goes_by_the_latest_of_each_photo(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    factories.set_balance(desk.database, 10_000)
    first = desk_listings.opened(desk, people.bob, 0, 1, 2, 3)
    photos = desk_listings.of(desk, first).photos
    skipped = {photos[3].id: PhotoChange(is_skipped=True)}
    service.change_photos(desk.database, people.bob, listing_id=first, changes=skipped)

    def glance(listing_id: str) -> tuple[int, ...]:
        with desk.database.read() as session:
            (one,) = [one for one in overview.listings(session, people.bob) if one.listing.id == listing_id]
        return one.photos, one.skipped, one.done, one.running, one.failed, one.left

    assert glance(first) == (4, 1, 0, 0, 0, 3)
    ids = [photos[0].id, photos[1].id]
    made = staging.stage(desk, people.bob, StageListing(listing_id=first, photo_ids=ids))
    assert glance(first) == (4, 1, 0, 2, 0, 1)
    desk_listings.finish_job(desk, provider, made.jobs[0].id)
    for variant in factories.variants(desk.database, made.jobs[1].id):
        creation.create_prediction(desk, variant.id)
    for attempt in factories.attempts(desk.database, made.jobs[1].id):
        factories.fail(desk, provider, attempt.prediction_id or "")
    assert glance(first) == (4, 1, 1, 0, 1, 1)
    again = staging.stage(desk, people.bob, StageListing(listing_id=first, photo_ids=[photos[1].id]))
    desk_listings.finish(desk, provider, again)
    assert glance(first) == (4, 1, 2, 0, 0, 1)
    # What was only given again is done, too.
    other = desk_listings.opened(desk, people.bob, 0, 1, reference="again")
    assert staging.stage(desk, people.bob, StageListing(listing_id=other)).reused == {0, 1}
    assert glance(other) == (2, 0, 2, 0, 0, 0)
    with desk.database.read() as session:
        found = library.library(session, people.bob, LibraryFilter(text="AGAIN")).items
    assert {one.job.id for one in found} == {made.jobs[0].id, again.jobs[0].id}
