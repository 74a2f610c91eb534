"""What is being staged? Jobs, their variants, each variant's attempts, and the events that led there."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base, BigId

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_JSON_OR_NULL = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Job(Base):
    """One photo to be staged, charged once. Terminal states are final.

    `search_name` is the photo's file name as a search compares it. `reuse_key` is the same for whatever is the same
    work for the same account (`core.jobs.reuse`).
    """

    __tablename__ = "jobs"
    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('pending', 'processing', 'completed', 'partial', 'failed', 'canceled')", name="state_known"
        ),
        sa.CheckConstraint(
            "(state IN ('pending', 'processing')) = (completed_at IS NULL)", name="completed_when_terminal"
        ),
        sa.CheckConstraint("credits_refunded >= 0 AND credits_refunded <= credits_used", name="refund_within_charge"),
        sa.CheckConstraint("priority IN ('normal', 'rush')", name="priority_known"),
        # All that the Monitor filters, sorts and counts by: whatever it asks is answered from here, at worst by one
        # pass, and never by a look at each job's row, which its prompt makes ten times as long.
        sa.Index(
            "ix_jobs_monitor",
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
        ),
        # What ended today, without a pass over what ended before; written once a job.
        sa.Index(
            "ix_jobs_ended",
            "completed_at",
            "state",
            "account_id",
            sqlite_where=sa.text("completed_at IS NOT NULL"),
            postgresql_where=sa.text("completed_at IS NOT NULL"),
        ),
        sa.Index("ix_jobs_account_id_created_at", "account_id", "created_at"),
        sa.Index("ix_jobs_state_created_at", "state", "created_at"),
        sa.Index("ix_jobs_retry_of", "retry_of"),
        sa.Index("ix_jobs_photo_id", "photo_id"),
        sa.Index(
            "ix_jobs_reuse_key",
            "reuse_key",
            "state",
            sqlite_where=sa.text("reuse_key IS NOT NULL"),
            postgresql_where=sa.text("reuse_key IS NOT NULL"),
        ),
        sa.Index(
            "ix_jobs_listing_id",
            "listing_id",
            sqlite_where=sa.text("listing_id IS NOT NULL"),
            postgresql_where=sa.text("listing_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    photo_id: Mapped[str] = mapped_column(sa.ForeignKey("photos.id"))
    state: Mapped[str]
    room_type: Mapped[str]
    style: Mapped[str]
    instructions: Mapped[str]
    prompt: Mapped[str]
    prompt_version: Mapped[str]
    model: Mapped[str]
    priority: Mapped[str]
    created_by: Mapped[str]
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    request_fingerprint: Mapped[str | None]
    retry_of: Mapped[str | None] = mapped_column(sa.ForeignKey("jobs.id"))
    credits_used: Mapped[int]
    credits_refunded: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    search_name: Mapped[str] = mapped_column(server_default=sa.text("''"))
    # Without a foreign key: SQLite could not take the column away again.
    listing_id: Mapped[str | None]
    reuse_key: Mapped[str | None]
    # What is set on the model beside what its builder sets; None: nothing.
    parameters: Mapped[dict[str, Any] | None] = mapped_column(_JSON_OR_NULL)


class Variant(Base):
    """One of a job's pictures. While it is queued, the lowest `turn` is ordered first (`core.jobs.turns`).

    `next_due_at` says when the dispatcher or the sweep has to look at it again.

    `retried_at` says when its one free retry sent it back to the queue, `settled_by` through which door the news
    came that ended it.
    """

    __tablename__ = "variants"
    __table_args__ = (
        sa.UniqueConstraint("job_id", "variant_index"),
        sa.CheckConstraint(
            "state IN ('queued', 'submitting', 'running', 'succeeded', 'failed', 'canceled')", name="state_known"
        ),
        sa.CheckConstraint("(state = 'succeeded') = (result_key IS NOT NULL)", name="result_when_succeeded"),
        sa.CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="error_when_failed"),
        sa.CheckConstraint(
            "(state IN ('queued', 'submitting', 'running')) = (next_due_at IS NOT NULL)", name="due_while_in_flight"
        ),
        sa.Index("ix_variants_state_next_due_at", "state", "next_due_at"),
        sa.Index("ix_variants_completed_at", "completed_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(sa.ForeignKey("jobs.id"))
    variant_index: Mapped[int]
    state: Mapped[str]
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    price_credits: Mapped[int]
    turn: Mapped[int]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    result_key: Mapped[str | None]
    result_thumbnail_key: Mapped[str | None]
    result_sha256: Mapped[str | None]
    result_media_type: Mapped[str | None]
    result_width: Mapped[int | None]
    result_height: Mapped[int | None]
    result_size_bytes: Mapped[int | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    settling_until: Mapped[datetime | None]
    retried_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]


class Attempt(Base):
    """One prediction ordered for a variant. The row, with the exact input, is written before the order is sent."""

    __tablename__ = "attempts"
    __table_args__ = (
        sa.UniqueConstraint("variant_id", "number"),
        sa.UniqueConstraint("prediction_id"),
        sa.Index("ix_attempts_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    variant_id: Mapped[str] = mapped_column(sa.ForeignKey("variants.id"))
    number: Mapped[int]
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    input: Mapped[dict[str, Any]] = mapped_column(_JSON)
    prediction_id: Mapped[str | None]
    status: Mapped[str]
    error: Mapped[str | None]
    logs: Mapped[str | None]
    cost_usd_micros: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    created_at: Mapped[datetime]
    call_ended_at: Mapped[datetime | None]
    provider_created_at: Mapped[datetime | None]
    provider_started_at: Mapped[datetime | None]
    provider_completed_at: Mapped[datetime | None]
    predict_seconds: Mapped[float | None]


class JobEvent(Base):
    """One thing that happened to a job, who or what brought it about, and in plain words."""

    __tablename__ = "job_events"
    __table_args__ = (
        sa.CheckConstraint("source IN ('page', 'api', 'webhook', 'sweep', 'sync', 'system')", name="source_known"),
        sa.Index("ix_job_events_job_id_id", "job_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    job_id: Mapped[str] = mapped_column(sa.ForeignKey("jobs.id"))
    variant_index: Mapped[int | None]
    at: Mapped[datetime]
    kind: Mapped[str]
    source: Mapped[str]
    actor: Mapped[str]
    message: Mapped[str]
