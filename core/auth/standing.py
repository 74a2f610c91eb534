"""What is a person trusted with right now? Asked for whoever made a key, and inside what changes roles.

Inner functions: they take an open session and never commit.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import errors
from core.auth import actors
from core.auth.actors import Actor
from core.auth.roles import PERMISSIONS, Action, Role
from core.models import User

# Each may all that those before it may.
_RANKS = tuple(sorted(Role, key=lambda role: len(PERMISSIONS[role])))


@dataclass(frozen=True, slots=True)
class Standing:
    """A role, and for staff the account that it is of."""

    role: Role
    account_id: int | None


def of_key(session: Session, *, role: Role, account_id: int | None, made_by: str | None) -> Standing:
    """What a key may do: as much as it was made for, and never more than whoever made it may now.

    `made_by` is its maker's identity. A key that was made at this machine has nobody behind it who could lose a role.

    Raises:
        KeyMakerWithoutRole: if its maker has no role any more, or one for another account.
    """
    if made_by is None or actors.is_at_machine(made_by):
        return Standing(role, account_id)
    found = capped(Standing(role, account_id), _of_person(session, made_by))
    if found is None:
        raise errors.KeyMakerWithoutRole
    return found


def capped(key: Standing, maker: Standing | None) -> Standing | None:
    """What a key may do whose maker may do so much by now, or nothing; None if that is nothing."""
    if maker is None:
        return None
    if maker.account_id is None:
        return Standing(min(key.role, maker.role, key=_RANKS.index), key.account_id)
    if key.account_id not in (None, maker.account_id):
        return None
    return maker


def require_still(session: Session, actor: Actor, action: Action) -> None:
    """Go on only if the person behind the call may still do it, by the role they have in this transaction.

    Raises:
        PermissionDenied: if their role was changed meanwhile.
    """
    if actors.user_id_of(actor.person_identity) is None:
        return
    now = _of_person(session, actor.person_identity)
    if now is None or action not in PERMISSIONS[now.role]:
        raise errors.PermissionDenied("Your role was changed meanwhile. Nothing was changed; reload the page.")


def of_people(session: Session) -> dict[str, Standing | None]:
    """What everybody who has signed in or was invited may do now, by their identities; None for no role."""
    rows = session.execute(sa.select(User.id, User.role, User.account_id))
    return {
        actors.user_identity(row.id): None if row.role is None else Standing(Role(row.role), row.account_id)
        for row in rows
    }


def _of_person(session: Session, identity: str) -> Standing | None:
    user_id = actors.user_id_of(identity)
    row = session.execute(sa.select(User.role, User.account_id).where(User.id == user_id)).one_or_none()
    return None if row is None or row.role is None else Standing(Role(row.role), row.account_id)
