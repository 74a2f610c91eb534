"""Do real orders go to the arms they should, at the same price, and is what the arms show told truly?"""

import itertools
from dataclasses import replace

import pytest
import sqlalchemy as sa

from core import errors
from core.experiments import records, results
from core.experiments.design import Arm, Participants
from core.jobs import experiment_desk, favorites, manual_retry, model_settings, orders, service, sync
from core.jobs.desk import Desk
from core.listings import library
from core.models import Attempt, ExperimentAssignment, Job
from core.prompts import compose
from core.provider.registry import DEFAULT_MODEL
from tests import factories
from tests.factories import CREDITS, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.jobs.test_submit import request

ARMS = tuple(compose.TEMPLATES)
FLUX_2 = "black-forest-labs/flux-2-pro"


@pytest.fixture(autouse=True)
def _same_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws go by ids: here they are the same at every run."""
    numbers = itertools.count(1)
    for room in (orders, records):
        monkeypatch.setattr(room, "new_id", lambda: f"drawn-{next(numbers)}")


def assigned(desk: Desk) -> dict[str, tuple[str, int]]:
    """The experiment and arm of each job that has one."""
    with desk.database.read() as session:
        rows = session.execute(sa.select(ExperimentAssignment)).scalars().all()
        return {row.job_id: (row.experiment_id, row.arm_number) for row in rows}


def stage(desk: Desk, people: People, **options: object) -> str:
    return service.submit(desk, people.bob, request(**{"new_seeds": True, **options})).jobs[0].id


def version(desk: Desk, job_id: str) -> str:
    with desk.database.read() as session:
        return session.scalars(sa.select(Job.prompt_version).where(Job.id == job_id)).one()


def test_a_job_is_staged_as_its_recorded_arm_says_at_the_same_price(desk: Desk, people: People) -> None:
    factories.experiment(desk.database)
    made = [stage(desk, people) for _ in range(12)]
    got = assigned(desk)
    assert {job_id: ARMS[arm] for job_id, (_, arm) in got.items()} == {one: version(desk, one) for one in made}
    assert {arm for _, arm in got.values()} == {0, 1}
    assert factories.balance(desk.database) == CREDITS - 12 * 40


def test_a_staged_photo_names_its_experiment_and_arm(desk: Desk, provider: FakeProvider, people: People) -> None:
    factories.experiment(desk.database)
    made = stage(desk, people)
    end(desk, provider, made, is_good=True)
    outside = stage(desk, people, model=DEFAULT_MODEL.name)
    end(desk, provider, outside, is_good=True)
    with desk.database.read() as session:
        inside, other = (library.item(session, people.bob, one) for one in (made, outside))
    assert inside is not None
    assert other is not None
    assert (inside.arm, other.arm) == (("Say first what stays", version(desk, made)), None)


def test_who_names_a_model_takes_no_part(desk: Desk, people: People) -> None:
    factories.experiment(desk.database)
    stage(desk, people, model=DEFAULT_MODEL.name)
    assert assigned(desk) == {}


@pytest.mark.parametrize("state", ["draft", "stopped"])
def test_only_a_running_experiment_takes_jobs(desk: Desk, people: People, state: str) -> None:
    made = factories.experiment(desk.database, is_started=state == "stopped")
    if state == "stopped":
        experiment_desk.stop(desk.database, people.alice, made)
    assert version(desk, stage(desk, people)) == compose.VERSION
    assert assigned(desk) == {}


def test_of_two_that_run_the_one_started_first_takes_the_job(desk: Desk, people: People) -> None:
    first = factories.experiment(desk.database, participants=Participants(room_types=frozenset({"living_room"})))
    second = factories.experiment(desk.database, name="Second")
    living, kitchen = stage(desk, people), stage(desk, people, room_type="kitchen")
    got = assigned(desk)
    assert (got[living][0], got[kitchen][0]) == (first, second)


def test_an_experiment_waits_while_a_model_of_it_is_off(desk: Desk, people: People) -> None:
    model_settings.change(desk.database, people.alice, model=FLUX_2, is_on=True)
    arms = (
        Arm(name="a", split_percent=1, prompt_version=compose.VERSION, model=DEFAULT_MODEL.name),
        Arm(name="b", split_percent=99, prompt_version=compose.VERSION, model=FLUX_2),
    )
    factories.experiment(desk.database, arms=arms)
    model_settings.change(desk.database, people.alice, model=FLUX_2, is_on=False)
    stage(desk, people)
    assert assigned(desk) == {}


def test_the_parameters_of_an_arm_reach_the_provider_and_a_retry(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    arms = tuple(
        Arm(
            name=str(value),
            split_percent=50,
            prompt_version=compose.VERSION,
            model=DEFAULT_MODEL.name,
            parameters={"prompt_upsampling": value},
        )
        for value in (False, True)
    )
    factories.experiment(desk.database, arms=arms)
    job_id = stage(desk, people)
    end(desk, provider, job_id, is_good=False)
    again = manual_retry.retry_job(desk, people.dora, job_id=job_id).jobs[0].id
    factories.order_queued(desk, again)
    with desk.database.read() as session:
        inputs = session.scalars(sa.select(Attempt.input)).all()
    assert {one["prompt_upsampling"] for one in inputs} == {(False, True)[assigned(desk)[job_id][1]]}
    assert again not in assigned(desk)
    value = (False, True)[assigned(desk)[job_id][1]]
    assert factories.detail(desk.database, again).parameters == ({"prompt_upsampling": True} if value else {})


def test_the_same_request_is_not_paid_twice_whatever_arm_it_got(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    factories.experiment(desk.database)
    first = service.submit(desk, people.bob, request()).jobs[0].id
    end(desk, provider, first, is_good=True)
    again = [service.submit(desk, people.bob, request()) for _ in range(6)]
    assert {one.jobs[0].id for one in again} == {first}
    assert (list(assigned(desk)), factories.balance(desk.database)) == ([first], CREDITS - 40)


def test_a_design_with_a_flaw_or_a_second_start_is_refused(desk: Desk, people: People) -> None:
    with pytest.raises(errors.ValidationFailed, match="adds up"):
        factories.experiment(desk.database, arms=(replace_split(30), replace_split(60, name="other")))
    made = factories.experiment(desk.database)
    with pytest.raises(errors.StateConflict):
        experiment_desk.start(desk.database, people.alice, made)
    with pytest.raises(errors.PermissionDenied):
        experiment_desk.stop(desk.database, people.dora, made)


def test_only_a_draft_is_discarded(desk: Desk, people: People) -> None:
    draft = factories.experiment(desk.database, is_started=False)
    with pytest.raises(errors.PermissionDenied):
        experiment_desk.discard(desk.database, people.dora, draft)
    experiment_desk.discard(desk.database, people.alice, draft)
    running = factories.experiment(desk.database)
    with pytest.raises(errors.StateConflict):
        experiment_desk.discard(desk.database, people.alice, running)
    with desk.database.read() as session:
        (left,) = experiment_desk.experiments(session, people.alice)
    assert (left.id, len(left.design.arms)) == (running, 2)


def replace_split(percent: int, name: str = "one") -> Arm:
    arm = Arm(name=name, split_percent=percent, prompt_version=compose.VERSION, model=DEFAULT_MODEL.name)
    return replace(arm, prompt_version=ARMS[1]) if name == "other" else arm


def end(desk: Desk, provider: FakeProvider, job_id: str, *, is_good: bool) -> None:
    """End every variant of the job, well or not, with its free retry."""
    ending = {} if is_good else {"status": "failed", "error": "The input was malformed."}
    for _ in range(2):
        for prediction_id in factories.order_queued(desk, job_id):
            sync.apply(desk, factories.manager(), provider.finish(prediction_id, **ending))


def test_what_became_of_the_jobs_is_told_by_every_measure(desk: Desk, provider: FakeProvider, people: People) -> None:
    made = factories.experiment(desk.database)
    for number in range(12):
        job_id = stage(desk, people)
        is_good = number % 3 > 0
        end(desk, provider, job_id, is_good=is_good)
        if is_good:
            favorites.choose(desk.database, people.bob, job_id=job_id, variant_index=0)
            favorites.rate(desk.database, people.bob, job_id=job_id, variant_index=0, stars=4)
    with desk.database.read() as session:
        shown = experiment_desk.read(session, people.alice, made)
    assert sum(shown.assigned.values()) == 12
    told = {one.measure.slug: [arm.mean for arm in one.comparison.arms] for one in shown.measures}
    jobs = [arm.jobs for arm in shown.deciding.comparison.arms]
    assert sum(count * (mean or 0) for count, mean in zip(jobs, told["success"], strict=True)) == pytest.approx(8)
    assert told["favorite"] == told["success"]
    assert told["refunded"] == [pytest.approx(1 - one) for one in told["success"] if one is not None]
    assert set(told["rating"]) == {4.0}
    assert not shown.is_split_off


def test_another_account_is_left_out_if_it_was_not_chosen(desk: Desk, people: People) -> None:
    factories.experiment(desk.database, participants=Participants(accounts=frozenset({OUTSIDER})))
    stage(desk, people)
    assert assigned(desk) == {}
    charlies = service.submit(desk, people.charlie, request()).jobs[0].id
    assert list(assigned(desk)) == [charlies]


def test_a_listing_is_one_unit_of_as_many_jobs() -> None:
    outcomes = [
        results.JobOutcome(
            arm_number=0,
            unit=unit,
            is_completed=True,
            is_favorite=False,
            is_refunded=False,
            stars=None,
            cost_usd_micros=80_000,
            seconds=6.0,
        )
        for unit in ("listing:a", "listing:a", "job:b")
    ]
    found = results.tally(outcomes, results.measures.SUCCESS)
    assert (found.units, found.jobs, found.total) == (2, 3, 3)
