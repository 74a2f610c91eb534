"""Are keys shown once, kept as hashes, and worth exactly their role?"""

import hashlib
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core import clock, errors
from core.auth import api_keys
from core.auth.actors import Actor, Source, system
from core.auth.roles import PERMISSIONS, Action, Role
from core.db.session import Database
from core.models import ApiKey
from tests import factories
from tests.settable_clock import SettableClock

ALLOWED = {
    Action.STAGE: {Role.STAFF, Role.SUPPORT, Role.MANAGER},
    Action.READ_JOBS: {Role.STAFF, Role.SUPPORT, Role.MANAGER},
    Action.READ_ACCOUNTS: {Role.STAFF, Role.SUPPORT, Role.MANAGER},
    Action.ASK_PROVIDER: {Role.STAFF, Role.SUPPORT, Role.MANAGER},
    Action.SYNC: {Role.SUPPORT, Role.MANAGER},
    Action.CANCEL: {Role.SUPPORT, Role.MANAGER},
    Action.RETRY: {Role.SUPPORT, Role.MANAGER},
    Action.REFUND: {Role.SUPPORT, Role.MANAGER},
    Action.DECIDE_REFUNDS: {Role.MANAGER},
    Action.EXPORT: {Role.STAFF, Role.SUPPORT, Role.MANAGER},
    Action.READ_ANALYTICS: {Role.MANAGER},
    Action.GRANT_CREDITS: {Role.MANAGER},
    Action.SET_LIMITS: {Role.MANAGER},
    Action.MANAGE_MODELS: {Role.MANAGER},
    Action.MANAGE_EXPERIMENTS: {Role.MANAGER},
    Action.MANAGE_USERS: {Role.MANAGER},
    Action.MANAGE_KEYS: {Role.MANAGER},
    Action.READ_AUDIT: {Role.MANAGER},
}


def make(database: Database, name: str = "web", role: Role = Role.MANAGER, account_id: int | None = None) -> str:
    with database.write() as session:
        return api_keys.create(session, name=name, role=role, account_id=account_id)


def find(database: Database, key: str) -> api_keys.FoundKey:
    with database.read() as session:
        return api_keys.find_actor(session, key)


def test_the_permission_table_is_complete_and_as_decided() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert set(ALLOWED) == set(Action)
    table = {action: {role for role in Role if action in PERMISSIONS[role]} for action in Action}
    assert table == ALLOWED


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_an_actor_may_what_its_role_may(action: Action, role: Role) -> None:
    actor = Actor(name="x", role=role, source=Source.API)
    assert actor.may(action) == (role in ALLOWED[action])
    if role in ALLOWED[action]:
        actor.require(action)
    else:
        with pytest.raises(errors.PermissionDenied, match=f"{role}.*{action.value}"):
            actor.require(action)


def test_who_is_bound_to_an_account_sees_no_other() -> None:
    bound = Actor(name="x", role=Role.STAFF, source=Source.API, account_id=7)
    assert (bound.sees(7), bound.sees(8)) == (True, False)
    assert system(Source.SWEEP).sees(8) is True


def test_only_a_hash_of_a_key_is_kept(database: Database) -> None:
    key = make(database)
    assert len(key) >= 43
    with database.read() as session:
        row = session.execute(sa.select(*ApiKey.__table__.columns)).one()
    assert key not in repr(row)
    assert row.key_hash == hashlib.sha256(key.encode()).hexdigest()
    assert make(database, "other") != key


def test_a_key_stands_for_its_actor(database: Database) -> None:
    owner = factories.account_id(database)
    found = find(database, make(database, "web", Role.STAFF, owner))
    with database.read() as session:
        key_id = session.scalars(sa.select(ApiKey.id)).one()
    assert found.actor == Actor(
        name="key web", role=Role.STAFF, source=Source.API, account_id=owner, identity=f"key:{key_id}"
    )


def test_staff_keys_need_an_account_even_in_the_database(database: Database) -> None:
    with pytest.raises(errors.ValidationFailed):
        make(database, role=Role.STAFF)
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(sa.insert(ApiKey).values(name="x", key_hash="x", role="staff", created_at=clock.now()))


@pytest.mark.parametrize("name", ["", "  "])
def test_a_key_needs_a_name(database: Database, name: str) -> None:
    with pytest.raises(errors.ValidationFailed):
        make(database, name)


def test_a_name_is_taken_once(database: Database) -> None:
    make(database)
    with pytest.raises(errors.ValidationFailed, match="already"):
        make(database)


@pytest.mark.parametrize("wrong", ["", "sd_", "sd_" + "a" * 43, "é", "\x00", "x" * 100_000])
def test_an_unknown_key_is_refused(database: Database, wrong: str) -> None:
    make(database)
    with pytest.raises(errors.NotAuthenticated):
        find(database, wrong)


def test_a_revoked_key_is_refused(database: Database) -> None:
    key = make(database)
    with database.write() as session:
        session.execute(sa.update(ApiKey).values(revoked_at=clock.now()))
    with pytest.raises(errors.NotAuthenticated):
        find(database, key)


def test_the_last_use_is_noted_once_a_minute(database: Database, clock: SettableClock) -> None:
    key = make(database)
    assert find(database, key).last_use_is_old is True
    with database.write() as session:
        api_keys.note_use(session, key)
    clock.forward(seconds=59)
    assert find(database, key).last_use_is_old is False
    clock.forward(seconds=2)
    assert find(database, key).last_use_is_old is True
    with database.read() as session:
        assert session.scalar(sa.select(ApiKey.last_used_at)) == clock() - timedelta(seconds=61)
