"""What happens at one point? The desk is killed there and restarted, and then everything must add up."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from core.jobs import audit
from core.models.base import new_id
from core.runtime import Runtime
from core.settings import Settings
from tests.crash.books import Books
from tests.crash.points import Point
from tests.crash.processes import Desk, DeskSettings, Simulator, poll
from tests.crash.scenarios import Scenario

RESTART_AFTER_SECONDS = 1.0
_NO_SIGN_SECONDS = 60.0
JOB_PRICE, VARIANT_PRICE = 40, 20
_DESK_TOKEN = "desk"
# Beyond a few, servers that start at the same time only wait for each other's cores.
_starting = threading.BoundedSemaphore(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was seen at one point; seconds count from when the restarted server said that it was ready.

    `recovery_seconds` is below zero when work began before that, and None when there was nothing left to do.
    """

    point: Point
    recovery_seconds: float | None
    finished_seconds: float
    predictions: int
    succeeded: int


class Lane:
    """One desk with its own data, port and simulator, which dies at one point after the other.

    All of their scenarios have the `surroundings` of the one it is made with.
    """

    def __init__(self, folder: Path, scenario: Scenario, *, database_url: str | None = None) -> None:
        self.scenario = scenario
        self.simulator = Simulator(folder / "simulator", *scenario.switches)
        self.desk = Desk(
            DeskSettings(
                data=folder / "desk",
                provider_url=self.simulator.url,
                database_url=database_url,
                token=_DESK_TOKEN,
                with_webhooks=scenario.with_webhooks,
                variables=scenario.variables,
            )
        )
        self.books = Books(self.desk.database_url)
        self.began_at = 0.0
        self._photos = 0
        if not scenario.at_start:
            try:
                self.desk.prepare()
                self._start_desk()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """End both processes."""
        self.desk.kill()
        self.simulator.stop()

    def run(self, point: Point) -> Report:
        """Die at the point, come back, and see that nothing was lost, bought twice or charged twice.

        1. Lay the trap and stage. 2. The process group must die of that trap. 3. Restart it a second later; a
        submission that had no answer is repeated with its key. 4. Every job ends as it must. 5. Count from outside.
        6. Work must have begun again within 5 s of being ready.
        """
        self.scenario = point.scenario
        self.began_at = time.time()
        self.simulator.faults(self.scenario.faults)
        self.simulator.gateway(*self.scenario.gateway)
        before = self.simulator.stats()
        if self.scenario.stall is not None:
            stalled, seconds = self.scenario.stall
            self.desk.stall(stalled, seconds=seconds)
        self.desk.arm(point.name, hit=point.hit)
        photos, key = range(self._photos, self._photos + self.scenario.jobs), new_id()
        self._photos = photos.stop
        answered = self._submit(photos, key)
        self._await_death(point)
        self._end_trouble()
        work_is_left = not self.scenario.at_start and self.books.unfinished() > 0
        ready_at, begun_at = self._restart(watch=work_is_left)
        job_ids = answered or self.desk.stage(*photos, key=key)
        if self.scenario.afterwards is not None:
            job_ids = job_ids + self.scenario.afterwards(self, job_ids)
        self._await_end(job_ids)
        finished_at = time.time()
        predictions, succeeded = self._count(job_ids, before)
        recovery = None if begun_at is None else begun_at - ready_at
        # Last, so that what was lost or bought twice is heard of first.
        assert recovery is None or recovery <= self.scenario.begin_within_seconds, (
            f"{recovery:.1f} s until work began"
        )
        return Report(
            point=point,
            recovery_seconds=recovery,
            finished_seconds=finished_at - ready_at,
            predictions=predictions,
            succeeded=succeeded,
        )

    def check_command(self) -> None:
        """`python -m core check` finds nothing either."""
        done = self.desk.check()
        assert done.returncode == 0, done.stdout + done.stderr

    def _end_trouble(self) -> None:
        if not self.simulator.is_running:
            self.simulator.start()
        if not self.scenario.lasting:
            self.simulator.gateway()
            self.simulator.faults({})

    def _submit(self, photos: Sequence[int], key: str) -> list[str] | None:
        """The jobs' ids, or None where the server died before it answered: the caller can't know what came of it."""
        if self.scenario.at_start:
            self.desk.start()
            return None
        try:
            job_ids = self.desk.stage(*photos, key=key)
        except httpx.TransportError:
            return None
        if self.scenario.meanwhile is not None:
            self.scenario.meanwhile(self, job_ids)
        return job_ids

    def _await_death(self, point: Point) -> None:
        within = self.scenario.die_within_seconds
        try:
            poll(lambda: self.desk.ended_with() is not None, within_seconds=within, what=f"death at {point}")
        except AssertionError as alive:
            raise AssertionError(f"{alive}\n{self.books.footprint()}\n{self.desk.log_end()}") from None
        assert self.desk.was_sprung(), (
            f"it ended with {self.desk.ended_with()}, not at the point:\n{self.desk.log_end()}"
        )
        self.desk.disarm()

    def _restart(self, *, watch: bool) -> tuple[float, float | None]:
        """Restart a second later: when it was ready, and when work was first seen to go on."""
        time.sleep(RESTART_AFTER_SECONDS)
        footprint = self.books.footprint() if watch else []
        restarted_at = time.time()
        begun: list[float] = []

        def note_begin() -> bool:
            if not begun and (self._asked_since(restarted_at) or self.books.footprint() != footprint):
                begun.append(time.time())
            return bool(begun)

        with _starting:
            self.desk.start()
            self.desk.wait_until_ready(meanwhile=note_begin if watch else lambda: None)
        ready_at = time.time()
        if watch:
            poll(note_begin, within_seconds=_NO_SIGN_SECONDS, what="any sign of recovery")
        return ready_at, begun[0] if begun else None

    def _asked_since(self, moment: float) -> bool:
        return any(call["by"] == _DESK_TOKEN for call in self.simulator.requests(since=moment))

    def _await_end(self, job_ids: Sequence[str]) -> None:
        def ended() -> bool:
            return not {"pending", "processing"} & set(self.books.states(job_ids).values())

        within = self.scenario.finish_within_seconds
        try:
            poll(ended, within_seconds=within, what=f"the end of {job_ids}")
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.books.variant_states(job_ids)}\n{self.desk.log_end()}") from None

    def _count(self, job_ids: Sequence[str], before: dict[str, Any]) -> tuple[int, int]:
        states = self.books.states(job_ids)
        assert set(states) == set(job_ids), "a job is gone"
        assert set(states.values()) <= set(self.scenario.ends), (states, self.books.variant_states(job_ids))
        assert len(self.books.job_ids()) == len(self.books.charges()), "a job was not charged"
        assert all(row[1:] == (1, -JOB_PRICE) for row in self.books.charges()), self.books.charges()
        variants = self.books.variant_states(job_ids)
        succeeded = sum(state == "succeeded" for state, _ in variants)
        assert self.books.moved(job_ids, "refund") == VARIANT_PRICE * (len(variants) - succeeded)
        stats, recorded = self.simulator.stats(), self.books.predictions(job_ids)
        bought = stats["predictions"] - before["predictions"]
        paid = stats["by_status"].get("succeeded", 0) - before["by_status"].get("succeeded", 0)
        assert len(set(recorded)) == len(recorded) == bought, f"{bought} were bought, {len(recorded)} are on record"
        assert paid == succeeded, f"{paid} predictions were paid for {succeeded} completed variants"
        assert all(balance == entries for _, balance, entries in self.books.balances())
        assert self._findings() == []
        return bought, succeeded

    def _findings(self) -> list[audit.Finding]:
        settings = Settings(  # type: ignore[call-arg]
            data_dir=self.desk.settings.data,
            database_url=self.desk.database_url,
            replicate_api_token="audit",  # type: ignore[arg-type]
            replicate_base_url=self.simulator.url,
            _env_file=None,
        )
        runtime = Runtime(settings)
        try:
            return audit.audit(runtime.desk)
        finally:
            runtime.close()

    def _start_desk(self) -> None:
        with _starting:
            self.desk.start()
            self.desk.wait_until_ready()
