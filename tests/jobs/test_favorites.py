"""Is one variant of a job picked at most, is the last rating the one that counts, and who may judge?"""

from collections.abc import Callable

import pytest

from core import errors
from core.jobs import favorites
from core.jobs.desk import Desk
from core.jobs.favorites import Opinion
from tests import factories
from tests.factories import People
from tests.fake_provider import FakeProvider


def opinion(desk: Desk, job_id: str) -> Opinion:
    with desk.database.read() as session:
        return favorites.opinions(session, [job_id])[job_id]


@pytest.fixture
def finished(desk: Desk, provider: FakeProvider) -> str:
    return factories.completed_job(desk, provider)


def test_the_last_pick_is_the_favorite_and_it_can_be_taken_back(desk: Desk, people: People, finished: str) -> None:
    for index in (0, 1, 1):
        favorites.choose(desk.database, people.bob, job_id=finished, variant_index=index)
        assert opinion(desk, finished).favorite == index
    favorites.choose(desk.database, people.bob, job_id=finished, variant_index=None)
    assert opinion(desk, finished) == Opinion()


def test_picks_at_once_leave_one(desk: Desk, people: People, finished: str) -> None:
    calls = [
        lambda index=index: favorites.choose(desk.database, people.bob, job_id=finished, variant_index=index)
        for index in (0, 1) * 4
    ]
    factories.at_once(*calls)
    assert opinion(desk, finished).favorite in (0, 1)


def test_the_last_rating_counts_and_each_variant_has_its_own(desk: Desk, people: People, finished: str) -> None:
    for index, stars in ((0, 2), (1, 5), (0, 3)):
        favorites.rate(desk.database, people.bob, job_id=finished, variant_index=index, stars=stars)
    assert opinion(desk, finished).stars == {0: 3, 1: 5}
    favorites.rate(desk.database, people.bob, job_id=finished, variant_index=0, stars=None)
    assert opinion(desk, finished).stars == {1: 5}


def judgements(desk: Desk) -> list[Callable[..., None]]:
    return [
        lambda actor, job_id, index: favorites.choose(desk.database, actor, job_id=job_id, variant_index=index),
        lambda actor, job_id, index: favorites.rate(
            desk.database, actor, job_id=job_id, variant_index=index, stars=3
        ),
    ]


def test_what_has_no_result_or_is_not_there_is_not_judged(desk: Desk, people: People, finished: str) -> None:
    running, _ = factories.ordered_job(desk, number=1)
    for judge in judgements(desk):
        for job_id, index in ((running, 0), (finished, 2), (finished, -1), (finished, 10**30)):
            with pytest.raises(errors.ValidationFailed):
                judge(people.bob, job_id, index)
        for job_id in ("nothing", "a\x00"):
            with pytest.raises(errors.JobNotFound):
                judge(people.bob, job_id, 0)
        with pytest.raises(errors.JobNotFound):
            judge(people.charlie, finished, 0)
    with pytest.raises(errors.JobNotFound):
        favorites.choose(desk.database, people.charlie, job_id=finished, variant_index=None)
    assert opinion(desk, finished) == Opinion()


@pytest.mark.parametrize("stars", [0, 6, -1, 10**30])
def test_there_are_one_to_five_stars(desk: Desk, people: People, finished: str, stars: int) -> None:
    with pytest.raises(errors.ValidationFailed):
        favorites.rate(desk.database, people.bob, job_id=finished, variant_index=0, stars=stars)
    assert opinion(desk, finished) == Opinion()
