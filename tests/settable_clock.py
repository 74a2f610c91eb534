"""What time is it in this test? A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


class SettableClock:
    """Stands in for `core.clock.now`."""

    def __init__(self, start: datetime = NOON) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def forward(self, *, seconds: float = 0.0, minutes: float = 0.0) -> datetime:
        """Put the clock forward; the new time."""
        self.time += timedelta(seconds=seconds, minutes=minutes)
        return self.time
