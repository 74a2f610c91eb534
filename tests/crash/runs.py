"""In what order are the points visited? Several lanes at once, each with a share of one scenario's points."""

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.crash.lane import Lane, Report
from tests.crash.points import Point

# Most of a lane's time is spent waiting; how many servers start at once is bounded by the lanes themselves.
LANES_AT_ONCE = 14
# A lane takes at most this many points, one after the other.
POINTS_PER_LANE = 11
_EXPECTED_SECONDS = {True: 60.0, False: 8.0}


class Runs:
    """Visits the points that were asked for, and keeps what was seen."""

    def __init__(self, wanted: Sequence[Point], folder: Path, *, new_postgres: Callable[[], str]) -> None:
        self._folder = folder
        self._new_postgres = new_postgres
        self._stopped = threading.Event()
        self._reports: dict[Point, Future[Report]] = {point: Future() for point in wanted}
        self._pool = ThreadPoolExecutor(LANES_AT_ONCE)
        self._numbers = itertools.count()
        self._checks = [self._pool.submit(self._visit, share) for share in _shares(wanted)]

    def wait(self) -> None:
        """Until every point was visited."""
        futures.wait(self._checks)

    def report(self, point: Point) -> Report:
        """What was seen at the point; raises what went wrong there."""
        return self._reports[point].result()

    def check_all(self) -> int:
        """How many lanes there were, each found in order by `python -m core check` in the end."""
        return sum(check.result() for check in self._checks)

    def table(self) -> str:
        """What was seen, a line for each point that passed."""
        done = [future for future in self._reports.values() if future.done() and not future.cancelled()]
        reports = [future.result() for future in done if future.exception() is None]
        head = f"{'work began':>10}  {'finished':>8}  bought/completed  killed at   (seconds after it was ready)"
        return "\n".join([head, *map(_line, reports)])

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
            lane = lane or self._new_lane(point)
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

    def _new_lane(self, point: Point) -> Lane:
        folder = self._folder / f"lane-{next(self._numbers)}"
        url = self._new_postgres() if point.database == "postgres" else None
        return Lane(folder, point.scenario, database_url=url)


def _line(report: Report) -> str:
    began = "-" if report.recovery_seconds is None else f"{report.recovery_seconds:.1f}"
    bought = f"{report.predictions}/{report.succeeded}"
    return f"{began:>10}  {report.finished_seconds:>8.1f}  {bought:>16}  {report.point}"


def _shares(wanted: Sequence[Point]) -> list[list[Point]]:
    """The points with the same surroundings dealt out evenly, the slow ones first, and the longest shares first."""
    alike: dict[tuple[object, ...], list[Point]] = defaultdict(list)
    for point in sorted(wanted, key=lambda one: not one.is_slow):
        alike[point.surroundings].append(point)
    shares = [share for points in alike.values() for share in _dealt(points)]
    return sorted(shares, key=lambda share: sum(_EXPECTED_SECONDS[point.is_slow] for point in share), reverse=True)


def _dealt(points: Sequence[Point]) -> list[list[Point]]:
    slow = sum(point.is_slow for point in points)
    count = len(points) if points[0].scenario.once else max(-(-len(points) // POINTS_PER_LANE), slow)
    return [list(points[start::count]) for start in range(count)]
