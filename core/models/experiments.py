"""Which ways to stage are compared? Experiments, their arms, and the arm that each job got."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")


class Experiment(Base):
    """What is to be found out, among whom, and by which measure. Only its state changes once it is there.

    Empty `accounts` (names) or `room_types` mean all. `salt` makes its draws its own.
    """

    __tablename__ = "experiments"
    __table_args__ = (
        sa.CheckConstraint("state IN ('draft', 'running', 'stopped')", name="state_known"),
        sa.CheckConstraint("(state = 'draft') = (started_at IS NULL)", name="started_unless_draft"),
        sa.CheckConstraint("(state = 'stopped') = (stopped_at IS NOT NULL)", name="stopped_when_stopped"),
        sa.Index("ix_experiments_state", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    hypothesis: Mapped[str]
    measure: Mapped[str]
    smallest_difference: Mapped[float]
    share_percent: Mapped[int]
    accounts: Mapped[list[str]] = mapped_column(_JSON)
    room_types: Mapped[list[str]] = mapped_column(_JSON)
    salt: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    started_at: Mapped[datetime | None]
    started_by: Mapped[str | None]
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[str | None]


class ExperimentArm(Base):
    """One way to stage, by its number in the design; the first is what the others are held against."""

    __tablename__ = "experiment_arms"
    __table_args__ = (
        sa.UniqueConstraint("experiment_id", "name"),
        sa.CheckConstraint("split_percent BETWEEN 1 AND 99", name="split_is_a_part"),
    )

    experiment_id: Mapped[str] = mapped_column(sa.ForeignKey("experiments.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    prompt_version: Mapped[str]
    model: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(_JSON)
    split_percent: Mapped[int]


class ExperimentAssignment(Base):
    """The arm that a job got, and the unit it was drawn for: its listing, or itself. One a job, for good."""

    __tablename__ = "experiment_assignments"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["experiment_id", "arm_number"], ["experiment_arms.experiment_id", "experiment_arms.number"]
        ),
        sa.Index("ix_experiment_assignments_experiment_id", "experiment_id"),
    )

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("jobs.id"), primary_key=True)
    experiment_id: Mapped[str]
    arm_number: Mapped[int]
    unit: Mapped[str]
    assigned_at: Mapped[datetime]
