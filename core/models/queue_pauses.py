"""Why is nothing ordered just now? One row while the provider takes no orders from us at all."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class QueuePause(Base):
    """The queue stands still, for a reason that a person has to mend; one order is tried at `next_try_at`.

    `trial_variant_id` names the variant whose order that is.
    """

    __tablename__ = "queue_pauses"

    name: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    message: Mapped[str]
    since: Mapped[datetime]
    next_try_at: Mapped[datetime]
    trial_variant_id: Mapped[str | None]
