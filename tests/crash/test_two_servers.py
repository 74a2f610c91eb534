"""What if one of two servers dies? The other ends all that was in flight, and neither does anything twice."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from core.models.base import new_id
from tests.crash.books import Books
from tests.crash.processes import Desk, DeskSettings, Simulator, poll
from tests.databases import PostgresServer

pytestmark = pytest.mark.postgres
JOBS = 40
# Long enough for all of them to be in flight together.
PREDICTION_SECONDS = "8"
# How long a prediction is left alone after a look, where there are no webhooks.
POLL_SECONDS = 0.4


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    running = Simulator(tmp_path / "simulator", "--seconds", PREDICTION_SECONDS)
    yield running
    running.stop()


@pytest.fixture
def desks(tmp_path: Path, simulator: Simulator, postgres_server: PostgresServer) -> Iterator[tuple[Desk, Desk]]:
    """Two servers with one database and one storage; the simulator knows them by their tokens."""
    url = postgres_server.new(template="template0")
    first, second = (
        Desk(
            DeskSettings(
                data=tmp_path / name,
                provider_url=simulator.url,
                database_url=url,
                storage_url=(tmp_path / "files").as_uri(),
                token=name,
            )
        )
        for name in ("first", "second")
    )
    first.prepare()
    for desk in (first, second):
        desk.start()
    for desk in (first, second):
        desk.wait_until_ready()
    yield first, second
    for desk in (first, second):
        desk.kill()
    postgres_server.drop(url)


def test_the_other_server_ends_what_the_killed_one_had_begun(desks: tuple[Desk, Desk], simulator: Simulator) -> None:
    first, second = desks
    books = Books(first.database_url)
    with ThreadPoolExecutor(4) as pool:
        staged = pool.map(lambda number: desks[number % 2].stage(number, key=new_id()), range(JOBS))
    job_ids = [job_id for ids in staged for job_id in ids]

    def most_run() -> bool:
        return Counter(books.variant_states(job_ids))["running", None] > JOBS

    poll(most_run, within_seconds=30, what="most variants' start")
    assert books.unfinished() == JOBS
    first.kill()
    poll(lambda: books.unfinished() == 0, within_seconds=150, what="the end of all jobs in the other server")

    assert set(books.states(job_ids).values()) == {"completed"}
    assert [row[1:] for row in books.charges()] == [(1, -40)] * JOBS
    assert books.moved(job_ids, "refund") == 0
    bought = {prediction["id"] for prediction in simulator.predictions()}
    assert len(bought) == 2 * JOBS
    assert set(books.predictions()) == bought
    _assert_polled_by_one_at_a_time(first, second)
    _assert_fetched_once(simulator)
    checked = second.check()
    assert checked.returncode == 0, checked.stdout


def _assert_polled_by_one_at_a_time(*desks: Desk) -> None:
    """Whoever takes a prediction in hand has it for the whole interval."""
    by_prediction: dict[str, list[tuple[float, float, str]]] = {}
    for desk in desks:
        for claim in desk.claims():
            for prediction_id in claim["predictions"]:
                line = (claim["began"], claim["ended"], desk.settings.token)
                by_prediction.setdefault(prediction_id, []).append(line)
    assert len(by_prediction) == 2 * JOBS
    both = [claims for claims in by_prediction.values() if len({who for _, _, who in claims}) == 2]
    assert both, "the servers never took turns"
    for claims in both:
        for (began, _, one), (_, ended, other) in pairwise(sorted(claims, key=lambda claim: claim[1])):
            # The clocks of the two claims are at most this far apart, so this proves a double claim, and no less.
            assert one == other or ended - began >= POLL_SECONDS, claims


def _assert_fetched_once(simulator: Simulator) -> None:
    fetched = Counter(
        (call["by"], call["path"]) for call in simulator.requests() if call["path"].startswith("/delivery/")
    )
    assert set(fetched.values()) == {1}
    assert len({path for _, path in fetched}) == 2 * JOBS
