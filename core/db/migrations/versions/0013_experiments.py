"""Experiments, their arms, and which job got which; a job may set parameters of its model."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from core.models.base import UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("parameters", _JSON, nullable=True))
    _create_experiments()
    _create_arms()


def downgrade() -> None:
    for table in ("experiment_assignments", "experiment_arms", "experiments"):
        op.drop_table(table)
    op.drop_column("jobs", "parameters")


def _create_experiments() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hypothesis", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("smallest_difference", sa.Double(), nullable=False),
        sa.Column("share_percent", sa.Integer(), nullable=False),
        sa.Column("accounts", _JSON, nullable=False),
        sa.Column("room_types", _JSON, nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("started_by", sa.Text(), nullable=True),
        sa.Column("stopped_at", UtcTime(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'running', 'stopped')", name=op.f("ck_experiments_state_known")),
        sa.CheckConstraint(
            "(state = 'draft') = (started_at IS NULL)", name=op.f("ck_experiments_started_unless_draft")
        ),
        sa.CheckConstraint(
            "(state = 'stopped') = (stopped_at IS NOT NULL)", name=op.f("ck_experiments_stopped_when_stopped")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiments")),
    )
    op.create_index("ix_experiments_state", "experiments", ["state"])


def _create_arms() -> None:
    op.create_table(
        "experiment_arms",
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prompt_version", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("parameters", _JSON, nullable=False),
        sa.Column("split_percent", sa.Integer(), nullable=False),
        sa.CheckConstraint("split_percent BETWEEN 1 AND 99", name=op.f("ck_experiment_arms_split_is_a_part")),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiments.id"], name=op.f("fk_experiment_arms_experiment_id_experiments")
        ),
        sa.PrimaryKeyConstraint("experiment_id", "number", name=op.f("pk_experiment_arms")),
        sa.UniqueConstraint("experiment_id", "name", name=op.f("uq_experiment_arms_experiment_id_name")),
    )
    op.create_table(
        "experiment_assignments",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("arm_number", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("assigned_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id", "arm_number"],
            ["experiment_arms.experiment_id", "experiment_arms.number"],
            name=op.f("fk_experiment_assignments_experiment_id_experiment_arms"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_experiment_assignments_job_id_jobs")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_experiment_assignments")),
    )
    op.create_index("ix_experiment_assignments_experiment_id", "experiment_assignments", ["experiment_id"])
