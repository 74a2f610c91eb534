"""Can a manager see what each model costs and takes, switch it, and make it the default knowingly?"""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.actors import Actor
from core.jobs import model_settings
from core.jobs.model_settings import ModelState
from core.provider.registry import MODELS
from core.runtime import Runtime
from pages.widgets import admin_models, record_table
from tests import factories
from tests.pages.conftest import Visit
from tests.pages.dialogs import inside
from tests.pages.reading import button_by_label, drawings, words

DATABASES = ("sqlite",)
TABLE = "staging_desk.record_table"
MONA = factories.manager("mona@example.com")
KONTEXT, FLUX_2 = "black-forest-labs/flux-kontext-pro", "black-forest-labs/flux-2-pro"


@pytest.fixture(autouse=True)
def _mona_looks(runtime: Runtime, sign_in: Callable[[Actor], None]) -> None:
    sign_in(MONA)


def states(runtime: Runtime) -> dict[str, ModelState]:
    with runtime.database.read() as session:
        return {one.model.name: one for one in model_settings.models(session, MONA)}


def cells(visit: Visit) -> dict[str, list[dict[str, Any]]]:
    (table,) = drawings(visit("admin", section="Models"), TABLE)
    return {row["id"]: row["cells"] for row in table["rows"]}


def test_every_model_is_told_with_its_dated_price_and_time(visit: Visit, runtime: Runtime) -> None:
    shown = cells(visit)
    assert list(shown) == list(MODELS)
    model, state, cost, time, _, _ = shown[FLUX_2]
    assert (model["text"], model["below"], state["text"]) == ("FLUX.2 [pro]", FLUX_2, "Off")
    assert (cost["text"], cost["below"]) == ("$0.045", "on 25 Nov 2025")
    assert "$0.015 more" in cost["hover"]
    assert (time["text"], time["below"]) == ("17.0 s", "told by others")
    assert shown["black-forest-labs/flux-kontext-max"][3]["text"] == "Not known"


def test_a_time_that_was_measured_goes_before_what_others_tell(
    visit: Visit, runtime: Runtime, ten_days: None
) -> None:
    assert cells(visit)[KONTEXT][3]["below"] == "measured, 7 pictures"


def test_what_can_be_done_goes_by_how_a_model_stands(visit: Visit, runtime: Runtime) -> None:
    model_settings.change(runtime.database, MONA, model=FLUX_2, is_on=True)
    offered = {name: [cell["text"] for cell in row[4:]] for name, row in cells(visit).items()}
    assert offered[KONTEXT] == ["", ""]
    assert offered[FLUX_2] == ["Switch off", "Make default"]
    assert offered["prunaai/p-image-edit"] == ["Switch on", ""]


@pytest.fixture
def click(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AppTest]:
    """Opens the section and clicks into its table, which can't be done without a browser."""

    def clicked(action: str) -> AppTest:
        actions = [action]
        monkeypatch.setattr(record_table, "draw", lambda *_, **__: actions.pop() if actions else None)
        return visit("admin", section="Models")

    return clicked


def test_a_click_switches_a_model_and_says_so(runtime: Runtime, click: Callable[[str], AppTest]) -> None:
    assert "is on. New jobs may use it." in words(click(f"on {FLUX_2}"))
    assert states(runtime)[FLUX_2].is_on is True
    assert "Jobs that were submitted keep it." in words(click(f"off {FLUX_2}"))
    assert states(runtime)[FLUX_2].is_on is False


def test_a_click_late_for_what_is_the_default_by_now_changes_nothing(
    runtime: Runtime, click: Callable[[str], AppTest]
) -> None:
    assert "default_model_needed" in words(click(f"off {KONTEXT}"))
    assert states(runtime)[KONTEXT].is_on is True


def test_a_click_on_what_there_is_not_does_nothing(runtime: Runtime, click: Callable[[str], AppTest]) -> None:
    before = states(runtime)
    assert not click("on nobody/nothing").error
    assert states(runtime) == before


def test_the_default_is_changed_only_when_it_is_confirmed(runtime: Runtime) -> None:
    model_settings.change(runtime.database, MONA, model=FLUX_2, is_on=True)
    before = states(runtime)
    dialog = inside(admin_models._ask_for_default, MONA, before[FLUX_2], before[KONTEXT])
    assert "every new job" in words(dialog)
    assert "0.045" in words(dialog)
    assert "0.015 more for a photo" in words(dialog)
    assert "experiment" not in words(dialog)
    assert states(runtime)[KONTEXT].is_default is True
    button_by_label(dialog, "Use FLUX.2 [pro]").click().run()
    assert states(runtime)[FLUX_2].is_default is True


def test_an_experiment_that_runs_is_named_as_the_exception(runtime: Runtime) -> None:
    factories.experiment(runtime.database, name="Words in order")
    model_settings.change(runtime.database, MONA, model=FLUX_2, is_on=True)
    before = states(runtime)
    dialog = inside(admin_models._ask_for_default, MONA, before[FLUX_2], before[KONTEXT])
    assert "or an experiment takes it (Words in order runs with models of its own)" in words(dialog)


def test_what_another_manager_changed_meanwhile_is_told(runtime: Runtime) -> None:
    model_settings.change(runtime.database, MONA, model=FLUX_2, is_on=True)
    seen = states(runtime)
    dialog = inside(admin_models._ask_for_default, MONA, seen[FLUX_2], seen[KONTEXT])
    model_settings.change(runtime.database, MONA, model=FLUX_2, is_on=False)
    button_by_label(dialog, "Use FLUX.2 [pro]").click().run()
    assert [error.value for error in dialog.error if "model_switched_off" in error.value]
    assert states(runtime)[KONTEXT].is_default is True
