"""How much may a role refund without asking a manager? One row a role, and for each actor a day of their own."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import errors, logs
from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.auth.roles import PERMISSIONS, Action, Role
from core.db.session import Database
from core.models import RefundLimit as Row

LIMIT_MAX_CREDITS = 1_000_000
# Any constant will do: it tells these locks of PostgreSQL from others.
_TURNS = 7_301_987
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLimit:
    """What a role may refund by itself: in one refund, and each person or key within 24 hours. None: no limit."""

    role: Role
    per_refund_credits: int | None
    per_day_credits: int | None

    def covers(self, amount_credits: int, *, spent_credits: int) -> bool:
        """Whether a refund of this amount, after as much as `spent_credits` within the day, is within the limit."""
        return amount_credits <= _or_any(self.per_refund_credits, amount_credits) and (
            spent_credits + amount_credits <= _or_any(self.per_day_credits, spent_credits + amount_credits)
        )


def refund_limits(session: Session, actor: Actor) -> list[RefundLimit]:
    """The limits of every role that may refund.

    Raises:
        PermissionDenied: if the actor may not set limits.
    """
    actor.require(Action.SET_LIMITS)
    return [limit_of(session, role) for role in Role if Action.REFUND in PERMISSIONS[role]]


def set_refund_limit(database: Database, actor: Actor, limit: RefundLimit) -> None:
    """Set what a role may refund by itself from now on.

    Raises:
        PermissionDenied: if the actor may not set limits.
        ValidationFailed: if the role may not refund at all, or a limit is below 0 or above a million.
    """
    actor.require(Action.SET_LIMITS)
    if Action.REFUND not in PERMISSIONS[limit.role]:
        raise errors.ValidationFailed(f"The role {limit.role} can't refund, so it has no limit. Nothing was changed.")
    for credits in (limit.per_refund_credits, limit.per_day_credits):
        if credits is not None and not 0 <= credits <= LIMIT_MAX_CREDITS:
            raise errors.ValidationFailed(
                f"A limit is a whole number of credits from 0 to {LIMIT_MAX_CREDITS:,}. Nothing was changed."
            )
    with database.write() as session:
        before = limit_of(session, limit.role, lock=True)
        session.execute(
            sa.update(Row)
            .where(Row.role == limit.role)
            .values(per_refund_credits=limit.per_refund_credits, per_day_credits=limit.per_day_credits)
        )
        detail = f"{_words(before)} → {_words(limit)}"
        audit.note(session, actor, AuditKind.LIMIT_CHANGED, target=limit.role.value, detail=detail)
    _log.info("refund limit changed", role=limit.role.value, actor=actor.name)


def limit_of(session: Session, role: Role, *, lock: bool = False) -> RefundLimit:
    """The limit of a role that may refund; with `lock`, nobody else sets it until the commit."""
    query = sa.select(Row.role, Row.per_refund_credits, Row.per_day_credits).where(Row.role == role)
    row = session.execute(query.with_for_update() if lock else query).one()
    return RefundLimit(role=role, per_refund_credits=row.per_refund_credits, per_day_credits=row.per_day_credits)


def take_turn(session: Session, actor: Actor) -> None:
    """Wait until no other refund of the same identity is under way: each has to see what the one before it spent.

    It is the first lock of a refund, and one of its own kind: whoever waits for it holds no other.
    """
    # SQLite has one writer at a time.
    if session.get_bind().dialect.name == "postgresql":
        turn = sa.func.hashtext(sa.cast(f"refund:{actor.identity}", sa.Text))
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURNS, turn)))


def _or_any(limit: int | None, amount: int) -> int:
    return amount if limit is None else limit


def _words(limit: RefundLimit) -> str:
    def said(credits: int | None) -> str:
        return "any" if credits is None else f"{credits:,}"

    return f"{said(limit.per_refund_credits)} a refund, {said(limit.per_day_credits)} a day"
