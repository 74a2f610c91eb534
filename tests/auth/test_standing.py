"""Does nobody keep a power that was taken from them: by a key, an old role, or a sign-in left open?"""

from dataclasses import replace
from datetime import timedelta

import pytest

from core import clock, errors
from core.auth import api_keys, audit, users
from core.auth.actors import Actor
from core.auth.audit import AuditFilter, AuditKind
from core.auth.roles import Role
from core.auth.users import Identity
from core.db.session import Database
from tests import factories
from tests.auth.test_users import NINE, ZOE, everybody, give_role, named, person_of, sign_in
from tests.factories import BELLEVUE, OUTSIDER
from tests.settable_clock import SettableClock


def find(database: Database, key: str) -> Actor:
    with database.read() as session:
        return api_keys.find_actor(session, key).actor


def set_role(
    database: Database, actor: Actor, name: str, role: Role | None, account: str | None = None
) -> users.Person:
    person = person_of(database, named(name))
    return users.set_role(database, actor, user_id=person.id, role=role, account=account)


# Keys.


def test_a_key_does_no_more_than_whoever_made_it_may_now(database: Database) -> None:
    mona = sign_in(database, "mona", Role.MANAGER)
    sign_in(database, "alma", Role.MANAGER)
    key = api_keys.create_key(database, mona, name="web", role=Role.MANAGER)
    weak = api_keys.create_key(database, mona, name="upload", role=Role.STAFF, account=OUTSIDER)
    made = find(database, key)
    assert (made.role, made.person_identity, made.person) == (Role.MANAGER, mona.identity, "mona@example.com")
    set_role(database, factories.manager(), "mona", Role.SUPPORT)
    assert (find(database, key).role, find(database, weak).role) == (Role.SUPPORT, Role.STAFF)
    set_role(database, factories.manager(), "mona", Role.STAFF, BELLEVUE)
    bound = find(database, key)
    assert (bound.role, bound.account_id) == (Role.STAFF, factories.account_id(database, BELLEVUE))
    with pytest.raises(errors.KeyMakerWithoutRole):
        find(database, weak)
    set_role(database, factories.manager(), "mona", None)
    with pytest.raises(errors.KeyMakerWithoutRole) as refused:
        find(database, key)
    assert (refused.value.http_status, refused.value.code) == (401, "key_maker_without_role")
    set_role(database, factories.manager(), "mona", Role.MANAGER)
    assert find(database, key) == made


def test_a_key_made_by_command_keeps_its_role(database: Database) -> None:
    with database.write() as session:
        key = api_keys.create(session, name="web", role=Role.MANAGER, account_id=None)
    assert find(database, key).role is Role.MANAGER


def test_who_changes_a_role_learns_how_many_keys_that_touches(database: Database) -> None:
    mona = sign_in(database, "mona", Role.MANAGER)
    sign_in(database, "alma", Role.MANAGER)
    for name in ("web", "upload", "old"):
        api_keys.create_key(database, mona, name=name, role=Role.SUPPORT)
    api_keys.revoke_key(database, mona, name="old")
    assert set_role(database, factories.manager(), "mona", Role.SUPPORT).live_key_count == 2
    with database.read() as session:
        counts = {one.email: one.live_key_count for one in users.users(session, factories.manager())}
    assert counts == {"mona@example.com": 2, "alma@example.com": 0}


@pytest.mark.parametrize(
    "name", ["mona@example.com", "a@b", "Mona", "MONA", "17 at https://id.example", "Local Person"]
)
def test_no_key_is_called_like_a_person(database: Database, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "local person")
    users.sign_in(database, replace(ZOE, email=""))
    mona = sign_in(database, "mona", Role.MANAGER)
    with pytest.raises(errors.ValidationFailed, match="not like a person"):
        api_keys.create_key(database, mona, name=name, role=Role.SUPPORT)
    with database.read() as session:
        assert api_keys.api_keys(session, mona) == []


