"""Where do simulated desks keep their rows? In one file in memory, emptied for each seed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.database import CrashingDatabase

_IN_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def simulated_database() -> Iterator[CrashingDatabase]:
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
        database = CrashingDatabase(Path(folder) / "simulation.sqlite")
        yield database
        database.close()
