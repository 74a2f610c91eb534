"""Does the desk stay right, and does everything end? One seed: its events, its faults, and the calm after them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from core import errors
from core.credits import service as credit_service
from core.credits import terms as credit_terms
from core.credits.terms import Terms
from core.jobs import audit
from tests.simulation import patches, safety, weather
from tests.simulation.database import CrashingDatabase
from tests.simulation.desk_events import ACCOUNT, ALICE, DeskEvents
from tests.simulation.process import TIMEOUT_SECONDS, Process
from tests.simulation.provider import MemoryProvider
from tests.simulation.safety import Books
from tests.simulation.snapshot import Reader, Snapshot, order_of
from tests.simulation.storage import MemoryStorage
from tests.simulation.world import Crash, Violation, World

EVENTS = 60
JOBS_MAX = 3
_FIRST_CREDITS = 100
_CALM_ROUNDS = 400
_CALM_STEP_SECONDS = 2.0
# Without any answer only the limits end things: half an hour in the queue, and an hour for what was never answered.
_SILENT_STEP_SECONDS = 20.0
_ROUND = ("release", "task", "webhook", "inbox", "poll", "look", "resolve", "end_pause", "end_overdue")
_UNTIL_DONE = ("task", "webhook", "look")
# What the desk's clock may be off by: the list's lag and this must stay within what the sweep waits for it.
_SKEW_MAX_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a seed: the rule that broke first, if any, its trace, and what was sold and delivered."""

    seed: int
    violation: Violation | None
    lines: list[str]
    digest: str
    bought: int
    succeeded: int

    @property
    def rule(self) -> str | None:
        return None if self.violation is None else self.violation.rule


