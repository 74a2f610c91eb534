"""Can a manager let people and programs in, set limits, and prove who did what? And does nobody else get to it?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.auth import api_keys, audit, users
from core.auth.actors import Actor, user_identity
from core.auth.api_keys import KeyDetail
from core.auth.audit import AuditFilter, AuditKind
from core.auth.roles import Role
from core.auth.users import Identity, Person
from core.credits import limits
from core.db.session import Database
from core.runtime import Runtime
from pages.widgets import admin_keys, admin_people, role_form
from tests import factories
from tests.factories import BELLEVUE
from tests.pages.conftest import Visit
from tests.pages.reading import button_by_label, drawings, words

DATABASES = ("sqlite",)
TABLE = "staging_desk.record_table"
MONA = factories.manager("mona@example.com")


@pytest.fixture(autouse=True)
def _mona_looks(runtime: Runtime, sign_in: Callable[[Actor], None]) -> None:
    sign_in(MONA)


@pytest.fixture
def section(visit: Visit) -> Callable[[str], AppTest]:
    """Opens a part of the page by its address, as a bookmark does."""
    return lambda name: visit("admin", section=name)


def rows(app: AppTest) -> list[list[dict[str, Any]]]:
    return [row["cells"] for table in drawings(app, TABLE) for row in table["rows"]]


def texts(app: AppTest) -> list[list[str]]:
    return [[cell["text"] for cell in row] for row in rows(app)]


def people(database: Database) -> dict[str, Person]:
    with database.read() as session:
        return {person.email: person for person in users.users(session, MONA)}


def keys(database: Database) -> dict[str, KeyDetail]:
    with database.read() as session:
        return {key.name: key for key in api_keys.api_keys(session, MONA)}


def deeds_of(database: Database) -> list[AuditKind]:
    with database.read() as session:
        return [entry.kind for entry in audit.entries(session, MONA, AuditFilter()).entries]


def invite(database: Database, email: str, role: Role, account: str | None = None) -> Person:
    return users.invite(database, factories.manager(), email=email, role=role, account=account)


def dialog(draw: Callable[..., None], *arguments: Any) -> AppTest:
    """The inside of a dialog by itself: a click into a drawn table can't be made without a browser."""

    def page(draw, arguments):
        draw.__wrapped__(*arguments)

    app = AppTest.from_function(page, args=(draw, arguments)).run()
    assert not app.exception, app.exception[0].stack_trace
    return app


def identity(email: str, *, name: str = "", verified: bool = True) -> Identity:
    return Identity(
        issuer="https://login.example",
        subject=email,
        email=email,
        name=name,
        email_verified=verified,
        signed_in_at=clock.now(),
    )


# People


def test_the_empty_list_says_how_the_first_person_comes_in(section: Callable[[str], AppTest]) -> None:
    assert "Invite the first person above" in words(section("People"))


def test_people_are_listed_and_ones_own_role_is_not_offered(
    section: Callable[[str], AppTest], sign_in: Callable[[Actor], None], database: Database
) -> None:
    mona = invite(database, MONA.name, Role.MANAGER)
    sign_in(replace(MONA, identity=user_identity(mona.id)))
    bob = invite(database, "bob@example.com", Role.STAFF, BELLEVUE)
    # Another sign-in service's, by the same address.
    users.sign_in(database, identity(MONA.name))
    users.sign_in(database, replace(identity(MONA.name), issuer="https://elsewhere.example"))
    namesake, bobs, monas = rows(section("People"))
    assert namesake[-1]["text"] == "Change role"
    assert [cell["text"] for cell in bobs] == ["bob@example.com", "Staff", BELLEVUE, "Invited", "Change role"]
    assert bobs[-1]["action"] == str(bob.id)
    assert monas[-1]["text"] == "You"
    assert monas[-1]["action"] == ""
    assert "another manager" in monas[-1]["hover"]


def test_many_people_can_be_searched(section: Callable[[str], AppTest], database: Database) -> None:
    for number in range(9):
        invite(database, f"person{number}@example.com", Role.SUPPORT)
    app = section("People")
    app.text_input(key="people-search").input("N4@").run()
    assert [row[0] for row in texts(app)] == ["person4@example.com"]
    app.text_input(key="people-search").input("nobody").run()
    assert "Nobody is called so." in words(app)


