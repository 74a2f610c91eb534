"""Does the Library find what was staged, compare it, take judgements and tell the whole record?"""

from collections.abc import Callable

import pytest

from core.jobs import favorites
from core.jobs.desk import Desk
from core.listings import staging
from core.listings.staging import StageListing
from tests import factories
from tests.fake_provider import FakeProvider
from tests.listings import desk_listings
from tests.pages.conftest import SAFETY, Visit
from tests.pages.reading import SLIDER, drawings, words

DATABASES = ("sqlite",)
ALICE = factories.manager()

pytestmark = pytest.mark.usefixtures("runtime")


@pytest.fixture
def listed(desk: Desk, provider: FakeProvider) -> list[str]:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1)
    made = staging.stage(desk, ALICE, StageListing(listing_id=listing_id))
    desk_listings.finish(desk, provider, made)
    return [job.id for job in made.jobs]


def test_an_empty_library_says_what_will_be_there(visit: Visit) -> None:
    assert "Nothing is staged yet." in words(visit("library"))


def test_photos_are_found_by_filters_that_stay_in_the_address(visit: Visit, listed: list[str]) -> None:
    app = visit("library")
    assert [one.label for one in app.button if one.key and one.key.startswith("open-")] == [
        "bedroom.jpg",
        "kitchen.jpg",
    ]
    app.selectbox("library-room_type").set_value("kitchen").run()
    assert app.query_params["room_type"] == "kitchen"
    assert [one.label for one in app.button if one.key and one.key.startswith("open-")] == ["kitchen.jpg"]
    app.text_input("library-q").set_value("oak").run()
    assert "No staged photo fits." in words(app)
    app.button("library-clear").click().run()
    assert len([one for one in app.button if one.key and one.key.startswith("open-")]) == 2


def test_a_photo_is_compared_judged_and_told_in_full(visit: Visit, desk: Desk, listed: list[str]) -> None:
    app = visit("library")
    app.button(f"open-{listed[0]}").click().run()
    assert app.query_params["job"] == listed[0]
    assert len(drawings(app, SLIDER)) == 2
    for mode in ("Side by side", "Original, A, B"):
        app.segmented_control("compare-mode").set_value(mode).run()
        assert drawings(app, SLIDER) == []
    told, detail = words(app), factories.detail(desk.database, listed[0])
    for fact in (detail.prompt_version, detail.model, detail.photo.sha256, detail.variants[0].result_sha256 or ""):
        assert fact in told
    app.button(f"favorite-{detail.variants[1].id}").click().run()
    app.feedback[0].set_value(4).run()
    with desk.database.read() as session:
        found = favorites.opinions(session, [listed[0]])[listed[0]]
    assert (found.favorite, found.stars) == (1, {0: 5})


def test_anothers_rating_is_not_overwritten_by_what_was_chosen_before(
    visit: Visit, desk: Desk, listed: list[str]
) -> None:
    app = visit("library", job=listed[0])
    app.feedback[0].set_value(1).run()
    favorites.rate(desk.database, ALICE, job_id=listed[0], variant_index=0, stars=5)
    app.run()
    with desk.database.read() as session:
        assert favorites.opinions(session, [listed[0]])[listed[0]].stars == {0: 5}


def test_a_job_without_a_result_is_told_of_elsewhere(visit: Visit, end_job: Callable[..., str]) -> None:
    assert "This job has no result." in visit("library", job=end_job(SAFETY, SAFETY)).info[0].value
    assert "There is no such job" in visit("library", job="nothing").warning[0].value
