"""Do people get in by a real sign-in, and by nothing else? The desk in production, behind a real OpenID server."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import oidc_provider_mock
import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from core import clock
from core.auth import users
from core.auth.roles import Role
from core.auth.users import Identity, Person
from core.db.session import Database
from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.server import SimulatorServer
from core.settings import Settings
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.server import ROOT, DeskServer, free_port

COOKIE = "_streamlit_user"
COOKIE_SECRET = "a cookie secret of the tests, long enough"
HOURS = 3600
MANAGER, STRANGER = "mona@example.com", "eve@example.com"
ALMA = Identity(
    issuer="http://login.example",
    subject="alma",
    email="alma@example.com",
    name="Alma",
    email_verified=True,
    signed_in_at=clock.now(),
)
SECRETS = """
[auth]
redirect_uri = "{desk}/oauth2callback"
cookie_secret = "{secret}"
client_id = "staging-desk"
client_secret = "any"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """An OpenID server; who asks for a person by e-mail is them."""
    # Its library takes plain http from localhost alone, and the browser of the tests knows no names.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    with oidc_provider_mock.run_server_in_thread() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        for email in (MANAGER, STRANGER):
            claims = {"email": email, "email_verified": True, "name": email.partition("@")[0].capitalize()}
            httpx.put(f"{url}/users/{email}", json=claims).raise_for_status()
        yield url
    del os.environ["AUTHLIB_INSECURE_TRANSPORT"]


@pytest.fixture(scope="module")
def production(browser: Browser, issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskServer]:
    """The desk with everything that production asks for; Replicate is a simulator that runs elsewhere."""
    folder = tmp_path_factory.mktemp("production")
    port = free_port()
    (folder / ".streamlit").mkdir()
    shutil.copy(ROOT / ".streamlit" / "config.toml", folder / ".streamlit")
    secrets = SECRETS.format(desk=f"http://127.0.0.1:{port}", secret=COOKIE_SECRET, issuer=issuer)
    (folder / ".streamlit" / "secrets.toml").write_text(secrets)
    simulator = SimulatorServer(SimulatorConfig(seconds=0.1), state_dir=folder / "simulator")
    simulator.start()
    environment = {
        "STAGING_ENV": "production",
        "STAGING_PUBLIC_URL": "https://desk.example",
        "STAGING_SECRET": "a-secret-of-the-tests",
        "REPLICATE_API_TOKEN": "r8_test",
        "REPLICATE_BASE_URL": simulator.url,
    }
    server = DeskServer(folder / "data", folder=folder, port=port, environment=environment)
    yield server
    server.interrupt()
    simulator.stop()


@pytest.fixture(scope="module")
def database(production: DeskServer) -> Iterator[Database]:
    opened = Database(Settings(data_dir=production.data).resolved_database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def manager(database: Database) -> Person:
    """Mona, invited as a manager."""
    return users.invite(database, factories.manager(), email=MANAGER, role=Role.MANAGER, account=None)


@pytest.fixture
def enter(open_page: OpenPage, production: DeskServer) -> Callable[[str], Page]:
    """Signs somebody in as they would do it; the page on which they land."""

    def sign_in(email: str) -> Page:
        page = open_page(production.url)
        # The OpenID server's forms ask another host for their looks.
        page.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(body="", content_type="text/css"))
        page.get_by_role("button", name="Sign in").click()
        page.locator("input[name=sub]").fill(email)
        page.get_by_role("button", name="Authorize").click()
        expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
        return page

    return sign_in


@pytest.fixture
def bring(browser: Browser, production: DeskServer) -> Iterator[Callable[[str], Page]]:
    """Opens the desk with a cookie that was not got by signing in."""
    contexts = []

    def open_with(value: str) -> Page:
        context = browser.new_context()
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": value, "url": production.url}])
        page = context.new_page()
        page.goto(f"{production.url}/admin")
        return page

    yield open_with
    for context in contexts:
        context.close()


def cookie(server: DeskServer, *, secret: str = COOKIE_SECRET, **changed: Any) -> str:
    """A cookie as the desk gives it to Mona, but for what is changed."""
    claims = {
        "iss": "http://login.example",
        "sub": MANAGER,
        "email": MANAGER,
        "email_verified": True,
        "iat": int(time.time()),
        "origin": server.url,
        "is_logged_in": True,
        "provider": "default",
        **changed,
    }
    return create_signed_value(secret, COOKIE, json.dumps(claims)).decode()


def people(database: Database) -> dict[str, Person]:
    with database.read() as session:
        return {person.email: person for person in users.users(session, factories.manager())}


