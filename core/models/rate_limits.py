"""How fast may we order? One row that all processes share."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class RateLimit(Base):
    """A token bucket as one number: the time, in microseconds since 1970, up to which tokens are spent."""

    __tablename__ = "rate_limits"

    name: Mapped[str] = mapped_column(primary_key=True)
    spent_until_us: Mapped[int] = mapped_column(sa.BigInteger)
