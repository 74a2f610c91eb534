"""Does a listing keep its arm, whenever and however its photos are staged?"""

from collections import defaultdict

import sqlalchemy as sa

from core.jobs import manual_retry
from core.jobs.desk import Desk
from core.listings import service, staging
from core.listings.service import PhotoChange
from core.listings.staging import StageListing
from core.models import ExperimentAssignment, Job
from tests import factories
from tests.experiments.test_desk import end
from tests.factories import People
from tests.fake_provider import FakeProvider
from tests.listings import desk_listings


def templates_by_listing(desk: Desk) -> dict[str, set[str]]:
    with desk.database.read() as session:
        found: dict[str, set[str]] = defaultdict(set)
        for listing_id, version in session.execute(sa.select(Job.listing_id, Job.prompt_version)):
            found[listing_id].add(version)
        return found


def test_a_listing_keeps_its_arm_when_it_is_staged_again(desk: Desk, provider: FakeProvider, people: People) -> None:
    factories.set_balance(desk.database, 100_000)
    factories.experiment(desk.database)
    listings = [
        desk_listings.opened(desk, people.bob, 0, 1, reference=f"{number} Elm Street") for number in range(12)
    ]
    for listing_id in listings:
        for style in ("modern", "coastal"):
            ids = [photo.id for photo in desk_listings.of(desk, listing_id).photos]
            changes = {photo_id: PhotoChange(style=style) for photo_id in ids}
            service.change_photos(desk.database, people.bob, listing_id=listing_id, changes=changes)
            made = staging.stage(desk, people.bob, StageListing(listing_id=listing_id, photo_ids=ids, new_seeds=True))
            desk_listings.finish(desk, provider, made)
    found = templates_by_listing(desk)
    assert {len(versions) for versions in found.values()} == {1}
    assert len(set.union(*found.values())) == 2, "else nothing was drawn"
    with desk.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ExperimentAssignment)) == 48
        units = set(session.scalars(sa.select(ExperimentAssignment.unit)))
    assert units == {f"listing:{one}" for one in listings}


def test_a_retry_is_staged_as_its_job_was_and_counts_for_no_arm(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    factories.experiment(desk.database)
    listing_id = desk_listings.opened(desk, people.bob, 0)
    job_id = staging.stage(desk, people.bob, StageListing(listing_id=listing_id)).jobs[0].id
    end(desk, provider, job_id, is_good=False)
    again = manual_retry.retry_job(desk, people.dora, job_id=job_id).jobs[0]
    assert len(templates_by_listing(desk)[listing_id]) == 1
    with desk.database.read() as session:
        assert list(session.scalars(sa.select(ExperimentAssignment.job_id))) == [job_id] != [again.id]