def test_an_invited_manager_signs_in_and_out(
    enter: Callable[[str], Page],
    bring: Callable[[str], Page],
    production: DeskServer,
    manager: Person,
    database: Database,
) -> None:
    page = enter(MANAGER)
    expect(page.get_by_role("heading", name="Stage a photo")).to_be_visible()
    page.get_by_role("link", name="Admin").click()
    expect(page.get_by_role("heading", name="Admin")).to_be_visible()
    expect(page.get_by_text("You", exact=True)).to_be_visible()
    assert people(database)[MANAGER].last_sign_in_at is not None
    second_tab = page.context.new_page()
    second_tab.goto(f"{production.url}/admin")
    expect(second_tab.get_by_role("heading", name="Admin")).to_be_visible()
    (copied,) = [one["value"] for one in page.context.cookies() if one["name"] == COOKIE]
    page.get_by_role("button", name=MANAGER).click()
    page.get_by_role("button", name="Sign out").click()
    # The issuer asks too; then one is back, and nobody.
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(f"{production.url}/admin")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("heading", name="Admin")).to_have_count(0)
    # What was open elsewhere, and a copy of the cookie, are worth nothing from then on.
    second_tab.get_by_text("Audit log", exact=True).click()
    expect(second_tab.get_by_role("heading", name="Sign-in is over")).to_be_visible()
    expect(bring(copied).get_by_role("heading", name="Sign-in is over")).to_be_visible()


def test_an_unknown_person_learns_whom_to_ask_and_waits_in_the_list(
    enter: Callable[[str], Page], manager: Person, database: Database
) -> None:
    enter(MANAGER)
    page = enter(STRANGER)
    expect(page.get_by_role("heading", name="No role yet")).to_be_visible()
    expect(page.get_by_text(f"signed in as {STRANGER}")).to_contain_text(f"Ask a manager for it: {MANAGER}.")
    expect(page.get_by_role("link", name="Stage")).to_have_count(0)
    assert people(database)[STRANGER].role is None


def test_a_sign_in_of_yesterday_is_over(
    bring: Callable[[str], Page], production: DeskServer, manager: Person
) -> None:
    page = bring(cookie(production, iat=int(time.time()) - 13 * HOURS))
    expect(page.get_by_role("heading", name="Sign-in is over")).to_be_visible()
    page.get_by_role("button", name="Sign in again").click()
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()


def test_a_cookie_that_was_altered_is_no_sign_in(
    bring: Callable[[str], Page], production: DeskServer, manager: Person
) -> None:
    signed = cookie(production)
    middle = len(signed) // 4
    altered = signed[:middle] + ("A" if signed[middle] != "A" else "B") + signed[middle + 1 :]
    expect(bring(altered).get_by_role("button", name="Sign in")).to_be_visible()


def test_a_cookie_signed_with_another_secret_is_no_sign_in(
    bring: Callable[[str], Page], production: DeskServer, manager: Person
) -> None:
    forged = cookie(production, secret="another secret, as long as the right one")
    expect(bring(forged).get_by_role("button", name="Sign in")).to_be_visible()


def test_a_cookie_of_another_desk_is_no_sign_in(
    bring: Callable[[str], Page], production: DeskServer, manager: Person
) -> None:
    other = cookie(production, origin="https://other.example")
    expect(bring(other).get_by_role("button", name="Sign in")).to_be_visible()


def test_the_right_cookie_is_a_sign_in(bring: Callable[[str], Page], production: DeskServer, manager: Person) -> None:
    """The tests of forged cookies would pass with any nonsense if this one did not."""
    page = bring(cookie(production, sub="somebody new", email="new@example.com"))
    expect(page.get_by_role("heading", name="No role yet")).to_be_visible()


def test_an_open_dialog_ends_with_the_role(
    enter: Callable[[str], Page], production: DeskServer, manager: Person, database: Database
) -> None:
    page = enter(MANAGER)
    page.get_by_role("link", name="Admin").click()
    page.get_by_role("button", name="Invite somebody").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill("friend@example.com")
    dialog.get_by_text("Support", exact=True).click()
    expect(dialog.get_by_role("button", name="Invite", exact=True)).to_be_enabled()
    mona = people(database)[MANAGER]
    # Somebody has to be left who manages people.
    alma = replace(ALMA, signed_in_at=clock.now())
    users.sign_in(database, alma)
    users.appoint(database, factories.manager(), email=alma.email, role=Role.MANAGER, account=None)
    users.set_role(database, factories.manager(), user_id=mona.id, role=None, account=None)
    try:
        dialog.get_by_role("button", name="Invite", exact=True).click()
        expect(page.get_by_role("heading", name="No role yet")).to_be_visible()
        assert "friend@example.com" not in people(database)
    finally:
        users.set_role(database, factories.manager(), user_id=mona.id, role=Role.MANAGER, account=None)
