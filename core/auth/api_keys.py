"""Which key is this? Made once, shown once, kept as a hash."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.auth import actors, audit, standing
from core.auth.actors import SYSTEM_NAME, Actor, Source
from core.auth.audit import AuditKind
from core.auth.roles import Action, Role
from core.auth.standing import Standing
from core.db.session import Database
from core.models import Account, ApiKey, User

_PREFIX = "sd_"
_KEY_BYTES = 32
_NAME_MAX = 80
# "Last used" is for people; writing it on every call would make each read a write.
_LAST_USED_RESOLUTION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDetail:
    """A key as an administrator sees it: everything but the key. `created_by` is None for a command's.

    `acts_as` is what it may do by now, and `acts_for` the only account it may do it for: less than its `role` and
    `account` once its maker may do less. `acts_as` is None if it opens nothing.
    """

    name: str
    role: Role
    account: str | None
    created_at: datetime
    created_by: str | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    acts_as: Role | None
    acts_for: str | None
    is_maker_known: bool


def create_key(database: Database, actor: Actor, *, name: str, role: Role, account: str | None = None) -> str:
    """Make a key and return it: the only time it can be seen.

    Raises:
        PermissionDenied: if the actor may not manage keys.
        ValidationFailed: if the name is no key's, or role and account don't go together.
        AccountNotFound: if there is no such account.
    """
    actor.require(Action.MANAGE_KEYS)
    with database.write() as session:
        standing.require_still(session, actor, Action.MANAGE_KEYS)
        account_id = None
        if account:
            account_id = session.scalar(sa.select(Account.id).where(Account.name == account))
            if account_id is None:
                raise errors.AccountNotFound
        key = create(session, name=name, role=role, account_id=account_id, made_by=actor)
        audit.note(
            session, actor, AuditKind.KEY_CREATED, account_id=account_id, target=name.strip(), detail=role.value
        )
    return key


def revoke_key(database: Database, actor: Actor, *, name: str) -> None:
    """Take back the key of that name for good; revoking it again changes nothing.

    Raises:
        PermissionDenied: if the actor may not manage keys.
        ValidationFailed: if there is no key of that name.
    """
    actor.require(Action.MANAGE_KEYS)
    with database.write() as session:
        if revoke(session, name=name):
            audit.note(session, actor, AuditKind.KEY_REVOKED, target=name)


def api_keys(session: Session, actor: Actor) -> list[KeyDetail]:
    """Every key there ever was, the newest first.

    Raises:
        PermissionDenied: if the actor may not manage keys.
    """
    actor.require(Action.MANAGE_KEYS)
    rows = session.execute(sa.select(ApiKey).order_by(ApiKey.id.desc())).scalars()
    people = standing.of_people(session)
    accounts = {row.id: row.name for row in session.execute(sa.select(Account.id, Account.name))}
    return [_detail(key, accounts, people) for key in rows]


def _detail(key: ApiKey, accounts: Mapping[int, str], people: Mapping[str, Standing | None]) -> KeyDetail:
    own, maker = Standing(Role(key.role), key.account_id), key.created_by_identity
    is_at_machine = maker is None or actors.is_at_machine(maker)
    now = own if is_at_machine else standing.capped(own, people.get(maker or ""))
    return KeyDetail(
        name=key.name,
        role=own.role,
        account=_named(own, accounts),
        created_at=key.created_at,
        created_by=key.created_by,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
        acts_as=None if now is None else now.role,
        acts_for=None if now is None else _named(now, accounts),
        is_maker_known=is_at_machine or maker in people,
    )


def _named(standing: Standing, accounts: Mapping[int, str]) -> str | None:
    return None if standing.account_id is None else accounts[standing.account_id]


def create(session: Session, *, name: str, role: Role, account_id: int | None, made_by: Actor | None = None) -> str:
    """Make a key and return it, in the caller's transaction; without `made_by`, it is a command's.

    Raises:
        ValidationFailed: if the name is empty, taken or a person's, or role and account don't go together.
    """
    name = name.strip()
    _require_name(session, name)
    if role is Role.STAFF and account_id is None:
        raise errors.ValidationFailed("A staff key is bound to one account: name it. No key was made.")
    if role is not Role.STAFF and account_id is not None:
        raise errors.ValidationFailed(
            f"A {role} key is for all accounts: leave the account out, or make a staff key. No key was made."
        )
    if session.scalar(sa.select(ApiKey.id).where(ApiKey.name == name)) is not None:
        raise errors.ValidationFailed(f"There is already a key named {name!r}. No key was made; choose another name.")
    key = _PREFIX + secrets.token_urlsafe(_KEY_BYTES)
    session.add(
        ApiKey(
            name=name,
            key_hash=_hash(key),
            role=role.value,
            account_id=account_id,
            created_at=clock.now(),
            created_by=made_by.person if made_by else None,
            created_by_identity=made_by.person_identity if made_by else None,
        )
    )
    return key


def revoke(session: Session, *, name: str) -> bool:
    """Take back the key of that name for good; False if it was before.

    Raises:
        ValidationFailed: if there is no key of that name.
    """
    found = session.scalar(sa.select(ApiKey.id).where(ApiKey.name == name))
    if found is None:
        raise errors.ValidationFailed(f"There is no key named {name!r}. Nothing was changed.")
    revoked = session.execute(
        sa.update(ApiKey).where(ApiKey.id == found, ApiKey.revoked_at.is_(None)).values(revoked_at=clock.now())
    )
    return revoked.rowcount == 1  # type: ignore[attr-defined,no-any-return]


@dataclass(frozen=True, slots=True)
class FoundKey:
    """The actor a key stands for, and whether its last use was noted long enough ago to be noted again."""

    actor: Actor
    last_use_is_old: bool


def find_actor(session: Session, key: str) -> FoundKey:
    """The actor a key stands for.

    Raises:
        NotAuthenticated: if the key is unknown or revoked.
        KeyMakerWithoutRole: if whoever made it may not even do what the key may least.
    """
    row = session.execute(
        sa.select(
            ApiKey.id,
            ApiKey.name,
            ApiKey.role,
            ApiKey.account_id,
            ApiKey.created_by,
            ApiKey.created_by_identity,
            ApiKey.last_used_at,
        ).where(ApiKey.key_hash == _hash(key), ApiKey.revoked_at.is_(None))
    ).one_or_none()
    if row is None:
        raise errors.NotAuthenticated
    now = standing.of_key(session, role=Role(row.role), account_id=row.account_id, made_by=row.created_by_identity)
    actor = Actor(
        # Whatever it was called before names were checked.
        name=actors.key_name(row.name),
        role=now.role,
        source=Source.API,
        account_id=now.account_id,
        made_by=row.created_by,
        identity=actors.key_identity(row.id),
        made_by_identity=row.created_by_identity,
    )
    is_old = row.last_used_at is None or row.last_used_at < clock.now() - _LAST_USED_RESOLUTION
    return FoundKey(actor, is_old)


def note_use(session: Session, key: str) -> None:
    """Remember that the key was used now."""
    session.execute(sa.update(ApiKey).where(ApiKey.key_hash == _hash(key)).values(last_used_at=clock.now()))


def _require_name(session: Session, name: str) -> None:
    """A key is told from people by its name alone where names are read."""
    if not name or not name.isprintable() or len(name) > _NAME_MAX or name == SYSTEM_NAME:
        raise errors.ValidationFailed(
            f"A key's name is 1 to {_NAME_MAX} printable characters, and not {SYSTEM_NAME!r}. No key was made."
        )
    if "@" in name or name.casefold() in _names_of_people(session):
        raise errors.ValidationFailed(
            "A key is called after what it is for, not like a person or an e-mail address. No key was made."
        )


def _names_of_people(session: Session) -> set[str]:
    # Compared here: databases fold plain letters alone.
    known = session.execute(sa.select(User.email, User.name))
    return {actors.local_name().casefold()} | {name.casefold() for row in known for name in row if name}


def _hash(key: str) -> str:
    # The key carries 256 random bits, so a fast hash is enough: there is nothing to guess.
    return hashlib.sha256(key.encode()).hexdigest()
