"""Nobody asks for a refund without an identity, keys of requests go by identities, and timelines are append-only."""

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

import sqlalchemy as sa
from alembic import op

from core.db.migrations import triggers

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_IDENTITY = re.compile("(user|key|local|command|named):")
_ASKED = ("requested_by_identity", "requested_for_identity")
_SQLITE_TRIGGERS = [
    *(
        f"""
        CREATE TRIGGER job_events_no_{verb.lower()} BEFORE {verb} ON job_events
        BEGIN SELECT RAISE(ABORT, 'timelines are append-only'); END
        """
        for verb in ("UPDATE", "DELETE")
    ),
    """
    CREATE TRIGGER job_events_no_replace BEFORE INSERT ON job_events
    WHEN EXISTS (SELECT 1 FROM job_events WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'timelines are append-only'); END
    """,
]
_POSTGRES_TRIGGERS = [
    """
    CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'timelines are append-only'; END $$
    """,
    """
    CREATE TRIGGER job_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON job_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()
    """,
]
_USERS = sa.table("users", *map(sa.column, ("id", "email", "role")))
_KEYS = sa.table("api_keys", *map(sa.column, ("id", "name", "created_by_identity")))
_JOBS = sa.table("jobs", *map(sa.column, ("id", "idempotency_key")))
_REFUNDS = sa.table(
    "refunds", *map(sa.column, ("id", "requested_by", "requested_for", "idempotency_key", *_ASKED))
)  # fmt: skip


def upgrade() -> None:
    with triggers.off("refunds"):
        _name_who_asked()
        _rewrite_keys(_JOBS)
        _rewrite_keys(_REFUNDS)
        _set_default(None)
    # Names without "@" may be of people whose sign-in service tells no e-mail: they are not at this machine.
    _mend_local(_KEYS, "created_by_identity")
    for statement in _SQLITE_TRIGGERS if triggers.is_sqlite() else _POSTGRES_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    if triggers.is_sqlite():
        for verb in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER job_events_no_{verb}")
    else:
        op.execute("DROP TRIGGER job_events_append_only ON job_events")
        op.execute("DROP FUNCTION refuse_event_change()")
    with triggers.off("refunds"):
        _set_default(sa.text("''"))


def _set_default(default: sa.TextClause | None) -> None:
    """Without one, a process of an older version can't leave out who asks: its refund is refused, and nothing paid."""
    with op.batch_alter_table("refunds") as refunds:
        for name in _ASKED:
            refunds.alter_column(name, existing_type=sa.Text(), existing_nullable=False, server_default=default)


def _identity_of() -> Callable[[str, bool], str]:
    """Who is meant by a name: a manager rather than others, and who came first; a key, if one is asked for."""
    connection = op.get_bind()
    is_manager = sa.func.coalesce(_USERS.c.role, "") == "manager"
    rows = connection.execute(sa.select(_USERS).order_by(is_manager, _USERS.c.id.desc()))
    people = {row.email: f"user:{row.id}" for row in rows}
    keys = {row.name: f"key:{row.id}" for row in connection.execute(sa.select(_KEYS.c.id, _KEYS.c.name))}

    def who(name: str, is_key: bool) -> str:
        if name == "system":
            return name
        known = {**people, **keys} if is_key else {**keys, **people}
        return known.get(name) or (f"named:{name}" if _signs_in(name) else f"local:{name}")

    return who


def _signs_in(name: str) -> bool:
    """Whether it is how people are called who sign in: by an address, or else "SUBJECT at ISSUER"."""
    return "@" in name or " at " in name


def _name_who_asked() -> None:
    who = _identity_of()
    connection = op.get_bind()
    for row in connection.execute(sa.select(_REFUNDS).where(_REFUNDS.c.requested_by_identity == "")).all():
        identities = {
            "requested_by_identity": who(row.requested_by, row.requested_by != row.requested_for),
            "requested_for_identity": who(row.requested_for, False),
        }
        connection.execute(sa.update(_REFUNDS).where(_REFUNDS.c.id == row.id).values(identities))
    for name in _ASKED:
        _mend_local(_REFUNDS, name)


def _mend_local(table: sa.TableClause, name: str) -> None:
    column = table.c[name]
    named = sa.literal("named:") + sa.func.substr(column, len("local:") + 1)
    op.execute(sa.update(table).where(column.like("local:% at %")).values({name: named}))


def _rewrite_keys(table: sa.TableClause) -> None:
    """Idempotency-Keys were kept by "SOURCE:NAME:KEY": whoever repeats a request now is looked up by identity."""
    connection, who = op.get_bind(), _identity_of()
    kept = sa.select(table.c.idempotency_key).where(table.c.idempotency_key.is_not(None))
    scopes = {tuple(key.split(":", 2)[:2]) for key in connection.scalars(kept) if key.count(":") >= 2}
    for source, name in sorted(scopes):
        if _IDENTITY.match(unquote(name)):
            continue
        identity = quote(who(unquote(name), source == "api"), safe="")
        old, new = f"{source}:{name}:", f"{source}:{identity}:"
        mine = sa.func.substr(table.c.idempotency_key, 1, len(old)) == old
        moved = sa.literal(new) + sa.func.substr(table.c.idempotency_key, len(old) + 1)
        other = table.alias()
        is_free = ~sa.exists().where(other.c.idempotency_key == moved)
        op.execute(sa.update(table).where(mine, is_free).values(idempotency_key=moved))
