"""What time is it? One place to ask, so that tests can set the answer."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time as an aware UTC datetime, with microseconds."""
    return datetime.now(UTC)
