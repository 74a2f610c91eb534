"""Is everybody who they say, and only that? Sign-in, roles against pages, and the switch of development."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import clock as core_clock
from core import errors
from core.auth import users
from core.auth.actors import Actor
from core.auth.roles import PERMISSIONS, Role
from core.auth.users import Identity
from core.db.session import Database
from core.runtime import Runtime
from pages.widgets import session, visitor
from pages.widgets.shell import PAGES
from pages.widgets.visitor import Stranger
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.pages.conftest import MakeRuntime, Visit
from tests.pages.reading import words
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)
NAMES = [rule.name for rule in PAGES]
LOOPBACK = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}
NOT_LOCAL = "Open on its own machine only"


@pytest.fixture(autouse=True)
def _roles_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_LOOKED_UP_FOR_SECONDS", 0.0)


def claims(name: str = "eve", **changed: Any) -> dict[str, Any]:
    """What an ID token of a fresh sign-in says; with None, a claim is not in it."""
    given = {
        "is_logged_in": True,
        "iss": "https://login.example",
        "sub": name,
        "email": f"{name}@example.com",
        "email_verified": True,
        "name": name.capitalize(),
        "iat": int(core_clock.now().timestamp()),
        **changed,
    }
    return {key: value for key, value in given.items() if value is not None}


@pytest.fixture
def production(make_runtime: MakeRuntime) -> Runtime:
    return make_runtime(env="production", replicate_api_token="r8_test")


def invite(database: Database, name: str, role: Role, account: str | None = None) -> users.Person:
    return users.invite(database, factories.manager(), email=f"{name}@example.com", role=role, account=account)


@pytest.fixture
def another_manager(database: Database) -> None:
    """Alma, who has signed in: there has to be a manager left where one loses the role."""
    invite(database, "alma", Role.MANAGER)
    users.sign_in(database, _identity(claims("alma")))


def titles(app: AppTest) -> list[str]:
    return [title.value for title in app.title]


# The role table: each role against each page.


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.usefixtures("runtime")
def test_each_role_sees_the_pages_of_its_actions_and_of_others_whom_to_ask(
    visit: Visit, people: People, sign_in: Callable[[Actor], None], role: Role, name: str
) -> None:
    actor = {Role.STAFF: people.bob, Role.SUPPORT: people.dora, Role.MANAGER: people.alice}[role]
    (rule,) = [rule for rule in PAGES if rule.name == name]
    sign_in(actor)
    app = visit(name)
    refused = [warning.value for warning in app.warning if "permission denied, 403" in warning.value]
    assert bool(refused) is (rule.needs not in PERMISSIONS[role])
    if refused:
        assert not app.button
        assert factories.BELLEVUE not in words(app)


@pytest.mark.parametrize("role", list(Role))
def test_the_navigation_holds_what_the_role_may_see(
    runtime: Runtime,
    visit: Visit,
    people: People,
    sign_in: Callable[[Actor], None],
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
) -> None:
    shown: list[str] = []
    navigation = st.navigation

    def listen(pages: list[Any], **options: Any) -> Any:
        shown.extend(page.title for page in pages if page.visibility == "visible")
        return navigation(pages, **options)

    monkeypatch.setattr(st, "navigation", listen)
    sign_in({Role.STAFF: people.bob, Role.SUPPORT: people.dora, Role.MANAGER: people.alice}[role])
    visit("stage")
    assert shown == [rule.title for rule in PAGES if rule.needs in PERMISSIONS[role]]


# Who a sign-in names.


@pytest.mark.parametrize(
    "changed",
    [
        {"is_logged_in": False},
        {"is_logged_in": None},
        {"is_logged_in": "yes"},
        {"iss": None},
        {"sub": " "},
        {"sub": 7},
    ],
)
def test_claims_that_name_no_person_are_no_sign_in(changed: dict[str, Any]) -> None:
    assert visitor.identify(claims(**changed)) is Stranger.SIGNED_OUT


@pytest.mark.parametrize("verified", [None, False, "true", 1])
def test_an_e_mail_is_verified_only_if_the_issuer_says_so(verified: object) -> None:
    found = visitor.identify(claims(email_verified=verified))
    assert isinstance(found, Identity)
    assert not found.email_verified


@pytest.mark.parametrize(
    ("age", "is_over"),
    [
        (timedelta(0), False),
        (timedelta(hours=12) - timedelta(seconds=1), False),
        (timedelta(hours=12), True),
        (timedelta(days=29), True),
        (timedelta(minutes=-4), False),
        (timedelta(minutes=-6), True),
    ],
)
def test_a_sign_in_lasts_twelve_hours(clock: SettableClock, age: timedelta, is_over: bool) -> None:
    found = visitor.identify(claims(iat=(clock() - age).timestamp()))
    assert (found is Stranger.EXPIRED) is is_over


@pytest.mark.parametrize("iat", [None, "now", True, 1e300, float("nan")])
def test_a_sign_in_without_its_time_is_over(iat: object) -> None:
    assert visitor.identify(claims(iat=iat)) is Stranger.EXPIRED


# Pages in production.


@pytest.mark.parametrize("name", NAMES)
def test_a_person_without_a_role_learns_whom_to_ask_and_nothing_else(
    visit: Visit, production: Runtime, clock: SettableClock, name: str
) -> None:
    invite(production.database, "mona", Role.MANAGER)
    users.sign_in(production.database, _identity(claims("mona")))
    app = visit(name, user=claims("eve"), job=factories.job(production.desk))
    assert titles(app) == ["No role yet"]
    assert [button.label for button in app.button] == ["Sign out"]
    assert "signed in as eve@example.com, and have no role. Ask a manager for it: mona@example.com." in words(app)
    assert factories.BELLEVUE not in words(app)
    with production.database.read() as opened:
        eve = [one for one in users.users(opened, factories.manager()) if one.email == "eve@example.com"]
    assert [one.role for one in eve] == [None]


def test_what_a_sign_in_says_does_nothing_on_the_page(visit: Visit, production: Runtime) -> None:
    app = visit("stage", user=claims("eve", email="**x**[y](https://evil.example)@z"))
    assert r"signed in as \*\*x\*\*\[y\](https" in words(app)
    assert "**x**" not in words(app)


@pytest.mark.parametrize("name", NAMES)
def test_a_sign_in_that_is_over_is_offered_again(visit: Visit, production: Runtime, name: str) -> None:
    invite(production.database, "mona", Role.MANAGER)
    old = claims("mona", iat=int((datetime.now(UTC) - timedelta(hours=13)).timestamp()))
    app = visit(name, user=old, job=factories.job(production.desk))
    assert titles(app) == ["Sign-in is over"]
    assert [button.label for button in app.button] == ["Sign in again"]
    assert factories.BELLEVUE not in words(app)


def test_an_invitation_is_taken_up_by_a_verified_e_mail_alone(visit: Visit, production: Runtime) -> None:
    invite(production.database, "mona", Role.MANAGER)
    assert titles(visit("admin", user=claims("mona", sub="other", email_verified=None))) == ["No role yet"]
    assert titles(visit("admin", user=claims("mona"))) == ["Admin"]


@pytest.mark.usefixtures("another_manager")
def test_a_role_taken_away_ends_at_the_next_click(visit: Visit, production: Runtime) -> None:
    person = invite(production.database, "mona", Role.MANAGER)
    app = visit("analytics", user=claims("mona"))
    assert titles(app) == ["Analytics"]
    users.set_role(production.database, factories.manager(), user_id=person.id, role=None, account=None)
    assert titles(app.run()) == ["No role yet"]


@pytest.mark.usefixtures("production")
def test_the_role_is_read_once_for_a_run_of_a_page(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_LOOKED_UP_FOR_SECONDS", 60.0)
    asked: list[Identity] = []
    monkeypatch.setattr(users, "sign_in", lambda database, identity: asked.append(identity) or factories.manager())
    app = visit("stage", user=claims("mona"))
    assert len(asked) == 1
    app.run()
    assert len(asked) == 1


@pytest.mark.usefixtures("another_manager")
def test_tools_are_withheld_from_one_whose_role_has_changed(production: Runtime, database: Database) -> None:
    """A dialog that was open meanwhile runs without its page; it must not go on in the old role."""

    def page() -> None:
        import streamlit as st

        from pages.widgets import session

        if "actor" not in st.session_state:
            st.session_state["actor"] = session.visitor()
        session.runtime()
        st.write(f"used as {st.session_state['actor'].role}" if st.session_state.get("used") else "first")
        st.session_state["used"] = True

    person = invite(database, "mona", Role.MANAGER)
    app = AppTest.from_function(page)
    app.user = claims("mona")
    assert [text.value for text in app.run().markdown] == ["first"]
    reruns: list[bool] = []
    users.set_role(database, factories.manager(), user_id=person.id, role=Role.SUPPORT, account=None)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(st, "rerun", lambda *_: reruns.append(True))
        app.run()
    assert reruns == [True]


def test_a_sign_in_that_was_signed_out_elsewhere_is_over_at_the_next_click(visit: Visit, production: Runtime) -> None:
    invite(production.database, "mona", Role.MANAGER)
    mona = claims("mona")
    app = visit("analytics", user=mona)
    assert titles(app) == ["Analytics"]
    users.sign_out(production.database, _identity(mona))
    assert titles(app.run()) == ["Sign-in is over"]
    assert titles(visit("analytics", user=mona)) == ["Sign-in is over"]


def test_signing_out_ends_the_sign_in_itself(
    visit: Visit, production: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bool] = []
    monkeypatch.setattr(st, "logout", lambda: left.append(True))
    invite(production.database, "mona", Role.MANAGER)
    mona = claims("mona")
    app = visit("analytics", user=mona)
    app.button(key="sign-out").click().run()
    assert left == [True]
    with pytest.raises(errors.SignInOver):
        users.sign_in(production.database, _identity(mona))


@pytest.mark.usefixtures("another_manager")
def test_a_download_of_one_whose_role_was_taken_away_is_refused(production: Runtime, database: Database) -> None:
    def page() -> None:
        import streamlit as st

        from pages.widgets import session

        st.session_state["still"] = session.still(session.visitor())

    person = invite(database, "mona", Role.MANAGER)
    app = AppTest.from_function(page)
    app.user = claims("mona")
    still = app.run().session_state["still"]
    assert still().role is Role.MANAGER
    users.set_role(database, factories.manager(), user_id=person.id, role=Role.SUPPORT, account=None)
    with pytest.raises(errors.PermissionDenied):
        still()


@pytest.mark.parametrize("name", NAMES)
def test_in_production_the_address_gives_nobody_a_role(visit: Visit, production: Runtime, name: str) -> None:
    asked = {"as": "manager", "of": BELLEVUE}
    assert titles(visit(name, user={"is_logged_in": False}, **asked)) == ["Staging Desk"]
    assert titles(visit(name, user=claims("eve"), **asked)) == ["No role yet"]
    invite(production.database, "bob", Role.STAFF, OUTSIDER)
    app = visit(name, user=claims("bob"), **asked)
    (rule,) = [rule for rule in PAGES if rule.name == name]
    refused = [warning.value for warning in app.warning if "not for the role staff" in warning.value]
    assert bool(refused) is (rule.needs not in PERMISSIONS[Role.STAFF])
    assert BELLEVUE not in words(app)
    assert not app.sidebar.selectbox


# Development.


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        (None, {}),
        (None, LOOPBACK),
        ("127.0.0.1", {"Host": "127.0.0.1:8501"}),
        ("::1", {"host": "[::1]:8501"}),
        ("127.0.0.53", {"host": "LOCALHOST"}),
        ("::ffff:127.0.0.1", {}),
    ],
)
def test_this_machine_is_local(address: str | None, headers: dict[str, str]) -> None:
    assert visitor.is_local(address, headers)


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.168.1.20", LOOPBACK),
        ("::ffff:10.0.0.1", LOOPBACK),
        (None, {"Host": "desk.example"}),
        (None, {"Host": "127.0.0.1.evil.example:8501"}),
        (None, {"Host": "localhost.evil.example"}),
        (None, {"Host": "0.0.0.0:8501"}),
        (None, {"Host": ""}),
        (None, {"Host": "[::1"}),
        (None, {"Host": "localhost:8501", "Origin": "https://evil.example"}),
        (None, {"Host": "localhost:8501", "Origin": "null"}),
        (None, {**LOOPBACK, "X-Forwarded-For": "203.0.113.9"}),
        (None, {**LOOPBACK, "Forwarded": "for=203.0.113.9"}),
    ],
)
def test_whoever_comes_from_elsewhere_or_under_another_name_is_not_local(
    address: str | None, headers: dict[str, str]
) -> None:
    assert not visitor.is_local(address, headers)


@pytest.mark.parametrize("name", NAMES)
def test_in_development_strangers_from_elsewhere_see_how_to_set_up_sign_in_alone(
    visit: Visit, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(visitor, "is_local", lambda *_: False)
    app = visit(name, job=factories.job(runtime.desk))
    assert titles(app) == [NOT_LOCAL]
    assert "STAGING_ENV=production" in words(app)
    assert factories.BELLEVUE not in words(app)
    assert not app.button
    assert not app.sidebar.selectbox


def _identity(given: dict[str, Any]) -> Identity:
    found = visitor.identify(given)
    assert isinstance(found, Identity)
    return found
