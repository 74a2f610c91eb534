"""Does the queue stand still without harm while Replicate takes no orders from us, and go on by itself after that?"""

from collections.abc import Callable
from datetime import datetime

import pytest

from core import errors
from core.jobs import audit, creation, dispatch, pause, sweep, sync
from core.jobs.desk import Desk
from core.jobs.pause import Pause
from tests import factories
from tests.factories import CREDITS
from tests.fake_provider import FakeProvider
from tests.jobs.conftest import Sweep
from tests.settable_clock import SettableClock

REFUSALS = {"401": errors.ProviderUnauthorized, "402": errors.ProviderPaymentRequired}
Refusal = type[errors.ProviderError]
for_each_refusal = pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)


def current(desk: Desk) -> Pause | None:
    with desk.database.read() as session:
        return pause.current(session)


def order_due(desk: Desk) -> int:
    """Order what the dispatcher releases; how many that is."""
    return dispatch.release(desk, lambda variant_id, turn: creation.create_prediction(desk, variant_id))


def refuse_everything(provider: FakeProvider, refusal: Refusal, *, call: str = "create", times: int = 500) -> None:
    provider.fail_next(call, *[refusal() for _ in range(times)])


def accept_everything(provider: FakeProvider) -> None:
    for call in ("create", "upload", "get"):
        provider.forget_faults(call)


