"""Does any order, repetition or loss of news end in the same state and the same ledger?"""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import errors
from core.auth.actors import Source, system
from core.jobs import audit, settlement, sync
from core.jobs.desk import Desk
from core.provider.contract import Prediction
from core.storage.contract import sha256
from tests import factories, pictures_to_send
from tests.factories import CREDITS
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock

WEBHOOK = system(Source.WEBHOOK)


@pytest.fixture
def ordered(desk: Desk, clock: SettableClock) -> tuple[str, list[str]]:
    return factories.ordered_job(desk)


def test_a_job_with_both_results_is_completed_and_keeps_its_credits(
    desk: Desk, provider: FakeProvider, ordered: tuple[str, list[str]]
) -> None:
    job_id, predictions = ordered
    for number, prediction_id in enumerate(predictions):
        sync.apply(desk, WEBHOOK, provider.start(prediction_id))
        news = provider.finish(prediction_id, data=pictures_to_send.result(number))
        change = sync.apply(desk, WEBHOOK, news)
        assert change is not None
        assert (change.before, change.after) == ("running", "succeeded")

    job = factories.detail(desk.database, job_id)
    assert (job.state, job.progress, job.credits_refunded) == ("completed", 100, 0)
    for number, variant in enumerate(job.variants):
        stored = desk.storage.get(variant.result_key or "")
        assert sha256(stored) in (variant.result_key or "")
        assert stored == pictures_to_send.result(number)
        assert desk.storage.get(variant.result_thumbnail_key or "")
        assert variant.attempts[0].predict_seconds == 1.5
    assert [event.kind for event in job.events] == [
        "submitted",
        *["submitting", "created"] * 2,
        *["started", "succeeded"] * 2,
        "finished",
    ]
    assert factories.balance(desk.database) == CREDITS - 40
    assert audit.audit(desk) == []


def test_one_result_of_two_is_partial_with_half_refunded(
    desk: Desk, provider: FakeProvider, ordered: tuple[str, list[str]]
) -> None:
    job_id, (first, second) = ordered
    sync.apply(desk, WEBHOOK, provider.finish(first))
    factories.fail(desk, provider, second, error="Something broke")
    assert factories.states(desk.database, job_id) == ("partial", ["succeeded", "failed"])
    assert factories.balance(desk.database) == CREDITS - 20
    assert [attempt.cost_usd_micros for attempt in factories.attempts(desk.database, job_id)] == [40_000, 0, 0]
    assert audit.audit(desk) == []


# How it ends, the code of that, and how many predictions are bought before the variant has failed.
ENDINGS: list[tuple[dict[str, object], str, int]] = [
    ({"status": "failed", "error": "CUDA out of memory"}, "prediction_failed", 2),
    ({"status": "failed", "error": None}, "prediction_failed", 2),
    ({"status": "failed", "error": "The output was flagged as sensitive (E005)"}, "safety", 2),
    ({"status": "failed", "error": "NSFW content detected"}, "safety", 2),
    ({"status": "canceled"}, "prediction_canceled", 1),
    ({"status": "aborted"}, "prediction_canceled", 1),
    ({"status": "succeeded", "output": None, "data_removed": True}, "output_expired", 1),
    ({"status": "succeeded", "output": None}, "output_invalid", 2),
    ({"status": "succeeded", "output": "https://replicate.delivery/gone.png"}, "output_expired", 1),
    ({"status": "succeeded", "data": b"<html>not a picture</html>"}, "output_invalid", 2),
    ({"status": "succeeded", "data": pictures_to_send.result()[:1_000]}, "output_invalid", 2),
    ({"status": "succeeded", "data": pictures_to_send.result(width=640, height=640)}, "output_reframed", 2),
]


