"""Does a person get exactly the role that a manager gave to that very person?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import errors
from core.auth import audit, names, users
from core.auth.actors import Actor, Source
from core.auth.audit import AuditFilter, AuditKind
from core.auth.names import Meant
from core.auth.roles import Role
from core.auth.users import Identity, Person
from core.db.session import Database
from tests import factories
from tests.factories import BELLEVUE

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ZOE = Identity(
    issuer="https://id.example",
    subject="17",
    email="Zoe@Example.com ",
    name="Zoe  Zander",
    email_verified=True,
    signed_in_at=NINE,
)


def everybody(database: Database) -> list[tuple[str, Role | None, str | None, bool]]:
    with database.read() as session:
        found = users.users(session, factories.manager())
    return [(one.email, one.role, one.account, one.is_invitation) for one in found]


def audited(database: Database, kind: AuditKind) -> list[tuple[str, str, str]]:
    with database.read() as session:
        page = audit.entries(session, factories.manager(), AuditFilter(kind=kind))
    return [(one.actor, one.target, one.detail or one.role) for one in page.entries]


def sign_in(database: Database, name: str, role: Role | None = None) -> Actor:
    """Somebody who has signed in, and was given that role."""
    identity = named(name)
    users.sign_in(database, identity)
    if role is not None:
        give_role(database, identity, role)
    actor = users.sign_in(database, identity)
    assert actor is not None
    return actor


def named(name: str) -> Identity:
    return replace(ZOE, subject=name, email=f"{name}@example.com", name=name.capitalize())


def give_role(database: Database, identity: Identity, role: Role | None) -> None:
    person = person_of(database, identity)
    users.set_role(database, factories.manager(), user_id=person.id, role=role, account=None)


def person_of(database: Database, identity: Identity) -> Person:
    with database.read() as session:
        found = users.users(session, factories.manager())
    (person,) = [one for one in found if one.email == identity.email.strip().lower()]
    return person


def only_person(database: Database) -> int:
    with database.read() as session:
        (person,) = users.users(session, factories.manager())
    return person.id


def test_an_unknown_person_gets_no_role_and_is_remembered(database: Database) -> None:
    assert users.sign_in(database, ZOE) is None
    assert everybody(database) == [("zoe@example.com", None, None, False)]
    assert audited(database, AuditKind.SIGN_IN) == [("zoe@example.com", "zoe@example.com", "no role")]


def test_an_email_that_nobody_verified_is_told_from_one_that_is(database: Database) -> None:
    users.sign_in(database, replace(ZOE, subject="impostor", email_verified=False))
    assert everybody(database) == [("zoe@example.com (not verified)", None, None, False)]
    users.invite(database, factories.manager(), email="zoe@example.com", role=Role.SUPPORT, account=None)
    actor = users.sign_in(database, ZOE)
    assert actor is not None
    assert (actor.name, actor.role) == ("zoe@example.com", Role.SUPPORT)


def test_the_role_that_a_manager_gives_holds_from_then_on(database: Database) -> None:
    users.sign_in(database, ZOE)
    person = users.set_role(
        database, factories.manager(), user_id=only_person(database), role=Role.STAFF, account=BELLEVUE
    )
    assert (person.role, person.account) == (Role.STAFF, BELLEVUE)
    actor = users.sign_in(database, ZOE)
    assert actor is not None
    assert (actor.name, actor.role, actor.source) == ("zoe@example.com", Role.STAFF, Source.PAGE)
    assert actor.account_id == factories.account_id(database)
    users.set_role(database, factories.manager(), user_id=person.id, role=None, account=None)
    assert users.sign_in(database, ZOE) is None
    assert audited(database, AuditKind.ROLE_CHANGED) == [
        ("alice", "zoe@example.com", f"staff of {BELLEVUE} → no role"),
        ("alice", "zoe@example.com", f"no role → staff of {BELLEVUE}"),
    ]


def test_an_invitation_becomes_whoever_proves_the_email(database: Database) -> None:
    users.invite(database, factories.manager(), email=" ZOE@example.com", role=Role.SUPPORT, account=None)
    assert users.sign_in(database, replace(ZOE, subject="impostor", email_verified=False)) is None
    actor = users.sign_in(database, ZOE)
    assert actor is not None
    assert actor.role is Role.SUPPORT
    # Taken: nobody else gets it with the same e-mail, verified or not.
    assert users.sign_in(database, replace(ZOE, subject="18")) is None
    assert users.sign_in(database, replace(ZOE, issuer="https://elsewhere.example")) is None
    assert sorted(role for _, role, _, is_invited in everybody(database) if role and not is_invited) == [Role.SUPPORT]


def test_a_person_stays_the_same_when_the_email_changes(database: Database) -> None:
    users.invite(database, factories.manager(), email="zoe@example.com", role=Role.SUPPORT, account=None)
    users.sign_in(database, ZOE)
    later = replace(ZOE, email="zander@example.com", signed_in_at=NINE + timedelta(hours=1))
    actor = users.sign_in(database, later)
    assert actor is not None
    assert (actor.name, actor.role) == ("zander@example.com", Role.SUPPORT)
    assert len(everybody(database)) == 1


@pytest.mark.parametrize("text", ["", " \t"])
def test_a_blank_name_means_nobody(database: Database, text: str) -> None:
    users.sign_in(database, replace(ZOE, name=""))
    with database.read() as session:
        assert names.meant(session, text) == Meant(frozenset(), frozenset())


def test_a_sign_in_in_the_shadow_of_a_later_one_changes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tabs of one person: the older sign-in was looked up first, and is noted last."""
    users.sign_in(database, ZOE)
    later = replace(ZOE, email="zander@example.com", signed_in_at=NINE + timedelta(hours=2))
    between = replace(ZOE, signed_in_at=NINE + timedelta(hours=1))
    note = users._note_sign_in

    def overtaken(database: Database, identity: Identity) -> Any:
        monkeypatch.setattr(users, "_note_sign_in", note)
        users.sign_in(database, later)
        return note(database, identity)

    monkeypatch.setattr(users, "_note_sign_in", overtaken)
    users.sign_in(database, between)
    (person,) = [person_of(database, later)]
    assert person.last_sign_in_at == later.signed_in_at
    assert len(audited(database, AuditKind.SIGN_IN)) == 2


