"""Has each variant that failed by bad luck one free retry, exactly one, and never another charge?"""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core import errors
from core.auth.actors import Source, system
from core.jobs import audit, creation, dispatch, retry, sweep, sync
from core.jobs.desk import Desk
from core.jobs.states import VariantState
from core.models import Variant
from core.provider.registry import DEFAULT_MODEL
from tests import factories, pictures_to_send
from tests.factories import CREDITS
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock

WEBHOOK = system(Source.WEBHOOK)
Ordered = tuple[str, list[str]]


@pytest.fixture
def ordered(desk: Desk, clock: SettableClock) -> Ordered:
    return factories.ordered_job(desk)


def first_variant(desk: Desk, job_id: str) -> Variant:
    return factories.variants(desk.database, job_id)[0]


def failure_kinds() -> list[errors.VariantFailure]:
    return [kind() for kind in errors.VariantFailure.__subclasses__()]


# ---- the rule, without a database ------------------------------------------------------------------


@pytest.mark.parametrize("failure", failure_kinds(), ids=lambda one: one.code)
def test_what_a_new_seed_may_mend_is_retried_once_and_only_where_a_prediction_ran(
    failure: errors.VariantFailure,
) -> None:
    mendable = {"prediction_failed", "safety", "output_invalid", "output_reframed"}
    for state, canceled, retried in itertools.product(
        (VariantState.QUEUED, VariantState.SUBMITTING, VariantState.RUNNING), (False, True), (False, True)
    ):
        after = retry.after_failure(failure, state=state, cancel_requested=canceled, was_retried=retried)
        if canceled:
            expected = VariantState.CANCELED
        elif state is VariantState.RUNNING and not retried and failure.code in mendable:
            expected = VariantState.QUEUED
        else:
            expected = VariantState.FAILED
        assert after is expected, (state, canceled, retried)


# ---- the life of a retried variant -----------------------------------------------------------------


def test_a_failed_variant_is_ordered_once_more_with_a_new_seed_and_no_charge(
    desk: Desk, provider: FakeProvider, ordered: Ordered
) -> None:
    job_id, (first, second) = ordered
    desk.wake.clear()
    change = sync.apply(desk, WEBHOOK, provider.finish(first, status="failed", error="CUDA out of memory"))

    assert change is not None
    assert (change.before, change.after) == ("running", "queued")
    assert "no charge" in change.message
    assert "credits" not in change.message
    # The loop is told, so that nobody waits for its next look.
    assert desk.wake.is_set()
    released: list[str] = []
    dispatch.release(desk, lambda variant_id, turn: released.append(variant_id))
    assert released == [first_variant(desk, job_id).id]
    creation.create_prediction(desk, released[0])

    tried = [one for one in factories.attempts(desk.database, job_id) if one.variant_id == released[0]]
    assert [one.number for one in tried] == [1, 2]
    assert tried[0].seed != tried[1].seed
    assert tried[0].input | {"seed": 0} == tried[1].input | {"seed": 0}
    assert (tried[0].status, tried[0].cost_usd_micros) == ("failed", 0)
    for number, prediction_id in enumerate([tried[1].prediction_id, second]):
        sync.apply(desk, WEBHOOK, provider.finish(prediction_id, data=pictures_to_send.result(number)))
    job = factories.detail(desk.database, job_id)
    assert (job.state, job.credits_used, job.credits_refunded) == ("completed", 40, 0)
    assert [variant.was_retried for variant in job.variants] == [True, False]
    assert job.variants[0].seed == tried[1].seed
    assert job.variants[0].failure is None
    assert job.prediction_ids == [tried[1].prediction_id, second]
    assert factories.balance(desk.database) == CREDITS - 40
    assert [entry.kind for entry in factories.entries(desk.database, job_id=job_id)] == ["charge"]
    assert audit.audit(desk) == []


