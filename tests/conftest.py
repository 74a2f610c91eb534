"""What do all tests share? Databases, desks, people and clocks, each fresh and none of them left behind."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import clock as core_clock
from core import logs
from core import runtime as core_runtime
from core.api.app import build_api, mounted
from core.db import schema
from core.db.session import Database
from core.jobs.desk import Desk
from core.provider.contract import Provider
from core.provider.replicate import ReplicateProvider
from core.runtime import Runtime
from core.settings import Settings
from core.storage.backend import ObjectStorage
from core.webhooks.inbox import Inbox
from tests import factories
from tests.api_client import Api, make_keys
from tests.databases import PostgresServer, SqliteDatabases
from tests.factories import People
from tests.fake_provider import FakeProvider
from tests.pictures_to_send import QUICK_DRAWING
from tests.settable_clock import SettableClock

BOTH_DATABASES = ("sqlite", "postgres")
TIMEOUT_SECONDS = 300

hypothesis_settings.register_profile(
    "desk",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("desk")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests with a database run on both kinds, unless their module names its `DATABASES`."""
    if "database_kind" in metafunc.fixturenames:
        kinds = getattr(metafunc.module, "DATABASES", BOTH_DATABASES)
        marked = [pytest.param(kind, marks=pytest.mark.postgres if kind == "postgres" else ()) for kind in kinds]
        metafunc.parametrize("database_kind", marked, scope="function")


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """What the shell that runs the tests has configured is not what they test."""
    names = [name for name in os.environ if name.startswith(("STAGING_", "REPLICATE_"))]
    kept = {name: os.environ.pop(name) for name in names}
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session", autouse=True)
def _logging() -> Iterator[None]:
    logs.configure(as_json=False)
    yield
    # What is captured ends before the process does.
    logging.getLogger().handlers = []


@pytest.fixture(autouse=True)
def _no_runtime_left() -> Iterator[None]:
    yield
    core_runtime.use(None)


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"), fill=factories.fill)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer(fill=factories.fill)
    yield server
    server.stop()


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database with the two accounts."""
    if database_kind == "sqlite":
        yield request.getfixturevalue("sqlite_databases").new(tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.new()
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def empty_database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database in which nothing is."""
    if database_kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        url = request.getfixturevalue("postgres_server").new(template="template0")
    opened = Database(url)
    schema.migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SettableClock:
    """The time of the desk, which stands still until the test moves it."""
    settable = SettableClock()
    monkeypatch.setattr(core_clock, "now", settable)
    return settable


@pytest.fixture
def storage(tmp_path: Path) -> ObjectStorage:
    return ObjectStorage((tmp_path / "files").as_uri())


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def make_desk(database: Database, storage: ObjectStorage) -> Callable[..., Desk]:
    """Makes desks on the test's database: `make_desk(provider, create_burst=2)`."""

    def make(provider: Provider, **options: Any) -> Desk:
        return Desk(
            **{
                "database": database,
                "storage": storage,
                "provider": provider,
                "webhook_base_url": None,
                "timeout_seconds": TIMEOUT_SECONDS,
                "creates_per_minute": 600,
                "create_burst": 60,
                **options,
            }
        )

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk], provider: FakeProvider) -> Desk:
    """A desk whose provider does what the test says."""
    return make_desk(provider)


@pytest.fixture
def people(database: Database) -> People:
    return factories.people(database)


@pytest.fixture
def simulate(tmp_path: Path) -> Iterator[Callable[..., ReplicateProvider]]:
    """Starts real simulators and gives the real provider that talks to each: `simulate(failure_rate=1)`."""
    from core.provider.simulator.config import SimulatorConfig
    from core.provider.simulator.server import SimulatorServer

    started: list[SimulatorServer] = []

    def start(**switches: Any) -> ReplicateProvider:
        config = SimulatorConfig(**{"seconds": 0.05, "creates_per_minute": 0, **switches})
        server = SimulatorServer(config, state_dir=tmp_path / f"simulator-{len(started)}", drawing=QUICK_DRAWING)
        server.start()
        started.append(server)
        return ReplicateProvider(token="any", base_url=server.url, cancel_after_seconds=TIMEOUT_SECONDS)

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def simulator(simulate: Callable[..., ReplicateProvider]) -> ReplicateProvider:
    """The real provider over HTTP, talking to a simulator that draws in a twentieth of a second."""
    return simulate()


@pytest.fixture
def runtime(desk: Desk, provider: FakeProvider, database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """The tools of a process, with the test's database, files and provider."""
    settings = Settings(data_dir=tmp_path, database_url=database_url, secret="a-secret-of-the-tests", _env_file=None)  # type: ignore[call-arg,arg-type]
    made = Runtime(settings)
    made.close()
    made.database, made.storage, made.desk = desk.database, desk.storage, desk  # type: ignore[assignment]
    made.provider = provider  # type: ignore[assignment]
    made.inbox = Inbox(desk, configured_secrets=settings.webhook_secrets)
    yield made


@pytest.fixture
def api(runtime: Runtime, desk: Desk, provider: FakeProvider) -> Iterator[Api]:
    """The API over the test's runtime, with a key for each person."""
    application = Starlette(routes=[mounted(build_api(runtime))])
    with TestClient(application, raise_server_exceptions=False) as client:
        yield Api(client, make_keys(desk), runtime, desk, provider)
