"""Is anything lost or bought twice, wherever the server is killed? It dies at every point, and must come back."""

from collections.abc import Iterator

import pytest

from tests.crash import blocks, points
from tests.crash.points import Point
from tests.crash.runs import Runs
from tests.crash.visiting import as_parameters, visits


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with visits(request, tmp_path_factory.mktemp("crash")) as begun:
        yield begun


def test_every_transaction_of_core_is_a_point_or_an_exception_with_its_reason() -> None:
    known, excepted, found = {name for name, _, _ in points.BLOCKS}, set(points.EXCEPTIONS), set(blocks.all_blocks())
    assert found - known - excepted == set(), "add a row to points.BLOCKS with the scenario that reaches it"
    assert (known | excepted) - found == set(), "in the tables, but no longer in core"


@pytest.mark.parametrize("point", as_parameters(points.quick_points()))
def test_a_server_killed_here_loses_nothing_and_buys_nothing_twice(point: Point, runs: Runs) -> None:
    assert runs.report(point).point == point


def test_the_check_command_finds_nothing_afterwards(runs: Runs) -> None:
    assert runs.check_all() > 0