@pytest.mark.parametrize(
    ("ending", "code", "orders"), ENDINGS, ids=[f"{n}-{code}" for n, (_, code, _) in enumerate(ENDINGS)]
)
def test_each_ending_without_a_result_has_its_code_its_free_retry_or_none_and_its_refund(
    desk: Desk,
    provider: FakeProvider,
    ordered: tuple[str, list[str]],
    ending: dict[str, object],
    code: str,
    orders: int,
) -> None:
    job_id, predictions = ordered
    for prediction_id in predictions:
        change = sync.apply(desk, WEBHOOK, provider.finish(prediction_id, **ending))
        assert change is not None
        assert change.after == ("queued" if orders == 2 else "failed")
    assert factories.balance(desk.database) == (CREDITS - 40 if orders == 2 else CREDITS)
    if orders == 2:
        for prediction_id in factories.order_queued(desk, job_id):
            sync.apply(desk, WEBHOOK, provider.finish(prediction_id, **ending))

    assert factories.states(desk.database, job_id) == ("failed", ["failed", "failed"])
    assert factories.error_codes(desk.database, job_id) == [code, code]
    assert len(provider.bought()) == 2 * orders
    assert factories.balance(desk.database) == CREDITS
    assert [entry.amount for entry in factories.entries(desk.database, kind="refund", job_id=job_id)] == [20, 20]
    assert audit.audit(desk) == []


@pytest.mark.parametrize("status", ["canceled", "aborted"])
def test_what_the_provider_ends_at_the_deadline_has_timed_out(
    desk: Desk, provider: FakeProvider, ordered: tuple[str, list[str]], clock: SettableClock, status: str
) -> None:
    job_id, predictions = ordered
    clock.forward(seconds=desk.timeout_seconds)
    sync.apply(desk, WEBHOOK, provider.finish(predictions[0], status=status))
    assert factories.error_codes(desk.database, job_id)[0] == "timed_out"


@pytest.mark.parametrize("text", ["\x00 nul", "half \ud800 pair", "x" * 100_000, "r8_" + "a" * 37])
def test_no_text_of_the_provider_keeps_a_variant_from_ending(
    desk: Desk, provider: FakeProvider, ordered: tuple[str, list[str]], text: str
) -> None:
    job_id, (first, second) = ordered
    factories.fail(desk, provider, first, error=text, logs=text)
    sync.apply(desk, WEBHOOK, provider.finish(second, logs=text))
    assert factories.states(desk.database, job_id) == ("partial", ["failed", "succeeded"])
    assert "r8_aaa" not in (factories.variants(desk.database, job_id)[0].error_message or "")
    assert not any("r8_aaa" in event.message for event in factories.detail(desk.database, job_id).events)


@pytest.mark.parametrize(
    "fault", [errors.StorageUnavailable(), errors.ProviderUnavailable(), RuntimeError()], ids=repr
)
def test_a_settlement_that_can_not_be_done_now_is_done_later(
    desk: Desk,
    provider: FakeProvider,
    ordered: tuple[str, list[str]],
    clock: SettableClock,
    fault: Exception,
) -> None:
    job_id, (first, _) = ordered
    news = provider.finish(first)
    provider.fail_next("download", fault)
    if isinstance(fault, RuntimeError):
        with pytest.raises(RuntimeError):
            sync.apply(desk, WEBHOOK, news)
    else:
        assert sync.apply(desk, WEBHOOK, news) is None
    variant = factories.variants(desk.database, job_id)[0]
    assert (variant.state, variant.settling_until) == ("running", None)
    assert variant.next_due_at > clock()

    assert sync.apply(desk, WEBHOOK, news) is not None
    assert factories.states(desk.database, job_id)[1][0] == "succeeded"


def test_a_settlement_cut_off_by_a_crash_is_taken_over_after_its_claim(
    desk: Desk, provider: FakeProvider, ordered: tuple[str, list[str]], clock: SettableClock
) -> None:
    job_id, (first, _) = ordered
    news = provider.finish(first)
    variant = factories.variants(desk.database, job_id)[0]
    assert settlement.claim(desk, variant.id, prediction_id="another") is False
    assert settlement.claim(desk, variant.id, prediction_id=first) is True
    assert settlement.claim(desk, variant.id, prediction_id=first) is False
    assert sync.apply(desk, WEBHOOK, news) is None
    clock.forward(seconds=61)
    assert sync.apply(desk, WEBHOOK, news) is not None


