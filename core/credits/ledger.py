"""How do credits move? Each movement changes a balance by conditional UPDATE and adds its entry, or does neither.

Inner functions: they take an open writing session and never commit.
"""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.models import Account, Job, LedgerEntry

SYSTEM_REASON = "system"
STAGING_REASON = "staging"


class EntryKind(StrEnum):
    """The four kinds of movement."""

    GRANT = "grant"
    CHARGE = "charge"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"


def charge(session: Session, *, account_id: int, job_id: str, amount_credits: int, actor: str) -> int:
    """Take a job's price from the balance; returns the balance after it.

    Raises:
        InsufficientCredits: if the balance is short; the transaction must then be given up.
    """
    require_positive(amount_credits)
    balance: int | None = session.scalar(
        sa.update(Account)
        .where(Account.id == account_id, Account.balance >= amount_credits)
        .values(balance=Account.balance - amount_credits)
        .returning(Account.balance)
    )
    if balance is None:
        account = session.execute(sa.select(Account.name, Account.balance).where(Account.id == account_id)).one()
        raise insufficient(account.name, needed=amount_credits, balance=account.balance)
    _add_entry(
        session,
        key=f"charge:{job_id}",
        account_id=account_id,
        kind=EntryKind.CHARGE,
        amount=-amount_credits,
        balance_after=balance,
        job_id=job_id,
        reason=STAGING_REASON,
        actor=actor,
    )
    return balance


def refund(
    session: Session, *, key: str, job_id: str, amount_credits: int, reason: str, actor: str, note: str = ""
) -> int | None:
    """Return credits of a job to its account; the balance after it, or None if `key` was refunded before.

    The job's row is locked by the first statement, so two refunds of one job follow each other.

    Raises:
        StateConflict: if more would be returned than was charged.
    """
    require_positive(amount_credits)
    job = session.execute(
        sa.select(Job.account_id, Job.id).where(Job.id == job_id).with_for_update(key_share=True)
    ).one()
    if session.scalar(sa.select(LedgerEntry.id).where(LedgerEntry.entry_key == key)) is not None:
        return None
    counted = session.execute(
        sa.update(Job)
        .where(Job.id == job_id, Job.credits_refunded + amount_credits <= Job.credits_used)
        .values(credits_refunded=Job.credits_refunded + amount_credits)
    )
    if counted.rowcount != 1:  # type: ignore[attr-defined]
        raise errors.StateConflict("That is more than is left to refund on this job. Nothing was refunded.")
    balance = _add_to_balance(session, job.account_id, amount_credits)
    _add_entry(
        session,
        key=key,
        account_id=job.account_id,
        kind=EntryKind.REFUND,
        amount=amount_credits,
        balance_after=balance,
        job_id=job_id,
        reason=reason,
        actor=actor,
        note=note,
    )
    return balance


def grant(session: Session, *, key: str, account_id: int, amount_credits: int, reason: str, actor: str) -> int:
    """Give credits to an account; returns the balance after it.

    Raises:
        InvalidAmount: if the amount is not above zero.
    """
    require_positive(amount_credits)
    balance = _add_to_balance(session, account_id, amount_credits)
    _add_entry(
        session,
        key=key,
        account_id=account_id,
        kind=EntryKind.GRANT,
        amount=amount_credits,
        balance_after=balance,
        job_id=None,
        reason=reason,
        actor=actor,
    )
    return balance


def adjust(session: Session, *, key: str, account_id: int, amount_credits: int, reason: str, actor: str) -> int:
    """Correct a balance, upwards or down; returns the balance after it.

    Raises:
        InvalidAmount: if the amount is zero.
        InsufficientCredits: if the balance would go below zero; the transaction must then be given up.
    """
    if isinstance(amount_credits, bool) or not isinstance(amount_credits, int) or amount_credits == 0:
        raise errors.InvalidAmount("An adjustment is a whole number of credits, and not zero. Nothing was changed.")
    balance: int | None = session.scalar(
        sa.update(Account)
        .where(Account.id == account_id, Account.balance + amount_credits >= 0)
        .values(balance=Account.balance + amount_credits)
        .returning(Account.balance)
    )
    if balance is None:
        account = session.execute(sa.select(Account.name, Account.balance).where(Account.id == account_id)).one()
        raise insufficient(account.name, needed=-amount_credits, balance=account.balance)
    _add_entry(
        session,
        key=key,
        account_id=account_id,
        kind=EntryKind.ADJUSTMENT,
        amount=amount_credits,
        balance_after=balance,
        job_id=None,
        reason=reason,
        actor=actor,
    )
    return balance


def balance_after(session: Session, *, key: str) -> int | None:
    """The balance after the entry of that key, or None if there is none."""
    return session.scalar(sa.select(LedgerEntry.balance_after).where(LedgerEntry.entry_key == key))


def insufficient(account: str, *, needed: int, balance: int) -> errors.InsufficientCredits:
    """The refusal in words, with the figures a person needs."""
    return errors.InsufficientCredits(
        f"Not enough credits: this needs {needed}, {account} has {balance}. Nothing was charged.",
        account=account,
        needed=needed,
        balance=balance,
    )


def require_positive(amount_credits: int) -> None:
    """Go on only with a whole number of credits above zero.

    Raises:
        InvalidAmount: otherwise.
    """
    if isinstance(amount_credits, bool) or not isinstance(amount_credits, int) or amount_credits <= 0:
        raise errors.InvalidAmount


def _add_to_balance(session: Session, account_id: int, amount_credits: int) -> int:
    return session.execute(
        sa.update(Account)
        .where(Account.id == account_id)
        .values(balance=Account.balance + amount_credits)
        .returning(Account.balance)
    ).scalar_one()


def _add_entry(
    session: Session,
    *,
    key: str,
    account_id: int,
    kind: EntryKind,
    amount: int,
    balance_after: int,
    job_id: str | None,
    reason: str,
    actor: str,
    note: str = "",
) -> None:
    session.execute(
        sa.insert(LedgerEntry).values(
            entry_key=key,
            account_id=account_id,
            at=clock.now(),
            kind=kind.value,
            amount=amount,
            balance_after=balance_after,
            job_id=job_id,
            reason=reason,
            note=note,
            actor=actor,
        )
    )
