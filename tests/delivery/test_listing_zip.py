"""Does the ZIP of a listing hold every result with its label and every original, under names that tell?"""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from core import errors
from core.delivery import labels, listing_zip
from core.jobs import favorites
from core.jobs.desk import Desk
from core.listings import results, staging
from core.listings.results import PhotoResult
from core.listings.staging import StageListing
from tests import factories
from tests.fake_provider import FakeProvider
from tests.listings import desk_listings

DATABASES = ("sqlite",)
ALICE = factories.manager()
AT = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
def listing_id(desk: Desk, provider: FakeProvider) -> str:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1)
    desk_listings.finish(desk, provider, staging.stage(desk, ALICE, StageListing(listing_id=listing_id)))
    return listing_id


def shown(desk: Desk, listing_id: str) -> tuple[PhotoResult, ...]:
    with desk.database.read() as session:
        return results.gallery(session, desk_listings.of(desk, listing_id))


def packed(desk: Desk, listing_id: str, *, favorites_only: bool = False) -> zipfile.ZipFile:
    wanted = listing_zip.entries(shown(desk, listing_id), favorites_only=favorites_only)
    return zipfile.ZipFile(io.BytesIO(b"".join(listing_zip.stream(desk.storage, wanted, at=AT))))


def test_every_result_is_labeled_and_every_original_untouched(desk: Desk, listing_id: str) -> None:
    archive = packed(desk, listing_id)
    assert archive.testzip() is None
    assert archive.namelist() == [
        "Virtually staged/01_kitchen_modern_A_virtually-staged.jpg",
        "Virtually staged/01_kitchen_modern_B_virtually-staged.jpg",
        "Originals/01_kitchen.jpg",
        "Virtually staged/02_bedroom_modern_A_virtually-staged.jpg",
        "Virtually staged/02_bedroom_modern_B_virtually-staged.jpg",
        "Originals/02_bedroom.jpg",
    ]
    first = shown(desk, listing_id)[0]
    clean = desk.storage.get(first.results[0].variant.result_key or "")
    assert archive.read(archive.namelist()[0]) == labels.label(clean).data
    assert archive.read("Originals/01_kitchen.jpg") == desk.storage.get(first.photo.original_key)
    assert archive.infolist()[0].date_time == (2026, 3, 4, 5, 6, 0)


def test_only_favorites_are_packed_if_only_they_are_wanted(desk: Desk, listing_id: str) -> None:
    job_id = shown(desk, listing_id)[1].job.id
    favorites.choose(desk.database, ALICE, job_id=job_id, variant_index=1)
    assert packed(desk, listing_id, favorites_only=True).namelist() == [
        "Virtually staged/02_bedroom_modern_B_virtually-staged.jpg",
        "Originals/02_bedroom.jpg",
    ]


def test_what_can_not_be_labeled_is_left_out_and_told(
    desk: Desk, listing_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    label, turns = labels.label, iter(range(4))

    def fails(picture: bytes) -> labels.LabeledPicture:
        if next(turns) == 1:
            raise errors.LabelFailed
        return label(picture)

    monkeypatch.setattr(listing_zip.labels, "label", fails)
    archive = packed(desk, listing_id)
    assert "Virtually staged/01_kitchen_modern_B_virtually-staged.jpg" not in archive.namelist()
    note = archive.read("Not included.txt").decode()
    assert "01_kitchen_modern_B" in note
    assert "label_failed" in note


def test_a_picture_is_read_only_when_those_before_it_have_gone(
    desk: Desk, listing_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    get = desk.storage.get
    wanted = listing_zip.entries(shown(desk, listing_id))
    monkeypatch.setattr(type(desk.storage), "get", lambda _, key: (read.append(key), get(key))[1])
    parts = listing_zip.stream(desk.storage, wanted, at=AT)
    for count in range(1, len(wanted) + 1):
        assert next(parts)
        assert len(read) == count
