"""From the design to the verdict: the simulator draws for arms that differ or do not, and people rate the pictures.

A simulated viewer gives five stars to a furnished room and one to a room that came back as it was.
"""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image, ImageStat

from core.experiments import assignment, results, sequential
from core.experiments.design import Design
from core.experiments.measures import MEASURES, Measure
from core.experiments.results import JobOutcome, Results
from core.experiments.verdicts import Outcome
from core.jobs import creation, experiment_desk, favorites, manual_sync, service
from core.jobs.desk import Desk
from core.models import Job, Variant
from core.models.base import new_id
from core.prompts import compose
from core.provider.simulator import quality
from tests import factories
from tests.factories import People
from tests.jobs.test_submit import request
from tests.waiting import eventually

# What the databases differ in, other tests hold both to.
DATABASES = ("sqlite",)
A, B = compose.TEMPLATES
# How a prompt of the second template begins, which is all that the provider sees of an arm.
SECOND = "Keep the building"
# So much worse that the jobs there are show it in 999 experiments of 1,000.
POOR = {"faults": {"unfurnished": 0.6, "failure": 0.6}}
JOBS, EVERY, EXPERIMENTS = 80, 10, 1_000
PHOTOS = 5
# A negative of our bright rooms is dark.
_BRIGHT = 128

MakeDesk = Callable[..., Desk]


def run(
    make_desk: MakeDesk, simulate: Callable[..., Any], people: People, *, qualities: list[Any], measure: str
) -> tuple[Desk, str]:
    """An experiment of two templates on so many jobs; the desk, and the experiment's id."""
    desk = make_desk(simulate(seconds=0.0, seed=1, qualities=quality.read(qualities)))
    factories.set_balance(desk.database, 100_000)
    made = factories.experiment(desk.database, measure=measure, smallest_difference=MEASURES[measure].highest / 2)
    for _ in range(JOBS // PHOTOS):
        service.submit(desk, people.bob, request(*range(PHOTOS), new_seeds=True))
    eventually(lambda: _have_ended(desk), within_seconds=60)
    with desk.database.read() as session:
        jobs = session.scalars(sa.select(Job.id)).all()
    for job_id in jobs:
        _view(desk, people, job_id)
    return desk, made


def _have_ended(desk: Desk) -> bool:
    """Order whatever is queued, first orders and free retries, and ask about all that run."""
    with desk.database.read() as session:
        queued = session.scalars(sa.select(Variant.id).where(Variant.state == "queued")).all()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda variant_id: creation.create_prediction(desk, variant_id), queued))
    manual_sync.sync_jobs(desk, factories.manager())
    with desk.database.read() as session:
        return not session.scalar(sa.select(sa.func.count()).where(Job.completed_at.is_(None)))


def _view(desk: Desk, people: People, job_id: str) -> None:
    for variant in factories.detail(desk.database, job_id).variants:
        if variant.result_key is not None:
            with Image.open(io.BytesIO(desk.storage.get(variant.result_key))) as picture:
                is_furnished = ImageStat.Stat(picture.convert("L")).mean[0] < _BRIGHT
            stars = 5 if is_furnished else 1
            favorites.rate(desk.database, people.bob, job_id=job_id, variant_index=variant.index, stars=stars)


def shown(desk: Desk, people: People, experiment_id: str) -> Results:
    with desk.database.read() as session:
        return experiment_desk.read(session, people.alice, experiment_id)


@pytest.mark.parametrize("measure", ["success", "rating"])
def test_an_arm_that_draws_worse_is_called_worse(
    make_desk: MakeDesk, simulate: Callable[..., Any], people: People, measure: str
) -> None:
    desk, made = run(make_desk, simulate, people, qualities=[{"prompt": SECOND, **POOR}], measure=measure)
    found = shown(desk, people, made)
    assert found.deciding.verdicts[B].outcome is Outcome.WORSE
    assert sum(found.assigned.values()) == JOBS
    assert not found.is_split_off


def test_arms_that_draw_alike_are_told_apart_in_one_experiment_of_twenty_at_most(
    make_desk: MakeDesk, simulate: Callable[..., Any], people: People
) -> None:
    desk, made = run(make_desk, simulate, people, qualities=[POOR], measure="success")
    found = shown(desk, people, made)
    with desk.database.read() as session:
        jobs = results.outcomes(session, made)
    assert len(jobs) == JOBS
    assert {one.is_completed for one in jobs} == {True, False}, "else there is nothing to mistake for a difference"
    design = found.experiment.design
    for slug in ("success", "rating", "cost"):
        declared = sum(_is_ever_declared(MEASURES[slug], design, jobs) for _ in range(EXPERIMENTS))
        assert declared <= sequential.LEVEL * EXPERIMENTS, slug


def _is_ever_declared(measure: Measure, design: Design, jobs: list[JobOutcome]) -> bool:
    """Draw the arms of these jobs anew, which changes nothing where the arms are alike, and look again and again."""
    drawn, salt = new_id(), new_id()
    arms = [
        design.arms.index(assignment.arm_of(design, experiment_id=drawn, salt=salt, unit=one.unit)) for one in jobs
    ]
    anew = [replace(one, arm_number=arm) for one, arm in zip(jobs, arms, strict=True)]
    for upto in range(EVERY, len(anew) + 1, EVERY):
        tallies = [results.tally((one for one in anew[:upto] if one.arm_number == arm), measure) for arm in (0, 1)]
        told = sequential.compare(
            measure, dict(zip((A, B), tallies, strict=True)), smallest_difference=measure.smallest_difference
        ).differences[B]
        if told is not None and told.is_declared:
            return True
    return False
