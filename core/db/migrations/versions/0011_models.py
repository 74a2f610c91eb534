"""Managers decide which models new jobs may use; the one that was always used is on, and the default."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    settings = op.create_table(
        "model_settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.CheckConstraint("is_on OR NOT is_default", name=op.f("ck_model_settings_default_is_on")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_model_settings")),
    )
    op.create_index(
        "uq_model_settings_one_default",
        "model_settings",
        ["is_default"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.bulk_insert(settings, [{"name": "black-forest-labs/flux-kontext-pro", "is_on": True, "is_default": True}])


def downgrade() -> None:
    op.drop_table("model_settings")
