"""Are the figures what one would count by hand, on both databases?"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from core import clock as core_clock
from core import errors
from core.analytics import queries
from core.auth.actors import Source, system
from core.db.session import Database
from core.jobs import endings, transitions
from core.jobs.desk import Desk
from core.jobs.endings import StoredResult
from core.jobs.states import JobState, VariantState
from core.provider.contract import Prediction, PredictionStatus
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.settable_clock import SettableClock

_SWEEP = system(Source.SWEEP)
_FIRST = date(2026, 3, 1)


@dataclass(frozen=True)
class Made:
    """What a history holds about one job, kept by hand beside the database."""

    account: str
    submitted: datetime
    ended: datetime
    outcomes: tuple[str, str]
    variant_seconds: tuple[float, ...]

    @property
    def state(self) -> JobState:
        succeeded = self.outcomes.count("succeeded")
        return (JobState.FAILED, JobState.PARTIAL, JobState.COMPLETED)[succeeded]


def stage(desk: Desk, clock: SettableClock, *, account: str, at: datetime, outcomes: tuple[str, str]) -> Made:
    """Submit a job at that time and end its variants 4 and 9 seconds after their order, as told."""
    clock.time = at
    job_id = factories.job(desk, account=account)
    clock.time = at + timedelta(seconds=1)
    seconds = []
    for index, (variant, outcome) in enumerate(zip(factories.variants(desk.database, job_id), outcomes, strict=True)):
        takes = (4.0, 9.0)[index]
        clock.time = at + timedelta(seconds=1)
        prediction = _order(desk, variant.id, f"{job_id}-{index}")
        clock.time = at + timedelta(seconds=1 + takes)
        if outcome == "safety":
            # Its free retry is refused as well, in no time.
            _fail(desk, variant.id, errors.SafetyRefused())
            _order(desk, variant.id, f"{job_id}-{index}-again")
        if outcome != "succeeded":
            _fail(desk, variant.id, errors.SafetyRefused() if outcome == "safety" else errors.TimedOut())
            continue
        seconds.append(takes)
        with desk.database.write() as session:
            endings.succeed_variant(
                session, _SWEEP, variant_id=variant.id, prediction=prediction, result=_result(variant.id)
            )
    return Made(account, at, clock(), outcomes, tuple(seconds))


def _order(desk: Desk, variant_id: str, prediction_id: str) -> Prediction:
    prediction = _prediction(prediction_id, core_clock.now())
    with desk.database.write() as session:
        attempt = transitions.begin_attempt(session, _SWEEP, variant_id=variant_id, input={}, seed=1)
        transitions.record_prediction(
            session,
            _SWEEP,
            attempt_id=str(attempt),
            prediction=prediction,
            timeout_seconds=300,
            poll_after=timedelta(seconds=1),
            cost_usd_micros=1,
        )
    return prediction


def _fail(desk: Desk, variant_id: str, failure: errors.StagingError) -> None:
    with desk.database.write() as session:
        endings.end_without_result(
            session,
            _SWEEP,
            variant_id=variant_id,
            failure=failure,
            allowed=(VariantState.QUEUED, VariantState.RUNNING),
        )


def _prediction(prediction_id: str, now: datetime) -> Prediction:
    return Prediction(
        id=prediction_id,
        status=PredictionStatus.PROCESSING,
        input={},
        output_url=None,
        error=None,
        logs=None,
        created_at=now,
        started_at=None,
        completed_at=None,
        predict_seconds=None,
        data_removed=False,
        raw={},
    )


def _result(variant_id: str) -> StoredResult:
    return StoredResult(
        key=f"accounts/1/results/{variant_id}",
        thumbnail_key="",
        sha256="",
        media_type="image/jpeg",
        width=1,
        height=1,
        size_bytes=1,
    )


def summary(database: Database, people: People, *, days: int = 10, account: str | None = None) -> queries.Summary:
    with database.read() as session:
        return queries.summary(
            session, people.alice, first=_FIRST, last=_FIRST + timedelta(days=days - 1), account=account
        )


def noon(day: int = 0) -> datetime:
    return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=day)


@pytest.mark.parametrize("account", [None, BELLEVUE])
def test_every_figure_equals_a_count_by_hand(
    desk: Desk, database: Database, clock: SettableClock, people: People, account: str | None
) -> None:
    chance = random.Random(7)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    moments = sorted(start + timedelta(seconds=chance.random() * 9.9 * 86_400) for _ in range(20))
    history = [
        stage(
            desk,
            clock,
            account=chance.choice([BELLEVUE, OUTSIDER]),
            at=moment,
            outcomes=(chance.choice(["succeeded", "safety"]), chance.choice(["succeeded", "succeeded", "late"])),
        )
        for moment in moments
    ]
    seen = [made for made in history if account in (None, made.account)]
    found = summary(database, people, account=account)

    assert found.jobs == len(seen)
    assert found.success == queries.Share(
        part=sum(made.state is JobState.COMPLETED for made in seen), whole=len(seen)
    )
    assert found.credits.charged == 40 * len(seen)
    assert found.credits.refunded == 20 * sum(2 - made.outcomes.count("succeeded") for made in seen)
    assert found.variant_times.count == sum(len(made.variant_seconds) for made in seen)
    assert found.job_times.count == sum(made.state is JobState.COMPLETED for made in seen)
    assert sum(item.jobs for item in found.failures) == sum(made.state is not JobState.COMPLETED for made in seen)
    for day in found.days:
        of_day = [made for made in seen if made.submitted.date() == day.day]
        assert day.jobs == len(of_day)
        assert day.success.part == sum(made.state is JobState.COMPLETED for made in of_day)
        assert day.credits.charged == 40 * len(of_day)


def test_percentiles_are_of_the_nearest_rank(
    desk: Desk, database: Database, clock: SettableClock, people: People
) -> None:
    stage(desk, clock, account=BELLEVUE, at=noon(), outcomes=("succeeded", "succeeded"))
    found = summary(database, people)
    assert found.variant_times == queries.Durations(count=2, p50_seconds=4.0, p95_seconds=9.0)
    assert found.job_times == queries.Durations(count=1, p50_seconds=10.0, p95_seconds=10.0)


def test_a_refund_counts_on_the_day_it_was_made(
    desk: Desk, database: Database, clock: SettableClock, people: People
) -> None:
    late = datetime(2026, 3, 1, 23, 59, 55, tzinfo=UTC)
    stage(desk, clock, account=BELLEVUE, at=late, outcomes=("succeeded", "safety"))
    first, second, *_ = summary(database, people).days
    assert (first.credits.charged, first.credits.refunded) == (40, 0)
    assert (second.credits.charged, second.credits.refunded) == (0, 20)


def test_a_day_begins_at_midnight_utc(desk: Desk, database: Database, clock: SettableClock, people: People) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    for moment in (midnight - timedelta(microseconds=1), midnight):
        stage(desk, clock, account=BELLEVUE, at=moment, outcomes=("succeeded", "succeeded"))
    assert [day.jobs for day in summary(database, people).days[:3]] == [1, 1, 0]


def test_jobs_in_flight_and_canceled_are_not_in_the_rate(
    desk: Desk, database: Database, clock: SettableClock, people: People
) -> None:
    stage(desk, clock, account=BELLEVUE, at=noon(), outcomes=("succeeded", "succeeded"))
    clock.time = noon(1)
    factories.job(desk)
    found = summary(database, people)
    assert (found.jobs, found.in_flight) == (2, 1)
    assert found.success == queries.Share(part=1, whole=1)


def test_an_empty_period_has_every_day_and_no_rate(database: Database, people: People) -> None:
    found = summary(database, people, days=3)
    assert [day.day for day in found.days] == [_FIRST + timedelta(days=number) for number in range(3)]
    assert found.success.rate is None
    assert found.variant_times.p50_seconds is None


def test_only_managers_see_figures(database: Database, people: People) -> None:
    with database.read() as session, pytest.raises(errors.PermissionDenied):
        queries.summary(session, people.bob, first=_FIRST, last=_FIRST)
