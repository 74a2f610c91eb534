"""How do accounts and their statements leave the desk? As CSV, each time noted in the audit log."""

from datetime import datetime

import sqlalchemy as sa

from core import spreadsheets
from core.auth import audit
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries
from core.db.session import Database
from core.models import LedgerEntry

_STATEMENT_COLUMNS = ("id", "at", "kind", "amount", "balance_after", "job_id", "reason", "note", "actor")
_ACCOUNT_COLUMNS = ("id", "name", "balance", "is_low", "spent_credits", "spent_since")


def accounts_csv(database: Database, actor: Actor, *, month_started_at: datetime) -> bytes:
    """The accounts that the actor sees as UTF-8 CSV, by name: the balance of each, and what the month cost so far.

    Raises:
        PermissionDenied: if the actor may not see balances or not export.
    """
    actor.require(Action.READ_ACCOUNTS)
    actor.require(Action.EXPORT)
    with database.read() as session:
        found = queries.summaries(session, actor, month_started_at=month_started_at)
    audit.note_export(database, actor, what="accounts", line_count=len(found))
    return spreadsheets.csv_of(found, columns=_ACCOUNT_COLUMNS)


def statement_csv(database: Database, actor: Actor, *, account: str) -> bytes:
    """An account's ledger as UTF-8 CSV, newest first, at most 100,000 lines.

    Raises:
        PermissionDenied: if the actor may not see balances or not export.
        AccountNotFound: if there is no such account, or the actor doesn't see it.
    """
    actor.require(Action.READ_ACCOUNTS)
    actor.require(Action.EXPORT)
    with database.read() as session:
        found = queries.account(session, actor, name=account)
        rows = session.execute(
            sa.select(*(getattr(LedgerEntry, column) for column in _STATEMENT_COLUMNS))
            .where(LedgerEntry.account_id == found.id)
            .order_by(LedgerEntry.id.desc())
            .limit(spreadsheets.MAX_ROWS + 1)
        ).all()
    audit.note_export(database, actor, what=f"statement of {found.name}", line_count=len(rows), account=found.name)
    return spreadsheets.csv_of(rows, columns=_STATEMENT_COLUMNS)
