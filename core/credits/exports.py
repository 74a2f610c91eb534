"""How does a statement leave the desk? As CSV, each time noted in the audit log."""

import sqlalchemy as sa

from core import spreadsheets
from core.auth import audit
from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries
from core.db.session import Database
from core.models import LedgerEntry

# A spreadsheet opens this many.
_COLUMNS = ("id", "at", "kind", "amount", "balance_after", "job_id", "reason", "note", "actor")


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
            sa.select(*(getattr(LedgerEntry, column) for column in _COLUMNS))
            .where(LedgerEntry.account_id == found.id)
            .order_by(LedgerEntry.id.desc())
            .limit(spreadsheets.MAX_ROWS + 1)
        ).all()
    audit.note_export(database, actor, what=f"statement of {found.name}", line_count=len(rows), account=found.name)
    return spreadsheets.csv_of(rows, columns=_COLUMNS)
