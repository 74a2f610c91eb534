"""One index from which the Monitor's questions are answered, with the photo's file name in it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MONITOR = [
    "created_at",
    "id",
    "account_id",
    "state",
    "created_by",
    "room_type",
    "style",
    "error_code",
    "search_name",
    "credits_used",
    "started_at",
    "completed_at",
]
_NAME_MAX = 200


def upgrade() -> None:
    op.add_column("jobs", sa.Column("search_name", sa.Text(), server_default=sa.text("''"), nullable=False))
    _fill_search_names()
    op.create_index("ix_jobs_monitor", "jobs", _MONITOR, unique=False)
    # The new one begins with the same columns.
    op.drop_index("ix_jobs_created_at_id", table_name="jobs")


def downgrade() -> None:
    op.create_index("ix_jobs_created_at_id", "jobs", ["created_at", "id"], unique=False)
    op.drop_index("ix_jobs_monitor", table_name="jobs")
    op.drop_column("jobs", "search_name")


def _fill_search_names() -> None:
    # Databases fold plain letters alike; the others are folded here, as they will be from now on.
    folded = "(SELECT lower(substr(file_name, 1, :longest)) FROM photos WHERE photos.id = jobs.photo_id)"
    connection = op.get_bind()
    connection.execute(sa.text(f"UPDATE jobs SET search_name = {folded}"), {"longest": _NAME_MAX})
    names = connection.execute(sa.text("SELECT id, file_name FROM photos")).all()
    foreign = [
        {"photo_id": row.id, "name": row.file_name.casefold()[:_NAME_MAX]}
        for row in names
        if not row.file_name.isascii()
    ]
    for row in foreign:
        matching = sa.text(
            "UPDATE jobs SET search_name = :name"
            " WHERE account_id = (SELECT account_id FROM photos WHERE id = :photo_id) AND photo_id = :photo_id"
        )
        connection.execute(matching, row)
