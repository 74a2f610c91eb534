"""Does a person's cancel end what can be ended, return what is due, and leave nothing but a look to the sweep?"""

from dataclasses import replace

import pytest

from core import errors
from core.auth.actors import Source, system
from core.auth.roles import Role
from core.jobs import audit, cancellation, manual_sync, sync
from core.jobs.desk import Desk
from tests import factories
from tests.factories import CREDITS, People
from tests.fake_provider import FakeProvider
from tests.jobs.conftest import Sweep

WEBHOOK = system(Source.WEBHOOK)


# ---- at rest ---------------------------------------------------------------------------------------


def test_a_queued_job_ends_at_once_with_all_its_credits(
    desk: Desk, provider: FakeProvider, people: People, swept: Sweep
) -> None:
    job_id = factories.job(desk)
    job = cancellation.cancel_job(desk, people.dora, job_id=job_id)

    assert (job.state, [variant.state for variant in job.variants]) == ("canceled", ["canceled", "canceled"])
    assert (job.credits_refunded, job.failure, job.progress) == (40, None, 100)
    assert job.cancel_requested_at is not None
    assert job.completed_at is not None
    assert factories.refunds(desk.database, job_id) == [20, 20]
    assert factories.balance(desk.database) == CREDITS
    assert [(event.kind, event.source, event.actor) for event in job.events[1:]] == [
        (kind, "page", "dora") for kind in ("cancel_requested", *("canceled", "refunded") * 2, "finished")
    ]
    # What was released to the queue before is not ordered any more.
    factories.order_queued(desk, job_id)
    swept(rounds=10)
    assert provider.calls == []
    assert audit.audit(desk) == []