def test_what_a_key_does_is_logged_with_who_made_it(database: Database) -> None:
    mona = sign_in(database, "mona", Role.MANAGER)
    actor = find(database, api_keys.create_key(database, mona, name="web", role=Role.MANAGER))
    audit.export_csv(database, actor, AuditFilter())
    with database.read() as session:
        (entry,) = audit.entries(session, mona, AuditFilter(kind=AuditKind.EXPORT)).entries
        of_mona = audit.entries(session, mona, AuditFilter(actor="mona@example.com")).entries
    assert (entry.actor, entry.made_by) == ("key web", "mona@example.com")
    assert entry in of_mona


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.MANAGER])
def test_only_staff_keys_are_bound_to_an_account(database: Database, role: Role) -> None:
    with pytest.raises(errors.ValidationFailed, match="is for all accounts"):
        api_keys.create_key(database, factories.manager(), name="web", role=role, account=BELLEVUE)


# Roles.


def test_who_is_no_manager_any_more_changes_nothing(database: Database) -> None:
    mona = sign_in(database, "mona", Role.MANAGER)
    sign_in(database, "alma", Role.MANAGER)
    sign_in(database, "eve", Role.SUPPORT)
    set_role(database, factories.manager(), "mona", Role.SUPPORT)
    for change in (
        lambda: set_role(database, mona, "eve", Role.MANAGER),
        lambda: users.invite(database, mona, email="new@example.com", role=Role.MANAGER, account=None),
        lambda: api_keys.create_key(database, mona, name="web", role=Role.MANAGER),
    ):
        with pytest.raises(errors.PermissionDenied, match="meanwhile"):
            change()
    assert person_of(database, named("eve")).role is Role.SUPPORT


def test_the_last_manager_stays_one(database: Database) -> None:
    sign_in(database, "mona", Role.MANAGER)
    users.invite(database, factories.manager(), email="never@example.com", role=Role.MANAGER, account=None)
    for role in (None, Role.SUPPORT):
        with pytest.raises(errors.LastManager) as refused:
            set_role(database, factories.manager(), "mona", role)
    assert refused.value.code == "last_manager"
    assert person_of(database, named("mona")).role is Role.MANAGER
    sign_in(database, "alma", Role.MANAGER)
    assert set_role(database, factories.manager(), "mona", None).role is None


def test_two_managers_who_take_each_others_role_leave_one(database: Database) -> None:
    for number in range(8):
        first, second = (sign_in(database, f"{name}{number}", Role.MANAGER) for name in ("mona", "alma"))
        outcomes = factories.at_once(
            lambda first=first, number=number: set_role(database, first, f"alma{number}", None),
            lambda second=second, number=number: set_role(database, second, f"mona{number}", None),
        )
        assert sorted(isinstance(one, errors.PermissionDenied) for one in outcomes) == [False, True], outcomes


def test_the_two_last_managers_do_not_both_lose_their_role_at_once(database: Database) -> None:
    for name in ("mona", "alma"):
        sign_in(database, name, Role.MANAGER)
    local = factories.manager()
    outcomes = factories.at_once(
        *[lambda name=name: set_role(database, local, name, None) for name in ("mona", "alma")]
    )
    assert sorted(isinstance(one, errors.LastManager) for one in outcomes) == [False, True], outcomes


# The first manager, by command.


def test_a_person_without_a_role_is_given_one_by_command(database: Database) -> None:
    users.sign_in(database, ZOE)
    users.sign_in(database, replace(ZOE, subject="impostor", email_verified=False))
    person = users.appoint(database, factories.manager(), email=" Zoe@example.com", role=Role.MANAGER, account=None)
    assert (person.role, person.is_invitation) == (Role.MANAGER, False)
    assert {(email, role) for email, role, _, _ in everybody(database)} == {
        ("zoe@example.com", Role.MANAGER),
        ("zoe@example.com (not verified)", None),
    }
    with database.read() as session:
        (entry,) = audit.entries(session, factories.manager(), AuditFilter(kind=AuditKind.ROLE_CHANGED)).entries
    assert (entry.target, entry.detail) == ("zoe@example.com", "no role → manager")


def test_an_unknown_person_is_invited_by_command_and_may_be_again(database: Database) -> None:
    for role in (Role.SUPPORT, Role.MANAGER):
        assert (
            users.appoint(database, factories.manager(), email="zoe@example.com", role=role, account=None).role
            is role
        )
    assert everybody(database) == [("zoe@example.com", Role.MANAGER, None, True)]
    with pytest.raises(errors.LastManager):
        users.appoint(database, factories.manager(), email="zoe@example.com", role=Role.SUPPORT, account=None)


