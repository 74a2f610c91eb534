"""Which points does this run visit? Those whose tests were collected, all of them before the first is judged."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash.points import Point
from tests.crash.runs import Runs
from tests.databases import PostgresServer


@contextmanager
def visits(request: pytest.FixtureRequest, folder: Path) -> Iterator[Runs]:
    """Visits what the requesting module's collected tests ask for; `-s` shows the figures."""
    module = request.node.nodeid
    wanted = [
        item.callspec.params["point"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.nodeid.startswith(module) and "point" in item.fixturenames
    ]
    needs_postgres = any(point.database == "postgres" for point in wanted)
    postgres: PostgresServer | None = request.getfixturevalue("postgres_server") if needs_postgres else None

    def new_postgres() -> str:
        assert postgres is not None
        return postgres.new(template="template0")

    runs = Runs(wanted, folder, new_postgres=new_postgres)
    try:
        # Between tests pytest changes the environment, which other threads must not be reading then.
        runs.wait()
    finally:
        runs.close()
    sys.stdout.write(f"\n{runs.table()}\n")
    yield runs


def as_parameters(points: list[Point]) -> list[object]:
    """The points as pytest's parameters, with their names and marks."""
    return [
        pytest.param(point, id=str(point), marks=[pytest.mark.postgres] if point.database == "postgres" else [])
        for point in points
    ]
