"""A free retry, a person's cancel, a queue that pauses, and who settled what."""

import sqlalchemy as sa
from alembic import op

from core.models.base import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("cancel_requested_at", UtcTime(), nullable=True))
    op.add_column("variants", sa.Column("retried_at", UtcTime(), nullable=True))
    op.add_column("variants", sa.Column("settled_by", sa.Text(), nullable=True))
    op.create_index("ix_variants_completed_at", "variants", ["completed_at"], unique=False)
    op.create_index("ix_webhook_deliveries_received_at", "webhook_deliveries", ["received_at"], unique=False)
    op.create_table(
        "queue_pauses",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("next_try_at", UtcTime(), nullable=False),
        sa.Column("trial_variant_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queue_pauses")),
    )


def downgrade() -> None:
    op.drop_table("queue_pauses")
    op.drop_index("ix_webhook_deliveries_received_at", table_name="webhook_deliveries")
    op.drop_index("ix_variants_completed_at", table_name="variants")
    op.drop_column("variants", "settled_by")
    op.drop_column("variants", "retried_at")
    op.drop_column("jobs", "cancel_requested_at")
