"""Which person is this, and who decides what they may do? Identities come from sign-in, roles from managers."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, errors, logs
from core.auth import actors, audit, names, standing
from core.auth.actors import Actor, Source
from core.auth.audit import AuditKind
from core.auth.roles import Action, Role
from core.db.session import Database
from core.models import Account, ApiKey, User

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_TEXT_MAX = 254
_MANAGERS_SHOWN = 5
_NO_ROLE = "no role"
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the sign-in says of a person (OpenID Connect Core, section 2: only issuer and subject identify them)."""

    issuer: str
    subject: str
    email: str
    name: str
    email_verified: bool
    signed_in_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user as an administrator sees them; without a role they may do nothing.

    `live_key_count` is how many keys of theirs work: those act with the lesser of their own role and this one.
    """

    id: int
    email: str
    name: str
    role: Role | None
    account_id: int | None
    account: str | None
    is_invitation: bool
    created_at: datetime
    last_sign_in_at: datetime | None
    live_key_count: int = 0

    @property
    def is_unverified(self) -> bool:
        """Whether the sign-in service did not say that the address is really theirs."""
        return self.email.endswith(names.UNVERIFIED)

    @property
    def address(self) -> str:
        """The e-mail as they gave it; see `is_unverified` for whether it is theirs."""
        return self.email.removesuffix(names.UNVERIFIED)


def sign_in(database: Database, identity: Identity) -> Actor | None:
    """Who has signed in, as an actor; None for a person without a role, who is remembered so that one can be given.

    1. Known by issuer and subject: themselves. 2. Otherwise an invitation of their e-mail, if the issuer has verified
    it, becomes theirs. 3. Otherwise they are new. A sign-in later than the last one is a line in the audit log.

    Raises:
        NotAuthenticated: if the identity is not whole.
        SignInOver: if they have signed out since.
    """
    if not identity.issuer or not identity.subject:
        raise errors.NotAuthenticated("The sign-in names no person. Please sign in again.")
    with database.read() as session:
        user = session.execute(_who(identity)).one_or_none()
    if user is None or _is_news(user, identity):
        try:
            user = _note_sign_in(database, identity)
        except IntegrityError:
            # Another tab of the same person's first visit was faster.
            with database.read() as session:
                user = session.execute(_who(identity)).one()
    _require_not_signed_out(user, identity)
    if user.role is None:
        return None
    return _acting(user, Role(user.role))


def sign_out(database: Database, identity: Identity) -> None:
    """End this sign-in of a person, and every other that they made before; nothing if nobody knows them."""
    with database.write() as session:
        user = session.execute(_who(identity).with_for_update()).one_or_none()
        if user is None or (user.signed_out_at is not None and identity.signed_in_at <= user.signed_out_at):
            return
        # By the issuer's clock alone: ours may be ahead of it, and would refuse the next sign-in too.
        last = max(identity.signed_in_at, user.last_sign_in_at or identity.signed_in_at)
        session.execute(sa.update(User).where(User.id == user.id).values(signed_out_at=last))
        _note_own(session, AuditKind.SIGN_OUT, user)
    _log.info("signed out", person=user.id)


def set_role(database: Database, actor: Actor, *, user_id: int, role: Role | None, account: str | None) -> Person:
    """Give a person a role, with an account for staff and without one for others; None takes the role away.

    1. Lock all managers, in one order, so that two who take each other's role away take turns. 2. Is the actor still
    one? 3. Change the role, unless nobody would be left to change it back.

    Raises:
        PermissionDenied: if the actor may not manage people, or not any more, or it is about themselves.
        UserNotFound: if there is no such person.
        LastManager: if no manager would be left.
        ValidationFailed: if staff are to have no account, or others one.
        AccountNotFound: if there is no such account.
    """
    actor.require(Action.MANAGE_USERS)
    with database.write() as session:
        _lock_managers(session)
        standing.require_still(session, actor, Action.MANAGE_USERS)
        return _give_role(session, actor, user_id, role=role, account=account)


def invite(database: Database, actor: Actor, *, email: str, role: Role, account: str | None) -> Person:
    """Let a person in by their e-mail: the first sign-in with it, verified by the issuer, gets the role.

    Raises:
        PermissionDenied: if the actor may not manage people.
        ValidationFailed: if it is no e-mail, belongs to somebody already, or role and account don't go together.
        AccountNotFound: if there is no such account.
    """
    actor.require(Action.MANAGE_USERS)
    email = _checked_email(email)
    with database.write() as session:
        standing.require_still(session, actor, Action.MANAGE_USERS)
        if session.scalar(sa.select(User.id).where(User.email == email).limit(1)) is not None:
            raise errors.ValidationFailed(
                f"{email} is already on the list. Nobody was invited; change the role there."
            )
        return _invite(session, actor, email=email, role=role, account=account)


def appoint(database: Database, actor: Actor, *, email: str, role: Role, account: str | None) -> Person:
    """Give the role to whoever has that e-mail, verified, or invite them if nobody has: for commands, without a list.

    Raises:
        PermissionDenied: if the actor may not manage people.
        ValidationFailed: if it is no e-mail, several people have it, or role and account don't go together.
        AccountNotFound: if there is no such account.
        LastManager: if no manager would be left.
    """
    actor.require(Action.MANAGE_USERS)
    email = _checked_email(email)
    with database.write() as session:
        _lock_managers(session)
        standing.require_still(session, actor, Action.MANAGE_USERS)
        rows = session.execute(sa.select(User.id, User.subject).where(User.email == email)).all()
        # Whoever signed in before whoever is only awaited under the same address.
        known = [row.id for row in rows if row.subject is not None] or [row.id for row in rows]
        if len(known) > 1:
            raise errors.ValidationFailed(
                f"{len(known)} people have signed in as {email}, by different sign-in services. Nothing was changed; "
                "choose among them on the Admin page."
            )
        if known:
            return _give_role(session, actor, known[0], role=role, account=account)
        return _invite(session, actor, email=email, role=role, account=account)


def users(session: Session, actor: Actor) -> list[Person]:
    """Everybody who was invited or signed in, those without a role first, then by e-mail.

    Raises:
        PermissionDenied: if the actor may not manage people.
    """
    actor.require(Action.MANAGE_USERS)
    query = _people().order_by(User.role.is_not(None), User.email, User.id)
    return [_as_person(row) for row in session.execute(query)]


def managers(session: Session) -> list[str]:
    """The e-mails of a few managers who have signed in: whom somebody without a role may ask."""
    query = (
        sa.select(User.email)
        .where(User.role == Role.MANAGER, User.last_sign_in_at.is_not(None))
        .order_by(User.last_sign_in_at.desc())
        .limit(_MANAGERS_SHOWN)
    )
    return list(session.scalars(query))


def _who(identity: Identity) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(User.id, User.email, User.role, User.account_id, User.last_sign_in_at, User.signed_out_at).where(
        User.issuer == identity.issuer, User.subject == identity.subject
    )


def _require_not_signed_out(user: sa.Row[Any], identity: Identity) -> None:
    if user.signed_out_at is not None and identity.signed_in_at <= user.signed_out_at:
        raise errors.SignInOver


def _is_news(user: sa.Row[Any], identity: Identity) -> bool:
    return user.last_sign_in_at is None or bool(user.last_sign_in_at < identity.signed_in_at)


def _acting(user: sa.Row[Any], role: Role) -> Actor:
    return Actor(
        name=user.email,
        role=role,
        source=Source.PAGE,
        account_id=user.account_id,
        identity=actors.user_identity(user.id),
    )


def _note_own(session: Session, kind: AuditKind, user: sa.Row[Any]) -> None:
    """What people do without needing a role for it, they are noted with the role that they have, if any."""
    audit.note(
        session,
        _acting(user, Role(user.role or Role.STAFF)),
        kind,
        account_id=user.account_id,
        target=user.email,
        role=user.role or _NO_ROLE,
    )


def _lock_managers(session: Session) -> None:
    # The order of locks: all managers by their ids, then whoever gets a role; nothing else is locked before them.
    session.execute(sa.select(User.id).where(User.role == Role.MANAGER).order_by(User.id).with_for_update())


def _give_role(session: Session, actor: Actor, user_id: int, *, role: Role | None, account: str | None) -> Person:
    if actors.user_identity(user_id) in actor.identities:
        raise errors.PermissionDenied("Your own role is changed by another manager. Nothing was changed.")
    # They may be taking up their invitation right now.
    session.execute(sa.select(User.id).where(User.id == user_id).with_for_update())
    before = _person(session, user_id)
    if before.role is Role.MANAGER and role is not Role.MANAGER:
        _require_another_manager(session, before)
    account_id = _account_of(session, role, account)
    session.execute(sa.update(User).where(User.id == user_id).values(role=role, account_id=account_id))
    after = _person(session, user_id)
    detail = f"{_words(before)} → {_words(after)}"
    audit.note(session, actor, AuditKind.ROLE_CHANGED, account_id=account_id, target=before.email, detail=detail)
    _log.info("role changed", person=user_id, role=role, live_keys=after.live_key_count, actor=actor.name)
    return after


def _require_another_manager(session: Session, person: Person) -> None:
    others = sa.select(User.id).where(User.role == Role.MANAGER, User.id != person.id).limit(1)
    if not person.is_invitation:
        # Nobody may ever take up an invitation.
        others = others.where(User.subject.is_not(None))
    if session.scalar(others) is None:
        raise errors.LastManager


def _checked_email(email: str) -> str:
    email = _normal(email)
    if not _EMAIL.fullmatch(email) or not email.isprintable():
        raise errors.ValidationFailed("That is not an e-mail address. Nobody was invited.")
    return email


def _invite(session: Session, actor: Actor, *, email: str, role: Role, account: str | None) -> Person:
    account_id = _account_of(session, role, account)
    values = {"email": email, "name": "", "role": role, "account_id": account_id, "created_at": clock.now()}
    user_id = session.scalars(sa.insert(User).values(**values).returning(User.id)).one()
    person = _person(session, user_id)
    audit.note(session, actor, AuditKind.INVITED, account_id=account_id, target=email, detail=_words(person))
    _log.info("person invited", person=user_id, role=role, actor=actor.name)
    return person


def _note_sign_in(database: Database, identity: Identity) -> sa.Row[Any]:
    email = (_normal(identity.email) or f"{identity.subject} at {identity.issuer}")[:_TEXT_MAX]
    if identity.email and not identity.email_verified:
        # Anybody may say so; it must not look like, or stand in the way of, whoever the address belongs to.
        email = f"{email[: _TEXT_MAX - len(names.UNVERIFIED)]}{names.UNVERIFIED}"
    values = {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "email": email,
        "name": " ".join(identity.name.split())[:_TEXT_MAX],
        "last_sign_in_at": identity.signed_in_at,
    }
    with database.write() as session:
        known = session.execute(_who(identity).with_for_update()).one_or_none()
        if known is not None:
            _require_not_signed_out(known, identity)
            if not _is_news(known, identity):
                # Another tab of theirs noted this sign-in, or a later one, since it was looked up.
                return known
            session.execute(sa.update(User).where(User.id == known.id).values(**values))
        elif not (identity.email_verified and _claim_invitation(session, email, values)):
            session.execute(sa.insert(User).values(**values, created_at=clock.now()))
        user = session.execute(_who(identity)).one()
        _note_own(session, AuditKind.SIGN_IN, user)
    _log.info("signed in", person=user.id, role=user.role)
    return user


def _claim_invitation(session: Session, email: str, values: dict[str, Any]) -> bool:
    claimed = session.execute(
        sa.update(User).where(User.email == email, User.subject.is_(None)).values(**values).returning(User.id)
    )
    return claimed.one_or_none() is not None


def _account_of(session: Session, role: Role | None, account: str | None) -> int | None:
    if role is not Role.STAFF:
        if account:
            raise errors.ValidationFailed("Only staff are bound to an account. Nothing was changed.")
        return None
    if not account:
        raise errors.ValidationFailed("Staff are bound to one account: name it. Nothing was changed.")
    account_id = session.scalar(sa.select(Account.id).where(Account.name == account))
    if account_id is None:
        raise errors.AccountNotFound
    return account_id


def _people() -> sa.Select[*tuple[Any, ...]]:
    of_theirs = ApiKey.created_by_identity == sa.literal(actors.USER) + sa.cast(User.id, sa.Text)
    live_keys = sa.select(sa.func.count()).where(of_theirs, ApiKey.revoked_at.is_(None)).scalar_subquery()
    return sa.select(User, Account.name.label("account"), live_keys.label("live_key_count")).outerjoin(
        Account, Account.id == User.account_id
    )


def _person(session: Session, user_id: int) -> Person:
    row = session.execute(_people().where(User.id == user_id).execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise errors.UserNotFound
    return _as_person(row)


def _as_person(row: sa.Row[Any]) -> Person:
    user = row.User
    return Person(
        id=user.id,
        email=user.email,
        name=user.name,
        role=Role(user.role) if user.role else None,
        account_id=user.account_id,
        account=row.account,
        is_invitation=user.subject is None,
        created_at=user.created_at,
        last_sign_in_at=user.last_sign_in_at,
        live_key_count=row.live_key_count,
    )


def _words(person: Person) -> str:
    return f"{person.role or _NO_ROLE}" + (f" of {person.account}" if person.account else "")


def _normal(email: str) -> str:
    """As one compares e-mails: without spaces around them, in lower case. Nobody is called like a key or the desk."""
    normal = email.strip().lower()
    return normal if "@" in normal else ""
