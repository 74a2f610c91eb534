"""Does each transition change exactly the states it is meant for, once, and with the credits it implies?"""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.auth.actors import Source, system
from core.db.session import Database
from core.jobs import endings, transitions
from core.jobs.desk import Desk
from core.jobs.endings import StoredResult
from core.jobs.states import VariantState
from core.models import Attempt, Job, Variant
from core.provider.contract import Prediction, PredictionStatus
from tests import factories
from tests.factories import CREDITS

ACTOR = system(Source.SWEEP)
RESULT = StoredResult(
    key="accounts/1/results/a.png",
    thumbnail_key="t",
    sha256="a",
    media_type="image/png",
    width=1,
    height=1,
    size_bytes=1,
)
TERMINAL = [state for state in VariantState if state.is_terminal]


def prediction(prediction_id: str, status: PredictionStatus = PredictionStatus.SUCCEEDED) -> Prediction:
    return Prediction(
        id=prediction_id,
        status=status,
        input=None,
        output_url=None,
        error=None,
        logs=None,
        created_at=clock.now(),
        started_at=None,
        completed_at=None,
        predict_seconds=None,
        data_removed=False,
        raw={},
    )


def put_in(desk: Desk, variant: Variant, state: VariantState) -> str:
    """Bring a queued variant to the state by the proper way; its attempt's id."""
    path = {
        VariantState.QUEUED: [],
        VariantState.SUBMITTING: ["begin"],
        VariantState.RUNNING: ["begin", "record"],
        VariantState.SUCCEEDED: ["begin", "record", "succeed"],
        VariantState.FAILED: ["begin", "record", "fail"],
    }
    attempt_id = ""
    for step in path.get(state, []):
        with desk.database.write() as session:
            attempt_id = attempt_id or "none"
            result = STEPS[step](session, variant.id, attempt_id)
        attempt_id = result if isinstance(result, str) else attempt_id
    if state is VariantState.CANCELED:
        factories.move_variant(desk.database, variant.id, state=state, completed_at=clock.now(), next_due_at=None)
    return attempt_id


Step = Callable[[Session, str, str], object]
IN_FLIGHT = (VariantState.QUEUED, VariantState.SUBMITTING, VariantState.RUNNING)
STEPS: dict[str, Step] = {
    "begin": lambda s, variant_id, _: transitions.begin_attempt(s, ACTOR, variant_id=variant_id, input={}, seed=1),
    "record": lambda s, variant_id, attempt_id: transitions.record_prediction(
        s,
        ACTOR,
        attempt_id=attempt_id,
        prediction=prediction(f"p-{variant_id}", PredictionStatus.STARTING),
        timeout_seconds=300,
        poll_after=timedelta(seconds=1),
        cost_usd_micros=40_000,
    ),
    "postpone": lambda s, _, attempt_id: transitions.postpone(
        s, ACTOR, attempt_id=attempt_id, due_at=clock.now(), why="test"
    ),
    "abandon": lambda s, _, attempt_id: transitions.abandon(s, ACTOR, attempt_id=attempt_id, due_at=clock.now()),
    "refuse": lambda s, _, attempt_id: transitions.refuse(
        s, ACTOR, attempt_id=attempt_id, failure=errors.ProviderRefused()
    ),
    "give up": lambda s, _, attempt_id: transitions.give_up_looking(s, ACTOR, attempt_id=attempt_id),
    "succeed": lambda s, variant_id, _: endings.succeed_variant(
        s, ACTOR, variant_id=variant_id, prediction=prediction(f"p-{variant_id}"), result=RESULT
    ),
    "succeed by another": lambda s, variant_id, _: endings.succeed_variant(
        s, ACTOR, variant_id=variant_id, prediction=prediction("p-another"), result=RESULT
    ),
    "fail": lambda s, variant_id, _: endings.end_without_result(
        s, ACTOR, variant_id=variant_id, failure=errors.TimedOut(), allowed=IN_FLIGHT
    ),
    "fail by bad luck": lambda s, variant_id, _: endings.end_without_result(
        s, ACTOR, variant_id=variant_id, failure=errors.PredictionFailed(), allowed=IN_FLIGHT
    ),
    "fail by another": lambda s, variant_id, _: endings.end_without_result(
        s, ACTOR, variant_id=variant_id, failure=errors.TimedOut(), allowed=IN_FLIGHT, prediction_id="p-another"
    ),
}
ALLOWED: dict[str, dict[VariantState, VariantState]] = {
    "begin": {VariantState.QUEUED: VariantState.SUBMITTING},
    "record": {VariantState.SUBMITTING: VariantState.RUNNING},
    "postpone": {VariantState.SUBMITTING: VariantState.QUEUED},
    "abandon": {VariantState.SUBMITTING: VariantState.QUEUED},
    "refuse": {VariantState.SUBMITTING: VariantState.FAILED},
    "give up": {VariantState.SUBMITTING: VariantState.FAILED},
    "succeed": {VariantState.RUNNING: VariantState.SUCCEEDED},
    "succeed by another": {},
    "fail": dict.fromkeys(IN_FLIGHT, VariantState.FAILED),
    # Only what ran may be mended by another seed.
    "fail by bad luck": dict.fromkeys(IN_FLIGHT, VariantState.FAILED) | {VariantState.RUNNING: VariantState.QUEUED},
    "fail by another": {},
}


