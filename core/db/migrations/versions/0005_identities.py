"""Who people and keys are apart from their names, when they signed out, and what no statement at all may change."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from core.models.base import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_FIXED = (
    "id", "job_id", "account_id", "variant_index", "amount", "reason", "note", "requested_by", "requested_for",
    "requested_by_identity", "requested_for_identity", "requested_at", "idempotency_key", "fingerprint",
)  # fmt: skip
_SQLITE_DECIDED_ONCE = """
    CREATE TRIGGER refunds_decided_once BEFORE UPDATE ON refunds WHEN OLD.state <> 'requested'
    BEGIN SELECT RAISE(ABORT, 'a decided refund does not change'); END
"""
_POSTGRES_DECIDED_ONCE = """
    CREATE TRIGGER refunds_decided_once BEFORE UPDATE ON refunds
    FOR EACH ROW WHEN (OLD.state <> 'requested') EXECUTE FUNCTION refuse_refund_change()
"""
# INSERT OR REPLACE deletes the row in its way without asking the triggers that forbid it, unless the connection has
# set recursive_triggers: those of other programs have not.
_SQLITE_NO_REPLACE = {
    "ledger_entries": (
        "id = NEW.id OR entry_key = NEW.entry_key"
        " OR (NEW.kind = 'charge' AND kind = 'charge' AND job_id = NEW.job_id)",
        "the ledger is append-only",
    ),
    "audit_entries": ("id = NEW.id", "the audit log is append-only"),
    "refunds": ("id = NEW.id OR idempotency_key = NEW.idempotency_key", "a refund is written once"),
}
_SQLITE_TRIGGERS = [
    *(
        f"""
        CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
        WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})
        BEGIN SELECT RAISE(ABORT, '{message}'); END
        """  # noqa: S608 - the names are those above
        for table, (same, message) in _SQLITE_NO_REPLACE.items()
    ),
    f"""
    CREATE TRIGGER refunds_asked_once BEFORE UPDATE ON refunds
    WHEN {" OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _FIXED)}
    BEGIN SELECT RAISE(ABORT, 'of a refund only the decision is written later'); END
    """,
    _SQLITE_DECIDED_ONCE,
]
_POSTGRES_TRIGGERS = [
    f"""
    CREATE TRIGGER refunds_asked_once BEFORE UPDATE ON refunds
    FOR EACH ROW WHEN ({" OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _FIXED)})
    EXECUTE FUNCTION refuse_refund_change()
    """,
    _POSTGRES_DECIDED_ONCE,
]

_USERS = sa.table("users", *map(sa.column, ("id", "email", "role")))
_KEYS = sa.table("api_keys", *map(sa.column, ("id", "name", "created_by", "created_by_identity")))
_REFUNDS = sa.table(
    "refunds",
    *map(
        sa.column,
        (
            "id", "requested_by", "requested_for", "decided_by", "requested_by_identity", "requested_for_identity",
            "decided_by_identity", "decided_for_identity",
        ),
    ),
)  # fmt: skip


def upgrade() -> None:
    op.add_column("users", sa.Column("signed_out_at", UtcTime(), nullable=True))
    op.add_column("audit_entries", sa.Column("made_by", sa.Text(), nullable=True))
    op.add_column("api_keys", sa.Column("created_by_identity", sa.Text(), nullable=True))
    op.create_index("ix_api_keys_created_by_identity", "api_keys", ["created_by_identity"], unique=False)
    for name in ("requested_by_identity", "requested_for_identity"):
        op.add_column("refunds", sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False))
    for name in ("decided_by_identity", "decided_for_identity"):
        op.add_column("refunds", sa.Column(name, sa.Text(), nullable=True))
    op.drop_index("ix_refunds_requested_for_requested_at", table_name="refunds")
    op.create_index(
        "ix_refunds_requested_by_identity_requested_at",
        "refunds",
        ["requested_by_identity", "requested_at"],
        unique=False,
    )
    # Decided refunds get their identities too.
    _drop_triggers("refunds_decided_once", table="refunds")
    _fill_identities()
    for statement in _SQLITE_TRIGGERS if _is_sqlite() else _POSTGRES_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    _drop_triggers("refunds_asked_once", "refunds_decided_once", table="refunds")
    if _is_sqlite():
        for table in _SQLITE_NO_REPLACE:
            _drop_triggers(f"{table}_no_replace", table=table)
    op.drop_index("ix_refunds_requested_by_identity_requested_at", table_name="refunds")
    op.create_index(
        "ix_refunds_requested_for_requested_at", "refunds", ["requested_for", "requested_at"], unique=False
    )
    for name in ("decided_for_identity", "decided_by_identity", "requested_for_identity", "requested_by_identity"):
        op.drop_column("refunds", name)
    op.drop_index("ix_api_keys_created_by_identity", table_name="api_keys")
    op.drop_column("api_keys", "created_by_identity")
    op.drop_column("audit_entries", "made_by")
    op.drop_column("users", "signed_out_at")
    op.execute(_SQLITE_DECIDED_ONCE if _is_sqlite() else _POSTGRES_DECIDED_ONCE)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _drop_triggers(*names: str, table: str) -> None:
    for name in names:
        op.execute(f"DROP TRIGGER {name}" if _is_sqlite() else f"DROP TRIGGER {name} ON {table}")


def _fill_identities() -> None:
    """Tell who was meant by each name, as well as it can be told: where two share one, it is a manager, or the first.

    A name that nobody has any more keeps standing for itself.
    """
    connection = op.get_bind()
    people: dict[str, str] = {}
    is_manager = sa.func.coalesce(_USERS.c.role, "") == "manager"
    for row in connection.execute(sa.select(_USERS).order_by(is_manager, _USERS.c.id.desc())):
        people[row.email] = f"user:{row.id}"
    keys = {row.name: f"key:{row.id}" for row in connection.execute(sa.select(_KEYS.c.id, _KEYS.c.name))}

    def who(name: str | None, *, is_key: bool = False) -> str | None:
        if name is None or name == "system":
            return name
        known = {**people, **keys} if is_key else {**keys, **people}
        # Only people who sign in are called by an address: others are at this machine.
        return known.get(name) or (f"named:{name}" if "@" in name else f"local:{name}")

    made = connection.execute(sa.select(_KEYS.c.id, _KEYS.c.created_by).where(_KEYS.c.created_by.is_not(None)))
    _write(connection, _KEYS, [{"key": row.id, "created_by_identity": who(row.created_by)} for row in made])
    asked = connection.execute(sa.select(_REFUNDS))
    _write(
        connection,
        _REFUNDS,
        [
            {
                "key": row.id,
                # Whoever asked for another is a key.
                "requested_by_identity": who(row.requested_by, is_key=row.requested_by != row.requested_for),
                "requested_for_identity": who(row.requested_for),
                "decided_by_identity": who(row.decided_by),
                "decided_for_identity": who(row.decided_by),
            }
            for row in asked
        ],
    )


def _write(connection: sa.Connection, table: sa.TableClause, rows: list[dict[str, Any]]) -> None:
    if rows:
        values: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name != "key"}
        changed = sa.update(table).where(table.c.id == sa.bindparam("key")).values(values)
        connection.execute(changed, rows)
