"""Does a person's sync do what the sweep would, tell the truth in a dry run, and show nobody what is not theirs?"""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Role
from core.jobs import manual_sync, provider_list, settlement, sync, transitions
from core.jobs.desk import Desk
from core.jobs.manual_sync import Outcome, SyncReport
from core.models import Attempt, Job, JobEvent, LedgerEntry, Variant
from core.provider.contract import Prediction
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock


def everything(desk: Desk) -> list[object]:
    with desk.database.read() as session:
        return [
            [tuple(row) for row in session.execute(sa.select(*table.__table__.columns).order_by(table.id))]
            for table in (Job, Variant, Attempt, JobEvent, LedgerEntry)
        ]


def mixed_jobs(desk: Desk, provider: FakeProvider) -> dict[str, str]:
    """One job of each kind of news; the state each will be in."""
    expected = {}
    endings: list[tuple[dict[str, object] | None, dict[str, object] | None, str]] = [
        ({}, {}, "completed"),
        ({}, {"status": "canceled"}, "partial"),
        ({"status": "canceled"}, {"status": "aborted"}, "failed"),
        ({}, None, "processing"),
        (None, None, "processing"),
        ({"output": None, "data_removed": True}, {}, "partial"),
        # It has its free retry, so the job goes on.
        ({}, {"status": "failed", "error": "broken"}, "processing"),
        ({"status": "failed", "error": "E005"}, None, "processing"),
    ]
    for number, (*pair, state) in enumerate(endings):
        job_id, predictions = factories.ordered_job(desk, number=number)
        for prediction_id, ending in zip(predictions, pair, strict=True):
            if ending is not None:
                provider.finish(prediction_id, **ending)
        expected[job_id] = state
    return expected


def test_many_are_asked_about_by_pages_of_the_list(
    desk: Desk, provider: FakeProvider, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_list, "GET_LIMIT", 1)
    expected = mixed_jobs(desk, provider)
    provider.calls.clear()
    report = manual_sync.sync_jobs(desk, people.dora)
    assert {one.job_id: one.after for one in report.outcomes} == expected
    assert (provider.calls.count("list_pages"), provider.calls.count("get")) == (1, 0)


def test_what_the_list_can_not_say_is_asked_about_one_by_one(
    desk: Desk, provider: FakeProvider, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_list, "GET_LIMIT", 1)
    expected = mixed_jobs(desk, provider)
    provider.fail_next("list_pages", errors.ProviderUnavailable())
    report = manual_sync.sync_jobs(desk, people.dora)
    assert {one.job_id: one.after for one in report.outcomes} == expected


def test_a_dry_run_changes_nothing_and_tells_what_the_real_one_does(
    desk: Desk, provider: FakeProvider, people: People, clock: SettableClock
) -> None:
    expected = mixed_jobs(desk, provider)
    queued = factories.job(desk)
    before = everything(desk)

    dry = manual_sync.sync_jobs(desk, people.dora, dry_run=True)

    assert everything(desk) == before
    assert dry.dry_run is True
    real = manual_sync.sync_jobs(desk, people.dora)
    assert (dry.checked, real.checked) == (9, 9)
    told = {one.job_id: (one.before, one.after) for one in dry.changed}
    assert told == {one.job_id: (one.before, one.after) for one in real.changed}
    assert {job_id: factories.states(desk.database, job_id)[0] for job_id in expected} == expected
    assert {job_id: str(after) for job_id, (_, after) in told.items()} == {
        job_id: state for n, (job_id, state) in enumerate(expected.items()) if n != 4
    }
    assert factories.states(desk.database, queued)[0] == "pending"
    assert manual_sync.sync_jobs(desk, people.dora).changed == []


def test_the_history_names_who_synced(desk: Desk, provider: FakeProvider, people: People) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for prediction_id in predictions:
        provider.finish(prediction_id)
    report = manual_sync.sync_jobs(desk, people.dora, job_id=job_id)
    assert [(one.before, one.after) for one in report.changed] == [("processing", "completed")]
    assert report.changed[0].message.startswith("Variant A: ")
    assert "Variant B: " in report.changed[0].message
    last = factories.detail(desk.database, job_id).events[-1]
    assert (last.source, last.actor) == ("sync", "dora")


def test_only_the_named_job_is_synced(desk: Desk, provider: FakeProvider, people: People) -> None:
    jobs = [factories.ordered_job(desk, number=number)[0] for number in (1, 2)]
    for prediction_id in provider.bought():
        provider.finish(prediction_id)
    report = manual_sync.sync_jobs(desk, people.alice, job_id=jobs[0])
    assert report.checked == 1
    assert [factories.states(desk.database, job_id)[0] for job_id in jobs] == ["completed", "processing"]


def test_an_unknown_job_is_not_found(desk: Desk, people: People) -> None:
    with pytest.raises(errors.JobNotFound):
        manual_sync.sync_jobs(desk, people.dora, job_id="nothing")


def test_staff_do_not_sync(desk: Desk, people: People) -> None:
    with pytest.raises(errors.PermissionDenied):
        manual_sync.sync_jobs(desk, people.bob)


