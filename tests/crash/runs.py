"""In what order are the points visited? Several lanes at once, each with a share of one scenario's points."""

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.crash.lane import Lane, Report
from tests.crash.points import Point
from tests.crash.scenarios import Scenario

# Most of a lane's time is spent waiting; how many servers start at once is bounded by the lanes themselves.
LANES_AT_ONCE = 8
# A lane takes about this many points, one after the other.
POINTS_PER_LANE = 6


class Runs:
    """Visits the points that were asked for; each test waits for its own."""

    def __init__(
        self, wanted: Sequence[Point], folder: Path, *, new_database: Callable[[], str | None] = lambda: None
    ) -> None:
        self._folder = folder
        self._new_database = new_database
        self._stopped = threading.Event()
        self._reports: dict[Point, Future[Report]] = {point: Future() for point in wanted}
        self._pool = ThreadPoolExecutor(LANES_AT_ONCE)
        self._numbers = itertools.count()
        self._checks = [self._pool.submit(self._visit, share) for share in _shares(wanted)]

    def report(self, point: Point) -> Report:
        """What was seen at the point; raises what went wrong there."""
        return self._reports[point].result()

    def check_all(self) -> int:
        """How many lanes there were, each found in order by `python -m core check` in the end."""
        return sum(check.result() for check in self._checks)

    def close(self) -> None:
        """Begin nothing more, and wait for what has begun."""
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _visit(self, share: Sequence[Point]) -> int:
        lane: Lane | None = None
        try:
            for point in share:
                if self._stopped.is_set():
                    return 0
                lane = self._visit_one(point, lane)
            if lane is not None:
                lane.check_command()
            return 1
        finally:
            if lane is not None:
                lane.close()

    def _visit_one(self, point: Point, lane: Lane | None) -> Lane | None:
        """The lane to go on with: none, after a failure, which may have left things that are not the next one's."""
        try:
            lane = lane or self._new_lane(point.scenario)
            report = lane.run(point)
        except BaseException as failure:
            if lane is not None:
                lane.close()
            self._reports[point].set_exception(failure)
            return None
        self._reports[point].set_result(report)
        if not point.scenario.once:
            return lane
        lane.close()
        return None

    def _new_lane(self, scenario: Scenario) -> Lane:
        folder = self._folder / f"lane-{next(self._numbers)}"
        return Lane(folder, scenario, database_url=self._new_database())


def _shares(wanted: Sequence[Point]) -> list[list[Point]]:
    """The points of each scenario dealt out evenly, the slow ones first, and the longest shares first."""
    shares: list[list[Point]] = []
    for scenario in {point.scenario.name: point.scenario for point in wanted}.values():
        points = sorted((point for point in wanted if point.scenario is scenario), key=lambda one: not one.is_slow)
        count = max(-(-len(points) // POINTS_PER_LANE), sum(point.is_slow for point in points))
        shares += [points[start::count] for start in range(count)]
    return sorted(shares, key=lambda share: (share[0].is_slow, len(share)), reverse=True)
