"""When is a variant's turn? One number each: the lower is ordered first, and shares are fair between accounts.

This is start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996) with a variant as the unit of work and the clock
of Golestani's self-clocked kind (INFOCOM 1994): it stands at the end of what was served last. The waiting variants of
one account have turns one after the other; the first begins where the clock stands, however many others wait. So two
accounts take turns, and who sends two hundred photos at once waits behind themselves alone. Rush jobs have a row of
turns of their own, brought forward by `RUSH_LEAD`: what they overtake is bounded, so that normal ones
still move.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.jobs.states import Priority, VariantState
from core.models import Job, QueueTurn, Variant

_NAME = "creates"
# So many variants of the other accounts, and of its own, a rush variant may overtake.
RUSH_LEAD = 1_000
# The queue's number for its tasks is above zero; also that of a rush variant where nothing has been served.
FIRST = 10_000
_LEADS = {Priority.NORMAL: 0, Priority.RUSH: RUSH_LEAD}


def take(session: Session, *, account_id: int, priority: Priority, count: int) -> range:
    """The turns of so many new variants of this account, behind those of it that wait.

    What waits for its free retry has had its turn, and counts no more. Two at once may get the same turns; then the
    older one comes first.
    """
    lead = _LEADS[priority]
    last = session.scalar(
        sa.select(sa.func.max(Variant.turn))
        .join(Job, Job.id == Variant.job_id)
        .where(
            Variant.state == VariantState.QUEUED,
            Variant.retried_at.is_(None),
            Job.account_id == account_id,
            Job.priority == priority,
        )
    )
    begin = serving(session) - lead
    if last is not None:
        begin = max(begin, last + 1)
    return range(begin, begin + count)


def serving(session: Session) -> int:
    """Where the clock stands: the turn, but for the lead of rush, of who comes to an empty queue."""
    found = session.scalar(sa.select(QueueTurn.serving).where(QueueTurn.name == _NAME))
    return FIRST if found is None else found


def serve(session: Session, variant_ids: list[str]) -> None:
    """These were given their turn: what is submitted from now on comes after them. It never goes back."""
    if not variant_ids:
        return
    leads = sa.case(*((Job.priority == priority, lead) for priority, lead in _LEADS.items()), else_=0)
    reached = session.scalar(
        sa.select(sa.func.max(Variant.turn + leads) + 1)
        .join(Job, Job.id == Variant.job_id)
        .where(Variant.id.in_(variant_ids))
    )
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    begun = insert(QueueTurn).values(name=_NAME, serving=reached)
    session.execute(
        begun.on_conflict_do_update(
            index_elements=[QueueTurn.name],
            set_={"serving": begun.excluded.serving},
            where=QueueTurn.serving < begun.excluded.serving,
        )
    )