def test_who_is_bound_to_an_account_syncs_no_other(desk: Desk, provider: FakeProvider, people: People) -> None:
    job_id, _ = factories.ordered_job(desk)
    bound = Actor(name="erik", role=Role.SUPPORT, source=people.dora.source, account_id=people.charlie.account_id)
    with pytest.raises(errors.JobNotFound):
        manual_sync.sync_jobs(desk, bound, job_id=job_id)
    assert manual_sync.sync_jobs(desk, bound).checked == 0


def test_what_can_not_be_read_is_counted_and_a_silent_provider_is_an_error(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    _, predictions = factories.ordered_job(desk)
    provider.finish(predictions[0])
    provider.finish(predictions[1])
    provider.fail_next("get", errors.ProviderUnavailable())
    report = manual_sync.sync_jobs(desk, people.dora)
    assert (report.unreachable, len(report.changed)) == (1, 1)
    provider.is_silent = True
    with pytest.raises(errors.ProviderUnavailable):
        manual_sync.sync_jobs(desk, people.dora)


def test_a_prediction_is_shown_to_those_whose_job_it_is(desk: Desk, provider: FakeProvider, people: People) -> None:
    _, predictions = factories.ordered_job(desk)
    _, foreign = factories.ordered_job(desk, account=OUTSIDER)
    assert manual_sync.provider_view(desk, people.bob, prediction_id=predictions[0]).id == predictions[0]
    assert manual_sync.provider_view(desk, people.dora, prediction_id=foreign[0]).id == foreign[0]
    for actor, prediction_id in ((people.bob, foreign[0]), (people.bob, "none"), (people.dora, "none")):
        with pytest.raises(errors.PredictionNotFound):
            manual_sync.provider_view(desk, actor, prediction_id=prediction_id)


@pytest.mark.parametrize("wrong", ["../account", "a/b", "a?b", "", "x" * 65, "é", "a b", "a\n"])
def test_what_is_no_prediction_id_is_never_asked_for(
    desk: Desk, provider: FakeProvider, people: People, wrong: str
) -> None:
    with pytest.raises(errors.PredictionNotFound):
        manual_sync.provider_view(desk, people.alice, prediction_id=wrong)
    assert provider.calls == []
    assert not re.fullmatch("[a-z0-9]+", wrong) or len(wrong) > 64


def told(report: SyncReport) -> dict[str, tuple[Outcome, str]]:
    """What came of each job, and in which words."""
    return {one.job_id: (one.outcome, one.message) for one in report.outcomes}


def test_each_job_is_told_what_came_of_it_also_where_nothing_changed(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    changed, (first, _) = factories.ordered_job(desk)
    drawing, _ = factories.ordered_job(desk, number=1)
    waiting = factories.job(desk, number=2)
    ended, predictions = factories.ordered_job(desk, number=3)
    for prediction_id in predictions:
        sync.apply(desk, people.dora, provider.finish(prediction_id))
    provider.finish(first)
    jobs = [changed, drawing, waiting, ended]

    report = manual_sync.sync_jobs(desk, people.dora, job_ids=jobs)

    assert told(report) == {
        changed: (
            Outcome.CHANGED,
            "Variant A: Its result was fetched and stored. Variant B: Replicate is still drawing it.",
        ),
        drawing: (
            Outcome.DRAWING,
            "Variant A: Replicate is still drawing it. Variant B: Replicate is still drawing it.",
        ),
        waiting: (
            Outcome.WAITING,
            "Variant A: It waits for its turn, and was not ordered yet."
            " Variant B: It waits for its turn, and was not ordered yet.",
        ),
        ended: (Outcome.ENDED, "It had ended before: completed."),
    }
    assert [one.job_id for one in report.changed] == [changed]
    assert {(one.account, one.file_name) for one in report.outcomes} == {(BELLEVUE, "room.jpg")}
    assert [(one.before, one.after) for one in report.outcomes if one.job_id == ended] == [("completed", "completed")]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (errors.ProviderUnavailable("The way there is closed."), "The way there is closed."),
        (errors.StorageUnavailable("The disk is full."), "The disk is full."),
    ],
)
def test_a_result_that_can_not_be_kept_just_now_is_told_and_comes_with_the_next_sync(
    desk: Desk,
    provider: FakeProvider,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
    fault: errors.StagingError,
    words: str,
) -> None:
    job_id, (first, second) = factories.ordered_job(desk)
    provider.finish(first)
    provider.start(second)
    with monkeypatch.context() as patched:

        def refuse(*_arguments: object, **_more: object) -> None:
            raise fault

        patched.setattr(settlement, "fetch_result", refuse)
        report = manual_sync.sync_jobs(desk, people.dora, job_ids=[job_id])
    outcome, message = told(report)[job_id]
    assert (outcome, report.changed) == (Outcome.DELAYED, [])
    assert message.startswith("Variant A: Its result is there, but could not be fetched or stored just now")
    assert words in message
    assert "Variant B: Replicate is still drawing it." in message
    again = manual_sync.sync_jobs(desk, people.dora, job_ids=[job_id])
    assert told(again)[job_id][0] is Outcome.CHANGED