def test_a_running_job_is_canceled_at_the_provider_and_refunded(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    sync.apply(desk, WEBHOOK, provider.start(predictions[0]))
    job = cancellation.cancel_job(desk, people.dora, job_id=job_id)
    assert provider.statuses() == ["canceled", "canceled"]
    assert (job.state, [variant.state for variant in job.variants]) == ("canceled", ["canceled", "canceled"])
    # A person wanted it: no failure, and no free retry.
    assert [variant.failure for variant in job.variants] == [None, None]
    assert [variant.was_retried for variant in job.variants] == [False, False]
    assert factories.refunds(desk.database, job_id) == [20, 20]
    assert [one.cost_usd_micros for one in factories.attempts(desk.database, job_id)] == [0, 0]
    assert {variant.settled_by for variant in factories.variants(desk.database, job_id)} == {"page"}
    for prediction_id in predictions:
        for late in (provider.start(prediction_id), provider.finish(prediction_id)):
            assert sync.apply(desk, WEBHOOK, late) is None
    assert factories.states(desk.database, job_id)[0] == "canceled"
    assert audit.audit(desk) == []


def test_a_result_that_is_there_is_kept_and_the_rest_refunded(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    job_id, (first, second) = factories.ordered_job(desk)
    sync.apply(desk, WEBHOOK, provider.finish(first))
    job = cancellation.cancel_job(desk, people.alice, job_id=job_id)
    assert (job.state, [variant.state for variant in job.variants]) == ("partial", ["succeeded", "canceled"])
    assert job.variants[0].result_key is not None
    assert factories.refunds(desk.database, job_id) == [20]
    assert provider.predictions[second]["status"] == "canceled"
    assert factories.balance(desk.database) == CREDITS - 20
    assert audit.audit(desk) == []


def test_a_result_that_nobody_had_heard_of_yet_is_kept(desk: Desk, provider: FakeProvider, people: People) -> None:
    """It was paid for, and is there: the provider's answer to the cancel tells it."""
    job_id, (first, _) = factories.ordered_job(desk)
    provider.finish(first)
    job = cancellation.cancel_job(desk, people.dora, job_id=job_id)
    assert (job.state, job.credits_refunded) == ("partial", 20)
    assert job.variants[0].state == "succeeded"
    assert audit.audit(desk) == []


def test_a_variant_that_failed_before_stays_failed(desk: Desk, provider: FakeProvider, people: People) -> None:
    job_id, (first, _) = factories.ordered_job(desk)
    factories.fail(desk, provider, first, error="NSFW")
    job = cancellation.cancel_job(desk, people.dora, job_id=job_id)
    assert (job.state, [variant.state for variant in job.variants]) == ("canceled", ["failed", "canceled"])
    assert factories.error_codes(desk.database, job_id) == ["safety", None]
    assert factories.refunds(desk.database, job_id) == [20, 20]


@pytest.mark.parametrize("when", ["failed before", "fails after"])
def test_a_canceled_variant_is_not_retried(
    desk: Desk, provider: FakeProvider, people: People, swept: Sweep, when: str
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    if when == "failed before":
        # They wait for their free retry.
        for prediction_id in predictions:
            sync.apply(desk, WEBHOOK, provider.finish(prediction_id, status="failed"))
        cancellation.cancel_job(desk, people.dora, job_id=job_id)
    else:
        provider.fail_next("cancel", errors.ProviderUnavailable())
        cancellation.cancel_job(desk, people.dora, job_id=job_id)
        assert factories.states(desk.database, job_id)[0] == "processing"
        for prediction_id in predictions:
            sync.apply(desk, WEBHOOK, provider.finish(prediction_id, status="failed", error="NSFW"))
    assert factories.states(desk.database, job_id) == ("canceled", ["canceled", "canceled"])
    assert factories.error_codes(desk.database, job_id) == [None, None]
    swept(rounds=10)
    assert len(provider.bought()) == 2
    assert factories.refunds(desk.database, job_id) == [20, 20]
    assert audit.audit(desk) == []


# ---- what can't be canceled at the click ------------------------------------------------------------


def test_what_the_provider_could_not_be_told_is_canceled_by_the_sweep(
    desk: Desk, provider: FakeProvider, people: People, swept: Sweep
) -> None:
    job_id, _ = factories.ordered_job(desk)
    provider.is_silent = True
    job = cancellation.cancel_job(desk, people.dora, job_id=job_id)
    assert (job.state, job.credits_refunded) == ("processing", 0)
    assert job.cancel_requested_at is not None
    swept(rounds=3)
    assert factories.states(desk.database, job_id)[0] == "processing"

    provider.is_silent = False
    swept()

    assert provider.statuses() == ["canceled", "canceled"]
    assert factories.states(desk.database, job_id) == ("canceled", ["canceled", "canceled"])
    assert factories.refunds(desk.database, job_id) == [20, 20]
    assert audit.audit(desk) == []


def test_many_are_canceled_by_the_sweep_although_the_list_says_they_run(
    desk: Desk, provider: FakeProvider, people: People, swept: Sweep
) -> None:
    jobs = [factories.ordered_job(desk, number=number)[0] for number in range(5)]
    provider.is_silent = True
    cancellation.cancel_job(desk, people.dora, job_id=jobs[2])
    provider.is_silent = False
    swept()
    assert [factories.states(desk.database, job_id)[0] for job_id in jobs] == [
        "processing",
        "processing",
        "canceled",
        "processing",
        "processing",
    ]
    assert provider.calls.count("cancel") == 3


def test_a_provider_that_is_silent_for_ever_does_not_hold_a_canceled_job(
    desk: Desk, provider: FakeProvider, people: People, swept: Sweep
) -> None:
    job_id, _ = factories.ordered_job(desk)
    provider.is_silent = True
    cancellation.cancel_job(desk, people.dora, job_id=job_id)
    swept(seconds=desk.timeout_seconds - 1)
    swept(seconds=6)
    assert factories.states(desk.database, job_id) == ("canceled", ["canceled", "canceled"])
    assert factories.refunds(desk.database, job_id) == [20, 20]


def test_a_prediction_that_will_not_be_canceled_ends_at_its_deadline(
    desk: Desk, provider: FakeProvider, people: People, swept: Sweep
) -> None:
    provider.ignores_cancel = True
    job_id, (first, _) = factories.ordered_job(desk)
    cancellation.cancel_job(desk, people.dora, job_id=job_id)
    swept(rounds=3)
    assert factories.states(desk.database, job_id)[0] == "processing"
    # Until then its result counts: it is paid for.
    provider.finish(first)
    swept(seconds=desk.timeout_seconds + 1)
    assert factories.states(desk.database, job_id) == ("partial", ["succeeded", "canceled"])
    assert factories.refunds(desk.database, job_id) == [20]


def test_a_person_who_syncs_ends_what_is_to_be_canceled(desk: Desk, provider: FakeProvider, people: People) -> None:
    """A dry run says the same as the real one, and neither speaks of a failure."""
    job_id, predictions = factories.ordered_job(desk)
    provider.fail_next("cancel", errors.ProviderUnavailable())
    cancellation.cancel_job(desk, people.dora, job_id=job_id)
    for prediction_id in predictions:
        provider.finish(prediction_id, status="failed")
    dry, real = (manual_sync.sync_jobs(desk, people.dora, dry_run=dry) for dry in (True, False))
    assert [(one.before, one.after) for one in dry.changed] == [("processing", "canceled")]
    assert dry.changed == real.changed
    assert "was canceled" in real.changed[0].message


# ---- again, too late, and who ------------------------------------------------------------------------


def test_a_second_cancel_changes_nothing(desk: Desk, provider: FakeProvider, people: People) -> None:
    job_id, _ = factories.ordered_job(desk)
    first = cancellation.cancel_job(desk, people.dora, job_id=job_id)
    provider.calls.clear()
    assert cancellation.cancel_job(desk, people.alice, job_id=job_id) == first
    assert provider.calls == []
    assert factories.balance(desk.database) == CREDITS


def test_a_second_cancel_asks_the_provider_that_was_away_at_the_first(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    job_id, _ = factories.ordered_job(desk)
    provider.fail_next("cancel", errors.ProviderUnavailable())
    assert cancellation.cancel_job(desk, people.dora, job_id=job_id).state == "processing"
    assert cancellation.cancel_job(desk, people.dora, job_id=job_id).state == "canceled"
    assert factories.event_kinds(desk.database, job_id).count("cancel_requested") == 1


@pytest.mark.parametrize("state", ["completed", "partial", "failed"])
def test_a_job_that_has_ended_is_a_conflict_and_stays_as_it_is(
    desk: Desk, provider: FakeProvider, people: People, state: str
) -> None:
    job_id, (first, second) = factories.ordered_job(desk)
    for prediction_id, good in ((first, state == "completed"), (second, state != "failed")):
        if good:
            sync.apply(desk, WEBHOOK, provider.finish(prediction_id))
        else:
            factories.fail(desk, provider, prediction_id)
    before = factories.detail(desk.database, job_id)
    assert before.state == state
    provider.calls.clear()
    with pytest.raises(errors.StateConflict, match=f"it is {state}. Nothing was changed"):
        cancellation.cancel_job(desk, people.dora, job_id=job_id)
    assert factories.detail(desk.database, job_id) == before
    assert provider.calls == []


def test_only_support_and_managers_cancel_and_only_what_they_see(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    job_id = factories.job(desk)
    before = factories.detail(desk.database, job_id)
    bound = replace(people.charlie, role=Role.SUPPORT)
    for actor, error in (
        (people.bob, errors.PermissionDenied),
        (people.charlie, errors.PermissionDenied),
        (bound, errors.JobNotFound),
    ):
        with pytest.raises(error):
            cancellation.cancel_job(desk, actor, job_id=job_id)
    for unknown in ("nothing", "a\x00b", ""):
        with pytest.raises(errors.JobNotFound):
            cancellation.cancel_job(desk, people.alice, job_id=unknown)
    assert factories.detail(desk.database, job_id) == before
