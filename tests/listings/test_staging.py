"""Is a listing staged as a whole or not at all, each photo once, and the same work never paid for twice?"""

import pytest
import sqlalchemy as sa

from core import errors
from core.auth.actors import Actor
from core.jobs import audit, favorites, manual_retry, sync
from core.jobs.desk import Desk
from core.jobs.new_job import Submission
from core.listings import cancellation, results, service, staging
from core.listings.service import PhotoChange
from core.listings.staging import StageListing
from core.models import Job
from tests import factories
from tests.factories import CREDITS, People
from tests.fake_provider import FakeProvider
from tests.jobs.test_submit import rows
from tests.listings import desk_listings


def stage(desk: Desk, actor: Actor, listing_id: str, **options: object) -> Submission:
    return staging.stage(desk, actor, StageListing(**{"listing_id": listing_id, **options}))  # type: ignore[arg-type]


def staged_by(desk: Desk) -> list[tuple[str, str, str | None]]:
    with desk.database.read() as session:
        query = sa.select(Job.room_type, Job.style, Job.listing_id).order_by(Job.created_at, Job.id)
        return [tuple(row) for row in session.execute(query)]


def test_all_that_is_not_skipped_is_staged_as_the_sheet_says(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1, 2)
    _first, second, third = desk_listings.of(desk, listing_id).photos
    service.change_photos(
        desk.database,
        people.bob,
        listing_id=listing_id,
        changes={second.id: PhotoChange(is_skipped=True), third.id: PhotoChange(style="coastal")},
    )
    made = stage(desk, people.bob, listing_id, expected_credits=80)
    assert made.balance == CREDITS - 80
    assert staged_by(desk) == [("kitchen", "modern", listing_id), ("bathroom", "coastal", listing_id)]
    states = [(one.job_id, one.is_to_stage) for one in desk_listings.of(desk, listing_id).photos]
    assert states == [(made.jobs[0].id, False), (None, False), (made.jobs[1].id, False)]
    with pytest.raises(errors.ValidationFailed, match="staged or skipped"):
        stage(desk, people.bob, listing_id)
    assert audit.audit(desk) == []


def test_without_a_room_nothing_is_staged(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0)
    files = [desk_listings.uploads(1)[0]]
    unnamed = [type(one)(file_name="IMG_1.jpg", data=one.data) for one in files]
    desk_listings.add(desk, people.bob, listing_id, unnamed)
    before = rows(desk.database)
    with pytest.raises(errors.RoomMissing, match=r"IMG_1\.jpg"):
        stage(desk, people.bob, listing_id)
    assert rows(desk.database) == before


def test_a_balance_that_covers_some_is_told_and_buys_none(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1, 2)
    factories.set_balance(desk.database, 2 * 40 + 39)
    before = rows(desk.database)
    with pytest.raises(errors.InsufficientCredits):
        stage(desk, people.bob, listing_id)
    assert rows(desk.database) == before
    with desk.database.read() as session:
        told = staging.quote(session, people.bob, StageListing(listing_id=listing_id))
    assert (told.credits, told.is_covered, told.affordable_credits) == (120, False, 80)
    chosen = [photo.id for photo in told.affordable]
    assert stage(desk, people.bob, listing_id, photo_ids=chosen, expected_credits=80).balance == 39


def test_two_listings_at_once_never_get_half_a_batch(desk: Desk, people: People) -> None:
    one = desk_listings.opened(desk, people.bob, 0, 1, 2, reference="one")
    other = desk_listings.opened(desk, people.bob, 3, 4, 5, reference="other")
    factories.set_balance(desk.database, 5 * 40)

    def attempt(listing_id: str) -> int:
        try:
            return len(stage(desk, people.bob, listing_id).jobs)
        except errors.InsufficientCredits:
            return 0

    counts = factories.at_once(*[lambda listing_id=listing_id: attempt(listing_id) for listing_id in (one, other)])
    assert sorted(counts) == [0, 3]
    assert factories.balance(desk.database) == 80
    assert len(staged_by(desk)) == 3


def test_two_who_stage_a_listing_at_once_stage_it_once(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1)

    def attempt() -> int:
        try:
            return len(stage(desk, people.bob, listing_id).jobs)
        except (errors.StateConflict, errors.ValidationFailed):
            return 0

    assert sorted(factories.at_once(*[attempt] * 4)) == [0, 0, 0, 2]
    assert factories.balance(desk.database) == CREDITS - 80


def test_the_same_key_is_answered_with_the_same_jobs(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1)
    outcomes = factories.at_once(*[lambda: stage(desk, people.bob, listing_id, idempotency_key="k")] * 4)
    assert len({tuple(job.id for job in one.jobs) for one in outcomes}) == 1
    assert [one.repeated for one in outcomes].count(False) == 1
    again = stage(desk, people.bob, listing_id, idempotency_key="k")
    assert (again.repeated, len(again.jobs), again.balance) == (True, 2, CREDITS - 80)
    with pytest.raises(errors.IdempotencyConflict):
        stage(desk, people.bob, listing_id, idempotency_key="k", new_seeds=True)