def test_the_second_failure_is_final_and_refunds_once(desk: Desk, provider: FakeProvider, ordered: Ordered) -> None:
    job_id, (first, second) = ordered
    sync.apply(desk, WEBHOOK, provider.finish(first, status="failed", error="CUDA out of memory"))
    again, _ = factories.order_queued(desk, job_id)
    news = provider.finish(again, status="failed", error="NSFW")
    change = sync.apply(desk, WEBHOOK, news)
    assert change is not None
    assert change.after == "failed"
    assert sync.apply(desk, WEBHOOK, news) is None
    sync.apply(desk, WEBHOOK, provider.finish(second))

    # The good result is kept, exactly 20 come back, and the last reason is the one that is told.
    job = factories.detail(desk.database, job_id)
    assert (job.state, job.credits_refunded) == ("partial", 20)
    assert [variant.result_key is None for variant in job.variants] == [True, False]
    assert job.failure is not None
    assert job.failure.code == "safety"
    assert factories.refunds(desk.database, job_id) == [20]
    assert factories.balance(desk.database) == CREDITS - 20
    assert len(provider.bought()) == 3
    # Nothing is left that could be ordered.
    assert factories.order_queued(desk, job_id) == [again, second]
    assert len(provider.bought()) == 3
    assert audit.audit(desk) == []


def test_a_retry_is_settled_at_once_although_the_useless_result_before_it_was_just_being_fetched(
    desk: Desk, provider: FakeProvider, ordered: Ordered
) -> None:
    job_id, (first, second) = ordered
    sync.apply(desk, WEBHOOK, provider.finish(second))
    sync.apply(desk, WEBHOOK, provider.finish(first, data=b"<html>not a picture</html>"))
    again, _ = factories.order_queued(desk, job_id)
    change = sync.apply(desk, WEBHOOK, provider.finish(again))
    assert change is not None
    assert factories.states(desk.database, job_id)[0] == "completed"
    # The useless picture was drawn, and is paid for, as far as is known.
    costs = [attempt.cost_usd_micros for attempt in factories.attempts(desk.database, job_id)]
    assert costs == [DEFAULT_MODEL.cost_usd_micros] * 3


def test_a_retry_has_its_own_deadline_and_its_own_time_in_the_queue(
    desk: Desk, provider: FakeProvider, ordered: Ordered, clock: SettableClock
) -> None:
    job_id, (first, second) = ordered
    sync.apply(desk, WEBHOOK, provider.finish(second))
    clock.forward(minutes=29)
    sync.apply(desk, WEBHOOK, provider.finish(first, status="failed"))
    assert first_variant(desk, job_id).deadline_at is None
    # Half an hour after the submission, but not after the failure.
    clock.forward(minutes=29)
    assert sweep.end_overdue_queued(desk) == 0
    assert audit.audit(desk) == []
    creation.create_prediction(desk, first_variant(desk, job_id).id)
    assert first_variant(desk, job_id).deadline_at == clock() + timedelta(seconds=desk.timeout_seconds)


def test_a_retry_that_never_gets_its_turn_is_refunded(
    desk: Desk, provider: FakeProvider, ordered: Ordered, clock: SettableClock
) -> None:
    job_id, (first, second) = ordered
    sync.apply(desk, WEBHOOK, provider.finish(second))
    sync.apply(desk, WEBHOOK, provider.finish(first, status="failed"))
    clock.forward(minutes=30, seconds=1)
    assert sweep.end_overdue_queued(desk) == 1
    assert factories.states(desk.database, job_id) == ("partial", ["failed", "succeeded"])
    assert factories.error_codes(desk.database, job_id) == ["queue_timed_out", None]
    assert factories.balance(desk.database) == CREDITS - 20


def test_a_retry_waits_and_is_looked_for_like_any_order(
    desk: Desk, provider: FakeProvider, ordered: Ordered, clock: SettableClock
) -> None:
    """Throttled, then never answered, then adopted: one retry, two predictions, no further seed wasted."""
    job_id, (first, second) = ordered
    sync.apply(desk, WEBHOOK, provider.finish(second))
    sync.apply(desk, WEBHOOK, provider.finish(first, status="failed"))
    variant_id = first_variant(desk, job_id).id
    provider.fail_next("create", errors.ProviderThrottled(retry_after_seconds=3))
    provider.fail_next("create:taken", errors.ProviderAmbiguous())
    creation.create_prediction(desk, variant_id)
    assert first_variant(desk, job_id).state == "queued"
    clock.forward(seconds=3)
    creation.create_prediction(desk, variant_id)
    assert first_variant(desk, job_id).state == "submitting"
    # News of the first prediction is none of the open order's.
    assert sync.apply(desk, WEBHOOK, provider.seen(first)) is None
    clock.forward(seconds=4)
    assert sweep.resolve_submitting(desk) == 1
    adopted = factories.detail(desk.database, job_id).prediction_ids[0]
    assert adopted == provider.bought()[-1]
    sync.apply(desk, WEBHOOK, provider.finish(adopted))
    assert factories.states(desk.database, job_id)[0] == "completed"
    assert len(provider.bought()) == 3
    assert audit.audit(desk) == []


