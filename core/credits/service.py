"""How do credits come in? Use cases that open and close their own transaction."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, errors, logs
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import ledger
from core.db.session import Database
from core.models import Account
from core.models.base import new_id

ACCOUNT_NAME_MAX = 80
# A limit that no honest grant reaches: it keeps sums far from what an integer column holds.
GRANT_MAX_CREDITS = 100_000_000
_log = logs.get(__name__)


def grant(database: Database, actor: Actor, *, account: str, amount_credits: int, reason: str) -> int:
    """Give credits to an account, making the account if there is none; returns the balance after it.

    Raises:
        PermissionDenied: if the actor may not grant.
        InvalidAmount: if the amount is not from 1 to 100,000,000.
        ValidationFailed: if the account's name or the reason is empty or too long.
    """
    actor.require(Action.GRANT_CREDITS)
    if amount_credits > GRANT_MAX_CREDITS:
        raise errors.InvalidAmount(f"A grant is at most {GRANT_MAX_CREDITS:,} credits. Nothing was changed.")
    if not reason.strip():
        raise errors.ValidationFailed("A grant needs a reason. Nothing was changed.")
    with database.write() as session:
        account_id = find_or_open_account(session, name=account)
        balance = ledger.grant(
            session,
            key=f"grant:{new_id()}",
            account_id=account_id,
            amount_credits=amount_credits,
            reason=reason.strip(),
            actor=actor.name,
        )
    _log.info("credits granted", account=account, amount_credits=amount_credits, balance=balance, actor=actor.name)
    return balance


def welcome(database: Database, actor: Actor, *, account: str, amount_credits: int) -> bool:
    """Open a first account with some credits if there is none at all; True if it was opened."""
    actor.require(Action.GRANT_CREDITS)
    try:
        with database.write() as session:
            if session.scalar(sa.select(Account.id).limit(1)) is not None:
                return False
            account_id = find_or_open_account(session, name=account)
            ledger.grant(
                session,
                key="grant:welcome",
                account_id=account_id,
                amount_credits=amount_credits,
                reason="welcome",
                actor=actor.name,
            )
    except IntegrityError:
        # Another process starts on the same empty database and was faster.
        return False
    return True


def find_or_open_account(session: Session, *, name: str) -> int:
    """The id of the account of that name, opened with no credits if it is new.

    Raises:
        ValidationFailed: if the name is empty, too long, or not printable.
    """
    name = name.strip()
    if not name or len(name) > ACCOUNT_NAME_MAX or not name.isprintable():
        raise errors.ValidationFailed(
            f"An account's name is 1 to {ACCOUNT_NAME_MAX} printable characters. Nothing was changed."
        )
    is_postgres = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgres else sqlite.insert
    # Two first movements at once: the later one waits here for the earlier one's commit, and finds its account.
    session.execute(insert(Account).values(name=name, balance=0, created_at=clock.now()).on_conflict_do_nothing())
    return session.scalars(sa.select(Account.id).where(Account.name == name)).one()
