"""Does everything end by itself, with no news at all and whatever the provider does?"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core import errors
from core.db.session import Database
from core.jobs import audit, creation, sweep
from core.jobs.desk import Desk
from core.provider.contract import Prediction
from tests import factories
from tests.factories import CREDITS
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock

Round = Callable[..., int]


@pytest.fixture
def round_of(desk: Desk, clock: SettableClock) -> Iterator[Round]:
    """Runs one round of the sweep some seconds later; how many predictions were looked at."""
    with ThreadPoolExecutor(4) as pool:

        def run(*, seconds: float = 0.6) -> int:
            clock.forward(seconds=seconds)
            looks = sweep.poll_running(desk, pool)
            factories.wait_for_all(looks)
            sweep.resolve_submitting(desk)
            sweep.end_overdue_queued(desk)
            return len(looks)

        yield run


def test_results_are_found_without_any_webhook(desk: Desk, provider: FakeProvider, round_of: Round) -> None:
    job_id, predictions = factories.ordered_job(desk)
    assert sweep.in_flight(desk) is True
    round_of()
    for prediction_id in predictions:
        provider.finish(prediction_id)
    assert round_of() == 2
    assert factories.states(desk.database, job_id)[0] == "completed"
    assert round_of() == 0
    assert sweep.in_flight(desk) is False


def test_nothing_is_asked_before_it_is_due(desk: Desk, provider: FakeProvider, round_of: Round) -> None:
    factories.ordered_job(desk)
    assert [round_of(seconds=pause) for pause in (0.3, 0.2, 0.1, 0.4)] == [0, 2, 0, 2]


def test_many_are_read_by_pages_of_the_list(desk: Desk, provider: FakeProvider, round_of: Round) -> None:
    jobs = [factories.ordered_job(desk) for _ in range(5)]
    for _, predictions in jobs:
        provider.finish(predictions[0])
        provider.finish(predictions[1], status="canceled")
    provider.calls.clear()

    assert round_of() == 10

    assert provider.calls.count("list_pages") == 1
    assert provider.calls.count("get") == 0
    assert {factories.states(desk.database, job_id)[0] for job_id, _ in jobs} == {"partial"}


def test_what_the_list_leaves_out_is_asked_for_by_itself(
    desk: Desk, provider: FakeProvider, round_of: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [factories.ordered_job(desk) for _ in range(5)]
    for prediction_id in provider.bought():
        provider.finish(prediction_id)
    left_out = set(provider.bought()[:3])
    pages = provider.list_pages

    def incomplete(**options: Any) -> Iterator[Sequence[Prediction]]:
        for page in pages(**options):
            yield [one for one in page if one.id not in left_out]

    monkeypatch.setattr(provider, "list_pages", incomplete)
    assert round_of() == 10
    assert provider.calls.count("get") == 3
    assert {factories.states(desk.database, job_id)[0] for job_id, _ in jobs} == {"completed"}


def test_a_list_that_breaks_off_counts_as_far_as_it_came(
    desk: Desk, provider: FakeProvider, round_of: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [factories.ordered_job(desk) for _ in range(5)]
    for prediction_id in provider.bought():
        provider.finish(prediction_id)
    pages = provider.list_pages

    def breaks_off(**options: Any) -> Iterator[Sequence[Prediction]]:
        yield next(pages(**options))[:6]
        raise errors.ProviderUnavailable

    monkeypatch.setattr(provider, "list_pages", breaks_off)
    assert round_of() == 10
    assert provider.calls.count("get") == 4
    assert {factories.states(desk.database, job_id)[0] for job_id, _ in jobs} == {"completed"}


def test_where_the_list_is_silent_nobody_asks_about_each_of_many(
    desk: Desk, provider: FakeProvider, round_of: Round
) -> None:
    jobs = [factories.ordered_job(desk) for _ in range(5)]
    for prediction_id in provider.bought():
        provider.finish(prediction_id)
    provider.fail_next("list_pages", errors.ProviderUnavailable())
    round_of()
    assert provider.calls.count("get") == 0
    assert {factories.states(desk.database, job_id)[0] for job_id, _ in jobs} == {"processing"}
    round_of()
    assert {factories.states(desk.database, job_id)[0] for job_id, _ in jobs} == {"completed"}


def test_many_end_in_their_time_although_the_list_never_answers(
    desk: Desk, provider: FakeProvider, round_of: Round
) -> None:
    jobs = [factories.ordered_job(desk) for _ in range(5)]
    provider.is_silent = True
    provider.calls.clear()
    round_of(seconds=desk.timeout_seconds + 1)
    assert {factories.states(desk.database, job_id)[0] for job_id, _ in jobs} == {"processing"}
    round_of(seconds=5)
    assert {tuple(factories.error_codes(desk.database, job_id)) for job_id, _ in jobs} == {("timed_out", "timed_out")}
    assert factories.balance(desk.database) == CREDITS
    # One question a round, not one for each of ten.
    assert provider.calls == ["list_pages"] * 2


def test_two_processes_never_poll_the_same_variant(
    make_desk: Callable[..., Desk], provider: FakeProvider, database_url: str, clock: SettableClock
) -> None:
    desks = [make_desk(provider), make_desk(provider, database=Database(database_url))]
    for _ in range(3):
        factories.ordered_job(desks[0])
    clock.forward(seconds=1)
    with ThreadPoolExecutor(4) as pool:
        looks = factories.at_once(*[lambda desk=desk: sweep.poll_running(desk, pool) for desk in desks * 2])
        for some in looks:
            factories.wait_for_all(some)
    desks[1].database.close()
    assert sum(len(some) for some in looks) == 6
    assert provider.calls.count("get") == 6


# ---- what takes too long ------------------------------------------------------------------------


def test_past_its_deadline_a_prediction_is_canceled_and_refunded(
    desk: Desk, provider: FakeProvider, round_of: Round
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    round_of(seconds=desk.timeout_seconds - 1)
    assert factories.states(desk.database, job_id)[0] == "processing"
    round_of(seconds=2)
    assert {provider.predictions[one]["status"] for one in predictions} == {"canceled"}
    assert factories.error_codes(desk.database, job_id) == ["timed_out", "timed_out"]
    assert factories.states(desk.database, job_id)[0] == "failed"
    assert factories.balance(desk.database) == CREDITS


def test_a_prediction_that_will_not_be_canceled_does_not_hold_its_job(
    desk: Desk, provider: FakeProvider, round_of: Round
) -> None:
    provider.ignores_cancel = True
    job_id, _ = factories.ordered_job(desk)
    round_of(seconds=desk.timeout_seconds + 1)
    assert factories.error_codes(desk.database, job_id) == ["timed_out", "timed_out"]
    assert factories.balance(desk.database) == CREDITS


def test_a_provider_that_is_silent_for_ever_does_not_hold_a_job(
    desk: Desk, provider: FakeProvider, round_of: Round
) -> None:
    job_id, _ = factories.ordered_job(desk)
    provider.is_silent = True
    for _ in range(12):
        round_of(seconds=60)
    assert factories.error_codes(desk.database, job_id) == ["timed_out", "timed_out"]
    assert factories.balance(desk.database) == CREDITS


def test_one_unanswered_question_after_the_deadline_does_not_throw_a_result_away(
    desk: Desk, provider: FakeProvider, round_of: Round
) -> None:
    """As after an outage of ours: the result has been waiting, and the provider stumbles once."""
    job_id, predictions = factories.ordered_job(desk)
    for prediction_id in predictions:
        provider.finish(prediction_id)
    provider.fail_next("get", errors.ProviderUnavailable(), errors.ProviderUnavailable())
    round_of(seconds=desk.timeout_seconds + 3_000)
    round_of()
    assert factories.states(desk.database, job_id)[0] == "completed"


def test_a_process_that_stood_still_between_two_unanswered_questions_has_found_nobody_silent(
    desk: Desk, provider: FakeProvider, round_of: Round
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for prediction_id in predictions:
        provider.finish(prediction_id)
    for _ in range(3):
        provider.fail_next("get", errors.ProviderUnavailable(), errors.ProviderUnavailable())
        round_of(seconds=desk.timeout_seconds + 60)
    round_of()
    assert factories.states(desk.database, job_id)[0] == "completed"


def test_a_result_made_in_time_counts_however_late_we_look(
    desk: Desk, provider: FakeProvider, round_of: Round
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for prediction_id in predictions:
        provider.finish(prediction_id)
    round_of(seconds=40 * 60)
    assert factories.states(desk.database, job_id)[0] == "completed"


def test_a_result_that_expired_before_we_looked_is_refunded(
    desk: Desk, provider: FakeProvider, round_of: Round
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for prediction_id in predictions:
        provider.finish(prediction_id)
        provider.expire(prediction_id)
    round_of(seconds=61 * 60)
    assert factories.error_codes(desk.database, job_id) == ["output_expired", "output_expired"]
    assert factories.balance(desk.database) == CREDITS


def test_storage_that_is_down_beyond_the_deadline_loses_nothing(
    desk: Desk, provider: FakeProvider, round_of: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for prediction_id in predictions:
        provider.finish(prediction_id)
    put = desk.storage.put

    def down(key: str, data: bytes) -> None:
        raise errors.StorageUnavailable

    monkeypatch.setattr(desk.storage, "put", down)
    for _ in range(8):
        round_of(seconds=60)
    assert factories.states(desk.database, job_id) == ("processing", ["running", "running"])
    downloads = provider.calls.count("download")
    round_of(seconds=9)
    # What can't be stored is not fetched over and over.
    assert provider.calls.count("download") == downloads
    monkeypatch.setattr(desk.storage, "put", put)
    round_of(seconds=2)
    assert factories.states(desk.database, job_id)[0] == "completed"
    assert audit.audit(desk) == []


def test_a_variant_that_waits_half_an_hour_is_refunded(
    desk: Desk, provider: FakeProvider, round_of: Round, clock: SettableClock
) -> None:
    job_id = factories.job(desk)
    round_of(seconds=30 * 60 - 1)
    assert factories.states(desk.database, job_id)[0] == "pending"
    round_of(seconds=2)
    assert factories.error_codes(desk.database, job_id) == ["queue_timed_out", "queue_timed_out"]
    assert factories.states(desk.database, job_id)[0] == "failed"
    assert factories.balance(desk.database) == CREDITS
    for variant in factories.variants(desk.database, job_id):
        creation.create_prediction(desk, variant.id)
    assert provider.bought() == []


def test_a_look_that_breaks_does_not_end_the_others(desk: Desk, provider: FakeProvider, round_of: Round) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for prediction_id in predictions:
        provider.finish(prediction_id)
    provider.fail_next("get", RuntimeError("unexpected"))
    round_of()
    assert sorted(factories.states(desk.database, job_id)[1]) == ["running", "succeeded"]
    round_of()
    assert factories.states(desk.database, job_id)[0] == "completed"


def test_several_unanswered_orders_are_resolved_in_one_look(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    jobs = [factories.job(desk, number=number) for number in (1, 2, 3)]
    for job_id in jobs:
        provider.fail_next("create:taken", errors.ProviderAmbiguous())
        creation.create_prediction(desk, factories.variants(desk.database, job_id)[0].id)
    clock.forward(seconds=4)
    assert sweep.resolve_submitting(desk) == 3
    assert provider.calls.count("list_pages") == 1
    owned = [factories.attempts(desk.database, job_id)[0].prediction_id for job_id in jobs]
    assert owned == provider.bought()
