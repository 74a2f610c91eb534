"""What do all tables share? The metadata, the time type and the identifiers."""

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from core import clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime: timestamptz on PostgreSQL, microseconds since 1970 on SQLite, which has no time type."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """An integer on SQLite, so that comparisons and indexes need no text parsing."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.BigInteger())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Refuses naive times: they would silently mean something else on each machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times in the database are aware UTC datetimes")
        if dialect.name == "sqlite":
            return (value - _EPOCH) // timedelta(microseconds=1)
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Back to an aware UTC datetime."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return _EPOCH + timedelta(microseconds=value)
        return value.astimezone(UTC)  # type: ignore[no-any-return]


# SQLite numbers rows only in columns declared INTEGER.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = sa.MetaData(naming_convention=_NAMING)
    type_annotation_map = {datetime: UtcTime, str: sa.Text}  # noqa: RUF012


def new_id(at: datetime | None = None) -> str:
    """A fresh UUID of version 7 (RFC 9562): it sorts by time of creation (now, or `at`), so indexes stay compact."""
    milliseconds = ((at or clock.now()) - _EPOCH) // timedelta(milliseconds=1)
    value = (milliseconds << 80) | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))
