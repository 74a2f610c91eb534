"""What did the provider tell us unasked? One row for each webhook, whatever became of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class WebhookDelivery(Base):
    """A verified webhook, kept once by its `webhook-id`; `applied_at` is empty until it was acted upon."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        sa.Index("ix_webhook_deliveries_applied_at_received_at", "applied_at", "received_at"),
        sa.Index("ix_webhook_deliveries_prediction_id", "prediction_id"),
        sa.Index("ix_webhook_deliveries_received_at", "received_at"),
    )

    webhook_id: Mapped[str] = mapped_column(primary_key=True)
    prediction_id: Mapped[str]
    variant_id: Mapped[str | None]
    body: Mapped[dict[str, Any]] = mapped_column(sa.JSON().with_variant(JSONB(), "postgresql"))
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
