"""Does a person's sync do what the sweep would, tell the truth in a dry run, and show nobody what is not theirs?"""

import re

import pytest
import sqlalchemy as sa

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Role
from core.jobs import manual_sync
from core.jobs.desk import Desk
from core.models import Attempt, Job, JobEvent, LedgerEntry, Variant
from tests import factories
from tests.factories import OUTSIDER, People
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