def test_a_sheet_that_changes_under_the_click_is_shown_again(
    desk: Desk, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1)
    require = staging.orders.require_affordable

    def change_meanwhile(*args: object, **options: object) -> None:
        (photo, _) = desk_listings.of(desk, listing_id).photos
        changes = {photo.id: PhotoChange(style="coastal")}
        service.change_photos(desk.database, people.alice, listing_id=listing_id, changes=changes)
        require(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(staging.orders, "require_affordable", change_meanwhile)
    with pytest.raises(errors.StateConflict, match="look at the sheet again"):
        stage(desk, people.bob, listing_id)
    assert factories.balance(desk.database) == CREDITS


def test_a_price_that_changed_buys_nothing(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1)
    with pytest.raises(errors.PriceChanged):
        stage(desk, people.bob, listing_id, expected_credits=40)
    assert staged_by(desk) == []


def test_a_finished_listing_staged_again_elsewhere_costs_nothing(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    one = desk_listings.opened(desk, people.bob, 0, 1, reference="one")
    desk_listings.finish(desk, provider, stage(desk, people.bob, one))
    bought, jobs = len(provider.bought()), len(staged_by(desk))
    other = desk_listings.opened(desk, people.bob, 0, 1, 2, reference="other")
    with desk.database.read() as session:
        told = staging.quote(session, people.bob, StageListing(listing_id=other))
    assert (told.reused, told.credits) == (2, 40)
    made = stage(desk, people.bob, other, expected_credits=40)
    assert (made.reused, made.balance) == (frozenset({0, 1}), CREDITS - 120)
    assert (len(provider.bought()), len(staged_by(desk))) == (bought, jobs + 1)
    with desk.database.read() as session:
        shown = results.gallery(session, desk_listings.of(desk, other))
    assert [len(photo.results) for photo in shown] == [2, 2, 0]


def test_chosen_photos_are_staged_anew_with_new_seeds(desk: Desk, provider: FakeProvider, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1)
    first = stage(desk, people.bob, listing_id)
    desk_listings.finish(desk, provider, first)
    photo = desk_listings.of(desk, listing_id).photos[0]
    assert stage(desk, people.bob, listing_id, photo_ids=[photo.id]).reused == frozenset({0})
    again = stage(desk, people.bob, listing_id, photo_ids=[photo.id], new_seeds=True)
    assert (again.reused, again.balance) == (frozenset(), CREDITS - 120)
    assert desk_listings.of(desk, listing_id).photos[0].job_id == again.jobs[0].id
    with pytest.raises(errors.ValidationFailed, match="being staged already"):
        stage(desk, people.bob, listing_id, photo_ids=[photo.id], new_seeds=True)


def test_one_gets_new_seeds_while_another_goes_back_to_a_look_that_is_there(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1)
    desk_listings.finish(desk, provider, stage(desk, people.bob, listing_id))
    one, other = desk_listings.of(desk, listing_id).photos
    asked = {"photo_ids": [one.id, other.id], "new_seeds_for": [one.id], "idempotency_key": "k"}
    again = stage(desk, people.bob, listing_id, **asked)
    assert (again.reused, again.balance) == ({1}, CREDITS - 120)
    assert stage(desk, people.bob, listing_id, **asked).repeated
    with pytest.raises(errors.IdempotencyConflict):
        stage(desk, people.bob, listing_id, **{**asked, "new_seeds_for": [other.id]})


@pytest.mark.parametrize("unknown", ["nothing", "a\x00"])
def test_a_photo_of_another_sheet_is_not_staged(desk: Desk, people: People, unknown: str) -> None:
    one = desk_listings.opened(desk, people.bob, 0, reference="one")
    other = desk_listings.opened(desk, people.bob, 1, reference="other")
    for photo_id in (unknown, desk_listings.of(desk, other).photos[0].id):
        with pytest.raises(errors.PhotoNotFound):
            stage(desk, people.bob, one, photo_ids=[photo_id])
    for actor, listing_id in ((people.charlie, one), (people.bob, unknown)):
        with pytest.raises(errors.ListingNotFound):
            stage(desk, actor, listing_id)


def test_failed_photos_are_to_stage_again_and_the_rest_is_not(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1)
    made = stage(desk, people.bob, listing_id)
    good, bad = made.jobs
    for prediction_id in factories.order_queued(desk, good.id):
        sync.apply(desk, people.alice, provider.finish(prediction_id))
    for prediction_id in factories.order_queued(desk, bad.id):
        factories.fail(desk, provider, prediction_id)
    found = desk_listings.of(desk, listing_id)
    assert [photo.is_to_stage for photo in found.photos] == [False, True]
    with desk.database.read() as session:
        told = results.progress(session, desk, results.gallery(session, found))
    assert (told.done, told.failed, told.total, told.percent, told.seconds_left) == (1, 1, 2, 100, None)


def test_progress_counts_what_is_under_way_and_how_long_it_will_take(desk: Desk, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1, 2)
    made = stage(desk, people.bob, listing_id)
    factories.order_queued(desk, made.jobs[0].id)
    with desk.database.read() as session:
        told = results.progress(session, desk, results.gallery(session, desk_listings.of(desk, listing_id)))
    assert (told.done, told.running, told.waiting, told.failed) == (0, 1, 2, 0)
    assert told.seconds_left is not None
    assert 0 < told.seconds_left < 30
    assert not told.is_over


def test_a_retry_keeps_the_result_that_there_was(desk: Desk, provider: FakeProvider, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0)
    (job,) = stage(desk, people.bob, listing_id).jobs
    good, bad = factories.order_queued(desk, job.id)
    sync.apply(desk, people.alice, provider.finish(good))
    factories.fail(desk, provider, bad)
    again = manual_retry.retry_job(desk, people.alice, job_id=job.id)
    desk_listings.finish(desk, provider, again)
    favorites.choose(desk.database, people.bob, job_id=again.jobs[0].id, variant_index=1)
    with desk.database.read() as session:
        (shown,) = results.gallery(session, desk_listings.of(desk, listing_id))
    assert [(one.job.id, one.variant.index, one.is_favorite) for one in shown.results] == [
        (job.id, 0, False),
        (again.jobs[0].id, 1, True),
    ]


def shown(desk: Desk, listing_id: str) -> results.PhotoResult:
    with desk.database.read() as session:
        (photo,) = results.gallery(session, desk_listings.of(desk, listing_id))
        return photo


def test_what_a_photo_has_stays_until_a_later_staging_has_more(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0)
    first = stage(desk, people.bob, listing_id)
    desk_listings.finish(desk, provider, first)
    (photo,) = desk_listings.of(desk, listing_id).photos
    second = stage(desk, people.bob, listing_id, photo_ids=[photo.id], new_seeds=True)
    assert [one.job.id for one in shown(desk, listing_id).results] == [first.jobs[0].id] * 2
    for prediction_id in factories.order_queued(desk, second.jobs[0].id):
        factories.fail(desk, provider, prediction_id)
    after = shown(desk, listing_id)
    assert (after.job.id, after.job.state) == (second.jobs[0].id, "failed")
    assert [one.job.id for one in after.results] == [first.jobs[0].id] * 2
    assert not after.photo.is_to_stage, "it has what was paid for"
    third = stage(desk, people.bob, listing_id, photo_ids=[photo.id], new_seeds=True)
    desk_listings.finish(desk, provider, third)
    assert [one.job.id for one in shown(desk, listing_id).results] == [third.jobs[0].id] * 2


def test_an_older_job_that_is_given_again_is_the_latest(desk: Desk, provider: FakeProvider, people: People) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0)
    first = stage(desk, people.bob, listing_id)
    desk_listings.finish(desk, provider, first)
    (photo,) = desk_listings.of(desk, listing_id).photos

    def restage(style: str) -> Submission:
        change = {photo.id: PhotoChange(style=style)}
        service.change_photos(desk.database, people.bob, listing_id=listing_id, changes=change)
        return stage(desk, people.bob, listing_id, photo_ids=[photo.id])

    other = restage("coastal")
    desk_listings.finish(desk, provider, other)
    assert restage("modern").reused == {0}
    now = shown(desk, listing_id)
    assert (now.job.id, now.photo.earlier_job_ids) == (first.jobs[0].id, (other.jobs[0].id,))
    assert {one.job.id for one in now.results} == {first.jobs[0].id}


def test_what_costs_nothing_is_offered_whatever_the_balance(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    desk_listings.finish(desk, provider, stage(desk, people.bob, desk_listings.opened(desk, people.bob, 1)))
    other = desk_listings.opened(desk, people.bob, 0, 1, reference="other")
    factories.set_balance(desk.database, 1)
    with desk.database.read() as session:
        told = staging.quote(session, people.bob, StageListing(listing_id=other))
    assert [photo.file_name for photo in told.affordable] == ["bedroom.jpg"]
    assert (told.is_covered, told.affordable_credits) == (False, 0)


def test_all_that_is_under_way_is_canceled_at_once_and_refunded(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    listing_id = desk_listings.opened(desk, people.bob, 0, 1, 2)
    made = stage(desk, people.bob, listing_id)
    desk_listings.finish_job(desk, provider, made.jobs[0].id)
    factories.order_queued(desk, made.jobs[1].id)
    with pytest.raises(errors.PermissionDenied):
        cancellation.cancel_listing(desk, people.bob, listing_id)
    assert cancellation.cancel_listing(desk, people.dora, listing_id) == 2
    assert [photo.job_state for photo in desk_listings.of(desk, listing_id).photos] == [
        "completed",
        "canceled",
        "canceled",
    ]
    assert factories.balance(desk.database) == CREDITS - 40
    assert cancellation.cancel_listing(desk, people.dora, listing_id) == 0
    assert audit.audit(desk) == []
