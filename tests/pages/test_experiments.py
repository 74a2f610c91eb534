"""Can a manager define, start and stop an experiment on the page, and read what it has shown?"""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.actors import Actor
from core.jobs import experiment_desk
from core.runtime import Runtime
from pages.widgets import experiment_record
from tests import factories
from tests.pages.conftest import Visit
from tests.pages.reading import button_by_label, words

DATABASES = ("sqlite",)
MONA = factories.manager("mona@example.com")


@pytest.fixture(autouse=True)
def _mona_looks(runtime: Runtime, sign_in: Callable[[Actor], None]) -> None:
    sign_in(MONA)


def states(runtime: Runtime) -> list[str]:
    with runtime.database.read() as session:
        return [one.state for one in experiment_desk.experiments(session, MONA)]


def test_without_an_experiment_the_page_says_what_one_is(visit: Visit) -> None:
    assert "No experiment yet" in words(visit("experiments"))


def test_a_flaw_is_told_and_a_sound_design_kept_started_and_stopped(visit: Visit, runtime: Runtime) -> None:
    page = visit("experiments")
    button_by_label(page, "Define an experiment").click().run()
    button_by_label(page, "Keep as a draft").click().run()
    assert "Give the experiment a name." in words(page)
    assert states(runtime) == []
    page.text_input(key="experiment-name").set_value("Say first what stays").run()
    button_by_label(page, "Keep as a draft").click().run()
    assert states(runtime) == ["draft"]
    button_by_label(page, "Start").click().run()
    assert states(runtime) == ["running"]
    assert "Too early to tell" in words(page)
    button_by_label(page, "Stop").click().run()
    assert "can't be started again" in words(page)


def test_an_experiment_is_stopped_after_its_effect_was_told(runtime: Runtime) -> None:
    factories.experiment(runtime.database)
    with runtime.database.read() as session:
        (running,) = experiment_desk.experiments(session, MONA)

    def dialog(draw, actor, record):  # type: ignore[no-untyped-def]
        draw.__wrapped__(actor, record)

    # The inside of the dialog by itself: it is a fragment, and clicks in it come from a browser alone.
    page = AppTest.from_function(dialog, args=(experiment_record._ask_to_stop, MONA, running)).run()
    page.button(key="stop-now").click().run()
    assert states(runtime) == ["stopped"]


def test_a_draft_is_discarded(visit: Visit, runtime: Runtime) -> None:
    made = factories.experiment(runtime.database, is_started=False)
    page = visit("experiments", experiment=made)
    button_by_label(page, "Discard").click().run()
    assert states(runtime) == []
    assert "No experiment yet" in words(page)


def test_an_arm_is_set_by_what_its_model_has(visit: Visit, runtime: Runtime) -> None:
    page = visit("experiments", experiment="new")
    page.text_input(key="experiment-name").set_value("Upsampling").run()
    page.selectbox(key="arm-prompt-1").select_index(0).run()
    button_by_label(page, "Keep as a draft").click().run()
    assert "does the same as an earlier one" in words(page)
    page.selectbox(key="arm-prompt_upsampling-1").set_value("On").run()
    button_by_label(page, "Keep as a draft").click().run()
    with runtime.database.read() as session:
        arms = experiment_desk.experiments(session, MONA)[0].design.arms
    assert [dict(arm.parameters) for arm in arms] == [{}, {"prompt_upsampling": True}]


def test_an_experiment_that_is_not_there_is_told(visit: Visit) -> None:
    assert "There is no such experiment" in words(visit("experiments", experiment="nothing"))
