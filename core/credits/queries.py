"""What is the balance, and how did it come about? Reads only, as frozen values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import pricing
from core.credits.ledger import EntryKind
from core.credits.terms import Terms
from core.models import Account, LedgerEntry

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200
_ACCOUNT = (Account.id, Account.name, Account.balance, Account.rush_variant_credits, Account.in_flight_max)
# Five more photos: time to ask for a package.
LOW_BALANCE_CREDITS = 5 * pricing.JOB_PRICE_CREDITS


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account, its credits now, and the terms on which it stages."""

    id: int
    name: str
    balance: int
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummary:
    """An account at a glance. `spent_credits`: charged less returned since the month began, at `spent_since`."""

    id: int
    name: str
    balance: int
    is_low: bool
    spent_credits: int
    spent_since: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a statement."""

    id: int
    at: datetime
    kind: str
    amount: int
    balance_after: int
    job_id: str | None
    reason: str
    note: str
    actor: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An account with a page of its entries, newest first. `next_before_id` continues it."""

    account: AccountBalance
    entries: list[Entry]
    next_before_id: int | None


def accounts(session: Session, actor: Actor) -> list[AccountBalance]:
    """The accounts the actor sees, by name."""
    actor.require(Action.READ_ACCOUNTS)
    query = sa.select(*_ACCOUNT).order_by(Account.name)
    if actor.account_id is not None:
        query = query.where(Account.id == actor.account_id)
    return [_account(row) for row in session.execute(query)]


def summaries(session: Session, actor: Actor, *, month_started_at: datetime) -> list[AccountSummary]:
    """The accounts the actor sees, by name, each with what it spent since the month began."""
    spent = (
        sa.select(LedgerEntry.account_id, (-sa.func.sum(LedgerEntry.amount)).label("credits"))
        .where(
            LedgerEntry.at >= month_started_at,
            LedgerEntry.kind.in_((EntryKind.CHARGE, EntryKind.REFUND)),
        )
        .group_by(LedgerEntry.account_id)
    )
    found = {row.account_id: int(row.credits) for row in session.execute(spent)}
    return [
        AccountSummary(
            id=one.id,
            name=one.name,
            balance=one.balance,
            is_low=one.balance < LOW_BALANCE_CREDITS,
            spent_credits=found.get(one.id, 0),
            spent_since=month_started_at,
        )
        for one in accounts(session, actor)
    ]


def account(session: Session, actor: Actor, *, name: str | None) -> AccountBalance:
    """The account of that name, or, without a name, the one the actor is bound to.

    Raises:
        AccountRequired: if neither is given.
        AccountNotFound: if there is none, or the actor doesn't see it.
    """
    query = sa.select(*_ACCOUNT)
    if name:
        query = query.where(Account.name == name)
    elif actor.account_id is not None:
        query = query.where(Account.id == actor.account_id)
    else:
        raise errors.AccountRequired
    row = session.execute(query).one_or_none()
    if row is None or not actor.sees(row.id):
        raise errors.AccountNotFound
    return _account(row)


def _account(row: sa.Row[*tuple[Any, ...]]) -> AccountBalance:
    terms = Terms(rush_variant_credits=row.rush_variant_credits, in_flight_max=row.in_flight_max)
    return AccountBalance(row.id, row.name, row.balance, terms)


def statement(
    session: Session, actor: Actor, *, name: str, before_id: int | None = None, limit: int = PAGE_SIZE
) -> Statement:
    """A page of an account's ledger, newest first, older than the entry `before_id`.

    Raises:
        AccountNotFound: if there is none, or the actor doesn't see it.
    """
    actor.require(Action.READ_ACCOUNTS)
    found = account(session, actor, name=name)
    limit = max(1, min(limit, PAGE_SIZE_MAX))
    query = (
        sa.select(
            LedgerEntry.id,
            LedgerEntry.at,
            LedgerEntry.kind,
            LedgerEntry.amount,
            LedgerEntry.balance_after,
            LedgerEntry.job_id,
            LedgerEntry.reason,
            LedgerEntry.note,
            LedgerEntry.actor,
        )
        .where(LedgerEntry.account_id == found.id)
        .order_by(LedgerEntry.id.desc())
        .limit(limit + 1)
    )
    if before_id is not None:
        query = query.where(LedgerEntry.id < before_id)
    entries = [Entry(*row) for row in session.execute(query)]
    more = len(entries) > limit
    return Statement(found, entries[:limit], entries[limit - 1].id if more else None)
