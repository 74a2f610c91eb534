"""Is every staged photo found by what is known of it, by those who may see it, once and in order?"""

from datetime import timedelta

import pytest

from core import clock, errors
from core.auth.actors import Actor
from core.jobs import favorites, sync
from core.jobs.desk import Desk
from core.listings import library, staging
from core.listings.library import LibraryFilter
from core.listings.staging import StageListing
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.listings import desk_listings


def ids(desk: Desk, actor: Actor, **wanted: object) -> list[str]:
    with desk.database.read() as session:
        found = library.library(session, actor, LibraryFilter(**wanted))  # type: ignore[arg-type]
    return [item.job.id for item in found.items]


@pytest.fixture
def listed(desk: Desk, provider: FakeProvider, people: People) -> list[str]:
    """The jobs of a listing's kitchen and bedroom, the latter the newer."""
    listing_id = desk_listings.opened(desk, people.bob, 0, 1, reference="12 Elm Street")
    made = staging.stage(desk, people.bob, StageListing(listing_id=listing_id))
    desk_listings.finish(desk, provider, made)
    return [job.id for job in made.jobs]


def test_what_has_a_result_is_there_newest_first_and_nothing_else(
    desk: Desk, provider: FakeProvider, people: People, listed: list[str]
) -> None:
    partial, predictions = factories.ordered_job(desk, number=5)
    sync.apply(desk, people.alice, provider.finish(predictions[0]))
    factories.fail(desk, provider, predictions[1])
    failed, predictions = factories.ordered_job(desk, number=6)
    for prediction_id in predictions:
        factories.fail(desk, provider, prediction_id)
    factories.ordered_job(desk, number=7)
    assert ids(desk, people.alice) == [partial, *reversed(listed)]
    with desk.database.read() as session:
        assert library.item(session, people.alice, failed) is None
        found = library.item(session, people.alice, partial)
    assert found is not None
    assert [variant.index for variant in found.results] == [0]


def test_a_photo_names_the_listings_for_which_it_was_given_again(
    desk: Desk, people: People, listed: list[str]
) -> None:
    other = desk_listings.opened(desk, people.bob, 0, reference="2 Quay Street")
    assert staging.stage(desk, people.bob, StageListing(listing_id=other)).reused == {0}
    with desk.database.read() as session:
        found = library.library(session, people.bob, LibraryFilter(text="quay")).items
        alone = library.item(session, people.bob, listed[1])
    assert [(one.job.id, one.listing, one.given_to) for one in found] == [
        (listed[0], "12 Elm Street", {other: "2 Quay Street"})
    ]
    assert alone is not None
    assert alone.given_to == {}


def test_only_ones_own_account_is_seen(desk: Desk, provider: FakeProvider, people: People, listed: list[str]) -> None:
    other = factories.completed_job(desk, provider, account=OUTSIDER, number=8)
    assert ids(desk, people.charlie) == [other]
    assert ids(desk, people.bob) == list(reversed(listed))
    assert ids(desk, people.dora, account=BELLEVUE) == list(reversed(listed))
    with desk.database.read() as session, pytest.raises(errors.JobNotFound):
        library.item(session, people.charlie, listed[0])


def test_every_filter_finds_what_it_says_and_nothing_for_another(
    desk: Desk, people: People, listed: list[str]
) -> None:
    kitchen, bedroom = listed
    favorites.choose(desk.database, people.bob, job_id=kitchen, variant_index=1)
    favorites.rate(desk.database, people.bob, job_id=bedroom, variant_index=0, stars=4)
    now, hour = clock.now(), timedelta(hours=1)
    for wanted, found in (
        ({"text": "ELM"}, [bedroom, kitchen]),
        ({"text": "Kitchen.J"}, [kitchen]),
        ({"text": "oak"}, []),
        ({"text": "%"}, []),
        ({"text": "a\x00"}, []),
        ({"account": BELLEVUE}, [bedroom, kitchen]),
        ({"account": OUTSIDER}, []),
        ({"room_type": "bedroom"}, [bedroom]),
        ({"style": "modern"}, [bedroom, kitchen]),
        ({"style": "coastal"}, []),
        ({"person": "bob"}, [bedroom, kitchen]),
        ({"person": "alice"}, []),
        ({"since": now - hour}, [bedroom, kitchen]),
        ({"until": now - hour}, []),
        ({"favorites_only": True}, [kitchen]),
        ({"stars_min": 4}, [bedroom]),
        ({"stars_min": 5}, []),
        ({"text": "elm", "room_type": "kitchen", "favorites_only": True}, [kitchen]),
    ):
        assert ids(desk, people.alice, **wanted) == found, wanted


def test_pages_follow_each_other_without_a_gap(desk: Desk, provider: FakeProvider, people: People) -> None:
    made = [factories.completed_job(desk, provider, number=number) for number in range(5)]
    found, cursor = list[str](), None
    while True:
        with desk.database.read() as session:
            page = library.library(session, people.alice, cursor=cursor, limit=2)
        found += [item.job.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == made[::-1]
    with desk.database.read() as session, pytest.raises(errors.ValidationFailed):
        library.library(session, people.alice, cursor="nothing")


def test_the_favorite_is_shown_first_then_the_best_rated_then_the_first(
    desk: Desk, people: People, listed: list[str]
) -> None:
    job_id = listed[0]

    def best() -> int:
        with desk.database.read() as session:
            found = library.item(session, people.alice, job_id)
        assert found is not None
        return found.best.index

    assert best() == 0
    favorites.rate(desk.database, people.bob, job_id=job_id, variant_index=1, stars=3)
    assert best() == 1
    favorites.choose(desk.database, people.bob, job_id=job_id, variant_index=0)
    assert best() == 0
