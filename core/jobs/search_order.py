"""In which order are jobs listed, and where does the next page begin? By position, never by counting rows."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from core import errors
from core.models import Job

_BETWEEN = "~"


class Sort(StrEnum):
    """The orders in which jobs can be listed."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LONGEST_IN_STATE = "longest_in_state"
    MOST_CREDITS = "most_credits"


@dataclass(frozen=True, slots=True)
class _Key:
    """One thing that is sorted by, and how it is written into a cursor and read again."""

    column: sa.ColumnElement[Any]
    write: Callable[[Any], str]
    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Order:
    """One order: all of its keys rise, or all fall; the last one is the id, so that no two jobs share a position."""

    sort: Sort
    keys: tuple[_Key, ...]
    falls: bool

    @property
    def columns(self) -> list[sa.ColumnElement[Any]]:
        """What makes a job's position."""
        return [key.column for key in self.keys]

    def page(
        self, conditions: Sequence[sa.ColumnElement[bool]], *, after: Sequence[Any] | None, limit: int
    ) -> sa.Select[Any]:
        """The first positions of jobs that fulfil the conditions; of those after the position `after`, if given.

        A sort without an index of its own keeps the best of one pass over the index by time. A pass in the sort's
        own direction meets them early and hardly ever replaces one; where the sort rises, it has that anyway.
        """
        columns: list[sa.ColumnElement[Any]] = [
            column.label(f"key_{number}") for number, column in enumerate(self.columns)
        ]
        query = sa.select(*columns).where(*conditions)
        if after is not None:
            position, given = sa.tuple_(*self.columns), sa.tuple_(*after, types=[one.type for one in self.columns])
            query = query.where(position < given if self.falls else position > given)
        if self.falls and not self.is_by_time:
            # An offset, even of nothing, keeps databases from merging the pass into what is done with it.
            passed = query.order_by(_CREATED_AT.column.desc(), _ID.column.desc()).offset(0).subquery()
            columns, query = list(passed.columns), sa.select(passed)
        return query.order_by(*(column.desc() if self.falls else column.asc() for column in columns)).limit(limit)

    @property
    def is_by_time(self) -> bool:
        """Whether the index by time has this order already."""
        return self.keys == (_CREATED_AT, _ID)

    def cursor(self, position: Sequence[Any]) -> str:
        """The position as text that an address may hold."""
        return _BETWEEN.join([self.sort, *(key.write(value) for key, value in zip(self.keys, position, strict=True))])

    def parse(self, cursor: str) -> tuple[Any, ...]:
        """The position of a cursor.

        Raises:
            ValidationFailed: if it is not one of ours, or belongs to another order.
        """
        sort, *parts = cursor.split(_BETWEEN)
        try:
            if sort != self.sort:
                raise ValueError(sort)
            return tuple(key.read(part) for key, part in zip(self.keys, parts, strict=True))
        except (ValueError, OverflowError) as exception:
            raise errors.ValidationFailed("This cursor is not one of ours. Start again without it.") from exception


def _write_time(moment: datetime) -> str:
    # Without a plus sign, which an address reads as a space.
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)


def _read_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(text)
    return int(text)


_ID = _Key(Job.id.expression, str, lambda text: str(uuid.UUID(text)))
_CREATED_AT = _Key(Job.created_at.expression, _write_time, _read_time)
_IS_OVER = _Key(sa.case((Job.completed_at.is_(None), 0), else_=1), str, _read_number)
_STATE_SINCE = _Key(sa.func.coalesce(Job.completed_at, Job.started_at, Job.created_at), _write_time, _read_time)
_CREDITS_USED = _Key(Job.credits_used.expression, str, _read_number)

SORTS = {
    order.sort: order
    for order in (
        Order(Sort.NEWEST, (_CREATED_AT, _ID), falls=True),
        Order(Sort.OLDEST, (_CREATED_AT, _ID), falls=False),
        # What is over will never leave its state: for how long says nothing, so it comes after what is under way.
        Order(Sort.LONGEST_IN_STATE, (_IS_OVER, _STATE_SINCE, _ID), falls=False),
        Order(Sort.MOST_CREDITS, (_CREDITS_USED, _CREATED_AT, _ID), falls=True),
    )
}
