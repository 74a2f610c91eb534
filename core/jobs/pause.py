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
from core.jobs.states import VariantState
from core.models import QueuePause, Variant

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
    trial_variant_id: str | None


def current(session: Session) -> Pause | None:
    """The pause, or None while orders are taken."""
    row = session.execute(
        sa.select(
            QueuePause.code,
            QueuePause.message,
            QueuePause.since,
            QueuePause.next_try_at,
            QueuePause.trial_variant_id,
        ).where(QueuePause.name == _NAME)
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


def begin_unless_paused(desk: Desk, refusal: errors.ProviderError) -> None:
    """The same in a transaction of its own, where many are refused at once."""
    with desk.database.read() as session:
        if current(session) is not None:
            return
    with desk.database.write() as session:
        begin(session, refusal)


def end(session: Session) -> None:
    """Orders are taken again."""
    session.execute(sa.delete(QueuePause).where(QueuePause.name == _NAME))


def try_at_once(desk: Desk) -> None:
    """Make the next trial due now: who starts the desk again may have mended what stopped it."""
    with desk.database.write() as session:
        session.execute(sa.update(QueuePause).where(QueuePause.name == _NAME).values(next_try_at=clock.now()))


def claim_trial(session: Session) -> bool:
    """Whether one order may be tried now, by this caller and no other; the next one is due half a minute later."""
    now = clock.now()
    claimed = session.execute(
        sa.update(QueuePause)
        .where(QueuePause.name == _NAME, QueuePause.next_try_at <= now)
        .values(next_try_at=now + TRY_AGAIN)
    )
    return claimed.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def set_trial(session: Session, variant_id: str | None) -> None:
    """Name the one variant whose order may be tried."""
    session.execute(sa.update(QueuePause).where(QueuePause.name == _NAME).values(trial_variant_id=variant_id))


def end_if_token_is_valid(desk: Desk) -> bool:
    """Where nothing waits that could be tried: ask whether our token is good again; True if the pause is over.

    What waits is the better question, since a token may be good for looking and not for ordering. Funds only show
    when something is ordered.
    """
    with desk.database.read() as session:
        pause = current(session)
        if pause is None or pause.code != errors.ProviderUnauthorized.code or pause.next_try_at > clock.now():
            return False
        if session.scalar(sa.select(Variant.id).where(Variant.state == VariantState.QUEUED).limit(1)) is not None:
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
