"""What is kept of an experiment? From rows to a design and back; rules and permissions live elsewhere."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.experiments.design import Arm, Design, Participants
from core.models import Experiment, ExperimentArm, ExperimentAssignment
from core.models.base import new_id


class ExperimentState(StrEnum):
    """A draft takes no jobs; a stopped experiment never takes any again."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRecord:
    """An experiment as it stands: its design, and who did what with it and when."""

    id: str
    hypothesis: str
    design: Design
    salt: str
    state: ExperimentState
    created_at: datetime
    created_by: str
    started_at: datetime | None
    started_by: str | None
    stopped_at: datetime | None
    stopped_by: str | None


def all_of(session: Session, *, state: ExperimentState | None = None) -> list[ExperimentRecord]:
    """Every experiment, or those in that state, the latest first."""
    query = sa.select(Experiment).order_by(Experiment.created_at.desc(), Experiment.id)
    if state is not None:
        query = query.where(Experiment.state == state)
    rows = session.scalars(query).all()
    arms = _arms(session, [row.id for row in rows])
    return [_record(row, arms[row.id]) for row in rows]


def find(session: Session, experiment_id: str) -> ExperimentRecord:
    """The experiment of that id.

    Raises:
        ExperimentNotFound: if there is none.
    """
    row = session.get(Experiment, experiment_id) if experiment_id.isprintable() else None
    if row is None:
        raise errors.ExperimentNotFound
    return _record(row, _arms(session, [row.id])[row.id])


def insert(session: Session, design: Design, *, hypothesis: str, created_by: str) -> str:
    """Keep a design as a draft; its id."""
    experiment_id = new_id()
    session.execute(
        sa.insert(Experiment).values(
            id=experiment_id,
            name=design.name.strip(),
            hypothesis=hypothesis.strip(),
            measure=design.measure,
            smallest_difference=design.smallest_difference,
            share_percent=design.participants.share_percent,
            accounts=sorted(design.participants.accounts),
            room_types=sorted(design.participants.room_types),
            salt=new_id(),
            state=ExperimentState.DRAFT,
            created_at=clock.now(),
            created_by=created_by,
        )
    )
    session.execute(
        sa.insert(ExperimentArm),
        [
            {
                "experiment_id": experiment_id,
                "number": number,
                "name": arm.name.strip(),
                "prompt_version": arm.prompt_version,
                "model": arm.model,
                "parameters": dict(arm.parameters),
                "split_percent": arm.split_percent,
            }
            for number, arm in enumerate(design.arms)
        ],
    )
    return experiment_id


def delete(session: Session, experiment_id: str) -> bool:
    """Remove a draft with its arms; whether it was one."""
    is_draft = sa.exists().where(Experiment.id == experiment_id, Experiment.state == ExperimentState.DRAFT)
    session.execute(sa.delete(ExperimentArm).where(ExperimentArm.experiment_id == experiment_id, is_draft))
    gone = session.execute(
        sa.delete(Experiment)
        .where(Experiment.id == experiment_id, Experiment.state == ExperimentState.DRAFT)
        .returning(Experiment.id)
    ).all()
    return bool(gone)


def jobs_assigned(session: Session) -> dict[str, int]:
    """How many jobs each experiment has that has any, by its id."""
    query = sa.select(ExperimentAssignment.experiment_id, sa.func.count()).group_by(
        ExperimentAssignment.experiment_id
    )
    return dict(session.execute(query).all())


def arm_of_job(session: Session, job_id: str) -> tuple[str, str] | None:
    """The names of the experiment that the job takes part in and of its arm, or None if it takes part in none."""
    query = (
        sa.select(Experiment.name, ExperimentArm.name)
        .join(ExperimentArm, ExperimentArm.experiment_id == Experiment.id)
        .join(
            ExperimentAssignment,
            (ExperimentAssignment.experiment_id == Experiment.id)
            & (ExperimentAssignment.arm_number == ExperimentArm.number),
        )
        .where(ExperimentAssignment.job_id == job_id)
    )
    return session.execute(query).one_or_none()


def start(session: Session, experiment_id: str, *, by: str) -> bool:
    """Draft to running; whether it was a draft."""
    changed = session.execute(
        sa.update(Experiment)
        .where(Experiment.id == experiment_id, Experiment.state == ExperimentState.DRAFT)
        .values(state=ExperimentState.RUNNING, started_at=clock.now(), started_by=by)
        .returning(Experiment.id)
    ).all()
    return bool(changed)


def stop(session: Session, experiment_id: str, *, by: str) -> bool:
    """Running to stopped; whether it was running."""
    changed = session.execute(
        sa.update(Experiment)
        .where(Experiment.id == experiment_id, Experiment.state == ExperimentState.RUNNING)
        .values(state=ExperimentState.STOPPED, stopped_at=clock.now(), stopped_by=by)
        .returning(Experiment.id)
    ).all()
    return bool(changed)


def _arms(session: Session, experiment_ids: Sequence[str]) -> dict[str, list[Arm]]:
    found: dict[str, list[Arm]] = defaultdict(list)
    query = sa.select(ExperimentArm).where(ExperimentArm.experiment_id.in_(experiment_ids))
    for row in session.scalars(query.order_by(ExperimentArm.experiment_id, ExperimentArm.number)):
        found[row.experiment_id].append(
            Arm(
                name=row.name,
                split_percent=row.split_percent,
                prompt_version=row.prompt_version,
                model=row.model,
                parameters=row.parameters,
            )
        )
    return found


def _record(row: Experiment, arms: Sequence[Arm]) -> ExperimentRecord:
    participants = Participants(
        share_percent=row.share_percent, accounts=frozenset(row.accounts), room_types=frozenset(row.room_types)
    )
    design = Design(
        name=row.name,
        arms=tuple(arms),
        participants=participants,
        measure=row.measure,
        smallest_difference=row.smallest_difference,
    )
    return ExperimentRecord(
        id=row.id,
        hypothesis=row.hypothesis,
        design=design,
        salt=row.salt,
        state=ExperimentState(row.state),
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        started_by=row.started_by,
        stopped_at=row.stopped_at,
        stopped_by=row.stopped_by,
    )
