"""Variants wait by turns, which are fair between accounts, instead of by two ranks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What waits at the time of the upgrade keeps its order: rush first, then the oldest.
_FIRST, _RUSH_LEAD = 10_000, 1_000
_RUSH_RANK, _NORMAL_RANK = 10, 100
_VARIANTS = sa.table("variants", *map(sa.column, ("job_id", "state", "turn", "priority")))
_JOBS = sa.table("jobs", *map(sa.column, ("id", "priority")))
_IN_FLIGHT = ("queued", "submitting", "running")


def upgrade() -> None:
    op.create_table(
        "queue_turns",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("serving", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queue_turns")),
    )
    op.execute("ALTER TABLE variants RENAME COLUMN priority TO turn")
    turn = sa.case((_VARIANTS.c.turn == _RUSH_RANK, _FIRST - _RUSH_LEAD), else_=_FIRST)
    op.execute(sa.update(_VARIANTS).where(_VARIANTS.c.state.in_(_IN_FLIGHT)).values(turn=turn))


def downgrade() -> None:
    op.execute("ALTER TABLE variants RENAME COLUMN turn TO priority")
    is_rush = sa.exists().where(_JOBS.c.id == _VARIANTS.c.job_id, _JOBS.c.priority == "rush")
    rank = sa.case((is_rush, _RUSH_RANK), else_=_NORMAL_RANK)
    op.execute(sa.update(_VARIANTS).where(_VARIANTS.c.state.in_(_IN_FLIGHT)).values(priority=rank))
    op.drop_table("queue_turns")
