"""Is every queued variant released in its turn, as fast as the rate allows, and never lost?"""

from collections.abc import Callable

from core.db.session import Database
from core.jobs import creation, dispatch
from core.jobs.desk import Desk
from core.jobs.states import Priority
from tests import factories
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock


class Queue:
    """Remembers what was handed over."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int]] = []

    def __call__(self, variant_id: str, *, turn: int) -> None:
        self.tasks.append((variant_id, turn))

    @property
    def variants(self) -> list[str]:
        return [variant_id for variant_id, _ in self.tasks]


def ids(desk: Desk, job_id: str) -> list[str]:
    return [variant.id for variant in factories.variants(desk.database, job_id)]


def test_rush_goes_first_then_the_oldest(
    make_desk: Callable[..., Desk], provider: FakeProvider, clock: SettableClock
) -> None:
    desk, queue = make_desk(provider, create_burst=5, creates_per_minute=60), Queue()
    old = factories.job(desk)
    clock.forward(seconds=1)
    new = factories.job(desk)
    rush = factories.job(desk, priority=Priority.RUSH)

    assert dispatch.release(desk, queue) == 5

    assert set(queue.variants[:2]) == set(ids(desk, rush))
    assert set(queue.variants[2:4]) == set(ids(desk, old))
    assert queue.variants[4] in ids(desk, new)
    given = [turn for _, turn in queue.tasks]
    assert given == sorted(given)
    assert dispatch.release(desk, queue) == 0
    clock.forward(seconds=1)
    assert dispatch.release(desk, queue) == 1
    assert set(queue.variants[4:]) == set(ids(desk, new))


def test_a_lost_task_is_released_again_after_the_lease(desk: Desk, clock: SettableClock) -> None:
    lost, queue = Queue(), Queue()
    factories.job(desk)
    dispatch.release(desk, lost)
    clock.forward(seconds=dispatch.RELEASE_LEASE.total_seconds() - 0.1)
    assert dispatch.release(desk, queue) == 0
    clock.forward(seconds=0.2)
    assert dispatch.release(desk, queue) == 2
    assert queue.variants == lost.variants


def test_a_released_variant_that_was_taken_is_not_released_again(desk: Desk, clock: SettableClock) -> None:
    queue = Queue()
    factories.job(desk)
    dispatch.release(desk, queue)
    for variant_id in queue.variants:
        creation.create_prediction(desk, variant_id)
    clock.forward(minutes=1)
    assert dispatch.release(desk, queue) == 0


def test_two_processes_never_release_the_same_variant(
    make_desk: Callable[..., Desk], provider: FakeProvider, database_url: str, clock: SettableClock
) -> None:
    desks = [make_desk(provider), make_desk(provider, database=Database(database_url))]
    for _ in range(10):
        factories.job(desks[0])
    queue = Queue()

    released = factories.at_once(*[lambda desk=desk: dispatch.release(desk, queue) for desk in desks * 2])
    desks[1].database.close()

    assert sum(released) == len(queue.variants) == len(set(queue.variants))
    # Whoever came too late for a row finds what is left in its next round.
    dispatch.release(desks[0], queue)
    assert sorted(queue.variants) == sorted(set(queue.variants))
    assert len(queue.variants) == 20
