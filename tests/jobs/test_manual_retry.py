"""Does a person's retry stage exactly what has no result, once, at 20 credits each?"""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from core import errors
from core.auth.actors import Source
from core.auth.roles import Role
from core.db.session import Database
from core.jobs import audit, cancellation, manual_retry, queries, service, sync
from core.jobs.desk import Desk
from core.jobs.details import JobDetail
from core.jobs.new_job import Submission
from core.jobs.photos import Upload
from core.jobs.service import StageRequest
from core.jobs.states import Priority
from core.models import Attempt, Job, JobEvent, LedgerEntry, Photo, Variant
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE, CREDITS, People
from tests.fake_provider import FakeProvider

GOOD, BAD = "good", "bad"


def ended_job(desk: Desk, provider: FakeProvider, *outcomes: str, job_id: str | None = None) -> str:
    """A job, or the one given, whose variants ended so."""
    job_id = job_id or factories.job(desk)
    predictions = factories.order_queued(desk, job_id)
    for number, (prediction_id, outcome) in enumerate(zip(predictions, outcomes, strict=True)):
        if outcome == GOOD:
            picture = pictures_to_send.result(number)
            sync.apply(desk, factories.manager(), provider.finish(prediction_id, data=picture))
        else:
            factories.fail(desk, provider, prediction_id)
    return job_id


def rows(database: Database) -> dict[str, int]:
    tables = (Job, Variant, Photo, JobEvent, LedgerEntry, Attempt)
    with database.read() as session:
        return {one.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(one)) for one in tables}


def retried(desk: Desk, people: People, job_id: str, **options: str) -> JobDetail:
    (job,) = manual_retry.retry_job(desk, people.dora, job_id=job_id, **options).jobs
    return job


def photo_of(database: Database, job_id: str) -> str:
    with database.read() as session:
        return session.scalars(sa.select(Job.photo_id).where(Job.id == job_id)).one()


def test_only_what_has_no_result_is_staged_again(desk: Desk, provider: FakeProvider, people: People) -> None:
    old = factories.detail(desk.database, ended_job(desk, provider, GOOD, BAD))
    balance, before = factories.balance(desk.database), rows(desk.database)
    desk.wake.clear()

    made = manual_retry.retry_job(desk, people.dora, job_id=old.id)

    (job,) = made.jobs
    assert (made.balance, made.repeated) == (balance - 20, False)
    assert (job.retry_of, job.state, job.credits_used, job.credits_refunded) == (old.id, "pending", 20, 0)
    assert [(variant.index, variant.state) for variant in job.variants] == [(1, "queued")]
    for field in ("account", "room_type", "style", "instructions", "priority", "prompt", "model", "photo"):
        assert getattr(job, field) == getattr(old, field), field
    assert photo_of(desk.database, job.id) == photo_of(desk.database, old.id)
    tried = {attempt.seed for variant in old.variants for attempt in variant.attempts}
    assert job.variants[0].seed not in tried
    added = {table: count - before[table] for table, count in rows(desk.database).items()}
    # One event for each of the two jobs, and no second copy of the photo.
    assert added == {
        "jobs": 1,
        "variants": 1,
        "photos": 0,
        "job_events": 2,
        "ledger_entries": 1,
        "attempts": 0,
    }
    assert (job.created_by, job.events[0].actor) == ("dora", "dora")
    assert f"as a retry of job {old.id}" in job.events[0].message
    assert "Variant B" in job.events[0].message
    last = factories.detail(desk.database, old.id).events[-1]
    assert (last.kind, last.actor, job.id in last.message) == ("retried", "dora", True)
    assert desk.wake.is_set()


