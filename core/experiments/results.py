"""What has an experiment shown so far? Its assigned jobs as tallies of each measure, and what they come to.

Only jobs that ended count, and none that a person canceled: that says nothing about how it was staged.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.experiments import balance, measures, sequential, verdicts
from core.experiments.measures import Measure, Tally
from core.experiments.records import ExperimentRecord, ExperimentState
from core.experiments.sequential import Comparison
from core.experiments.verdicts import Verdict
from core.models import Attempt, ExperimentAssignment, Favorite, Job, Rating, Variant

METHOD = (
    "A sequential test that may be looked at every day: the mixture sequential probability ratio test of Johari,"
    " Pekelis and Walsh (arXiv 1512.04922), on listings, or jobs without one. Whenever it is stopped, it declares a"
    " difference that is not there in at most 5 % of experiments. The split is checked by the test of Lindon and"
    " Malek (arXiv 2011.03567). Only the measure named at the start decides; the others are shown beside it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """What became of one assigned job. `stars` is the mean of what its variants were given; None: not rated."""

    arm_number: int
    unit: str
    is_completed: bool
    is_favorite: bool
    is_refunded: bool
    stars: float | None
    cost_usd_micros: int
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """One measure of all arms, and a verdict for every arm but the first, by the arm's name."""

    measure: Measure
    is_deciding: bool
    comparison: Comparison
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What there is to be said: of each measure, how many jobs each arm got, and whether the split is as meant."""

    experiment: ExperimentRecord
    assigned: Mapping[str, int]
    measures: tuple[MeasureResult, ...]
    is_split_off: bool

    @property
    def deciding(self) -> MeasureResult:
        """The measure that was named before the start."""
        return next(one for one in self.measures if one.is_deciding)


def read(session: Session, experiment: ExperimentRecord) -> Results:
    """The experiment's results at this moment. Who may see them was asked before."""
    seen = outcomes(session, experiment.id)
    rows = session.execute(
        sa.select(ExperimentAssignment.arm_number, ExperimentAssignment.unit).where(
            ExperimentAssignment.experiment_id == experiment.id
        )
    ).all()
    arms = experiment.design.arms
    units = [len({row.unit for row in rows if row.arm_number == number}) for number in range(len(arms))]
    return Results(
        experiment=experiment,
        assigned={arm.name: sum(row.arm_number == number for row in rows) for number, arm in enumerate(arms)},
        measures=tuple(_result(experiment, measure, seen) for measure in measures.MEASURES.values()),
        is_split_off=balance.is_off(units, split_percent=[arm.split_percent for arm in arms]),
    )


def tally(jobs: Iterable[JobOutcome], measure: Measure) -> Tally:
    """The jobs that have a value of the measure, summed by what was drawn for."""
    value_of = _VALUES[measure.slug]
    units: dict[str, list[float]] = defaultdict(list)
    for outcome in jobs:
        value = value_of(outcome)
        if value is not None:
            units[outcome.unit].append(value)
    return Tally.of_units((len(values), sum(values)) for values in units.values())


def _result(experiment: ExperimentRecord, measure: Measure, seen: Sequence[JobOutcome]) -> MeasureResult:
    design = experiment.design
    is_deciding = measure.slug == design.measure
    smallest = design.smallest_difference if is_deciding else measure.smallest_difference
    tallies = {
        arm.name: tally((one for one in seen if one.arm_number == number), measure)
        for number, arm in enumerate(design.arms)
    }
    is_stopped = experiment.state is ExperimentState.STOPPED
    compared = sequential.compare(measure, tallies, smallest_difference=smallest)
    return MeasureResult(
        measure=measure,
        is_deciding=is_deciding,
        comparison=compared,
        verdicts={
            name: verdicts.verdict(measure, found, smallest_difference=smallest, is_stopped=is_stopped)
            for name, found in compared.differences.items()
        },
    )


_VALUES: Mapping[str, Callable[[JobOutcome], float | None]] = {
    measures.SUCCESS.slug: lambda one: float(one.is_completed),
    measures.FAVORITE.slug: lambda one: float(one.is_favorite),
    measures.REFUNDED.slug: lambda one: float(one.is_refunded),
    measures.RATING.slug: lambda one: one.stars,
    measures.COST.slug: lambda one: float(one.cost_usd_micros),
    measures.SECONDS.slug: lambda one: one.seconds,
}


def outcomes(session: Session, experiment_id: str) -> list[JobOutcome]:
    """What became of each assigned job that ended, in the order in which they were assigned."""
    stars = (
        sa.select(sa.func.avg(Rating.stars))
        .join(Variant, Variant.id == Rating.variant_id)
        .where(Variant.job_id == Job.id)
        .scalar_subquery()
    )
    cost = (
        sa.select(sa.func.coalesce(sa.func.sum(Attempt.cost_usd_micros), 0))
        .join(Variant, Variant.id == Attempt.variant_id)
        .where(Variant.job_id == Job.id)
        .scalar_subquery()
    )
    query = (
        sa.select(
            ExperimentAssignment.arm_number,
            ExperimentAssignment.unit,
            Job.state,
            Job.credits_refunded,
            Job.started_at,
            Job.completed_at,
            sa.exists().where(Favorite.job_id == Job.id).label("is_favorite"),
            stars.label("stars"),
            cost.label("cost"),
        )
        .join(Job, Job.id == ExperimentAssignment.job_id)
        .where(
            ExperimentAssignment.experiment_id == experiment_id,
            Job.completed_at.is_not(None),
            Job.state != "canceled",
        )
        .order_by(ExperimentAssignment.assigned_at, ExperimentAssignment.job_id)
    )
    return [
        JobOutcome(
            arm_number=row.arm_number,
            unit=row.unit,
            is_completed=row.state == "completed",
            is_favorite=bool(row.is_favorite),
            is_refunded=row.credits_refunded > 0,
            stars=None if row.stars is None else float(row.stars),
            cost_usd_micros=int(row.cost),
            seconds=_seconds(row.state, row.started_at, row.completed_at),
        )
        for row in session.execute(query)
    ]


def _seconds(state: str, started_at: datetime | None, ended_at: datetime | None) -> float | None:
    """From the first order to the last result; a job that lacks one may have waited long for what never came."""
    if state != "completed" or started_at is None or ended_at is None:
        return None
    return (ended_at - started_at).total_seconds()
