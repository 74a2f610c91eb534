"""Which models may new jobs use? What managers decided of each; one that was never decided on is off."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.models.base import Base


class ModelSetting(Base):
    """A model by its `owner/name`: whether it is on, and whether it is used where no other is named."""

    __tablename__ = "model_settings"
    __table_args__ = (
        sa.CheckConstraint("is_on OR NOT is_default", name="default_is_on"),
        sa.Index(
            "uq_model_settings_one_default",
            "is_default",
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        ),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]
    is_default: Mapped[bool]
