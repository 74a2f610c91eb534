"""What is a simulation at the mercy of? One seeded chance, one clock, crashes, and what others do meanwhile.

All that core does outside of a transaction reaches `World.step`: there the process may die, or somebody else may act.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

START = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
# Points at which a thread waits for nothing: it goes on within moments, while a call may take its time.
BETWEEN_STEPS = ("beginning", "committed")
_BETWEEN_STEPS_MAX_SECONDS = 5.0
_CALL_MAX_SECONDS = 3_600.0


class Crash(BaseException):
    """The process was killed here; nothing that catches errors may catch it."""


class Violation(Exception):
    """A rule did not hold."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}")
        self.rule = rule


class Trace:
    """What happened, line by line; two runs are the same if their digests are."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        self.lines.append(line)

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


class World:
    """Chance, time and death. True time is the provider's; the desk's clock is off from it by `skew`."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        # Of their own, so that what core draws does not shift the events.
        self.secrets = random.Random(f"secrets {seed}")
        self.trace = Trace()
        self.elapsed = timedelta()
        self.skew = timedelta()
        self.crash_rate = 0.0
        self.meeting_rate = 0.0
        self.meet: Callable[[], None] | None = None
        self.is_dead = False
        self.in_transaction = False
        self.locks_held = 0
        self.depth = 0
        self.violation: Violation | None = None
        self._time_limits: list[timedelta] = []

    # ---- time ----------------------------------------------------------------------------------

    def true_now(self) -> datetime:
        """The time as the provider has it."""
        return START + self.elapsed

    def desk_now(self) -> datetime:
        """The time as the desk's machine has it."""
        return START + self.elapsed + self.skew

    def monotonic(self) -> float:
        """Seconds that no clock jump changes."""
        return self.elapsed.total_seconds()

    def forward(self, seconds: float) -> None:
        """Let time pass, as far as the calls that are under way allow."""
        target = self.elapsed + timedelta(seconds=seconds)
        self.elapsed = max(self.elapsed, min([target, *self._time_limits]))

    @contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """Inside, no more time passes than that: a call gives up by then."""
        self._time_limits.append(self.elapsed + timedelta(seconds=seconds))
        try:
            yield
        finally:
            self._time_limits.pop()

    # ---- chance --------------------------------------------------------------------------------

    def happens(self, rate: float) -> bool:
        """Whether something of that rate happens now."""
        return rate > 0 and self.chance.random() < rate

    # ---- what may happen between any two steps -----------------------------------------------------

    def step(self, name: str) -> None:
        """A point between two steps: the process may die, or others may act meanwhile."""
        self.die_if_due(name)
        if self.meet is not None and self.depth == 0 and not self.in_transaction and self.happens(self.meeting_rate):
            self.depth += 1
            try:
                self.trace.add(f"  at {name}, meanwhile:")
                with self.time_limit(_BETWEEN_STEPS_MAX_SECONDS if name in BETWEEN_STEPS else _CALL_MAX_SECONDS):
                    self.meet()
            finally:
                self.depth -= 1

    def die_if_due(self, name: str) -> None:
        """Die here, if that is how it is to be; whatever is dead already does nothing more."""
        if self.is_dead:
            raise Crash
        if self.happens(self.crash_rate):
            self.is_dead = True
            self.trace.add(f"  killed at {name}")
            raise Crash

    def report(self, rule: str, message: str) -> None:
        """Remember that a rule did not hold; the first one counts."""
        if self.violation is None:
            self.violation = Violation(rule, message)
            self.trace.add(f"  VIOLATION {self.violation}")
