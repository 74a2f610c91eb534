"""What was asked for again, and given from what there was?"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class Reuse(Base):
    """A request that was answered with the variants of an earlier job, at no charge.

    `saved_credits` is what the job would have cost, `saved_usd_micros` what its predictions cost the first time.
    The key and fingerprint are those of the request, as a job has them; `listing_id` and `photo_id` are the listing
    and its photo, if it was asked for one.
    """

    __tablename__ = "reuses"
    __table_args__ = (
        sa.CheckConstraint("saved_credits > 0", name="saved_credits_positive"),
        sa.Index("ix_reuses_account_id_at", "account_id", "at"),
        sa.Index("ix_reuses_job_id", "job_id"),
        sa.Index("ix_reuses_listing_id", "listing_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    job_id: Mapped[str] = mapped_column(sa.ForeignKey("jobs.id"))
    listing_id: Mapped[str | None] = mapped_column(sa.ForeignKey("listings.id"))
    photo_id: Mapped[str | None] = mapped_column(sa.ForeignKey("photos.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    actor_identity: Mapped[str]
    saved_credits: Mapped[int]
    saved_usd_micros: Mapped[int] = mapped_column(sa.BigInteger)
    balance: Mapped[int] = mapped_column(sa.BigInteger)
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    request_fingerprint: Mapped[str | None]
