"""What do tests of figures share? As many fresh databases as one test needs, for histories that can't be undone."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest

from core.db.session import Database


@pytest.fixture
def fresh_database(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[], AbstractContextManager[Database]]:
    """Opens a fresh database with the two accounts: `with fresh_database() as database`."""
    numbers = count()

    @contextmanager
    def fresh() -> Iterator[Database]:
        if database_kind == "sqlite":
            folder = tmp_path / str(next(numbers))
            folder.mkdir()
            url = request.getfixturevalue("sqlite_databases").new(folder)
        else:
            url = request.getfixturevalue("postgres_server").new()
        opened = Database(url)
        try:
            yield opened
        finally:
            opened.close()
            if database_kind == "postgres":
                request.getfixturevalue("postgres_server").drop(url)

    return fresh
