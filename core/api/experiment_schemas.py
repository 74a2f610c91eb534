"""How does the API tell of experiments and what they have shown?"""

from datetime import datetime
from typing import Any, Self

from core.api.schemas import Schema
from core.experiments import results
from core.experiments.records import ExperimentRecord
from core.experiments.results import MeasureResult, Results
from core.experiments.sequential import Interval


class Arm(Schema):
    """One way to stage, and its share of the jobs in percent."""

    name: str
    split_percent: int
    prompt_version: str
    model: str
    parameters: dict[str, str | int | bool]


class Experiment(Schema):
    """What is compared, among whom (empty: all), and by which measure; it does not change once it is there."""

    id: str
    name: str
    hypothesis: str
    state: str
    measure: str
    smallest_difference: float
    share_percent: int
    accounts: list[str]
    room_types: list[str]
    arms: list[Arm]
    created_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None

    @classmethod
    def of(cls, record: ExperimentRecord) -> Self:
        """From the room's value."""
        return cls(**_fields(record))


class ExperimentList(Schema):
    """Every experiment, the latest first."""

    items: list[Experiment]


class ArmFigure(Schema):
    """What an arm shows of a measure: null where nothing was measured; low and high are its interval."""

    arm: str
    units: int
    jobs: int
    mean: float | None
    low: float | None
    high: float | None


class ArmVerdict(Schema):
    """What an arm comes to against the first one; null figures: too few units to compare.

    `moreJobs` is how many both arms need together until the smallest difference worth a change would show.
    """

    arm: str
    outcome: str
    text: str
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    more_jobs: int | None


class MeasureFigures(Schema):
    """One measure of all arms; the one that `isDeciding` was named before the start."""

    measure: str
    is_deciding: bool
    arms: list[ArmFigure]
    verdicts: list[ArmVerdict]

    @classmethod
    def of(cls, result: MeasureResult) -> Self:
        """From the room's value."""
        arms = [
            ArmFigure(arm=one.arm, units=one.units, jobs=one.jobs, mean=one.mean, **_bounds(one.interval))
            for one in result.comparison.arms
        ]
        found = []
        for name, difference in result.comparison.differences.items():
            told = result.verdicts[name]
            found.append(
                ArmVerdict(
                    arm=name,
                    outcome=told.outcome,
                    text=told.text,
                    difference=difference.difference if difference else None,
                    p_value=difference.p_value if difference else None,
                    more_jobs=difference.more_jobs if difference else None,
                    **_bounds(difference.interval if difference else None),
                )
            )
        return cls(measure=result.measure.slug, is_deciding=result.is_deciding, arms=arms, verdicts=found)


class ExperimentResults(Experiment):
    """An experiment with what it has shown; with `isSplitOff`, results are missing: trust no verdict."""

    assigned: dict[str, int]
    measures: list[MeasureFigures]
    is_split_off: bool
    method: str

    @classmethod
    def of_results(cls, found: Results) -> Self:
        """From the room's value."""
        return cls(
            **_fields(found.experiment),
            assigned=dict(found.assigned),
            measures=[MeasureFigures.of(one) for one in found.measures],
            is_split_off=found.is_split_off,
            method=results.METHOD,
        )


def _bounds(interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {"low": None, "high": None}
    return {"low": interval.low, "high": interval.high}


def _fields(record: ExperimentRecord) -> dict[str, Any]:
    design = record.design
    return {
        "id": record.id,
        "name": design.name,
        "hypothesis": record.hypothesis,
        "state": record.state.value,
        "measure": design.measure,
        "smallest_difference": design.smallest_difference,
        "share_percent": design.participants.share_percent,
        "accounts": sorted(design.participants.accounts),
        "room_types": sorted(design.participants.room_types),
        "arms": [
            Arm(
                name=arm.name,
                split_percent=arm.split_percent,
                prompt_version=arm.prompt_version,
                model=arm.model,
                parameters=dict(arm.parameters),
            )
            for arm in design.arms
        ],
        "created_at": record.created_at,
        "started_at": record.started_at,
        "stopped_at": record.stopped_at,
    }
