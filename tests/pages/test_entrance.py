"""Does nobody get past the door? Deep links, sign-in and roles."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.widgets import shell
from tests import factories
from tests.pages.conftest import APP, ROOT, MakeRuntime, Visit
from tests.pages.reading import words

DATABASES = ("sqlite",)
PAGES = tuple(rule.name for rule in shell.PAGES)
TITLES = {rule.name: rule.title for rule in shell.PAGES} | {"stage": "Stage a photo"}
NOBODY: dict[str, Any] = {"is_logged_in": False}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("runtime")
def test_a_deep_link_shows_its_page_within_the_frame(visit: Visit, page: str) -> None:
    app = visit(page)
    assert [title.value for title in app.title] == [TITLES[page]]
    assert "a simulator draws" in words(app)
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("runtime")
def test_a_page_that_is_run_alone_sends_the_visitor_to_the_app(page: str) -> None:
    # Without the `served_navigation` fixture Streamlit finds the folder pages/ and runs the page without app.py.
    app = AppTest.from_file(APP, default_timeout=20)
    app.switch_page(f"pages/{page}.py")
    app.run()
    assert [title.value for title in app.title] == [TITLES["stage"]]
    assert "a simulator draws" in words(app)
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("runtime")
def test_a_page_started_as_a_program_of_its_own_draws_nothing(page: str) -> None:
    app = AppTest.from_file(ROOT / "pages" / f"{page}.py", default_timeout=20).run()
    assert app.exception
    assert words(app) == ""
    assert not app.button


@pytest.mark.parametrize("page", PAGES)
def test_in_production_who_has_not_signed_in_sees_the_sign_in_alone(
    visit: Visit, make_runtime: MakeRuntime, page: str
) -> None:
    runtime = make_runtime(env="production", replicate_api_token="r8_test")
    app = visit(page, user=NOBODY, job=factories.job(runtime.desk))
    assert [title.value for title in app.title] == ["Staging Desk"]
    assert [button.label for button in app.button] == ["Sign in"]
    assert words(app) == "Staging Desk\nSign in to stage photos and see jobs."
