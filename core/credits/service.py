"""How do credits come in? Use cases that open and close their own transaction."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, errors, logs
from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.auth.roles import Action
from core.credits import ledger
from core.db.session import Database
from core.models import Account, LedgerEntry
from core.models.base import new_id

ACCOUNT_NAME_MAX = 80
# A limit that no honest grant reaches: it keeps sums far from what an integer column holds.
GRANT_MAX_CREDITS = 100_000_000
REASON_MAX = 500
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Movement:
    """What a key stands for: sent again, it must be the same."""

    key: str
    account: str
    amount_credits: int
    reason: str


def grant(
    database: Database,
    actor: Actor,
    *,
    account: str,
    amount_credits: int,
    reason: str,
    idempotency_key: str | None = None,
) -> int:
    """Give credits to an account, making the account if there is none; returns the balance after it.

    A repeated `idempotency_key` gives nothing more, and returns the balance after the first grant.

    Raises:
        PermissionDenied: if the actor may not grant.
        InvalidAmount: if the amount is not from 1 to 100,000,000.
        ValidationFailed: if the account's name or the reason is empty or too long.
        IdempotencyConflict: if the key was used for another grant.
    """
    actor.require(Action.GRANT_CREDITS)
    if amount_credits > GRANT_MAX_CREDITS:
        raise errors.InvalidAmount(f"A grant is at most {GRANT_MAX_CREDITS:,} credits. Nothing was changed.")
    key = f"grant:{idempotency_key or new_id()}"
    asked = _Movement(key=key, account=account.strip(), amount_credits=amount_credits, reason=_stated(reason))
    balance = _move_once(
        database,
        actor,
        asked,
        account_of=lambda session: open_account(session, actor, name=account),
        move=ledger.grant,
        note=(AuditKind.GRANT, f"{amount_credits:,} credits: {asked.reason}"),
    )
    _log.info("credits granted", account=account, amount_credits=amount_credits, balance=balance, actor=actor.name)
    return balance


def adjust(
    database: Database,
    actor: Actor,
    *,
    account: str,
    amount_credits: int,
    reason: str,
    idempotency_key: str | None = None,
) -> int:
    """Correct an account's balance, upwards or down (a negative amount); returns the balance after it.

    A repeated `idempotency_key` changes nothing more.

    Raises:
        PermissionDenied: if the actor may not adjust.
        AccountNotFound: if there is no such account.
        InvalidAmount: if the amount is zero, or above 100,000,000 either way.
        InsufficientCredits: if the balance would go below zero.
        ValidationFailed: if there is no reason.
        IdempotencyConflict: if the key was used for another adjustment.
    """
    actor.require(Action.GRANT_CREDITS)
    if abs(amount_credits) > GRANT_MAX_CREDITS:
        raise errors.InvalidAmount(f"An adjustment is at most {GRANT_MAX_CREDITS:,} credits. Nothing was changed.")
    key = f"adjustment:{idempotency_key or new_id()}"
    asked = _Movement(key=key, account=account.strip(), amount_credits=amount_credits, reason=_stated(reason))
    balance = _move_once(
        database,
        actor,
        asked,
        account_of=lambda session: _known_account(session, asked.account),
        move=ledger.adjust,
        note=(AuditKind.ADJUSTMENT, f"{amount_credits:+,} credits: {asked.reason}"),
    )
    _log.info("balance adjusted", account=account, amount_credits=amount_credits, balance=balance, actor=actor.name)
    return balance


def welcome(database: Database, actor: Actor, *, account: str, amount_credits: int) -> bool:
    """Open a first account with some credits if there is none at all; True if it was opened."""
    actor.require(Action.GRANT_CREDITS)
    try:
        with database.write() as session:
            if session.scalar(sa.select(Account.id).limit(1)) is not None:
                return False
            account_id = open_account(session, actor, name=account)
            ledger.grant(
                session,
                key="grant:welcome",
                account_id=account_id,
                amount_credits=amount_credits,
                reason="welcome",
                actor=actor.name,
            )
            detail = f"{amount_credits:,} credits: welcome"
            audit.note(session, actor, AuditKind.GRANT, account_id=account_id, target=account, detail=detail)
    except IntegrityError:
        # Another process starts on the same empty database and was faster.
        return False
    return True


def _stated(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_MAX:
        raise errors.ValidationFailed(f"A reason is needed, of at most {REASON_MAX} characters. Nothing was changed.")
    return reason


def _move_once(
    database: Database,
    actor: Actor,
    asked: _Movement,
    *,
    account_of: Callable[[Session], int],
    move: Callable[..., int],
    note: tuple[AuditKind, str],
) -> int:
    """Move the credits and note it, or find that the key did so already; the balance after it, both ways."""
    kind, detail = note
    try:
        with database.write() as session:
            account_id = _lock(session, account_of(session))
            earlier = _earlier(session, asked)
            if earlier is not None:
                return earlier
            balance = move(
                session,
                key=asked.key,
                account_id=account_id,
                amount_credits=asked.amount_credits,
                reason=asked.reason,
                actor=actor.name,
            )
            audit.note(session, actor, kind, account_id=account_id, target=asked.account, detail=detail)
    except IntegrityError:
        # The same key moved another account's credits at this very moment: of that one, no lock was held.
        with database.read() as session:
            earlier = _earlier(session, asked)
        if earlier is None:
            raise
        return earlier
    return balance


def _earlier(session: Session, asked: _Movement) -> int | None:
    """The balance after what the key moved already, or None if it is new."""
    movement = session.execute(
        sa.select(Account.name, LedgerEntry.amount, LedgerEntry.reason, LedgerEntry.balance_after)
        .join(Account, Account.id == LedgerEntry.account_id)
        .where(LedgerEntry.entry_key == asked.key)
    ).one_or_none()
    if movement is None:
        return None
    if (movement.name, movement.amount, movement.reason) != (asked.account, asked.amount_credits, asked.reason):
        raise errors.IdempotencyConflict
    return int(movement.balance_after)


def _known_account(session: Session, name: str) -> int:
    account_id = session.scalar(sa.select(Account.id).where(Account.name == name))
    if account_id is None:
        raise errors.AccountNotFound
    return account_id


def _lock(session: Session, account_id: int) -> int:
    """So that of two equal requests at once, the second sees what the first did."""
    session.execute(sa.select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    return account_id


def find_or_open_account(session: Session, *, name: str) -> int:
    """The id of the account of that name, opened with no credits if it is new.

    Raises:
        ValidationFailed: if the name is empty, too long, or not printable.
    """
    account_id, _is_new = _found_or_opened(session, name)
    return account_id


def open_account(session: Session, actor: Actor, *, name: str) -> int:
    """The id of the account of that name; if it is new, that it was opened is a line of the audit log.

    Raises:
        ValidationFailed: if the name is empty, too long, or not printable.
    """
    account_id, is_new = _found_or_opened(session, name)
    if is_new:
        audit.note(session, actor, AuditKind.ACCOUNT_OPENED, account_id=account_id, target=name.strip())
    return account_id


def _found_or_opened(session: Session, name: str) -> tuple[int, bool]:
    name = name.strip()
    if not name or len(name) > ACCOUNT_NAME_MAX or not name.isprintable():
        raise errors.ValidationFailed(
            f"An account's name is 1 to {ACCOUNT_NAME_MAX} printable characters. Nothing was changed."
        )
    is_postgres = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgres else sqlite.insert
    # Two first movements at once: the later one waits here for the earlier one's commit, and finds its account.
    opening = insert(Account).values(name=name, balance=0, created_at=clock.now()).on_conflict_do_nothing()
    opened = session.scalar(opening.returning(Account.id))
    if opened is not None:
        return opened, True
    return session.scalars(sa.select(Account.id).where(Account.name == name)).one(), False