@pytest.mark.parametrize(
    ("ending", "late", "code"),
    [
        ({"status": "canceled"}, False, "prediction_canceled"),
        ({"status": "aborted"}, False, "prediction_canceled"),
        ({"status": "canceled"}, True, "timed_out"),
        ({"status": "succeeded", "output": None, "data_removed": True}, False, "output_expired"),
    ],
    ids=["canceled", "aborted", "timed out", "expired"],
)
def test_what_another_seed_would_not_mend_fails_at_once(
    desk: Desk,
    provider: FakeProvider,
    ordered: Ordered,
    clock: SettableClock,
    ending: dict[str, object],
    late: bool,
    code: str,
) -> None:
    job_id, predictions = ordered
    clock.forward(seconds=desk.timeout_seconds if late else 1)
    for prediction_id in predictions:
        sync.apply(desk, WEBHOOK, provider.finish(prediction_id, **ending))
    assert factories.states(desk.database, job_id) == ("failed", ["failed", "failed"])
    assert factories.error_codes(desk.database, job_id) == [code, code]
    factories.order_queued(desk, job_id)
    assert len(provider.bought()) == 2
    assert factories.balance(desk.database) == CREDITS


def test_the_history_of_a_retry_reads_well(desk: Desk, provider: FakeProvider, ordered: Ordered) -> None:
    job_id, (first, second) = ordered
    sync.apply(desk, WEBHOOK, provider.finish(second))
    seen = [factories.detail(desk.database, job_id)]
    sync.apply(desk, WEBHOOK, provider.finish(first, status="failed", error="CUDA out of memory"))
    seen.append(factories.detail(desk.database, job_id))
    again, _ = factories.order_queued(desk, job_id)
    seen.append(factories.detail(desk.database, job_id))
    sync.apply(desk, WEBHOOK, provider.finish(again, status="failed", error="NSFW"))
    seen.append(factories.detail(desk.database, job_id))

    assert [job.state.value for job in seen] == ["processing"] * 3 + ["partial"]
    assert [job.progress < 100 for job in seen] == [True, True, True, False]
    lines = [(event.kind, event.message) for event in seen[-1].events if event.variant_index == 0]
    assert [kind for kind, _ in lines] == [
        *("submitting", "created", "retried"),
        *("submitting", "created", "failed", "refunded"),
    ]
    said = dict(lines)
    assert said["retried"] == (
        "Variant A: Replicate could not draw this variant: CUDA out of memory. "
        "It is ordered once more with a new seed, at no charge."
    )
    assert said["failed"] == "Variant A: " + errors.SafetyRefused().message
    assert said["refunded"] == "Variant A: 20 credits were returned."


# ---- news of the first prediction -------------------------------------------------------------------


def first_news(provider: FakeProvider, first: str) -> dict[str, object]:
    """What may still arrive of the prediction that failed, in whatever order; the last says the worst."""
    failed = provider.seen(first)
    return {
        "failed": failed,
        "processing": provider.start(first),
        "canceled": provider.finish(first, status="canceled"),
        "succeeded": provider.finish(first, data=pictures_to_send.result(7)),
    }


@pytest.mark.parametrize("when", ["queued", "submitting", "running", "succeeded", "failed"])
def test_no_late_news_of_the_first_prediction_changes_anything(
    desk: Desk, provider: FakeProvider, ordered: Ordered, when: str
) -> None:
    job_id, (first, _) = ordered
    variant_id = first_variant(desk, job_id).id
    sync.apply(desk, WEBHOOK, provider.finish(first, status="failed"))
    if when == "submitting":
        provider.fail_next("create:taken", errors.ProviderAmbiguous())
    if when != "queued":
        creation.create_prediction(desk, variant_id)
    if when in ("succeeded", "failed"):
        sync.apply(desk, WEBHOOK, provider.finish(provider.bought()[-1], status=when))
    before = factories.detail(desk.database, job_id)
    assert before.variants[0].state == when
    provider.calls.clear()

    for news in first_news(provider, first).values():
        assert sync.apply(desk, WEBHOOK, news) is None  # type: ignore[arg-type]

    assert factories.detail(desk.database, job_id) == before
    assert factories.balance(desk.database) == CREDITS - (20 if when == "failed" else 40)
    assert "download" not in provider.calls


