"""Is everything found that was bought and that nobody waits for, and nothing else touched?"""

from datetime import timedelta

import pytest

from core import errors
from core.jobs import audit, creation, orphans, sweep, sync
from core.jobs.desk import Desk
from core.provider.registry import DEFAULT_MODEL
from tests import factories
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock

Ordered = tuple[str, list[str]]


@pytest.fixture
def ordered(desk: Desk, clock: SettableClock) -> Ordered:
    return factories.ordered_job(desk)


def stray(provider: FakeProvider, like: str) -> str:
    """A prediction with the input of one of ours, that no attempt owns."""
    return provider.create(model=DEFAULT_MODEL.name, input=provider.predictions[like]["input"]).id


def found(desk: Desk) -> list[str]:
    return [prediction.id for prediction in orphans.find(desk)]


def test_where_nothing_was_bought_twice_nothing_is_found(
    desk: Desk, provider: FakeProvider, ordered: Ordered
) -> None:
    _, (first, _) = ordered
    factories.fail(desk, provider, first)
    provider.create(model=DEFAULT_MODEL.name, input={"prompt": "of another desk", "seed": 1})
    assert found(desk) == []
    assert orphans.cancel(desk) == []
    assert "cancel" not in provider.calls


def test_without_orders_the_provider_is_not_asked(desk: Desk, provider: FakeProvider, clock: SettableClock) -> None:
    provider.create(model=DEFAULT_MODEL.name, input={"prompt": "of another desk"})
    provider.calls.clear()
    assert found(desk) == []
    assert provider.calls == []


STATUSES = {
    # How the prediction stands, whether it is an orphan, and whether there is anything to cancel.
    "starting": (True, True),
    "processing": (True, True),
    "succeeded": (True, False),
    "failed": (False, False),
    "canceled": (False, False),
    "aborted": (False, False),
}


@pytest.mark.parametrize("status", STATUSES)
def test_what_runs_or_was_paid_for_is_found_and_what_runs_is_canceled(
    desk: Desk, provider: FakeProvider, ordered: Ordered, status: str
) -> None:
    is_orphan, is_canceled = STATUSES[status]
    _, predictions = ordered
    lost = stray(provider, predictions[0])
    if status != "starting":
        provider.start(lost)
    if status not in ("starting", "processing"):
        provider.finish(lost, status=status)
    assert found(desk) == ([lost] if is_orphan else [])

    canceled = orphans.cancel(desk)

    assert [one.id for one in canceled] == ([lost] if is_canceled else [])
    assert provider.predictions[lost]["status"] == ("canceled" if is_canceled else status)
    # Those that somebody waits for run on.
    assert [provider.predictions[one]["status"] for one in predictions] == ["starting", "starting"]
    # What was paid for stays a finding: only a person can ask for the money.
    told = [f"{one.subject}: {one.message}" for one in audit.audit(desk)]
    assert told == (
        [f"prediction {lost}: it was ordered by us and is succeeded, but no variant owns it"]
        if status == "succeeded"
        else []
    )


def test_an_order_that_is_still_looked_for_is_no_orphan(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    provider.fail_next("create:taken", errors.ProviderAmbiguous())
    creation.create_prediction(desk, factories.variants(desk.database, factories.job(desk))[0].id)
    assert found(desk) == []
    assert orphans.cancel(desk) == []
    clock.forward(seconds=4)
    assert sweep.resolve_submitting(desk) == 1
    assert found(desk) == []


def test_an_order_that_turns_up_after_it_was_struck_off_is_found(
    desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    """The list lagged longer than it was given: the variant was ordered anew, and the first prediction runs too."""
    provider.list_lag = timedelta(minutes=2)
    provider.fail_next("create:taken", errors.ProviderAmbiguous())
    job_id = factories.job(desk)
    creation.create_prediction(desk, factories.variants(desk.database, job_id)[0].id)
    (lost,) = provider.bought()
    while factories.states(desk.database, job_id)[1][0] == "submitting":
        clock.forward(seconds=3.1)
        sweep.resolve_submitting(desk)
    predictions = factories.order_queued(desk, job_id)
    assert lost not in predictions
    assert found(desk) == []
    clock.forward(minutes=2)
    assert found(desk) == [lost]
    assert [one.id for one in orphans.cancel(desk)] == [lost]
    assert found(desk) == []
    for prediction_id in predictions:
        sync.apply(desk, factories.manager(), provider.finish(prediction_id))
    assert factories.states(desk.database, job_id)[0] == "completed"


def test_orphans_are_looked_for_while_the_provider_remembers_whose_they_are(
    desk: Desk, provider: FakeProvider, ordered: Ordered, clock: SettableClock
) -> None:
    lost = stray(provider, ordered[1][0])
    clock.forward(minutes=59)
    assert found(desk) == [lost]
    clock.forward(minutes=2)
    provider.expire(lost)
    assert found(desk) == []


def test_one_order_that_was_bought_twice_is_an_orphan_once(
    desk: Desk, provider: FakeProvider, ordered: Ordered
) -> None:
    lost = [stray(provider, ordered[1][number]) for number in (0, 1, 1)]
    assert sorted(found(desk)) == sorted(lost)
    assert sorted(one.id for one in orphans.cancel(desk)) == sorted(lost)


def test_a_provider_that_is_away_is_said_to_who_asks(desk: Desk, provider: FakeProvider, ordered: Ordered) -> None:
    provider.is_silent = True
    with pytest.raises(errors.ProviderUnavailable):
        orphans.cancel(desk)
