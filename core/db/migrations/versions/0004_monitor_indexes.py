"""The indexes from which the Monitor's questions are answered, with the photo's file name in the one of them."""

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
_JOBS = sa.table("jobs", sa.column("id"), sa.column("photo_id"), sa.column("search_name"))
_PHOTOS = sa.table("photos", sa.column("id"), sa.column("file_name"))


def upgrade() -> None:
    op.add_column("jobs", sa.Column("search_name", sa.Text(), server_default=sa.text("''"), nullable=False))
    _fill_search_names()
    op.create_index("ix_jobs_monitor", "jobs", _MONITOR, unique=False)
    op.create_index(
        "ix_jobs_ended",
        "jobs",
        ["completed_at", "state", "account_id"],
        unique=False,
        sqlite_where=sa.text("completed_at IS NOT NULL"),
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )
    # The wide one begins with the same columns.
    op.drop_index("ix_jobs_created_at_id", table_name="jobs")


def downgrade() -> None:
    op.create_index("ix_jobs_created_at_id", "jobs", ["created_at", "id"], unique=False)
    op.drop_index("ix_jobs_ended", table_name="jobs")
    op.drop_index("ix_jobs_monitor", table_name="jobs")
    op.drop_column("jobs", "search_name")


def _fill_search_names() -> None:
    connection = op.get_bind()
    file_name = sa.select(_PHOTOS.c.file_name).where(_PHOTOS.c.id == _JOBS.c.photo_id).scalar_subquery()
    connection.execute(sa.update(_JOBS).values(search_name=sa.func.lower(sa.func.substr(file_name, 1, _NAME_MAX))))
    # Databases fold plain letters alike; names with others are folded here, as they will be from now on.
    names = connection.execute(
        sa.select(_JOBS.c.id, _PHOTOS.c.file_name).join(_PHOTOS, _PHOTOS.c.id == _JOBS.c.photo_id)
    )
    folded = [
        {"job_id": row.id, "folded": row.file_name.casefold()[:_NAME_MAX]}
        for row in names
        if not row.file_name.isascii()
    ]
    if folded:
        query = sa.update(_JOBS).where(_JOBS.c.id == sa.bindparam("job_id"))
        connection.execute(query.values(search_name=sa.bindparam("folded")), folded)
