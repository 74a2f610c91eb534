"""What do page tests share? The real app on a database of the test's own, visited without a browser."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from core import runtime as core_runtime
from core.auth.actors import Actor
from core.db.session import Database
from core.jobs import creation, sync
from core.jobs.desk import Desk
from core.jobs.states import VariantState
from core.runtime import Runtime
from core.settings import Settings
from core.storage.backend import ObjectStorage
from pages.widgets import session
from tests import factories
from tests.factories import OUTSIDER
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock

ROOT = Path(__file__).parents[2]
APP = ROOT / "app.py"
_RUN_SECONDS = 20.0
SAFETY: dict[str, Any] = {"status": "failed", "error": "Prediction flagged as sensitive (E005)"}

MakeRuntime = Callable[..., Runtime]
Visit = Callable[..., AppTest]


def forget_all() -> None:
    """Let go of what pages keep for all visitors of a process, as time does."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """What pages keep for all visitors of a process must not reach the next test."""
    forget_all()
    yield
    forget_all()


@pytest.fixture(autouse=True)
def _installed_components_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every visit would read the metadata of all installed packages for components, of which there are none to find.
    monkeypatch.setattr(BidiComponentManager, "discover_and_register_components", lambda *_, **__: None)


@pytest.fixture
def make_runtime(
    desk: Desk, database: Database, storage: ObjectStorage, database_url: str, tmp_path: Path
) -> MakeRuntime:
    """Makes a process's tools on the test's database, with the test's provider: `make_runtime(env="production")`."""

    def make(**settings: Any) -> Runtime:
        given = {"data_dir": tmp_path, "database_url": database_url, "_env_file": None, **settings}
        made = Runtime(Settings(**given))
        made.close()
        made.database, made.storage, made.desk = database, storage, desk
        made.provider = desk.provider  # type: ignore[assignment]
        core_runtime.use(made)
        return made

    return make


@pytest.fixture
def runtime(make_runtime: MakeRuntime) -> Runtime:
    return make_runtime()


@pytest.fixture
def served_navigation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are found as the server finds them: by the navigation alone, as `app.py` sets when it is imported."""
    make = PagesManager.__init__

    def make_and_set(self: PagesManager, *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **options)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", make_and_set)


@pytest.fixture
def visit(served_navigation: None) -> Iterator[Visit]:
    """Opens a page in a session of its own: `visit("monitor", job=job_id)`. None may end in an exception."""
    opened: list[AppTest] = []

    def open_page(page: str = "stage", *, user: dict[str, Any] | None = None, **query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=_RUN_SECONDS)
        app.query_params.update(query)
        if user is not None:
            app.user = user
        if page != "stage":
            app.switch_page(f"pages/{page}.py")
        opened.append(app)
        return app.run()

    yield open_page
    assert not [exception.value for app in opened for exception in app.exception]


@pytest.fixture
def sign_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Actor], None]:
    """From now on, this person looks at the pages."""
    return lambda actor: monkeypatch.setattr(session, "visitor", lambda: actor)


@pytest.fixture
def end_job(desk: Desk, provider: FakeProvider) -> Callable[..., str]:
    """Makes a job whose variants end so, the free retry too: `end_job({}, {"status": "failed"})`; its id."""

    def make(*endings: dict[str, Any], **options: Any) -> str:
        job_id, predictions = factories.ordered_job(desk, **options)
        for index, (prediction_id, ending) in enumerate(zip(predictions, endings, strict=True)):
            sync.apply(desk, factories.manager(), provider.finish(prediction_id, **ending))
            variant = factories.variants(desk.database, job_id)[index]
            if variant.state == VariantState.QUEUED:
                creation.create_prediction(desk, variant.id)
                sync.apply(desk, factories.manager(), provider.finish(provider.bought()[-1], **ending))
        return job_id

    return make


@pytest.fixture
def one_of_each(desk: Desk, end_job: Callable[..., str]) -> dict[str, str]:
    """A job in every state that there is, oldest first, by the state's word."""
    return {
        "Completed": end_job({}, {}),
        "Partial": end_job({}, SAFETY, number=1),
        "Failed": end_job(SAFETY, SAFETY, number=2),
        "Processing": factories.ordered_job(desk, number=3)[0],
        "Pending": factories.job(desk, number=4),
    }


@pytest.fixture
def ten_days(desk: Desk, provider: FakeProvider, clock: SettableClock, end_job: Callable[..., str]) -> None:
    """Ten days ago one completed job; today two completed, one partial, one failed and one under way."""
    start = clock.time
    clock.time = start - timedelta(days=10)
    end_job({}, {})
    clock.time = start
    for number, seconds in ((1, 4), (2, 60)):
        _job_id, predictions = factories.ordered_job(desk, number=number)
        clock.forward(seconds=seconds)
        for prediction_id in predictions:
            sync.apply(desk, factories.manager(), provider.finish(prediction_id))
    end_job({}, SAFETY, number=3)
    end_job(SAFETY, SAFETY, number=4, account=OUTSIDER)
    factories.ordered_job(desk, number=5)
