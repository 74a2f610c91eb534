"""Is anything lost or bought twice, wherever the server is killed? Every point at every hit, on both databases.

Run on demand: `python -m pytest tests/crash/long_every_point.py -s`; it takes about a quarter of an hour.
"""

from collections.abc import Iterator

import pytest

from tests.crash import points
from tests.crash.points import Point
from tests.crash.runs import Runs
from tests.crash.visiting import as_parameters, visits


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with visits(request, tmp_path_factory.mktemp("crash")) as begun:
        yield begun


@pytest.mark.parametrize("point", as_parameters([*points.all_points("sqlite"), *points.all_points("postgres")]))
def test_a_server_killed_here_loses_nothing_and_buys_nothing_twice(point: Point, runs: Runs) -> None:
    assert runs.report(point).point == point


def test_the_check_command_finds_nothing_afterwards(runs: Runs) -> None:
    assert runs.check_all() > 0