@pytest.mark.parametrize("call", ["create", "upload"])
@for_each_refusal
def test_a_refused_token_or_empty_account_stops_the_queue_and_harms_no_job(
    desk: Desk, provider: FakeProvider, clock: SettableClock, refusal: Refusal, call: str
) -> None:
    jobs = [factories.job(desk, number=number) for number in range(3)]
    refuse_everything(provider, refusal, call=call)
    began = clock()
    assert order_due(desk) == 6

    found = current(desk)
    assert found is not None
    assert (found.code, found.message, found.since) == (refusal.code, refusal().message, began)
    for _ in range(29 * 60 // 5):
        clock.forward(seconds=5)
        order_due(desk)
        sweep.end_overdue_queued(desk)
        sweep.resolve_submitting(desk)
    assert {tuple(factories.states(desk.database, job_id)[1]) for job_id in jobs} == {("queued", "queued")}
    assert [factories.attempts(desk.database, job_id) for job_id in jobs] == [[]] * 3
    assert provider.bought() == []
    assert factories.entries(desk.database, kind="refund") == []
    assert factories.balance(desk.database) == CREDITS - 120
    # It began when it began, however often it was tried since.
    found = current(desk)
    assert found is not None
    assert found.since == began
    assert audit.audit(desk) == []


@for_each_refusal
def test_one_order_is_tried_each_half_minute_by_all_dispatchers_together(
    desk: Desk, other_desk: Desk, provider: FakeProvider, clock: SettableClock, refusal: Refusal
) -> None:
    for number in range(3):
        factories.job(desk, number=number)
    refuse_everything(provider, refusal)
    order_due(desk)
    began = clock()
    tried: list[float] = []
    for _ in range(31):
        clock.forward(seconds=3)
        released = factories.at_once(*[lambda by=by: order_due(by) for by in (desk, other_desk) * 2])
        assert all(isinstance(one, int) for one in released), released
        tried += [(clock() - began).total_seconds()] * sum(released)
    assert tried == [30.0, 60.0, 90.0]


@for_each_refusal
def test_the_first_order_that_is_taken_lets_all_others_go(
    desk: Desk, provider: FakeProvider, clock: SettableClock, swept: Sweep, refusal: Refusal
) -> None:
    jobs = [factories.job(desk, number=number) for number in range(3)]
    refuse_everything(provider, refusal)
    order_due(desk)
    accept_everything(provider)
    clock.forward(seconds=29.9)
    assert order_due(desk) == 0
    clock.forward(seconds=0.1)
    assert order_due(desk) == 1
    assert current(desk) is None
    assert order_due(desk) == 5
    assert len(provider.bought()) == 6
    for prediction_id in provider.bought():
        provider.finish(prediction_id)
    swept(rounds=2)
    assert {factories.states(desk.database, job_id)[0] for job_id in jobs} == {"completed"}
    assert audit.audit(desk) == []


def test_a_trial_that_meets_something_else_leaves_the_queue_stopped(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    factories.job(desk)
    provider.fail_next("create", errors.ProviderPaymentRequired())
    order_due(desk)
    provider.fail_next("create", errors.ProviderUnavailable())
    clock.forward(seconds=30)
    assert order_due(desk) == 1
    assert current(desk) is not None
    clock.forward(seconds=29)
    assert order_due(desk) == 0
    clock.forward(seconds=1)
    order_due(desk)
    assert current(desk) is None


def test_the_reason_may_change_without_a_new_beginning(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    factories.job(desk)
    provider.fail_next("create", errors.ProviderUnauthorized())
    order_due(desk)
    began: datetime = clock()
    provider.fail_next("create", errors.ProviderPaymentRequired())
    clock.forward(seconds=30)
    order_due(desk)
    found = current(desk)
    assert found is not None
    assert (found.code, found.since) == ("provider_payment_required", began)


def test_all_that_are_refused_at_once_stop_the_queue_once(
    desk: Desk, other_desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    ids = [
        variant.id
        for number in range(4)
        for variant in factories.variants(desk.database, factories.job(desk, number=number))
    ]
    refuse_everything(provider, errors.ProviderUnauthorized)
    outcomes = factories.at_once(
        *[
            lambda by=by, one=one: creation.create_prediction(by, one)
            for by, one in zip([desk, other_desk] * 4, ids, strict=True)
        ]
    )
    assert outcomes == [None] * 8
    assert current(desk) == current(other_desk) is not None


def test_what_runs_goes_on_while_the_queue_stands(
    desk: Desk, provider: FakeProvider, clock: SettableClock, swept: Sweep
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    waiting = factories.job(desk, number=1)
    refuse_everything(provider, errors.ProviderPaymentRequired)
    order_due(desk)
    provider.finish(predictions[0])
    provider.finish(predictions[1], status="failed")
    swept(rounds=2)
    # Its free retry waits with the others, and comes with them.
    assert factories.states(desk.database, job_id) == ("processing", ["succeeded", "queued"])
    accept_everything(provider)
    swept(rounds=3, seconds=15)
    assert factories.states(desk.database, job_id)[1] == ["succeeded", "running"]
    assert factories.states(desk.database, waiting)[1] == ["running", "running"]


@for_each_refusal
def test_what_waits_half_an_hour_is_refunded_all_the_same(
    desk: Desk, provider: FakeProvider, swept: Sweep, refusal: Refusal
) -> None:
    job_id = factories.job(desk)
    refuse_everything(provider, refusal)
    order_due(desk)
    swept(rounds=61, seconds=30)
    assert factories.states(desk.database, job_id) == ("failed", ["failed", "failed"])
    assert factories.error_codes(desk.database, job_id) == ["queue_timed_out"] * 2
    assert factories.balance(desk.database) == CREDITS
    assert current(desk) is not None


# ---- a token that is refused, and valid again, while nothing is ordered ---------------------------------


def test_a_token_refused_in_the_sweep_stops_the_queue(
    desk: Desk, provider: FakeProvider, clock: SettableClock, swept: Sweep
) -> None:
    job_id, _ = factories.ordered_job(desk)
    provider.fail_next("get", errors.ProviderUnauthorized(), errors.ProviderUnauthorized())
    swept()
    found = current(desk)
    assert found is not None
    assert found.code == "provider_unauthorized"
    factories.job(desk, number=1)
    assert order_due(desk) == 0
    # What ran is no worse for it.
    assert factories.states(desk.database, job_id)[1] == ["running", "running"]


@pytest.mark.parametrize("step", ["poll", "resolve"])
def test_a_token_refused_by_the_list_stops_the_queue(
    desk: Desk, provider: FakeProvider, clock: SettableClock, swept: Sweep, step: str
) -> None:
    if step == "poll":
        for number in range(5):
            factories.ordered_job(desk, number=number)
    else:
        provider.fail_next("create", errors.ProviderAmbiguous())
        creation.create_prediction(desk, factories.variants(desk.database, factories.job(desk))[0].id)
    provider.fail_next("list_pages", errors.ProviderUnauthorized())
    swept(seconds=4)
    assert current(desk) is not None


def test_other_silence_of_the_provider_does_not_stop_the_queue(
    desk: Desk, provider: FakeProvider, clock: SettableClock, swept: Sweep
) -> None:
    factories.ordered_job(desk)
    provider.fail_next("get", errors.ProviderUnavailable(), errors.ProviderThrottled(retry_after_seconds=1))
    swept()
    assert current(desk) is None


def test_a_valid_token_lets_the_queue_go_on_although_nothing_waits(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    with desk.database.write() as session:
        pause.begin(session, errors.ProviderUnauthorized())
    assert pause.end_if_token_is_valid(desk) is False
    clock.forward(seconds=30)
    provider.is_silent = True
    assert pause.end_if_token_is_valid(desk) is False
    provider.is_silent = False
    # Asked half a minute ago means asked in half a minute again.
    assert pause.end_if_token_is_valid(desk) is False
    clock.forward(seconds=30)
    desk.wake.clear()
    assert pause.end_if_token_is_valid(desk) is True
    assert current(desk) is None
    assert desk.wake.is_set()
    assert provider.calls == []
    assert pause.end_if_token_is_valid(desk) is False


def test_an_empty_account_only_shows_when_something_is_ordered(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    with desk.database.write() as session:
        pause.begin(session, errors.ProviderPaymentRequired())
    clock.forward(seconds=31)
    assert pause.end_if_token_is_valid(desk) is False
    assert current(desk) is not None
    factories.job(desk)
    assert order_due(desk) == 1
    assert current(desk) is None


def test_whether_the_token_is_valid_is_asked_by_one_process(
    desk: Desk, other_desk: Desk, provider: FakeProvider, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Callable[[], bool]] = []
    monkeypatch.setattr(provider, "is_reachable", lambda: bool(asked.append(provider.is_reachable)))
    with desk.database.write() as session:
        pause.begin(session, errors.ProviderUnauthorized())
    clock.forward(seconds=30)
    outcomes = factories.at_once(*[lambda by=by: pause.end_if_token_is_valid(by) for by in (desk, other_desk) * 3])
    assert outcomes == [False] * 6
    assert len(asked) == 1


def test_an_adopted_prediction_does_not_end_the_pause(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    """It was bought before the queue stopped, and says nothing about what Replicate takes now."""
    provider.fail_next("create:taken", errors.ProviderAmbiguous())
    job_id = factories.job(desk)
    creation.create_prediction(desk, factories.variants(desk.database, job_id)[0].id)
    with desk.database.write() as session:
        pause.begin(session, errors.ProviderPaymentRequired())
    clock.forward(seconds=4)
    assert sweep.resolve_submitting(desk) == 1
    assert current(desk) is not None
    sync.apply(desk, factories.manager(), provider.finish(provider.bought()[0]))
    assert factories.states(desk.database, job_id)[1] == ["succeeded", "queued"]


def test_what_was_released_before_the_refusal_waits_without_asking(desk: Desk, provider: FakeProvider) -> None:
    for number in range(3):
        factories.job(desk, number=number)
    provider.fail_next("create", errors.ProviderPaymentRequired())
    assert order_due(desk) == 6
    assert provider.calls.count("create") == 1


def test_what_was_released_before_a_429_waits_as_told(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    for number in range(3):
        factories.job(desk, number=number)
    provider.fail_next("create", errors.ProviderThrottled(retry_after_seconds=20))
    assert order_due(desk) == 6
    assert provider.calls.count("create") == 1
    clock.forward(seconds=19)
    assert order_due(desk) == 0
    clock.forward(seconds=1)
    assert order_due(desk) >= 1


def test_who_starts_the_desk_again_need_not_wait_for_the_next_trial(desk: Desk, provider: FakeProvider) -> None:
    factories.job(desk)
    provider.fail_next("create", errors.ProviderUnauthorized())
    order_due(desk)
    assert order_due(desk) == 0
    pause.try_at_once(desk)
    assert order_due(desk) == 1
    assert current(desk) is None