def test_an_invitation_is_made_from_the_dialog(runtime: Runtime, database: Database) -> None:
    app = dialog(admin_people._ask_whom_to_invite, MONA, [BELLEVUE])
    app.text_input[0].input("dora@example.com")
    app.radio[0].set_value("support")
    app.button(key="send-invitation").click().run()
    assert people(database)["dora@example.com"].role is Role.SUPPORT
    assert AuditKind.INVITED in deeds_of(database)


def test_a_refused_invitation_keeps_what_was_typed(runtime: Runtime, database: Database) -> None:
    app = dialog(admin_people._ask_whom_to_invite, MONA, [BELLEVUE])
    app.text_input[0].input("nonsense")
    app.button(key="send-invitation").click().run()
    assert "not an e-mail address" in app.error[0].value
    assert app.text_input[0].value == "nonsense"
    assert not people(database)


def test_a_role_is_changed_and_taken_away(runtime: Runtime, database: Database) -> None:
    bob = invite(database, "bob@example.com", Role.STAFF, BELLEVUE)
    app = dialog(admin_people._ask_for_role, MONA, bob, [BELLEVUE])
    (button,) = app.button
    assert button.disabled
    assert "That is the role they have." in words(app)
    app.radio[0].set_value("support").run()
    button_by_label(app, "Make support").click().run()
    assert (people(database)[bob.email].role, people(database)[bob.email].account) == (Role.SUPPORT, None)
    app = dialog(admin_people._ask_for_role, MONA, people(database)[bob.email], [BELLEVUE])
    app.radio[0].set_value("").run()
    button_by_label(app, "Take the role away").click().run()
    assert people(database)[bob.email].role is None
    assert deeds_of(database).count(AuditKind.ROLE_CHANGED) == 2


def test_before_a_role_is_changed_the_keys_that_it_touches_are_told(runtime: Runtime, database: Database) -> None:
    invite(database, "kim@example.com", Role.MANAGER)
    kim = replace(people(database)["kim@example.com"], live_key_count=2)
    told = words(dialog(admin_people._ask_for_role, MONA, kim, [BELLEVUE]))
    assert "They have made 2 API keys that work" in told
    assert "API key" not in words(
        dialog(admin_people._ask_for_role, MONA, replace(kim, live_key_count=0), [BELLEVUE])
    )


def test_staff_need_an_account_to_choose() -> None:
    def page() -> None:
        from pages.widgets import role_form

        role_form.draw([], key="x")

    assert "no account yet" in words(AppTest.from_function(page).run())
    assert role_form.word(None) == "No role"


# Keys


def test_a_key_is_shown_once_and_then_never_again(section: Callable[[str], AppTest], database: Database) -> None:
    assert "No program may call the API yet" in words(section("API keys"))
    app = dialog(admin_keys._ask_for_new_key, MONA, [BELLEVUE])
    app.text_input[0].input("website")
    app.button(key="create-key-now").click().run()
    app.run()
    ((cell,),) = rows(app)
    with database.read() as session:
        assert api_keys.find_actor(session, cell["copy"]).actor.name == "key website"
    assert (keys(database)["website"].account, keys(database)["website"].created_by) == (BELLEVUE, MONA.name)
    app.button(key="key-copied").click().run()
    assert not rows(app)
    assert cell["copy"] not in str(rows(section("API keys")))


def test_the_dialog_of_a_new_key_says_that_it_is_shown_once(runtime: Runtime) -> None:
    def page() -> None:
        from pages.widgets import admin_keys

        admin_keys._draw_new_key("web*site*", "sd_secret")

    app = AppTest.from_function(page).run()
    assert "can't be seen again" in app.warning[0].value
    (cell,) = rows(app)[0]
    assert cell["text"] == cell["copy"] == "sd_secret"
    assert r"web\*site\*" in words(app)


def test_a_key_is_revoked_after_its_effect_was_told(runtime: Runtime, database: Database) -> None:
    api_keys.create_key(database, MONA, name="old import", role=Role.SUPPORT)
    app = dialog(admin_keys._ask_to_revoke, MONA, keys(database)["old import"])
    assert "has never called. From its next call on it is refused (401)" in words(app)
    app.button(key="revoke-now").click().run()
    assert keys(database)["old import"].revoked_at is not None
    assert AuditKind.KEY_REVOKED in deeds_of(database)


