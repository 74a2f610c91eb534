"""Which running experiment takes a new job, and in which arm? At most one does: the one that was started first.

Two at once would each see the other's doing in its own results. Who started first does not depend on the job, so
what the later one gets is still split at random.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.experiments import assignment, records
from core.experiments.design import Arm
from core.experiments.records import ExperimentRecord, ExperimentState
from core.models import ExperimentAssignment

Running = ExperimentRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """The arm that a job gets, and the unit that it was drawn for."""

    experiment_id: str
    arm_number: int
    arm: Arm
    unit: str


def running(session: Session, *, models: Collection[str], prompts: Collection[str]) -> list[Running]:
    """The experiments that take jobs now, the first started first.

    `models` are those that are on, `prompts` the versions that this process knows. An experiment takes no jobs where
    an arm has another, as one that a newer process started: the other arms alone would no more be comparable.
    """
    found = records.all_of(session, state=ExperimentState.RUNNING)
    ready = [
        one for one in found if all(arm.model in models and arm.prompt_version in prompts for arm in one.design.arms)
    ]
    return sorted(ready, key=lambda one: (str(one.started_at), one.id))


def enroll(
    running: Sequence[Running], *, job_id: str, listing_id: str | None, account: str, room_type: str
) -> Enrollment | None:
    """Where the job goes, or None if no experiment takes it."""
    unit = assignment.unit_of(job_id=job_id, listing_id=listing_id)
    for one in running:
        arm = assignment.assign(
            one.design, experiment_id=one.id, salt=one.salt, unit=unit, account=account, room_type=room_type
        )
        if arm is not None:
            return Enrollment(experiment_id=one.id, arm_number=one.design.arms.index(arm), arm=arm, unit=unit)
    return None


def record(session: Session, enrolled: Enrollment, *, job_id: str) -> None:
    """Write down which arm the job got, in the transaction that makes the job."""
    session.execute(
        sa.insert(ExperimentAssignment).values(
            job_id=job_id,
            experiment_id=enrolled.experiment_id,
            arm_number=enrolled.arm_number,
            unit=enrolled.unit,
            assigned_at=clock.now(),
        )
    )