def everything(database: Database) -> list[object]:
    with database.read() as session:
        return [
            [tuple(row) for row in session.execute(sa.select(*table.__table__.columns).order_by(table.id))]
            for table in (Job, Variant, Attempt)
        ]


@pytest.mark.parametrize("state", VariantState)
@pytest.mark.parametrize("step", STEPS)
def test_a_transition_changes_only_the_states_it_is_for(desk: Desk, step: str, state: VariantState) -> None:
    variant = factories.variants(desk.database, factories.job(desk))[0]
    attempt_id = put_in(desk, variant, state)
    before, balance = everything(desk.database), factories.balance(desk.database)

    with desk.database.write() as session:
        changed = STEPS[step](session, variant.id, attempt_id)

    after = factories.variants(desk.database, variant.job_id)[0].state
    if state in ALLOWED[step]:
        assert changed
        assert after == ALLOWED[step][state]
        assert factories.balance(desk.database) - balance == (20 if after == VariantState.FAILED else 0)
    else:
        assert not changed
        assert everything(desk.database) == before
        assert factories.balance(desk.database) == balance


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", TERMINAL)
def test_terminal_states_never_reopen(desk: Desk, step: str, state: VariantState) -> None:
    variant = factories.variants(desk.database, factories.job(desk))[0]
    attempt_id = put_in(desk, variant, state)
    for _ in range(2):
        with desk.database.write() as session:
            assert not STEPS[step](session, variant.id, attempt_id)
    assert factories.variants(desk.database, variant.job_id)[0].state == state


def test_a_prediction_belongs_to_one_attempt(desk: Desk) -> None:
    first, second = factories.variants(desk.database, factories.job(desk))
    attempt_ids = [put_in(desk, one, VariantState.SUBMITTING) for one in (first, second)]
    outcomes = []
    for attempt_id in attempt_ids:
        with desk.database.write() as session:
            outcomes.append(STEPS["record"](session, "same", attempt_id))
    assert outcomes == [True, False]
    assert factories.states(desk.database, first.job_id)[1] == ["running", "submitting"]


def test_the_deadline_runs_from_the_creation(desk: Desk, clock: object) -> None:
    variant = factories.variants(desk.database, factories.job(desk))[0]
    put_in(desk, variant, VariantState.RUNNING)
    found = factories.variants(desk.database, variant.job_id)[0]
    assert found.deadline_at == found.started_at + timedelta(seconds=300)


@pytest.mark.parametrize("ends", [("succeed", "fail"), ("fail", "fail"), ("succeed", "succeed")], ids="+".join)
def test_two_variants_that_end_at_once_end_the_job_once(desk: Desk, ends: tuple[str, str]) -> None:
    for _ in range(4):
        job_id = factories.job(desk)
        pair = factories.variants(desk.database, job_id)
        for variant in pair:
            put_in(desk, variant, VariantState.RUNNING)
        balance = factories.balance(desk.database)

        def end(variant: Variant, step: str) -> object:
            with desk.database.write() as session:
                return bool(STEPS[step](session, variant.id, ""))

        # Each end is told twice, as a webhook and the sweep would.
        outcomes = factories.at_once(
            *[lambda variant=v, step=s: end(variant, step) for v, s in zip(pair * 2, ends * 2, strict=True)]
        )

        assert sorted(outcomes) == [False, False, True, True]
        job = factories.detail(desk.database, job_id)
        assert job.state.is_terminal
        assert [event.kind for event in job.events].count("finished") == 1
        assert job.credits_refunded == 20 * ends.count("fail")
        assert factories.balance(desk.database) - balance == 20 * ends.count("fail")


def test_the_job_tells_the_first_reason(desk: Desk) -> None:
    job_id = factories.job(desk)
    first, second = factories.variants(desk.database, job_id)
    for variant, failure in ((second, errors.TimedOut()), (first, errors.SafetyRefused())):
        with desk.database.write() as session:
            endings.end_without_result(session, ACTOR, variant_id=variant.id, failure=failure, allowed=IN_FLIGHT)
    job = factories.detail(desk.database, job_id)
    assert job.failure is not None
    assert job.failure.code == "safety"
    assert job.credits_refunded == 40
    assert factories.balance(desk.database) == CREDITS


def test_news_of_progress_does_not_block_the_end_of_the_variant(desk: Desk) -> None:
    """Two processes: one notes "processing" while the other settles. Neither may wait for the other in a circle."""
    for _ in range(15):
        job_id = factories.job(desk)
        variant = factories.variants(desk.database, job_id)[0]
        put_in(desk, variant, VariantState.RUNNING)

        def progress(variant_id: str = variant.id) -> bool:
            news = prediction(f"p-{variant_id}", PredictionStatus.PROCESSING)
            with desk.database.write() as session:
                return transitions.note_progress(session, ACTOR, prediction=news)

        def succeed(variant_id: str = variant.id) -> object:
            with desk.database.write() as session:
                return STEPS["succeed"](session, variant_id, "")

        outcomes = factories.at_once(progress, succeed)

        assert not any(isinstance(one, Exception) for one in outcomes), outcomes
        assert outcomes[1] is True
