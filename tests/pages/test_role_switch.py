"""Does the switch of development show the desk in each role, and keep it over a reload, for this machine alone?"""

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.roles import Role
from core.db.session import Database
from pages.widgets import visitor
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER
from tests.pages.conftest import Visit

DATABASES = ("sqlite",)
NOT_LOCAL = "Open on its own machine only"


def titles(app: AppTest) -> list[str]:
    return [title.value for title in app.title]


@pytest.mark.usefixtures("runtime")
def test_the_role_switch_holds_on_every_page(visit: Visit) -> None:
    app = visit("analytics")
    assert titles(app) == ["Analytics"]
    assert not app.warning
    app.sidebar.selectbox(key="local_role").select(Role.STAFF).run()
    assert "not for the role staff" in app.warning[0].value
    assert app.sidebar.selectbox(key="local_account").options == [BELLEVUE, OUTSIDER]
    app.switch_page("pages/stage.py").run()
    assert titles(app) == ["Stage a photo"]
    assert app.sidebar.selectbox(key="local_role").value == Role.STAFF
    app.switch_page("pages/analytics.py").run()
    assert "not for the role staff" in app.warning[0].value


@pytest.mark.usefixtures("runtime")
def test_a_reload_keeps_the_role_and_the_account_of_the_switch(visit: Visit) -> None:
    app = visit("stage")
    app.sidebar.selectbox(key="local_role").select(Role.STAFF).run()
    app.sidebar.selectbox(key="local_account").select(OUTSIDER).run()
    kept = dict(app.query_params)
    assert kept == {"as": "staff", "of": OUTSIDER}
    again = visit("stage", **kept)
    assert again.sidebar.selectbox(key="local_role").value == Role.STAFF
    assert again.sidebar.selectbox(key="local_account").value == OUTSIDER
    again.sidebar.selectbox(key="local_role").select(Role.MANAGER).run()
    assert not again.query_params


@pytest.mark.usefixtures("runtime")
def test_another_page_of_the_switch_has_the_role_in_its_address_too(visit: Visit) -> None:
    app = visit("monitor", **{"as": "support"})
    app.switch_page("pages/refunds.py").run()
    assert app.query_params["as"] == "support"
    assert app.sidebar.selectbox(key="local_role").value == Role.SUPPORT


@pytest.mark.parametrize("asked", ["admin", "", "Manager", "staff, manager"])
@pytest.mark.usefixtures("runtime")
def test_a_role_that_does_not_exist_is_none_of_the_switch(visit: Visit, asked: str) -> None:
    assert visit("stage", **{"as": asked}).sidebar.selectbox(key="local_role").value == Role.MANAGER


@pytest.mark.usefixtures("runtime")
def test_in_development_the_address_lets_nobody_in_from_elsewhere(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor, "is_local", lambda *_: False)
    assert titles(visit("stage", **{"as": "manager"})) == [NOT_LOCAL]


@pytest.mark.usefixtures("runtime")
def test_staff_of_the_switch_are_bound_to_the_account_chosen(database: Database) -> None:
    def page() -> None:
        import streamlit as st

        from pages.widgets import role_switch, session

        role_switch.draw(session.visitor(), session.all_accounts())
        st.session_state["seen"] = session.visitor().account_id

    app = AppTest.from_function(page).run()
    assert app.session_state["seen"] is None
    app.sidebar.selectbox(key="local_role").select(Role.STAFF).run()
    assert app.session_state["seen"] == factories.account_id(database, BELLEVUE)
    app.sidebar.selectbox(key="local_account").select(OUTSIDER).run()
    assert app.session_state["seen"] == factories.account_id(database, OUTSIDER)
    app.sidebar.selectbox(key="local_role").select(Role.SUPPORT).run()
    assert app.session_state["seen"] is None
