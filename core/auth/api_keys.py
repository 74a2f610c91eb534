"""Which key is this? Made once, shown once, kept as a hash."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.auth.actors import SYSTEM_NAME, Actor, Source
from core.auth.roles import Role
from core.models import ApiKey

_PREFIX = "sd_"
_KEY_BYTES = 32
_NAME_MAX = 80
# "Last used" is for people; writing it on every call would make each read a write.
_LAST_USED_RESOLUTION = timedelta(minutes=1)


def create(session: Session, *, name: str, role: Role, account_id: int | None) -> str:
    """Make a key and return it: the only time it can be seen.

    Raises:
        ValidationFailed: if the name is empty or taken, or a staff key has no account.
    """
    if not name.strip() or not name.isprintable() or len(name) > _NAME_MAX or name == SYSTEM_NAME:
        raise errors.ValidationFailed(
            f"A key's name is 1 to {_NAME_MAX} printable characters, and not {SYSTEM_NAME!r}. No key was made."
        )
    if role is Role.STAFF and account_id is None:
        raise errors.ValidationFailed("A staff key is bound to one account: name it. No key was made.")
    if session.scalar(sa.select(ApiKey.id).where(ApiKey.name == name)) is not None:
        raise errors.ValidationFailed(f"There is already a key named {name!r}. No key was made; choose another name.")
    key = _PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    session.add(
        ApiKey(name=name, key_hash=_hash(key), role=role.value, account_id=account_id, created_at=clock.now())
    )
    return key


def revoke(session: Session, *, name: str) -> None:
    """Take back the key of that name for good; revoking it again changes nothing.

    Raises:
        ValidationFailed: if there is no key of that name.
    """
    found = session.scalar(sa.select(ApiKey.id).where(ApiKey.name == name))
    if found is None:
        raise errors.ValidationFailed(f"There is no key named {name!r}. Nothing was changed.")
    session.execute(
        sa.update(ApiKey).where(ApiKey.id == found, ApiKey.revoked_at.is_(None)).values(revoked_at=clock.now())
    )


@dataclass(frozen=True, slots=True)
class FoundKey:
    """The actor a key stands for, and whether its last use was noted long enough ago to be noted again."""

    actor: Actor
    last_use_is_old: bool


def find_actor(session: Session, key: str) -> FoundKey:
    """The actor a key stands for.

    Raises:
        NotAuthenticated: if the key is unknown or revoked.
    """
    row = session.execute(
        sa.select(ApiKey.name, ApiKey.role, ApiKey.account_id, ApiKey.last_used_at).where(
            ApiKey.key_hash == _hash(key), ApiKey.revoked_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        raise errors.NotAuthenticated
    actor = Actor(name=row.name, role=Role(row.role), source=Source.API, account_id=row.account_id)
    is_old = row.last_used_at is None or row.last_used_at < clock.now() - _LAST_USED_RESOLUTION
    return FoundKey(actor, is_old)


def note_use(session: Session, key: str) -> None:
    """Remember that the key was used now."""
    session.execute(sa.update(ApiKey).where(ApiKey.key_hash == _hash(key)).values(last_used_at=clock.now()))


def _hash(key: str) -> str:
    # The key carries 256 random bits, so a fast hash is enough: there is nothing to guess.
    return hashlib.sha256(key.encode()).hexdigest()
