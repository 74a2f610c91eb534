"""Which programs may call? API keys, of which only a hash is kept."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, BigId


class ApiKey(Base):
    """A key's SHA-256, its role and, for staff, the account it is bound to; `created_by` is NULL for a command's.

    `created_by` is its maker's name, and `created_by_identity` tells who that is, whatever their name is by now.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        sa.CheckConstraint("role IN ('staff', 'support', 'manager')", name="role_known"),
        sa.CheckConstraint("role <> 'staff' OR account_id IS NOT NULL", name="staff_has_an_account"),
        sa.Index("ix_api_keys_created_by_identity", "created_by_identity"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    key_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    created_by_identity: Mapped[str | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