class Simulation:
    """One seed's run. All of it is decided by the seed and the code that is examined."""

    def __init__(self, seed: int, database: CrashingDatabase, *, events: int = EVENTS) -> None:
        self.world = World(seed)
        self.seed = seed
        self._weather = weather.of(self.world.chance)
        self._database = database
        self._events_left = events
        self._before = Snapshot()

    def run(self) -> Outcome:
        """Run to the end, or to the first rule that does not hold."""
        self._database.start_over(self.world)
        with patches.installed(self.world, get_limit=self._weather.get_limit):
            self._set_up()
            try:
                self._storm()
                self._calm()
            except Violation as violation:
                self.world.report(violation.rule, str(violation))
            finally:
                self._reader.close()
        return Outcome(
            seed=self.seed,
            violation=self.world.violation,
            lines=self.world.trace.lines,
            digest=self.world.trace.digest,
            bought=len(self._provider.records),
            succeeded=sum(row["state"] == "succeeded" for row in self._before.variants.values()),
        )

    def _set_up(self) -> None:
        world = self.world
        self._provider = MemoryProvider(world, self._weather, timeout_seconds=TIMEOUT_SECONDS)
        self._storage = MemoryStorage(world, self._weather)
        self._books = Books(provider=self._provider, storage=self._storage)
        self._reader = Reader(self._database.path)
        self._events = DeskEvents(world, self._new_process(), self._books, self._reader, jobs_max=JOBS_MAX)
        credit_service.grant(self._database, ALICE, account=ACCOUNT, amount_credits=_FIRST_CREDITS, reason="package")
        rush = Terms(rush_variant_credits=30, in_flight_max=None)
        credit_terms.set_terms(self._database, ALICE, account=ACCOUNT, terms=rush)
        world.trace.add(f"{self._weather}")
        world.crash_rate, world.meeting_rate = self._weather.crash_rate, self._weather.meeting_rate
        world.meet = self._some_events

    # ---- while things go wrong ---------------------------------------------------------------------

    def _storm(self) -> None:
        self._happen("submit", self._events.submit)
        while self._events_left > 0:
            self._one_event()

    def _some_events(self) -> None:
        for _ in range(self.world.chance.choice((1, 2, 3, 4))):
            self._one_event()

    def _one_event(self) -> None:
        self._events_left -= 1
        possible = self._events.possible() | self._mishaps()
        names = list(possible)
        (name,) = self.world.chance.choices(names, weights=[possible[name][1] for name in names])
        self._happen(name, possible[name][0])

    def _happen(self, name: str, event: Callable[[], str]) -> None:
        """Let one event happen, restart the process if it was killed, and see whether all rules hold."""
        world = self.world
        try:
            came_of_it = event()
        except Crash:
            if world.depth > 0:
                # The one who was interrupted lives in the same process, and dies with it.
                raise
            came_of_it = "killed"
            self._restart()
        except errors.StagingError as refusal:
            came_of_it = refusal.code
        except Exception as exception:
            came_of_it = repr(exception)
            world.report("no unexpected error", f"{name}: {exception!r}")
        world.trace.add(f"{world.elapsed.total_seconds():.3f} {name}: {came_of_it} | {self._reader.read().states}")
        self._examine()

    def _examine(self) -> None:
        now, world = self._reader.read(), self.world
        now_us = (world.desk_now() - safety.EPOCH) // timedelta(microseconds=1)
        safety.excuse(self._before, now, self._books, now_us=now_us, elapsed=world.elapsed)
        found = safety.broken(self._before, now, self._books)
        self._before = now
        if found is not None:
            world.report(*found)
        if world.violation is not None:
            raise world.violation

    def _mishaps(self) -> dict[str, tuple[Callable[[], str], float]]:
        found: dict[str, tuple[Callable[[], str], float]] = {"wait": (self._wait, 12)}
        if self._weather.crash_rate and self.world.depth == 0:
            found["kill"] = (self._kill, 1)
        if self._weather.has_clock_jumps:
            found["clock jump"] = (self._jump, 2)
        if self._weather.has_outages:
            found["provider silent"] = (self._silence, 1)
            found["storage down"] = (self._storage_down, 1)
            found["orders refused"] = (self._refuse, 1)
        return found

    def _wait(self) -> str:
        steps = (0.1, 1.0, 1.0, 5.0, 5.0, 20.0, *((300.0, 1_200.0) if self._weather.has_long_pauses else ()))
        seconds = self.world.chance.choice(steps)
        self.world.forward(seconds)
        self._provider.advance()
        return f"{seconds} s"

    def _kill(self) -> str:
        self._restart()
        return "done"

    def _jump(self) -> str:
        self.world.skew = timedelta(seconds=self.world.chance.uniform(-_SKEW_MAX_SECONDS, _SKEW_MAX_SECONDS))
        return f"{self.world.skew.total_seconds():.3f} s off"

    def _silence(self) -> str:
        seconds = self.world.chance.choice((3.0, 30.0, 100.0))
        self._provider.silent_until = self.world.elapsed + timedelta(seconds=seconds)
        return f"{seconds} s"

    def _storage_down(self) -> str:
        seconds = self.world.chance.choice((1.0, 5.0, 60.0))
        self._storage.down_until = self.world.elapsed + timedelta(seconds=seconds)
        return f"{seconds} s"

    def _refuse(self) -> str:
        seconds = self.world.chance.choice((10.0, 100.0))
        self._provider.refusing_until = self.world.elapsed + timedelta(seconds=seconds)
        kinds = (errors.ProviderUnauthorized, errors.ProviderPaymentRequired)
        self._provider.refusal = self.world.chance.choice(kinds)
        return f"{self._provider.refusal.code} for {seconds} s"

    def _new_process(self) -> Process:
        process = Process(self.world, self._database, self._storage, self._provider)
        process.looks.delay_rate = 0.5
        return process

    def _restart(self) -> None:
        self._database.engine.dispose()
        self.world.is_dead = False
        self.world.locks_held = 0
        self._events.process = self._new_process()

    # ---- when nothing goes wrong any more ------------------------------------------------------------

    def _calm(self) -> None:
        """Everything ends within a bounded number of rounds, and adds up."""
        world, provider = self.world, self._provider
        world.trace.add("the faults stop")
        world.crash_rate = world.meeting_rate = 0.0
        provider.weather = self._storage.weather = weather.calm(self._weather)
        provider.refusing_until = self._storage.down_until = world.elapsed
        silent = self._weather.ends_silent
        provider.silent_until = world.elapsed + timedelta(days=1) if silent else world.elapsed
        self._events.process.looks.delay_rate = 0.0
        for _ in range(_CALM_ROUNDS):
            self._round()
            if self._all_ended():
                break
            world.forward(_SILENT_STEP_SECONDS if silent else _CALM_STEP_SECONDS)
        else:
            world.report("everything ends", self._reader.read().states)
        self._settle_accounts(silent=silent)

    def _round(self) -> None:
        """One round of the worker, with everything that it starts; what has nothing to do is left out."""
        self._provider.advance()
        for name in _ROUND:
            again = True
            while again and name in (possible := self._events.possible()):
                self._happen(name, possible[name][0])
                again = name in _UNTIL_DONE

    def _all_ended(self) -> bool:
        now = self._reader.read()
        return (
            all(job["state"] not in ("pending", "processing") for job in now.jobs.values())
            and not now.has_unapplied
            and all(one.due_at is None for one in self._provider.outbox)
        )

    def _settle_accounts(self, *, silent: bool) -> None:
        now, world = self._reader.read(), self.world
        self._provider.silent_until = world.elapsed
        for finding in audit.audit(self._events.process.desk):
            if not self._is_excused(finding.subject, silent=silent):
                world.report("the audit finds nothing", f"{finding.subject}: {finding.message}")
        for job in now.jobs.values():
            kept = sum(row["price_credits"] for row in now.of_job(job["id"]) if row["state"] == "succeeded")
            if job["credits_used"] - job["credits_refunded"] != kept:
                world.report("charged is captured and returned", f"job {job['id']}")
        recorded = {attempt["prediction_id"] for attempt in now.attempts}
        excused = len(self._books.excused_orders)
        orphans = [
            record.id
            for record in self._provider.records.values()
            if record.id not in recorded and not record.data_removed
        ]
        if len(orphans) > excused:
            world.report("all that was bought is recorded", ", ".join(orphans))
        if world.violation is not None:
            raise world.violation

    def _is_excused(self, subject: str, *, silent: bool) -> bool:
        """Whether the audit speaks of a prediction that could not be found out about: it is right to."""
        kind, _, prediction_id = subject.partition(" ")
        if kind != "prediction":
            return False
        record = self._provider.records.get(prediction_id)
        return silent or (record is not None and order_of(record.input) in self._books.excused_orders)


def run(seed: int, database: CrashingDatabase) -> Outcome:
    """Run one seed."""
    return Simulation(seed, database).run()
