"""Which photographs came in? One row an upload; the bytes lie in storage under their SHA-256."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class Photo(Base):
    """An uploaded photo: the untouched original, the copy for the model, a thumbnail. Keys name stored objects.

    `perceptual_hash` is alike for photos that look alike; those that came before it was taken have none.
    """

    __tablename__ = "photos"
    __table_args__ = (
        sa.Index("ix_photos_account_id_sha256", "account_id", "sha256"),
        # An account's latest photos, to find other copies of the same view among.
        sa.Index(
            "ix_photos_account_id_id",
            "account_id",
            "id",
            sqlite_where=sa.text("perceptual_hash IS NOT NULL"),
            postgresql_where=sa.text("perceptual_hash IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    sha256: Mapped[str]
    file_name: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    width: Mapped[int]
    height: Mapped[int]
    original_key: Mapped[str]
    prepared_key: Mapped[str]
    prepared_width: Mapped[int]
    prepared_height: Mapped[int]
    thumbnail_key: Mapped[str]
    perceptual_hash: Mapped[int | None] = mapped_column(sa.BigInteger)
    provider_url: Mapped[str | None]
    provider_url_expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
