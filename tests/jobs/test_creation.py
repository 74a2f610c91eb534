"""Is a prediction bought exactly once, whatever the provider answers and wherever we crash?"""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest

from core import errors
from core.jobs import creation, dispatch, sweep
from core.jobs.desk import Desk
from tests import factories
from tests.factories import CREDITS
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock


@pytest.fixture
def job_id(desk: Desk, clock: SettableClock) -> str:
    return factories.job(desk)


@pytest.fixture
def variant_id(desk: Desk, job_id: str) -> str:
    return factories.variants(desk.database, job_id)[0].id


def kinds(desk: Desk, job_id: str) -> list[str]:
    return [event.kind for event in factories.detail(desk.database, job_id).events]


class Crash(BaseException):
    """The process ends here."""


def test_both_variants_are_bought_with_the_exact_input_on_record(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    job_id, predictions = factories.ordered_job(desk)

    assert factories.states(desk.database, job_id) == ("processing", ["running", "running"])
    attempts = factories.attempts(desk.database, job_id)
    for attempt, prediction_id in zip(attempts, predictions, strict=True):
        assert provider.predictions[prediction_id]["input"] == attempt.input
        assert attempt.input["seed"] == attempt.seed
        assert attempt.input["input_image"] in provider.files
    assert len({attempt.seed for attempt in attempts}) == 2
    # One photo, one upload.
    assert provider.calls.count("upload") == 1
    assert provider.webhook_urls == [None, None]
    assert [one.deadline_at for one in factories.variants(desk.database, job_id)] == [
        clock() + timedelta(seconds=desk.timeout_seconds)
    ] * 2


def test_a_webhook_is_asked_for_where_we_can_be_reached(
    make_desk: Callable[..., Desk], provider: FakeProvider, clock: SettableClock
) -> None:
    desk = make_desk(provider, webhook_base_url="https://desk.example.com")
    job_id, _ = factories.ordered_job(desk)
    assert provider.webhook_urls == [
        f"https://desk.example.com/api/webhooks/replicate?variant={variant.id}"
        for variant in factories.variants(desk.database, job_id)
    ]


def test_a_task_that_runs_twice_buys_once(desk: Desk, provider: FakeProvider, variant_id: str) -> None:
    factories.at_once(*[lambda: creation.create_prediction(desk, variant_id)] * 6)
    creation.create_prediction(desk, variant_id)
    assert len(provider.bought()) == 1


def test_a_link_to_the_photo_that_ends_soon_is_renewed(
    desk: Desk, provider: FakeProvider, job_id: str, clock: SettableClock
) -> None:
    first, second = factories.variants(desk.database, job_id)
    creation.create_prediction(desk, first.id)
    clock.forward(minutes=23 * 60 + 1)
    creation.create_prediction(desk, second.id)
    assert provider.calls.count("upload") == 2


def test_a_throttled_create_waits_as_told_and_so_do_all_others(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    provider.fail_next("create", errors.ProviderThrottled(retry_after_seconds=12))
    creation.create_prediction(desk, variant_id)

    assert factories.states(desk.database, job_id)[1] == ["queued", "queued"]
    assert factories.attempts(desk.database, job_id) == []
    assert kinds(desk, job_id)[-1] == "postponed"
    released: list[str] = []
    clock.forward(seconds=11.9)
    assert dispatch.release(desk, lambda variant_id, turn: released.append(variant_id)) == 0
    clock.forward(seconds=0.1)
    assert dispatch.release(desk, lambda variant_id, turn: released.append(variant_id)) == 1
    creation.create_prediction(desk, released[0])
    assert len(provider.bought()) == 1
    assert factories.balance(desk.database) == CREDITS - 40


def test_an_order_that_never_left_comes_again_with_growing_pauses(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    pauses = []
    for _ in range(6):
        provider.fail_next("create", errors.ProviderUnavailable())
        creation.create_prediction(desk, variant_id)
        due_at = factories.variants(desk.database, job_id)[0].next_due_at
        pauses.append((due_at - clock()).total_seconds())
        clock.time = due_at
    assert pauses == sorted(pauses)
    assert pauses[0] >= 1
    assert pauses[-1] <= 30
    assert provider.bought() == []
    creation.create_prediction(desk, variant_id)
    assert factories.states(desk.database, job_id)[1][0] == "running"


def test_a_refused_order_fails_with_the_reason_and_is_refunded(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str
) -> None:
    provider.fail_next("create", errors.ProviderRefused("The prompt is too long."))
    creation.create_prediction(desk, variant_id)

    assert factories.states(desk.database, job_id) == ("processing", ["failed", "queued"])
    failed = factories.variants(desk.database, job_id)[0]
    assert (failed.error_code, failed.error_message) == (
        "provider_refused",
        "The prompt is too long. Its credits were returned; other words or another photo may pass.",
    )
    # The same words would be refused again.
    assert failed.retried_at is None
    assert factories.balance(desk.database) == CREDITS - 20
    refund = factories.entries(desk.database, kind="refund")[0]
    assert (refund.amount, refund.reason, refund.actor) == (20, "system", "system")


@pytest.mark.parametrize("fault", [errors.ProviderUnavailable(), errors.StorageUnavailable()], ids=repr)
def test_a_photo_that_can_not_be_handed_over_now_is_handed_over_later(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock, fault: Exception
) -> None:
    dispatch.release(desk, lambda variant_id, turn: None)
    provider.fail_next("upload", fault)
    creation.create_prediction(desk, variant_id)
    assert factories.states(desk.database, job_id) == ("pending", ["queued", "queued"])
    clock.forward(seconds=5.1)
    released: list[str] = []
    dispatch.release(desk, lambda variant_id, turn: released.append(variant_id))
    assert variant_id in released


def test_a_refused_photo_fails_its_variant(desk: Desk, provider: FakeProvider, job_id: str, variant_id: str) -> None:
    provider.fail_next("upload", errors.ProviderRefused())
    creation.create_prediction(desk, variant_id)
    assert factories.error_codes(desk.database, job_id)[0] == "provider_refused"


# ---- crashes and silence: what was bought is found, and nothing is bought twice -----------------------


def look(desk: Desk, clock: SettableClock, *, seconds: float) -> int:
    clock.forward(seconds=seconds)
    return sweep.resolve_submitting(desk)


def test_an_unanswered_order_that_was_taken_is_adopted(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    provider.fail_next("create:taken", errors.ProviderAmbiguous())
    creation.create_prediction(desk, variant_id)
    assert factories.states(desk.database, job_id)[1][0] == "submitting"
    assert look(desk, clock, seconds=1) == 0

    assert look(desk, clock, seconds=3) == 1

    assert factories.states(desk.database, job_id)[1][0] == "running"
    assert factories.attempts(desk.database, job_id)[0].prediction_id == provider.bought()[0]
    assert kinds(desk, job_id)[-1] == "adopted"


def test_a_lagging_list_is_waited_for_before_anything_is_bought_again(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    provider.list_lag = timedelta(seconds=10)
    provider.fail_next("create:taken", errors.ProviderAmbiguous())
    creation.create_prediction(desk, variant_id)
    for _ in range(4):
        look(desk, clock, seconds=3.1)
        dispatch.release(desk, lambda variant_id, turn: creation.create_prediction(desk, variant_id))
    assert factories.states(desk.database, job_id)[1] == ["running", "running"]
    assert len(provider.bought()) == 2


def test_an_order_that_was_not_taken_is_sent_again_only_after_the_lists_lag(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    provider.fail_next("create", errors.ProviderAmbiguous())
    creation.create_prediction(desk, variant_id)
    started = clock()
    while not look(desk, clock, seconds=3.01):
        assert clock() - started < timedelta(minutes=1)
    assert clock() - started >= sweep.LIST_LAG

    assert factories.states(desk.database, job_id)[1][0] == "queued"
    creation.create_prediction(desk, variant_id)
    assert len(provider.bought()) == 1


def test_a_crash_between_the_intent_and_the_call_is_healed(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    provider.fail_next("create", Crash())
    with pytest.raises(Crash):
        creation.create_prediction(desk, variant_id)
    started = clock()
    while not look(desk, clock, seconds=3.01):
        assert clock() - started < timedelta(minutes=2)
    # The call might have been under way for its longest time, and the list may lag after that.
    assert clock() - started >= sweep.CALL_MAX + sweep.LIST_LAG
    creation.create_prediction(desk, variant_id)
    assert factories.states(desk.database, job_id)[1][0] == "running"
    assert len(provider.bought()) == 1


def test_a_crash_between_the_call_and_the_record_is_healed(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    provider.fail_next("create:taken", Crash())
    with pytest.raises(Crash):
        creation.create_prediction(desk, variant_id)
    assert look(desk, clock, seconds=3.1) == 1
    assert factories.states(desk.database, job_id)[1][0] == "running"
    assert len(provider.bought()) == 1


def test_a_prediction_of_another_input_is_never_adopted(
    desk: Desk, provider: FakeProvider, job_id: str, clock: SettableClock
) -> None:
    first, second = factories.variants(desk.database, job_id)
    creation.create_prediction(desk, first.id)
    provider.fail_next("create", errors.ProviderAmbiguous())
    creation.create_prediction(desk, second.id)
    assert look(desk, clock, seconds=4) == 0
    assert factories.states(desk.database, job_id)[1] == ["running", "submitting"]


def test_a_slow_list_does_not_count_as_a_late_look(
    desk: Desk,
    provider: FakeProvider,
    job_id: str,
    variant_id: str,
    clock: SettableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the list says is as old as the moment it was asked, not as the moment it answered."""
    provider.list_lag = timedelta(seconds=14.5)
    provider.fail_next("create:taken", errors.ProviderAmbiguous())
    creation.create_prediction(desk, variant_id)
    clock.forward(seconds=14)
    pages = provider.list_pages

    def slow(*, created_after: object) -> object:
        found = list(pages(created_after=created_after))
        clock.forward(seconds=5)
        return iter(found)

    monkeypatch.setattr(provider, "list_pages", slow)
    assert sweep.resolve_submitting(desk) == 0
    assert look(desk, clock, seconds=4) == 1
    assert len(provider.bought()) == 1
    assert factories.states(desk.database, job_id)[1][0] == "running"


def test_an_order_is_not_left_open_by_a_provider_that_is_silent_for_ever(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    provider.fail_next("create", errors.ProviderAmbiguous())
    creation.create_prediction(desk, variant_id)
    provider.is_silent = True
    for _ in range(25):
        look(desk, clock, seconds=180)
    assert factories.states(desk.database, job_id)[1][0] == "failed"
    assert factories.balance(desk.database) == CREDITS - 20


def test_a_late_answer_to_a_struck_off_order_is_canceled_at_the_provider(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    """The call hung so long that the variant was ordered again; what it bought must not run unowned."""
    create = provider.create

    def hangs(**options: object) -> object:
        provider.create = create  # type: ignore[method-assign]
        while not look(desk, clock, seconds=10):
            assert not provider.bought()
        creation.create_prediction(desk, variant_id)
        return create(**options)  # type: ignore[arg-type]

    provider.create = hangs  # type: ignore[assignment,method-assign]
    creation.create_prediction(desk, variant_id)

    struck_off, owner = [one for one in factories.attempts(desk.database, job_id) if one.variant_id == variant_id]
    owned = owner.prediction_id
    assert (struck_off.prediction_id, struck_off.seed != owner.seed) == (None, True)
    stray = next(one for one in provider.bought() if one != owned)
    assert provider.predictions[owned]["status"] == "starting"
    assert provider.predictions[stray]["status"] == "canceled"


def test_a_late_refusal_does_not_end_the_order_that_came_after(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, clock: SettableClock
) -> None:
    create = provider.create

    def hangs(**options: object) -> object:
        provider.create = create  # type: ignore[method-assign]
        while not look(desk, clock, seconds=10):
            assert not provider.bought()
        creation.create_prediction(desk, variant_id)
        raise errors.ProviderRefused("Too late to matter.")

    provider.create = hangs  # type: ignore[assignment,method-assign]
    creation.create_prediction(desk, variant_id)

    (variant,) = [one for one in factories.variants(desk.database, job_id) if one.id == variant_id]
    assert (variant.state, variant.error_code) == ("running", None)


def test_a_process_that_stood_still_before_its_call_sends_no_order(
    desk: Desk, provider: FakeProvider, job_id: str, variant_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may have given the order up meanwhile, and sent it anew."""
    ticks = iter([100.0, 110.1])
    monkeypatch.setattr(creation, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    creation.create_prediction(desk, variant_id)
    assert provider.bought() == []
    assert "create" not in provider.calls
    assert factories.states(desk.database, job_id)[1][0] == "queued"
    assert factories.attempts(desk.database, job_id) == []
    monkeypatch.undo()
    creation.create_prediction(desk, variant_id)
    assert len(provider.bought()) == 1
    assert factories.states(desk.database, job_id)[1][0] == "running"


def test_an_order_is_recognized_although_the_provider_adds_defaults_of_its_own(
    desk: Desk, provider: FakeProvider, variant_id: str, clock: SettableClock
) -> None:
    provider.fail_next("create:taken", errors.ProviderAmbiguous())
    creation.create_prediction(desk, variant_id)
    (bought,) = provider.bought()
    provider.predictions[bought]["input"]["safety_checker"] = True
    assert look(desk, clock, seconds=10) == 1
    assert provider.bought() == [bought]
