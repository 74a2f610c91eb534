"""Who is meant by a name that somebody typed? People by their names and e-mails, keys, and the desk itself."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.auth import actors
from core.models import ApiKey, User

# What stands behind an e-mail that the sign-in service has not confirmed: anybody could have typed it there.
UNVERIFIED = " (not verified)"


@dataclass(frozen=True, slots=True)
class Meant:
    """Who is called so by now, and what may have been noted of them then; several may be called the same."""

    identities: frozenset[str]
    names: frozenset[str]


def meant(session: Session, text: str) -> Meant:
    """Everybody whose name, e-mail or key's name is the text, in any case of any script; nobody for a blank one."""
    asked = text.strip()
    if not asked:
        return Meant(frozenset(), frozenset())
    folded = asked.casefold()
    # Compared here: databases fold plain letters alone.
    people = session.execute(sa.select(User.id, User.email, User.name))
    keys = session.execute(sa.select(ApiKey.id, ApiKey.name))
    identities = {
        actors.user_identity(row.id)
        for row in people
        if folded in _called(row.email, row.email.removesuffix(UNVERIFIED), row.name)
    }
    identities |= {
        actors.key_identity(row.id) for row in keys if folded in _called(row.name, actors.key_name(row.name))
    }
    if folded == actors.SYSTEM_NAME:
        identities.add(actors.SYSTEM_NAME)
    return Meant(frozenset(identities), frozenset({asked, asked.lower(), actors.key_name(asked), folded}))


def _called(*names: str) -> set[str]:
    return {name.casefold() for name in names}