def test_one_success_told_by_many_at_once_settles_once(
    desk: Desk, provider: FakeProvider, ordered: tuple[str, list[str]]
) -> None:
    job_id, predictions = ordered
    news = [provider.finish(prediction_id) for prediction_id in predictions]
    provider.calls.clear()

    changes = factories.at_once(*[lambda one=one: sync.apply(desk, WEBHOOK, one) for one in news * 4])

    assert not any(isinstance(one, Exception) for one in changes), changes
    assert sum(one is not None for one in changes) == 2
    assert provider.calls.count("download") == 2
    kinds = [event.kind for event in factories.detail(desk.database, job_id).events]
    assert (kinds.count("succeeded"), kinds.count("finished")) == (2, 1)
    assert factories.states(desk.database, job_id)[0] == "completed"


def test_news_of_a_stranger_changes_nothing(desk: Desk, provider: FakeProvider, clock: SettableClock) -> None:
    stranger = provider.create(model="m", input={"prompt": "x"})
    assert sync.apply(desk, WEBHOOK, provider.finish(stranger.id)) is None


def test_late_news_does_not_reopen_a_finished_job(
    desk: Desk, provider: FakeProvider, ordered: tuple[str, list[str]]
) -> None:
    job_id, predictions = ordered
    for prediction_id in predictions:
        sync.apply(desk, WEBHOOK, provider.finish(prediction_id, status="canceled"))
    before = factories.detail(desk.database, job_id)
    for prediction_id in predictions:
        for late in (provider.start(prediction_id), provider.finish(prediction_id)):
            assert sync.apply(desk, WEBHOOK, late) is None
    assert factories.detail(desk.database, job_id) == before
    assert factories.balance(desk.database) == CREDITS


news_orders = st.permutations(["starting", "processing", "end", "end", "processing", "end"])


@settings(max_examples=15)
@given(order=news_orders, ending=st.sampled_from(["succeeded", "failed", "canceled"]))
def test_any_order_and_repetition_of_news_ends_the_same(
    desk: Desk, provider: FakeProvider, clock: SettableClock, order: list[str], ending: str
) -> None:
    factories.set_balance(desk.database, 500 + len(factories.entries(desk.database)))
    balance = factories.balance(desk.database)
    job_id, first = factories.ordered_job(desk)
    told: dict[tuple[str, str], Prediction] = {}

    def happen(predictions: list[str]) -> None:
        for prediction_id in predictions:
            told[prediction_id, "starting"] = provider.seen(prediction_id)
            told[prediction_id, "processing"] = provider.start(prediction_id)
            told[prediction_id, "end"] = provider.finish(prediction_id, status=ending)

    def tell(predictions: list[str]) -> None:
        for step, prediction_id in itertools.product(order, predictions):
            clock.forward(seconds=0.5)
            sync.apply(desk, WEBHOOK, told[prediction_id, step])

    happen(first)
    tell(first)
    if ending == "failed":
        assert factories.states(desk.database, job_id) == ("processing", ["queued", "queued"])
        assert balance - factories.balance(desk.database) == 40
        second = factories.order_queued(desk, job_id)
        tell(first)
        assert factories.states(desk.database, job_id) == ("processing", ["running", "running"])
        happen(second)
        tell([*second, *first])

    expected = {"succeeded": ("completed", "succeeded", 40)}.get(ending, ("failed", "failed", 0))
    assert factories.states(desk.database, job_id) == (expected[0], [expected[1]] * 2)
    assert balance - factories.balance(desk.database) == expected[2]
    assert [event.kind for event in factories.detail(desk.database, job_id).events].count("finished") == 1


def test_a_deadline_is_not_moved_by_news(
    desk: Desk, provider: FakeProvider, ordered: tuple[str, list[str]], clock: SettableClock
) -> None:
    job_id, (first, _) = ordered
    before = factories.variants(desk.database, job_id)[0].deadline_at
    clock.forward(seconds=100)
    sync.apply(desk, WEBHOOK, provider.start(first))
    assert factories.variants(desk.database, job_id)[0].deadline_at == before
    assert before == clock() + timedelta(seconds=200)
