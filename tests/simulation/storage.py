"""What would the storage do? One in memory that outlives the process, and that is down for a while."""

from core import errors
from tests.simulation.weather import Weather
from tests.simulation.world import World


class MemoryStorage:
    """Implements `Storage`."""

    def __init__(self, world: World, weather: Weather) -> None:
        self.files: dict[str, bytes] = {}
        self.weather = weather
        self.down_until = world.elapsed
        self._world = world

    def put(self, key: str, data: bytes) -> None:
        self._called("put")
        self.files[key] = data
        self._world.step("stored")

    def get(self, key: str) -> bytes:
        self._called("get file")
        if key not in self.files:
            raise errors.FileNotFound
        return self.files[key]

    def is_reachable(self) -> bool:
        return self._world.elapsed >= self.down_until

    def _called(self, name: str) -> None:
        if self._world.in_transaction:
            self._world.report("no call inside a transaction", f"storage {name}")
        self._world.step(name)
        if not self.is_reachable() or self._world.happens(self.weather.storage_failure_rate):
            self._world.trace.add(f"  storage fails at {name}")
            raise errors.StorageUnavailable