def test_the_retry_ends_like_any_job_and_the_old_one_stays_as_it_was(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    old_id = ended_job(desk, provider, BAD, GOOD)
    old = factories.detail(desk.database, old_id)
    job = retried(desk, people, old_id)
    uploads = provider.calls.count("upload")
    ended_job(desk, provider, GOOD, job_id=job.id)
    assert factories.states(desk.database, job.id) == ("completed", ["succeeded"])
    assert provider.calls.count("upload") == uploads
    now = factories.detail(desk.database, old_id)
    assert replace(now, events=old.events) == old
    assert factories.balance(desk.database) == CREDITS - 40
    assert audit.audit(desk) == []


@pytest.mark.parametrize("outcomes", [(BAD, BAD), (GOOD, BAD)], ids="+".join)
def test_a_retry_that_fails_returns_what_it_took(
    desk: Desk, provider: FakeProvider, people: People, outcomes: tuple[str, ...]
) -> None:
    old = ended_job(desk, provider, *outcomes)
    balance = factories.balance(desk.database)
    job = retried(desk, people, old)
    missing = outcomes.count(BAD)
    assert (len(job.variants), job.credits_used) == (missing, 20 * missing)
    assert factories.balance(desk.database) == balance - 20 * missing
    ended_job(desk, provider, *[BAD] * missing, job_id=job.id)
    assert factories.states(desk.database, job.id)[0] == "failed"
    assert factories.balance(desk.database) == balance
    assert audit.audit(desk) == []


def test_a_canceled_job_can_be_tried_again(desk: Desk, provider: FakeProvider, people: People) -> None:
    rush = factories.job(desk, priority=Priority.RUSH)
    cancellation.cancel_job(desk, people.dora, job_id=rush)
    job = retried(desk, people, rush)
    assert (job.priority, job.credits_used, [one.index for one in job.variants]) == ("rush", 40, [0, 1])
    assert len({variant.seed for variant in job.variants}) == 2
    assert job.cancel_requested_at is None
    ended_job(desk, provider, GOOD, GOOD, job_id=job.id)
    assert factories.states(desk.database, job.id)[0] == "completed"
    assert audit.audit(desk) == []


def test_what_was_never_ordered_is_retried_with_the_seed_of_nobody(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    job_id = factories.job(desk)
    cancellation.cancel_job(desk, people.dora, job_id=job_id)
    old = {variant.seed for variant in factories.variants(desk.database, job_id)}
    new = {variant.seed for variant in retried(desk, people, job_id).variants}
    assert len(old | new) == 4


# ---- what can't be retried ----------------------------------------------------------------------------


def refuse(desk: Desk, people: People, job_id: str, match: str) -> None:
    before, balance = rows(desk.database), factories.balance(desk.database)
    with pytest.raises(errors.StateConflict, match=match):
        manual_retry.retry_job(desk, people.dora, job_id=job_id)
    assert rows(desk.database) == before
    assert factories.balance(desk.database) == balance


def test_a_completed_job_is_a_conflict(desk: Desk, provider: FakeProvider, people: People) -> None:
    refuse(desk, people, ended_job(desk, provider, GOOD, GOOD), "Every variant has its result.*Nothing was charged")


@pytest.mark.parametrize("state", ["pending", "processing", "waiting for its free retry", "to be canceled"])
def test_a_job_under_way_is_a_conflict(desk: Desk, provider: FakeProvider, people: People, state: str) -> None:
    job_id = factories.job(desk)
    if state != "pending":
        first, second = factories.order_queued(desk, job_id)
    if state == "waiting for its free retry":
        sync.apply(desk, factories.manager(), provider.finish(first))
        sync.apply(desk, factories.manager(), provider.finish(second, status="failed"))
    if state == "to be canceled":
        provider.fail_next("cancel", errors.ProviderUnavailable())
        cancellation.cancel_job(desk, people.dora, job_id=job_id)
    refuse(desk, people, job_id, "This job is still under way: wait for its end. Nothing was charged")


def test_nothing_is_bought_that_a_retry_has_or_is_about_to_have(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    """The family of a job is looked at as a whole, whichever of its members is asked about."""
    old = ended_job(desk, provider, BAD, BAD)
    second = retried(desk, people, old).id
    refuse(desk, people, old, f"Job {second}, a retry of the same photo, is still under way")
    refuse(desk, people, second, "This job is still under way")

    ended_job(desk, provider, GOOD, BAD, job_id=second)
    # From the first or the second, it is the same picture that is missing.
    third = retried(desk, people, old)
    assert (third.retry_of, [variant.index for variant in third.variants], third.credits_used) == (old, [1], 20)
    refuse(desk, people, second, f"Job {third.id}")
    ended_job(desk, provider, BAD, job_id=third.id)
    fourth = retried(desk, people, second)
    assert (fourth.retry_of, [variant.index for variant in fourth.variants]) == (second, [1])
    ended_job(desk, provider, GOOD, job_id=fourth.id)

    for member in (old, second, third.id, fourth.id):
        refuse(desk, people, member, "Every variant has its result")
    assert factories.balance(desk.database) == CREDITS - 40
    assert audit.audit(desk) == []


def test_a_retry_of_a_retry_is_linked_to_it(desk: Desk, provider: FakeProvider, people: People) -> None:
    job_id = ended_job(desk, provider, GOOD, BAD)
    for _ in range(3):
        job = retried(desk, people, job_id)
        assert (job.retry_of, [variant.index for variant in job.variants]) == (job_id, [1])
        job_id = ended_job(desk, provider, BAD, job_id=job.id)
    assert factories.balance(desk.database) == CREDITS - 20


def test_two_jobs_of_one_photo_are_no_family(desk: Desk, provider: FakeProvider, people: People) -> None:
    failed = ended_job(desk, provider, BAD, BAD)
    ended_job(desk, provider, GOOD, GOOD)
    factories.job(desk)
    assert len(retried(desk, people, failed).variants) == 2


def test_without_credits_nothing_is_written(desk: Desk, provider: FakeProvider, people: People) -> None:
    job_id = ended_job(desk, provider, GOOD, BAD)
    factories.set_balance(desk.database, 19)
    before, detail = rows(desk.database), factories.detail(desk.database, job_id)
    with pytest.raises(errors.InsufficientCredits):
        manual_retry.retry_job(desk, people.dora, job_id=job_id, idempotency_key="k")
    assert rows(desk.database) == before
    assert factories.detail(desk.database, job_id) == detail
    factories.set_balance(desk.database, 20)
    assert manual_retry.retry_job(desk, people.dora, job_id=job_id, idempotency_key="k").balance == 0


def test_only_support_and_managers_retry_and_only_what_they_see(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    job_id = ended_job(desk, provider, BAD, BAD)
    before = rows(desk.database)
    bound = replace(people.charlie, role=Role.SUPPORT)
    for actor, wanted, error in (
        (people.bob, job_id, errors.PermissionDenied),
        (people.charlie, job_id, errors.PermissionDenied),
        (bound, job_id, errors.JobNotFound),
        (people.alice, "nothing", errors.JobNotFound),
        (people.alice, "a\x00b", errors.JobNotFound),
    ):
        with pytest.raises(error):
            manual_retry.retry_job(desk, actor, job_id=wanted)
    assert rows(desk.database) == before
    # Whoever asks: the account of the photo pays.
    assert manual_retry.retry_job(desk, people.alice, job_id=job_id).jobs[0].account == BELLEVUE


# ---- again, and all at once ------------------------------------------------------------------------------


def test_twenty_retries_at_once_make_one_job_and_one_charge(
    desk: Desk, other_desk: Desk, provider: FakeProvider, people: People
) -> None:
    old = ended_job(desk, provider, GOOD, BAD)
    between = ended_job(desk, provider, BAD, job_id=retried(desk, people, old).id)
    balance, before = factories.balance(desk.database), rows(desk.database)

    outcomes = factories.at_once(
        *[
            lambda by=by, job_id=job_id: manual_retry.retry_job(by, people.dora, job_id=job_id)
            for job_id in (old, between)
            for by in (desk, other_desk) * 5
        ]
    )

    names = sorted(type(one).__name__ for one in outcomes)
    assert names == ["StateConflict"] * 19 + ["Submission"], outcomes
    assert factories.balance(desk.database) == balance - 20
    assert rows(desk.database)["jobs"] == before["jobs"] + 1
    assert rows(desk.database)["ledger_entries"] == before["ledger_entries"] + 1


def test_twenty_retries_at_once_with_one_key_all_get_the_same_job(
    desk: Desk, other_desk: Desk, provider: FakeProvider, people: People
) -> None:
    old = ended_job(desk, provider, BAD, BAD)
    outcomes = factories.at_once(
        *[
            lambda by=by: manual_retry.retry_job(by, people.dora, job_id=old, idempotency_key="k")
            for by in (desk, other_desk) * 10
        ]
    )
    assert all(isinstance(one, Submission) for one in outcomes), outcomes
    assert sorted(one.repeated for one in outcomes) == [False] + [True] * 19
    assert len({one.jobs[0].id for one in outcomes}) == 1
    assert {one.balance for one in outcomes} == {CREDITS - 40}


def test_a_repeated_key_answers_with_the_first_retry_as_it_was_made(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    old = ended_job(desk, provider, GOOD, BAD)
    first = manual_retry.retry_job(desk, people.dora, job_id=old, idempotency_key="k")
    ended_job(desk, provider, GOOD, job_id=first.jobs[0].id)
    factories.set_balance(desk.database, 3)
    before = rows(desk.database)

    again = manual_retry.retry_job(desk, people.dora, job_id=old, idempotency_key=" k ")

    assert again.repeated
    assert (again.jobs, again.balance) == (first.jobs, first.balance)
    assert rows(desk.database) == before


def stage(desk: Desk, people: People, key: str) -> Submission:
    upload = Upload(file_name="room.jpg", data=pictures_to_send.photo())
    request = StageRequest(
        uploads=[upload], room_type="bedroom", style="modern", account=BELLEVUE, idempotency_key=key
    )
    return service.submit(desk, people.dora, request)


Other = Callable[[Desk, FakeProvider, People], object]
OTHERS: dict[str, Other] = {
    "retry of another job": lambda desk, provider, people: manual_retry.retry_job(
        desk, people.dora, job_id=ended_job(desk, provider, BAD, BAD), idempotency_key="k"
    ),
    "photo": lambda desk, _, people: stage(desk, people, "k"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_the_same_key_for_something_else_is_a_conflict(
    desk: Desk, provider: FakeProvider, people: People, other: str
) -> None:
    old = ended_job(desk, provider, GOOD, BAD)
    manual_retry.retry_job(desk, people.dora, job_id=old, idempotency_key="k")
    balance = factories.balance(desk.database)
    with pytest.raises(errors.IdempotencyConflict):
        OTHERS[other](desk, provider, people)
    assert factories.balance(desk.database) == balance


def test_the_key_of_a_photo_is_not_that_of_a_retry(desk: Desk, provider: FakeProvider, people: People) -> None:
    old = ended_job(desk, provider, GOOD, BAD)
    stage(desk, people, "k")
    with pytest.raises(errors.IdempotencyConflict):
        manual_retry.retry_job(desk, people.dora, job_id=old, idempotency_key="k")


@pytest.mark.parametrize("wrong", ["", " ", "k" * 201, "a\x00"])
def test_an_impossible_key_is_refused(desk: Desk, provider: FakeProvider, people: People, wrong: str) -> None:
    old = ended_job(desk, provider, GOOD, BAD)
    with pytest.raises(errors.ValidationFailed):
        manual_retry.retry_job(desk, people.dora, job_id=old, idempotency_key=wrong)


def test_equal_keys_of_different_callers_are_different_keys(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    old = ended_job(desk, provider, GOOD, BAD)
    first = manual_retry.retry_job(desk, people.dora, job_id=old, idempotency_key="k")
    ended_job(desk, provider, BAD, job_id=first.jobs[0].id)
    second = manual_retry.retry_job(desk, people.alice, job_id=old, idempotency_key="k")
    ended_job(desk, provider, BAD, job_id=second.jobs[0].id)
    through_the_api = replace(people.dora, source=Source.API)
    third = manual_retry.retry_job(desk, through_the_api, job_id=old, idempotency_key="k")
    assert [one.repeated for one in (first, second, third)] == [False] * 3


def test_the_price_of_a_retry_is_told_before(desk: Desk, provider: FakeProvider) -> None:
    jobs = [ended_job(desk, provider, *outcomes) for outcomes in ((BAD, BAD), (GOOD, BAD), (GOOD, GOOD))]
    with desk.database.read() as session:
        told = [manual_retry.retryable(session, queries.load_jobs(session, [one])[0]) for one in jobs]
    assert [one.price_credits for one in told] == [40, 20, 0]
    assert [bool(one.why_not) for one in told] == [False, False, True]


def test_what_a_retry_has_made_is_not_offered_again(desk: Desk, provider: FakeProvider, people: People) -> None:
    old = ended_job(desk, provider, GOOD, BAD)
    made = manual_retry.retry_job(desk, people.dora, job_id=old).jobs[0].id
    ended_job(desk, provider, GOOD, job_id=made)
    with desk.database.read() as session:
        assert manual_retry.retryable(session, queries.load_jobs(session, [old])[0]).price_credits == 0


def test_while_a_retry_is_under_way_none_is_offered(desk: Desk, provider: FakeProvider, people: People) -> None:
    old = ended_job(desk, provider, GOOD, BAD)
    made = manual_retry.retry_job(desk, people.dora, job_id=old).jobs[0].id
    with desk.database.read() as session:
        told = manual_retry.retryable(session, queries.load_jobs(session, [old])[0])
    assert (told.price_credits, made in told.why_not) == (20, True)


def test_a_job_knows_what_tries_it_again_and_how_that_stands(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    old = ended_job(desk, provider, BAD, BAD)
    first = retried(desk, people, old).id
    ended_job(desk, provider, BAD, BAD, job_id=first)
    second = retried(desk, people, old).id
    with desk.database.read() as session:
        found = manual_retry.retries_of(session, old)
        assert [(one.job_id, one.state.value) for one in found] == [(first, "failed"), (second, "pending")]
        assert manual_retry.retries_of(session, second) == ()
