"""Each line of the audit log tells who did it apart from their name, which may change, or be another's too."""

import sqlalchemy as sa
from alembic import op

from core.db.migrations import triggers

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COLUMNS = ("actor", "made_by")
_IDENTITIES = ("actor_identity", "made_by_identity")
_USERS = sa.table("users", *map(sa.column, ("id", "email")))
_KEYS = sa.table("api_keys", *map(sa.column, ("id", "name")))
_ENTRIES = sa.table("audit_entries", *map(sa.column, ("id", "source", *_COLUMNS, *_IDENTITIES)))
_BY_COMMAND = ", by command"


def upgrade() -> None:
    with triggers.off("audit_entries"):
        for name in _IDENTITIES:
            op.add_column("audit_entries", sa.Column(name, sa.Text(), nullable=True))
        for column, into in zip(_COLUMNS, _IDENTITIES, strict=True):
            _fill(column, into)
        # Without a default: nobody writes a line without saying who it was.
        with op.batch_alter_table("audit_entries") as entries:
            entries.alter_column("actor_identity", existing_type=sa.Text(), nullable=False)
    op.drop_index("ix_audit_entries_actor_id", table_name="audit_entries")
    op.create_index("ix_audit_entries_actor_actor_identity", "audit_entries", ["actor", "actor_identity"])
    op.create_index("ix_audit_entries_actor_identity_id", "audit_entries", ["actor_identity", "id"])
    op.create_index(
        "ix_audit_entries_made_by_identity_id",
        "audit_entries",
        ["made_by_identity", "id"],
        sqlite_where=sa.text("made_by_identity IS NOT NULL"),
        postgresql_where=sa.text("made_by_identity IS NOT NULL"),
    )


def downgrade() -> None:
    for name in ("made_by_identity_id", "actor_identity_id", "actor_actor_identity"):
        op.drop_index(f"ix_audit_entries_{name}", table_name="audit_entries")
    op.create_index("ix_audit_entries_actor_id", "audit_entries", ["actor", "id"])
    for name in _IDENTITIES:
        op.drop_column("audit_entries", name)


def _fill(column: str, into: str) -> None:
    """By the names that were noted; of whom nothing but a name is known, or two share it, the name stands for them.

    Whoever acted by the API was a key, though it may be called like a person; behind one stood a person.
    """
    connection = op.get_bind()
    addresses = [tuple(row) for row in connection.execute(sa.select(_USERS.c.email, _USERS.c.id))]
    shared = {email for email, _ in addresses if [one for one, _ in addresses].count(email) > 1}
    people = {email: f"user:{number}" for email, number in addresses if email not in shared}
    keys = {row.name: f"key:{row.id}" for row in connection.execute(sa.select(_KEYS))}
    keys |= {f"key {name}": identity for name, identity in keys.items()}
    noted = sa.select(_ENTRIES.c[column], _ENTRIES.c.source).where(_ENTRIES.c[column].is_not(None)).distinct()
    for name, source in connection.execute(noted).all():
        is_key = column == "actor" and source == "api"
        known = {**people, **keys} if is_key else people
        those = (_ENTRIES.c[column] == name) & (_ENTRIES.c.source == source)
        op.execute(sa.update(_ENTRIES).where(those).values({into: known.get(name) or _unknown(name)}))


def _unknown(name: str) -> str:
    if name == "system":
        return name
    if name.endswith(_BY_COMMAND):
        return f"command:{name.removesuffix(_BY_COMMAND)}"
    return f"named:{name}"