def test_one_failure_told_by_many_at_once_is_retried_once(
    desk: Desk, other_desk: Desk, provider: FakeProvider, ordered: Ordered
) -> None:
    job_id, predictions = ordered
    news = [provider.finish(prediction_id, status="failed") for prediction_id in predictions]
    changes = factories.at_once(
        *[lambda one=one, by=by: sync.apply(by, WEBHOOK, one) for one in news for by in (desk, other_desk) * 2]
    )
    assert not any(isinstance(one, Exception) for one in changes), changes
    assert sum(one is not None for one in changes) == 2
    assert factories.states(desk.database, job_id) == ("processing", ["queued", "queued"])
    kinds = factories.event_kinds(desk.database, job_id)
    assert (kinds.count("retried"), kinds.count("failed"), kinds.count("refunded")) == (2, 0, 0)
    assert factories.balance(desk.database) == CREDITS - 40

    ids = [variant.id for variant in factories.variants(desk.database, job_id)]
    factories.at_once(*[lambda one=one: creation.create_prediction(desk, one) for one in ids * 2])
    assert len(provider.bought()) == 4
    assert len(factories.attempts(desk.database, job_id)) == 4


def test_a_failure_that_is_told_again_while_the_retry_starts_does_not_end_the_retry(
    desk: Desk, other_desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    """The slow twin read the variant as running by its first prediction, and writes when the second runs."""
    for number in range(5):
        job_id, (first, _) = factories.ordered_job(desk, number=number)
        news = provider.finish(first, status="failed")
        found = sync.find_variant(other_desk, first)
        assert found is not None
        sync.apply(desk, WEBHOOK, news)
        variant_id = first_variant(desk, job_id).id

        late = [
            lambda seen=found, one=news: sync.end_without_result(
                other_desk, WEBHOOK, seen, one.id, errors.PredictionFailed(), prediction=one
            )
        ] * 3
        outcomes = factories.at_once(lambda one=variant_id: creation.create_prediction(desk, one), *late)

        assert outcomes == [None] * 4
        assert first_variant(desk, job_id).state == "running"
        assert [late[0](), first_variant(desk, job_id).state] == [None, "running"]
        assert factories.entries(desk.database, kind="refund", job_id=job_id) == []


def test_a_late_success_of_the_first_prediction_is_not_taken_for_the_seconds(
    desk: Desk, other_desk: Desk, provider: FakeProvider, ordered: Ordered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The news is read while the first prediction is followed, and its picture comes when the second is."""
    job_id, (first, _) = ordered
    fetch = sync.settlement.fetch_result

    def slow(*arguments: object, **options: object) -> object:
        monkeypatch.setattr(sync.settlement, "fetch_result", fetch)
        # Meanwhile the claim ran out, and another process found the first prediction to have failed.
        factories.move_variant(desk.database, first_variant(desk, job_id).id, settling_until=None)
        sync.apply(other_desk, WEBHOOK, provider.finish(first, status="failed"))
        creation.create_prediction(other_desk, first_variant(desk, job_id).id)
        provider.finish(first)
        return fetch(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(sync.settlement, "fetch_result", slow)
    assert sync.apply(desk, WEBHOOK, provider.finish(first)) is None
    variant = first_variant(desk, job_id)
    assert (variant.state, variant.result_key) == ("running", None)


def test_the_sweep_follows_the_second_prediction(
    desk: Desk, provider: FakeProvider, ordered: Ordered, clock: SettableClock
) -> None:
    job_id, (first, second) = ordered

    def round_of_the_sweep(pool: ThreadPoolExecutor) -> None:
        clock.forward(seconds=1)
        factories.wait_for_all(sweep.poll_running(desk, pool))

    provider.finish(first, status="failed")
    with ThreadPoolExecutor(2) as pool:
        round_of_the_sweep(pool)
        again, _ = factories.order_queued(desk, job_id)
        provider.finish(again, data=pictures_to_send.result(3))
        provider.finish(first)
        provider.finish(second)
        round_of_the_sweep(pool)
    job = factories.detail(desk.database, job_id)
    assert (job.state, job.prediction_ids) == ("completed", [again, second])
    assert desk.storage.get(job.variants[0].result_key or "") == pictures_to_send.result(3)
    assert {variant.settled_by for variant in factories.variants(desk.database, job_id)} == {"sweep"}
