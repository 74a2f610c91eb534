"""Refunds that an older process wrote between two versions tell who decided; some askers nobody can tell for certain."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from core.db.migrations import triggers

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ASKED = ("requested_by_identity", "requested_for_identity")
_DECIDED = ("decided_by_identity", "decided_for_identity")
_USERS = sa.table("users", *map(sa.column, ("id", "email", "role")))
_KEYS = sa.table("api_keys", *map(sa.column, ("id", "name")))
_REFUNDS = sa.table(
    "refunds", *map(sa.column, ("id", "state", "requested_by", "requested_for", "decided_by", *_ASKED, *_DECIDED))
)


def upgrade() -> None:
    connection = op.get_bind()
    who, shared = _identities()
    with triggers.off("refunds"):
        undecided = _REFUNDS.c.decided_by.is_not(None) & _REFUNDS.c.decided_by_identity.is_(None)
        for row in connection.execute(sa.select(_REFUNDS).where(undecided)).all():
            # The same name asked and decided: it was the same person or key, also where names are ambiguous.
            own = row.requested_by_identity if row.decided_by == row.requested_by else who(row.decided_by)
            decided = dict.fromkeys(_DECIDED, own)
            connection.execute(sa.update(_REFUNDS).where(_REFUNDS.c.id == row.id).values(decided))
        for row in connection.execute(sa.select(_REFUNDS).where(_REFUNDS.c.state == "requested")).all():
            asked = {name: _unsure(getattr(row, name), shared) for name in _ASKED}
            connection.execute(sa.update(_REFUNDS).where(_REFUNDS.c.id == row.id).values(asked))


def downgrade() -> None:
    with triggers.off("refunds"):
        for name in _ASKED:
            column = _REFUNDS.c[name]
            was = sa.literal("named:") + sa.func.substr(column, len("unsure:") + 1)
            op.execute(sa.update(_REFUNDS).where(column.like("unsure:%")).values({name: was}))


def _identities() -> tuple[Callable[[str], str], dict[str, str]]:
    """Who is meant by a name, and the address of each person who shares it with others, by their identity."""
    connection = op.get_bind()
    people = connection.execute(sa.select(_USERS.c.id, _USERS.c.email)).all()
    by_address: dict[str, list[str]] = {}
    for row in people:
        by_address.setdefault(row.email, []).append(f"user:{row.id}")
    keys = {row.name: f"key:{row.id}" for row in connection.execute(sa.select(_KEYS.c.id, _KEYS.c.name))}
    keys |= {f"key {name}": identity for name, identity in keys.items()}

    def who(name: str) -> str:
        if name == "system":
            return name
        alone = by_address.get(name, [])
        # Only people who sign in are called by an address, or "SUBJECT at ISSUER": others are at this machine.
        unknown = f"named:{name}" if "@" in name or " at " in name else f"local:{name}"
        return keys.get(name) or (alone[0] if len(alone) == 1 else unknown)

    return who, {one: email for email, found in by_address.items() if len(found) > 1 for one in found}


def _unsure(identity: str, shared: dict[str, str]) -> str:
    """Marks whom nobody can tell for certain: such a request may be declined, and by nobody approved."""
    if identity.startswith("named:"):
        return f"unsure:{identity.removeprefix('named:')}"
    return f"unsure:{shared[identity]}" if identity in shared else identity
