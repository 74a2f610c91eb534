"""What do the tests of jobs share? A second process on the same database, and the sweep that runs by itself."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.db.session import Database
from core.jobs import creation, dispatch, sweep
from core.jobs.desk import Desk
from tests import factories
from tests.factories import People
from tests.fake_provider import FakeProvider
from tests.jobs import refunding
from tests.settable_clock import SettableClock

Sweep = Callable[..., None]


@pytest.fixture
def other_desk(make_desk: Callable[..., Desk], provider: FakeProvider, database_url: str) -> Iterator[Desk]:
    """The same desk in another process."""
    database = Database(database_url)
    yield make_desk(provider, database=database)
    database.close()


@pytest.fixture
def swept(desk: Desk, clock: SettableClock) -> Iterator[Sweep]:
    """Runs rounds of the sweep, a second apart, which also order what is due."""
    with ThreadPoolExecutor(4) as pool:

        def run(*, rounds: int = 1, seconds: float = 1.0) -> None:
            for _ in range(rounds):
                clock.forward(seconds=seconds)
                factories.wait_for_all(sweep.poll_running(desk, pool))
                sweep.resolve_submitting(desk)
                sweep.end_overdue_queued(desk)
                dispatch.release(desk, lambda variant_id, turn: creation.create_prediction(desk, variant_id))

        yield run


@pytest.fixture
def people(desk: Desk) -> People:
    return factories.people(desk.database)


@pytest.fixture
def finished(desk: Desk, provider: FakeProvider) -> str:
    """A completed job, charged 40."""
    return refunding.finish(desk, provider)