def test_revoked_keys_are_shown_only_on_demand(section: Callable[[str], AppTest], database: Database) -> None:
    app = section("API keys")
    assert app.toggle[0].disabled
    for name in ("first", "second"):
        api_keys.create_key(database, MONA, name=name, role=Role.MANAGER)
    api_keys.revoke_key(database, MONA, name="second")
    app = section("API keys")
    assert [row[0] for row in texts(app)] == ["first"]
    app.toggle[0].set_value(True).run()
    assert [(row[0], row[-1]) for row in texts(app)] == [("second", "Revoked"), ("first", "Revoke")]


def test_a_key_whose_maker_may_less_says_what_it_opens(section: Callable[[str], AppTest], database: Database) -> None:
    invite(database, "another@example.com", Role.MANAGER)
    users.sign_in(database, identity("another@example.com"))
    kim = invite(database, "kim@example.com", Role.MANAGER)
    maker = replace(MONA, name=kim.email, identity=user_identity(kim.id))
    api_keys.create_key(database, maker, name="import", role=Role.MANAGER)
    unknown = replace(MONA, identity="named:gone@example.com")
    api_keys.create_key(database, unknown, name="older", role=Role.SUPPORT)

    def told() -> dict[str, str]:
        return {row[0]["text"]: row[1]["below"] for row in rows(section("API keys"))}

    assert told() == {
        "import": "All accounts",
        "older": "All accounts · Opens nothing: its maker is not known. Make a new key",
    }
    users.set_role(database, MONA, user_id=kim.id, role=Role.SUPPORT, account=None)
    assert told()["import"] == "All accounts · Acts as support: its maker may do no more"
    users.set_role(database, MONA, user_id=kim.id, role=Role.STAFF, account=BELLEVUE)
    assert told()["import"] == f"All accounts · Acts as staff of {BELLEVUE}: its maker may do no more"
    users.set_role(database, MONA, user_id=kim.id, role=None, account=None)
    assert told()["import"] == "All accounts · Opens nothing: its maker has no role for it"


# Limits


def test_a_limit_is_set(section: Callable[[str], AppTest], database: Database) -> None:
    app = section("Refund limits")
    assert "Staff can't refund" in words(app)
    app.number_input[0].set_value(120)
    next(button for button in app.button if button.form_id == "limit-support").click().run()
    with database.read() as session:
        assert limits.limit_of(session, Role.SUPPORT).per_refund_credits == 120
    assert deeds_of(database).count(AuditKind.LIMIT_CHANGED) == 1


def test_a_limit_that_is_the_same_is_no_deed(section: Callable[[str], AppTest], database: Database) -> None:
    app = section("Refund limits")
    next(button for button in app.button if button.form_id == "limit-support").click().run()
    assert "nothing was changed" in words(app)
    assert AuditKind.LIMIT_CHANGED not in deeds_of(database)


def test_an_unverified_address_is_explained_with_what_to_do(
    section: Callable[[str], AppTest], database: Database
) -> None:
    users.sign_in(database, identity("bob@example.com"))
    assert "hasn't confirmed" not in words(section("People"))
    users.sign_in(database, identity("eve@example.com", verified=False))
    app = section("People")
    (eve,) = [row for row in rows(app) if row[0]["text"].startswith("eve@")]
    assert (eve[0]["text"], eve[0]["below"]) == ("eve@example.com", "Address not confirmed")
    assert "sign-in service hasn't confirmed" in eve[0]["hover"]
    assert "hasn't confirmed" in words(app)
    person = next(one for one in people(database).values() if one.is_unverified)
    assert "hasn't confirmed" in words(dialog(admin_people._ask_for_role, MONA, person, [BELLEVUE]))


@pytest.mark.parametrize("name", ["People", "API keys", "Refund limits", "Audit log"])
@pytest.mark.parametrize("person", ["bob", "dora"])
def test_no_part_is_drawn_for_another_role(
    section: Callable[[str], AppTest],
    sign_in: Callable[[Actor], None],
    people: factories.People,
    database: Database,
    name: str,
    person: str,
) -> None:
    invite(database, "hidden@example.com", Role.SUPPORT)
    sign_in(getattr(people, person))
    app = section(name)
    assert "permission denied, 403" in app.warning[0].value
    assert not rows(app)
    assert not app.button
