"""Who did what? One line for each deed that somebody may have to answer for."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, BigId


class AuditEntry(Base):
    """One deed. The database refuses to update or delete it (triggers in the migration).

    `made_by` is who made the key that did it, if it was a key. Names are as they were then; the identities beside
    them (`core.auth.actors`) tell who it is, whatever they are called by now.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.Index("ix_audit_entries_at", "at"),
        sa.Index("ix_audit_entries_kind_id", "kind", "id"),
        sa.Index("ix_audit_entries_actor_actor_identity", "actor", "actor_identity"),
        sa.Index("ix_audit_entries_actor_identity_id", "actor_identity", "id"),
        sa.Index(
            "ix_audit_entries_made_by_identity_id",
            "made_by_identity",
            "id",
            sqlite_where=sa.text("made_by_identity IS NOT NULL"),
            postgresql_where=sa.text("made_by_identity IS NOT NULL"),
        ),
        sa.Index("ix_audit_entries_account_id_id", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    actor_identity: Mapped[str]
    made_by: Mapped[str | None]
    made_by_identity: Mapped[str | None]
    role: Mapped[str]
    source: Mapped[str]
    kind: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("jobs.id"))
    target: Mapped[str]
    detail: Mapped[str]
