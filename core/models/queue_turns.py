"""Whose turn is it? One row that all processes share."""

from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class QueueTurn(Base):
    """The queue's clock: the turn after the latest that was served."""

    __tablename__ = "queue_turns"

    name: Mapped[str] = mapped_column(primary_key=True)
    serving: Mapped[int]
