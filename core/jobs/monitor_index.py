"""How is a question asked so that the Monitor's index answers it? SQLite would else take whichever fits first."""

from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from core.auth.actors import Actor
from core.models import Job

_T = TypeVar("_T")


class _Unindexed(FunctionElement[_T]):
    inherit_cache = True


def unindexed(column: InstrumentedAttribute[_T]) -> sa.ColumnElement[_T]:
    """The column, by which SQLite must not look for an index; PostgreSQL, which keeps statistics, may.

    An index by account or state finds the jobs of a large account one by one in the table, which takes longer than
    a pass over all of the Monitor's index.
    """
    element: _Unindexed[_T] = _Unindexed(column)
    element.type = column.type
    return element


def seen_by(actor: Actor) -> list[sa.ColumnElement[bool]]:
    """The conditions under which a job exists for the actor."""
    return [] if actor.account_id is None else [unindexed(Job.account_id) == actor.account_id]


@compiles(_Unindexed)
def _plain(element: _Unindexed[Any], compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_Unindexed, "sqlite")
def _prefixed(element: _Unindexed[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"
