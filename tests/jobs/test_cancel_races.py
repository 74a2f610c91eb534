"""Does a cancel end in a result or in its refund, never in between, when something else happens just then?"""

import threading

import pytest

from core import errors
from core.auth.actors import Source, system
from core.jobs import audit, cancellation, creation, sync
from core.jobs.desk import Desk
from tests import factories
from tests.factories import CREDITS, People
from tests.fake_provider import FakeProvider
from tests.jobs.conftest import Sweep

WEBHOOK = system(Source.WEBHOOK)


# ---- while it is being ordered ----------------------------------------------------------------------

ANSWERS: dict[str, tuple[tuple[str, BaseException] | None, int]] = {
    # What the create call that is under way comes back with, and how many predictions are bought by it.
    "answered": (None, 1),
    "throttled": (("create", errors.ProviderThrottled(retry_after_seconds=2)), 0),
    "unavailable": (("create", errors.ProviderUnavailable()), 0),
    "unauthorized": (("create", errors.ProviderUnauthorized()), 0),
    "out of funds": (("create", errors.ProviderPaymentRequired()), 0),
    "refused": (("create", errors.ProviderRefused()), 0),
    "ambiguous, taken": (("create:taken", errors.ProviderAmbiguous()), 1),
    "ambiguous, never arrived": (("create", errors.ProviderAmbiguous()), 0),
    "cut off by a crash, taken": (("create:taken", KeyboardInterrupt()), 1),
    "cut off by a crash, never arrived": (("create", KeyboardInterrupt()), 0),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_variant_that_is_being_ordered_is_canceled_as_soon_as_it_can_be(
    desk: Desk,
    provider: FakeProvider,
    people: People,
    swept: Sweep,
    answer: str,
) -> None:
    fault, bought = ANSWERS[answer]
    job_id = factories.job(desk)
    variant = factories.variants(desk.database, job_id)[0]
    create = provider.create

    def interrupted(**options: object) -> object:
        provider.create = create  # type: ignore[method-assign]
        job = cancellation.cancel_job(desk, people.dora, job_id=job_id)
        assert [one.state for one in job.variants] == ["submitting", "canceled"]
        assert (job.state, job.credits_refunded) == ("processing", 20)
        return create(**options)  # type: ignore[arg-type]

    provider.create = interrupted  # type: ignore[assignment,method-assign]
    if fault is not None:
        provider.fail_next(*fault)
    if answer.startswith("cut off"):
        with pytest.raises(KeyboardInterrupt):
            creation.create_prediction(desk, variant.id)
    else:
        creation.create_prediction(desk, variant.id)

    swept(rounds=25, seconds=3.0)

    assert factories.states(desk.database, job_id) == ("canceled", ["canceled", "canceled"])
    assert factories.error_codes(desk.database, job_id) == [None, None]
    assert provider.statuses() == ["canceled"] * bought
    assert factories.refunds(desk.database, job_id) == [20, 20]
    assert factories.event_kinds(desk.database, job_id).count("finished") == 1
    assert audit.audit(desk) == []


def test_an_order_that_can_never_be_found_out_about_ends_canceled(
    desk: Desk, provider: FakeProvider, people: People, swept: Sweep
) -> None:
    job_id = factories.job(desk)
    provider.fail_next("create", errors.ProviderAmbiguous())
    creation.create_prediction(desk, factories.variants(desk.database, job_id)[0].id)
    provider.is_silent = True
    cancellation.cancel_job(desk, people.dora, job_id=job_id)
    swept(rounds=20, seconds=180)
    assert factories.states(desk.database, job_id) == ("canceled", ["canceled", "canceled"])
    assert factories.balance(desk.database) == CREDITS


# ---- races -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["succeeded", "failed"])
def test_a_cancel_that_races_with_the_end_has_one_of_the_two_outcomes(
    desk: Desk, other_desk: Desk, provider: FakeProvider, people: People, ending: str
) -> None:
    for number in range(6):
        balance = factories.balance(desk.database)
        job_id, predictions = factories.ordered_job(desk, number=number)
        barrier = threading.Barrier(3)

        def end(one: str, start: threading.Barrier = barrier) -> object:
            start.wait(10)
            return sync.apply(other_desk, WEBHOOK, provider.finish(one, status=ending))

        def cancel(job_id: str = job_id, start: threading.Barrier = barrier) -> object:
            start.wait(10)
            return cancellation.cancel_job(desk, people.dora, job_id=job_id)

        outcomes = factories.at_once(*[lambda one=one: end(one) for one in predictions], cancel)
        for outcome in outcomes[:2]:
            assert not isinstance(outcome, Exception), outcome
        # Too late is a conflict, and nothing else.
        if isinstance(outcomes[2], Exception):
            assert type(outcomes[2]) is errors.StateConflict, outcomes
            assert "it is completed" in outcomes[2].message
        # What the race left to the next look, whoever takes it.
        for prediction_id in factories.detail(desk.database, job_id).prediction_ids:
            sync.apply(desk, WEBHOOK, provider.cancel(prediction_id))

        job = factories.detail(desk.database, job_id)
        assert job.state.is_terminal
        for variant in job.variants:
            assert variant.state in ("succeeded", "canceled"), variant
            assert (variant.state == "succeeded") == (variant.result_key is not None)
        succeeded = sum(variant.state == "succeeded" for variant in job.variants)
        assert job.state == ("canceled", "partial", "completed")[succeeded]
        assert job.credits_refunded == sum(factories.refunds(desk.database, job_id)) == 40 - 20 * succeeded
        assert balance - factories.balance(desk.database) == 20 * succeeded
        assert factories.event_kinds(desk.database, job_id).count("finished") == 1
    assert audit.audit(desk) == []


def test_a_result_that_is_being_fetched_at_the_click_is_kept(
    desk: Desk, other_desk: Desk, provider: FakeProvider, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, (first, _) = factories.ordered_job(desk)
    fetch = sync.settlement.fetch_result
    seen: list[str] = []

    def slow(*arguments: object, **options: object) -> object:
        seen.append(cancellation.cancel_job(other_desk, people.dora, job_id=job_id).state)
        return fetch(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(sync.settlement, "fetch_result", slow)
    change = sync.apply(desk, WEBHOOK, provider.finish(first))
    assert change is not None
    assert seen == ["processing"]
    assert factories.states(desk.database, job_id) == ("partial", ["succeeded", "canceled"])
    assert factories.refunds(desk.database, job_id) == [20]


def test_a_cancel_that_races_with_the_order_leaves_nothing_unowned(
    desk: Desk, other_desk: Desk, provider: FakeProvider, people: People, swept: Sweep
) -> None:
    jobs = [factories.job(desk, number=number) for number in range(6)]
    for job_id in jobs:
        ids = [variant.id for variant in factories.variants(desk.database, job_id)]
        outcomes = factories.at_once(
            *[lambda one=one: creation.create_prediction(other_desk, one) for one in ids],
            lambda one=job_id: cancellation.cancel_job(desk, people.dora, job_id=one),
        )
        assert not any(isinstance(one, Exception) for one in outcomes), outcomes
    swept(rounds=3)
    assert {factories.states(desk.database, job_id)[0] for job_id in jobs} == {"canceled"}
    assert set(provider.statuses()) <= {"canceled"}
    assert factories.balance(desk.database) == CREDITS
    assert audit.audit(desk) == []


def test_twenty_cancels_at_once_are_one(desk: Desk, other_desk: Desk, provider: FakeProvider, people: People) -> None:
    job_id, _ = factories.ordered_job(desk)
    outcomes = factories.at_once(
        *[lambda by=by: cancellation.cancel_job(by, people.dora, job_id=job_id) for by in (desk, other_desk) * 10]
    )
    assert not any(isinstance(one, Exception) for one in outcomes), outcomes
    assert factories.refunds(desk.database, job_id) == [20, 20]
    assert factories.event_kinds(desk.database, job_id).count("cancel_requested") == 1
    assert factories.event_kinds(desk.database, job_id).count("finished") == 1
