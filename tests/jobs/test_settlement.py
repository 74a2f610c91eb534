"""Is a result fetched by one at a time, and by somebody else soon after a crash?"""

import time

import pytest

from core.auth.actors import Source, system
from core.jobs import settlement, sync
from core.jobs.desk import Desk
from core.models import Variant
from tests import factories
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock


@pytest.fixture
def running(desk: Desk) -> tuple[str, str]:
    """A running variant, and the prediction it follows."""
    job_id, predictions = factories.ordered_job(desk)
    return factories.variants(desk.database, job_id)[0].id, predictions[0]


def test_a_claim_that_is_renewed_keeps_others_away(
    desk: Desk, running: tuple[str, str], clock: SettableClock
) -> None:
    variant_id, prediction_id = running
    assert settlement.claim(desk, variant_id, prediction_id=prediction_id)
    for _ in range(20):
        clock.forward(seconds=3)
        settlement.renew_claims(desk)
        assert not settlement.claim(desk, variant_id, prediction_id=prediction_id)


def test_a_claim_that_a_crash_left_behind_is_over_within_five_seconds(
    desk: Desk, running: tuple[str, str], clock: SettableClock
) -> None:
    variant_id, prediction_id = running
    assert settlement.claim(desk, variant_id, prediction_id=prediction_id)
    desk.settling.clear()
    clock.forward(seconds=5.1)
    settlement.renew_claims(desk)
    assert settlement.claim(desk, variant_id, prediction_id=prediction_id)


def test_a_settling_that_never_ends_is_not_renewed_for_ever(
    desk: Desk, running: tuple[str, str], clock: SettableClock
) -> None:
    variant_id, prediction_id = running
    assert settlement.claim(desk, variant_id, prediction_id=prediction_id)
    desk.settling[variant_id] -= settlement.DOWNLOAD_MAX_SECONDS + 31
    clock.forward(seconds=5.1)
    settlement.renew_claims(desk)
    assert settlement.claim(desk, variant_id, prediction_id=prediction_id)


def test_nothing_is_renewed_once_the_result_is_there(
    desk: Desk, provider: FakeProvider, running: tuple[str, str], clock: SettableClock
) -> None:
    variant_id, prediction_id = running
    sync.apply(desk, system(Source.SWEEP), provider.finish(prediction_id))
    assert desk.settling == {}
    desk.settling[variant_id] = time.monotonic()
    settlement.renew_claims(desk)
    with desk.database.read() as session:
        assert session.get_one(Variant, variant_id).settling_until is None


def test_a_prediction_that_is_not_followed_can_not_claim(desk: Desk, running: tuple[str, str]) -> None:
    assert not settlement.claim(desk, running[0], prediction_id="p9999")