def test_a_sign_in_is_audited_once(database: Database) -> None:
    for _ in range(3):
        users.sign_in(database, ZOE)
    users.sign_in(database, replace(ZOE, signed_in_at=NINE - timedelta(hours=1)))
    assert len(audited(database, AuditKind.SIGN_IN)) == 1
    users.sign_in(database, replace(ZOE, signed_in_at=NINE + timedelta(hours=1)))
    assert len(audited(database, AuditKind.SIGN_IN)) == 2


@pytest.mark.parametrize("is_invited", [True, False])
def test_two_first_sign_ins_at_once_make_one_person(database: Database, is_invited: bool) -> None:
    if is_invited:
        users.invite(database, factories.manager(), email="zoe@example.com", role=Role.SUPPORT, account=None)
    outcomes = factories.at_once(*[lambda: users.sign_in(database, ZOE)] * 16)
    assert {getattr(one, "role", one) for one in outcomes} == {Role.SUPPORT if is_invited else None}
    assert len(everybody(database)) == 1


@pytest.mark.parametrize("missing", [{"issuer": ""}, {"subject": ""}])
def test_a_sign_in_that_names_nobody_is_refused(database: Database, missing: dict[str, str]) -> None:
    with pytest.raises(errors.NotAuthenticated):
        users.sign_in(database, replace(ZOE, **missing))  # type: ignore[arg-type]


def test_who_has_no_email_still_can_be_given_a_role(database: Database) -> None:
    assert users.sign_in(database, replace(ZOE, email="", email_verified=True)) is None
    assert everybody(database) == [("17 at https://id.example", None, None, False)]


def test_nobody_is_called_like_the_desk(database: Database) -> None:
    users.sign_in(database, replace(ZOE, email="system"))
    assert everybody(database)[0][0] != "system"


def test_nobody_changes_their_own_role(database: Database) -> None:
    users.sign_in(database, ZOE)
    own = f"user:{only_person(database)}"
    themselves = replace(factories.manager("another name by now"), identity=own)
    by_key = replace(themselves, name="script", identity="key:1", made_by_identity=own)
    give_role(database, ZOE, Role.MANAGER)
    for actor in (themselves, by_key):
        with pytest.raises(errors.PermissionDenied, match="another manager"):
            users.set_role(database, actor, user_id=only_person(database), role=Role.SUPPORT, account=None)
    assert everybody(database)[0][1] is Role.MANAGER


@pytest.mark.parametrize(
    ("role", "account", "error"),
    [
        (Role.STAFF, None, errors.ValidationFailed),
        (Role.SUPPORT, BELLEVUE, errors.ValidationFailed),
        (None, BELLEVUE, errors.ValidationFailed),
        (Role.STAFF, "Nobody Ltd", errors.AccountNotFound),
    ],
)
def test_role_and_account_go_together(
    database: Database, role: Role | None, account: str | None, error: type[Exception]
) -> None:
    users.sign_in(database, ZOE)
    with pytest.raises(error):
        users.set_role(database, factories.manager(), user_id=only_person(database), role=role, account=account)
    assert everybody(database)[0][1] is None


@pytest.mark.parametrize(
    "email", ["", "zoe", "a@b@c", "a b@c.de", "@example.com", "zoe@\u200bexample.com", "x" * 300]
)
def test_what_is_no_email_is_not_invited(database: Database, email: str) -> None:
    with pytest.raises(errors.ValidationFailed):
        users.invite(database, factories.manager(), email=email, role=Role.SUPPORT, account=None)
    assert everybody(database) == []


def test_nobody_is_invited_twice(database: Database) -> None:
    users.invite(database, factories.manager(), email="zoe@example.com", role=Role.SUPPORT, account=None)
    with pytest.raises(errors.ValidationFailed, match="already"):
        users.invite(database, factories.manager(), email="Zoe@example.com", role=Role.MANAGER, account=None)


def test_only_managers_manage_people(database: Database) -> None:
    people = factories.people(database)
    users.sign_in(database, ZOE)
    for actor in (people.bob, people.dora):
        with pytest.raises(errors.PermissionDenied):
            users.set_role(database, actor, user_id=only_person(database), role=Role.MANAGER, account=None)
        with pytest.raises(errors.PermissionDenied):
            users.invite(database, actor, email="a@example.com", role=Role.MANAGER, account=None)
        with pytest.raises(errors.PermissionDenied), database.read() as session:
            users.users(session, actor)


def test_an_unknown_person_has_no_role_to_change(database: Database) -> None:
    with pytest.raises(errors.UserNotFound):
        users.set_role(database, factories.manager(), user_id=99, role=None, account=None)


def test_whoever_has_no_role_learns_whom_to_ask(database: Database) -> None:
    users.invite(database, factories.manager(), email="zoe@example.com", role=Role.MANAGER, account=None)
    with database.read() as session:
        assert users.managers(session) == []
    users.sign_in(database, ZOE)
    with database.read() as session:
        assert users.managers(session) == ["zoe@example.com"]