def test_a_result_that_another_process_fetches_just_now_is_left_to_it(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    job_id, (first, _) = factories.ordered_job(desk)
    provider.finish(first)
    assert settlement.claim(desk, factories.variants(desk.database, job_id)[0].id, prediction_id=first)
    outcome, message = told(manual_sync.sync_jobs(desk, people.dora, job_ids=[job_id]))[job_id]
    assert outcome is Outcome.DELAYED
    assert message.startswith("Variant A: Its result is being fetched by another process just now.")


def test_news_that_came_through_another_door_meanwhile_are_not_told_as_the_syncs_own(
    desk: Desk, provider: FakeProvider, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    get = provider.get

    def faster(prediction_id: str) -> Prediction:
        sync.apply(desk, people.alice, provider.finish(prediction_id))
        return get(prediction_id)

    monkeypatch.setattr(provider, "get", faster)
    report = manual_sync.sync_jobs(desk, people.dora, job_ids=[job_id])
    (one,) = report.outcomes
    assert (one.outcome, report.changed, one.after) == (Outcome.ENDED, [], "completed")
    assert one.message.count("Other news of its end came first.") == len(predictions)


def test_a_job_that_could_not_be_asked_about_says_so(desk: Desk, provider: FakeProvider, people: People) -> None:
    silent, _ = factories.ordered_job(desk)
    heard, _ = factories.ordered_job(desk, number=1)
    for one in factories.attempts(desk.database, silent):
        del provider.predictions[one.prediction_id or ""]
    for dry_run in (True, False):
        report = manual_sync.sync_jobs(desk, people.dora, job_ids=[silent, heard], dry_run=dry_run)
        outcome, message = told(report)[silent]
        assert (outcome, report.unreachable, told(report)[heard][0]) == (Outcome.UNREACHABLE, 2, Outcome.DRAWING)
        assert message.startswith("Variant A: It could not be asked about. Replicate knows no prediction")


def test_an_order_that_is_out_is_told_as_such(desk: Desk, people: People) -> None:
    job_id = factories.job(desk)
    variant = factories.variants(desk.database, job_id)[0]
    with desk.database.write() as session:
        transitions.begin_attempt(session, people.dora, variant_id=variant.id, input={}, seed=1)
    outcome, message = told(manual_sync.sync_jobs(desk, people.dora))[job_id]
    assert outcome is Outcome.WAITING
    assert message.startswith("Variant A: It is being ordered, and Replicate has not answered yet.")


def test_only_the_chosen_jobs_are_asked_about(desk: Desk, provider: FakeProvider, people: People) -> None:
    jobs = [factories.ordered_job(desk, number=number)[0] for number in range(3)]
    provider.calls.clear()
    report = manual_sync.sync_jobs(desk, people.dora, job_ids=[jobs[0], jobs[2], jobs[0]])
    assert {one.job_id for one in report.outcomes} == {jobs[0], jobs[2]}
    assert provider.calls == ["get"] * 4
    assert manual_sync.sync_jobs(desk, people.dora, job_ids=[]).checked == 0
    for strange in ("nothing", "\0", "\ud800"):
        with pytest.raises(errors.JobNotFound):
            manual_sync.sync_jobs(desk, people.dora, job_ids=[jobs[0], strange])


def test_only_what_is_stuck_or_slow_is_stale(
    desk: Desk, provider: FakeProvider, people: People, clock: SettableClock
) -> None:
    quick, predictions = factories.ordered_job(desk)
    clock.forward(seconds=8)
    for prediction_id in predictions:
        sync.apply(desk, people.alice, provider.finish(prediction_id))
    # All but the slowest take eight seconds by now.
    slow, _ = factories.ordered_job(desk, number=1)
    clock.forward(seconds=16)
    young, _ = factories.ordered_job(desk, number=2)
    waiting = factories.job(desk, number=3)
    assert stale(desk, people.dora) == []
    clock.forward(seconds=1)
    assert stale(desk, people.dora) == [slow]
    assert stale(desk, people.dora, job_ids=[quick, young]) == []
    clock.forward(minutes=31)
    assert set(stale(desk, people.dora)) == {slow, young, waiting}
    assert set(stale(desk, people.dora, job_ids=[quick, young])) == {young}


def stale(desk: Desk, actor: Actor, **options: Any) -> list[str]:
    """The jobs that a sync of all that is stale asks about."""
    report = manual_sync.sync_jobs(desk, actor, stale_only=True, dry_run=True, **options)
    return [one.job_id for one in report.outcomes]


def test_before_anything_was_measured_a_first_estimate_says_what_is_slow(
    desk: Desk, people: People, clock: SettableClock
) -> None:
    job_id, _ = factories.ordered_job(desk)
    clock.forward(seconds=12)
    assert stale(desk, people.dora) == []
    clock.forward(seconds=1)
    assert stale(desk, people.dora) == [job_id]
