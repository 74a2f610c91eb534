"""An account may rush, at its own price, and may be held to so many variants at once; until somebody says so, neither."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("rush_variant_credits", "in_flight_max"):
        op.add_column("accounts", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in ("in_flight_max", "rush_variant_credits"):
        op.drop_column("accounts", name)
