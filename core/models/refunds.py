"""What did people refund, and why? Each refund or request for one, and how much each role may refund by itself."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base

_REASONS = (
    "technical_failure",
    "structure_altered",
    "wrong_style_or_room",
    "poor_realism",
    "duplicate_charge",
    "false_safety_refusal",
    "late_delivery",
    "goodwill",
    "other",
)


class Refund(Base):
    """A refund that a person made, or asked a manager for. The database refuses to change it once it is decided.

    `requested_for` is the person behind an API key, or `requested_by` again. Names are for people to read: who may
    decide, and what counts towards whose limit, goes by the identities beside them (`core.auth.actors`). The ledger
    entry of a refund has the key `refund:<id>`.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint(f"reason IN {_REASONS}", name="reason_known"),
        sa.CheckConstraint("reason <> 'other' OR note <> ''", name="other_has_a_note"),
        sa.CheckConstraint("state IN ('requested', 'refunded', 'declined')", name="state_known"),
        sa.CheckConstraint("(state = 'requested') = (decided_at IS NULL)", name="decided_when_over"),
        sa.Index("ix_refunds_job_id", "job_id"),
        sa.Index("ix_refunds_state_id", "state", "id"),
        sa.Index("ix_refunds_account_id_id", "account_id", "id"),
        sa.Index("ix_refunds_requested_by_identity_requested_at", "requested_by_identity", "requested_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(sa.ForeignKey("jobs.id"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    variant_index: Mapped[int | None]
    amount: Mapped[int]
    reason: Mapped[str]
    note: Mapped[str]
    state: Mapped[str]
    requested_by: Mapped[str]
    requested_for: Mapped[str]
    requested_by_identity: Mapped[str]
    requested_for_identity: Mapped[str]
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_by_identity: Mapped[str | None]
    decided_for_identity: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str]
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    fingerprint: Mapped[str]


class RefundLimit(Base):
    """How many credits a role may refund by itself, at once and within a day; NULL: as many as there are."""

    __tablename__ = "refund_limits"
    __table_args__ = (
        sa.CheckConstraint("role IN ('support', 'manager')", name="role_known"),
        sa.CheckConstraint("per_refund_credits >= 0 AND per_day_credits >= 0", name="limits_not_negative"),
    )

    role: Mapped[str] = mapped_column(primary_key=True)
    per_refund_credits: Mapped[int | None]
    per_day_credits: Mapped[int | None]
