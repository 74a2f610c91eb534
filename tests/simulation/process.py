"""What does the desk's process hold in memory? All of it is lost in a crash, and made anew on the same file."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from core.jobs import creation, dispatch, sweep
from core.jobs.desk import Desk
from core.webhooks.inbox import Inbox
from tests.simulation.database import CrashingDatabase
from tests.simulation.provider import SECRET, MemoryProvider
from tests.simulation.storage import MemoryStorage
from tests.simulation.world import World

TIMEOUT_SECONDS = 60
CREATES_PER_MINUTE = 120
_URL = "https://desk.example"


class Later(Executor):
    """Runs what it is given at once, or whenever the world comes to it."""

    def __init__(self, world: World) -> None:
        self.waiting: list[Callable[[], object]] = []
        self.delay_rate = 0.0
        self._world = world

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self._world.happens(self.delay_rate):
            self.waiting.append(lambda: future.set_result(fn(*args, **kwargs)))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


class Process:
    """The desk, its queue, its looks under way and its inbox."""

    def __init__(
        self, world: World, database: CrashingDatabase, storage: MemoryStorage, provider: MemoryProvider
    ) -> None:
        self.desk = Desk(
            database=database,
            storage=storage,
            provider=provider,
            webhook_base_url=_URL if provider.weather.has_webhooks else None,
            timeout_seconds=TIMEOUT_SECONDS,
            creates_per_minute=CREATES_PER_MINUTE,
            create_burst=provider.weather.create_burst,
        )
        secrets = (SECRET,) if world.happens(0.5) else ()
        self.inbox = Inbox(self.desk, configured_secrets=secrets)
        self.tasks: list[str] = []
        self.looks = Later(world)

    def enqueue(self, variant_id: str, *, turn: int) -> None:
        """Take a task, as the queue does."""
        self.tasks.append(variant_id)

    def release(self) -> int:
        return dispatch.release(self.desk, self.enqueue)

    def run_task(self, variant_id: str) -> None:
        creation.create_prediction(self.desk, variant_id)

    def poll(self) -> int:
        return len(sweep.poll_running(self.desk, self.looks))
