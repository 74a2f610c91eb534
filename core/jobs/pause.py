"""Does the provider take our orders at all? If not, the queue stands still until a trial gets through.

Without a valid token, or without funds, every order would be refused: nothing is ordered, nothing fails and nothing
is lost until a person has mended it, or the variants' time in the queue is over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import clock, errors, logs
from core.jobs.desk import Desk
from core.models import QueuePause

STOPPING = (errors.ProviderUnauthorized, errors.ProviderPaymentRequired)
TRY_AGAIN = timedelta(seconds=30)
_NAME = "creates"
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Why the queue stands still (an error's code and words), since when, and when an order is tried again."""

    code: str
    message: str
    since: datetime
    next_try_at: datetime


def current(session: Session) -> Pause | None:
    """The pause, or None while orders are taken."""
    row = session.execute(
        sa.select(QueuePause.code, QueuePause.message, QueuePause.since, QueuePause.next_try_at).where(
            QueuePause.name == _NAME
        )
    ).one_or_none()
    return None if row is None else Pause(**row._mapping)


def begin(session: Session, refusal: errors.ProviderError) -> None:
    """Stop the queue for this reason; a pause that lasts already keeps its beginning and its next trial."""
    now = clock.now()
    if current(session) is None:
        _log.error("queue paused", code=refusal.code)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    reason = {"code": refusal.code, "message": refusal.message}
    session.execute(
        insert(QueuePause)
        .values(name=_NAME, since=now, next_try_at=now + TRY_AGAIN, **reason)
        .on_conflict_do_update(index_elements=[QueuePause.name], set_=reason)
    )


def end(session: Session) -> None:
    """Orders are taken again."""
    session.execute(sa.delete(QueuePause).where(QueuePause.name == _NAME))


def claim_trial(session: Session) -> bool:
    """Whether one order may be tried now, by this caller and no other; the next one is due half a minute later."""
    now = clock.now()
    claimed = session.execute(
        sa.update(QueuePause)
        .where(QueuePause.name == _NAME, QueuePause.next_try_at <= now)
        .values(next_try_at=now + TRY_AGAIN)
    )
    return claimed.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def end_if_token_is_valid(desk: Desk) -> bool:
    """Ask the provider whether our token is good again, when a trial is due; True if the queue goes on.

    So a pause ends even if nothing waits that could be tried. Funds only show when something is ordered.
    """
    with desk.database.read() as session:
        pause = current(session)
    if pause is None or pause.code != errors.ProviderUnauthorized.code or pause.next_try_at > clock.now():
        return False
    with desk.database.write() as session:
        if not claim_trial(session):
            return False
    if not desk.provider.is_reachable():
        return False
    with desk.database.write() as session:
        end(session)
    desk.wake.set()
    return True
