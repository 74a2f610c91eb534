"""Who pays, and what was paid? Accounts with their balance, and the append-only ledger behind it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, BigId


class Account(Base):
    """A customer with a balance of credits, which equals the sum of its ledger entries at all times.

    `rush_variant_credits` is what a variant of a rush job costs it; without, it may not rush. No more than
    `in_flight_max` of its variants are under way at once, if there is one.
    """

    __tablename__ = "accounts"
    __table_args__ = (sa.CheckConstraint("balance >= 0", name="balance_not_negative"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    balance: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[datetime]
    rush_variant_credits: Mapped[int | None]
    in_flight_max: Mapped[int | None]


class LedgerEntry(Base):
    """One movement of credits. The database refuses to update or delete it (triggers in the migration).

    `entry_key` makes each movement happen at most once: `charge:<job>`, `return:<variant>`, …
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('grant', 'charge', 'refund', 'adjustment')", name="kind_known"),
        sa.CheckConstraint(
            "(kind IN ('grant', 'refund') AND amount > 0) OR (kind = 'charge' AND amount < 0)"
            " OR (kind = 'adjustment' AND amount <> 0)",
            name="amount_has_the_sign_of_its_kind",
        ),
        sa.CheckConstraint("balance_after >= 0", name="balance_after_not_negative"),
        sa.CheckConstraint("kind NOT IN ('charge', 'refund') OR job_id IS NOT NULL", name="job_named"),
        sa.Index("ix_ledger_entries_account_id_id", "account_id", "id"),
        sa.Index(
            "uq_ledger_entries_one_charge_a_job",
            "job_id",
            unique=True,
            sqlite_where=sa.text("kind = 'charge'"),
            postgresql_where=sa.text("kind = 'charge'"),
        ),
        sa.Index("ix_ledger_entries_job_id", "job_id"),
        sa.Index("ix_ledger_entries_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    entry_key: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    at: Mapped[datetime]
    kind: Mapped[str]
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    balance_after: Mapped[int] = mapped_column(sa.BigInteger)
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("jobs.id"))
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    actor: Mapped[str]