def test_of_two_people_with_one_address_neither_is_given_a_role_by_command(database: Database) -> None:
    users.sign_in(database, ZOE)
    users.sign_in(database, replace(ZOE, issuer="https://elsewhere.example"))
    with pytest.raises(errors.ValidationFailed, match="2 people have signed in as zoe@"):
        users.appoint(database, factories.manager(), email="zoe@example.com", role=Role.MANAGER, account=None)
    assert [role for _, role, _, _ in everybody(database)] == [None, None]


# Sign-out.


def test_a_sign_in_is_over_once_its_person_has_signed_out(database: Database, clock: SettableClock) -> None:
    before = replace(ZOE, signed_in_at=clock())
    users.sign_in(database, before)
    give_role(database, before, Role.SUPPORT)
    other_browser = replace(before, signed_in_at=clock.forward(minutes=1))
    users.sign_in(database, other_browser)
    clock.forward(minutes=1)
    users.sign_out(database, before)
    users.sign_out(database, before)
    for over in (before, other_browser):
        with pytest.raises(errors.SignInOver):
            users.sign_in(database, over)
    again = users.sign_in(database, replace(before, signed_in_at=clock.forward(seconds=1)))
    assert again is not None
    assert again.role is Role.SUPPORT
    with database.read() as session:
        found = audit.entries(session, factories.manager(), AuditFilter(kind=AuditKind.SIGN_OUT)).entries
    assert [(one.actor, one.role) for one in found] == [("zoe@example.com", "support")]


def test_a_sign_in_by_a_clock_that_is_ahead_is_over_too(database: Database, clock: SettableClock) -> None:
    ahead = replace(ZOE, signed_in_at=clock() + timedelta(minutes=3))
    users.sign_in(database, ahead)
    users.sign_out(database, replace(ZOE, signed_in_at=clock()))
    with pytest.raises(errors.SignInOver):
        users.sign_in(database, ahead)


@pytest.mark.parametrize("behind", [timedelta(0), timedelta(minutes=1)], ids=["same second", "issuer's clock behind"])
def test_the_next_sign_in_counts_at_once(database: Database, clock: SettableClock, behind: timedelta) -> None:
    first = replace(ZOE, signed_in_at=clock() - behind)
    users.sign_in(database, first)
    clock.forward(seconds=2.7)
    users.sign_out(database, first)
    # Sign-in services count whole seconds, rounded down.
    following = replace(ZOE, signed_in_at=clock().replace(microsecond=0) - behind)
    assert following.signed_in_at < clock()
    users.sign_in(database, following)


def test_one_persons_sign_out_is_nobody_elses(database: Database) -> None:
    sign_in(database, "mona", Role.SUPPORT)
    users.sign_in(database, ZOE)
    users.sign_out(database, ZOE)
    users.sign_out(database, named("nobody"))
    assert users.sign_in(database, named("mona")) is not None


def test_a_long_address_that_nobody_verified_still_says_so(database: Database) -> None:
    long = "z" * 250 + "@example.com"
    users.sign_in(database, Identity(
        issuer="https://id.example", subject="1", email=long, name="", email_verified=False, signed_in_at=NINE
    ))  # fmt: skip
    with database.read() as session:
        (person,) = users.users(session, factories.manager())
    assert person.is_unverified
    assert person.email.endswith(" (not verified)")
    assert len(person.email) == 254


# What is asked about the log.


@pytest.mark.parametrize(
    "wanted", [AuditFilter(actor="a\x00"), AuditFilter(account="\ud800"), AuditFilter(actor="\n")]
)
def test_a_filter_that_no_database_can_hold_finds_nothing(database: Database, wanted: AuditFilter) -> None:
    with database.read() as session:
        assert audit.entries(session, factories.manager(), wanted).entries == ()
    audit.export_csv(database, factories.manager(), wanted)


def test_an_export_of_the_log_says_what_was_exported(database: Database) -> None:
    since = clock.now() - timedelta(days=3)
    audit.export_csv(database, factories.manager(), AuditFilter(kind=AuditKind.GRANT, account=BELLEVUE, since=since))
    with database.read() as session:
        (entry,) = audit.entries(session, factories.manager(), AuditFilter(kind=AuditKind.EXPORT)).entries
    assert entry.detail == f"1 line, kind grant, account {BELLEVUE}, since {since:%Y-%m-%d %H:%M} UTC"
    assert entry.account == BELLEVUE
