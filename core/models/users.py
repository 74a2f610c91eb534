"""Who are the people? Everybody who signed in or was invited, and what they are trusted with."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, BigId


class User(Base):
    """A person: known by issuer and subject, as OpenID Connect has it; only invited as long as there is no subject.

    Without a role they may do nothing. A sign-in made at `signed_out_at` or before is over, by its issuer's clock.
    """

    __tablename__ = "users"
    __table_args__ = (
        sa.CheckConstraint("role IN ('staff', 'support', 'manager')", name="role_known"),
        sa.CheckConstraint("(role = 'staff') = (account_id IS NOT NULL)", name="staff_has_an_account"),
        sa.CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="identity_is_whole"),
        sa.UniqueConstraint("issuer", "subject"),
        sa.Index(
            "uq_users_one_invitation_an_email",
            "email",
            unique=True,
            sqlite_where=sa.text("subject IS NULL"),
            postgresql_where=sa.text("subject IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str | None]
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None]
    signed_out_at: Mapped[datetime | None]
