"""How is a made-up history held while it is made? Column by column, a chunk of jobs at a time.

Times are whole microseconds since 1970, as SQLite keeps them, and NEVER where there is none.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
# The columns of one table's new rows, by name, all of one length.
Columns = Mapping[str, Sequence[Any]]

NEVER = -1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEX_PAIRS = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint8).reshape(256, 2)
_DASHES = (8, 13, 18, 23)
_ID_LENGTH = 36
# Ids are no part of what a seed repeats: two histories of one seed fit into one database.
_FRESH = np.random.default_rng()
_DIGIT_PLACES = [place for place in range(_ID_LENGTH) if place not in _DASHES]


def microseconds(moment: datetime) -> int:
    """A moment as whole microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(time: int) -> datetime:
    """The moment of that many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=time)


def from_seconds(seconds: Floats) -> Ints:
    """Durations in seconds as whole microseconds."""
    return (seconds * SECOND).astype(np.int64)


def picked(values: Sequence[Any], places: Ints) -> list[Any]:
    """The values at those places, in that order."""
    table = np.empty(len(values), dtype=object)
    table[:] = values
    found: list[Any] = table[places].tolist()
    return found


def with_none(values: npt.NDArray[Any], missing: Flags) -> list[Any]:
    """The values as Python's own, and None where they are missing."""
    found: list[Any] = values.tolist()
    for place in np.flatnonzero(missing).tolist():
        found[place] = None
    return found


def moments(times: Ints, *, is_sqlite: bool) -> list[Any]:
    """The times as the database takes them in bulk: whole microseconds, or datetimes that are understood as UTC."""
    kept = times if is_sqlite else times.astype("datetime64[us]")
    return with_none(kept, times == NEVER)


def new_ids(times: Ints) -> list[str]:
    """Fresh ids of those times, of the same shape as `models.base.new_id` makes them one by one."""
    count = len(times)
    if count == 0:
        return []
    octets = np.empty((count, 16), dtype=np.uint8)
    milliseconds = (times // 1_000).astype(">u8")
    octets[:, :6] = milliseconds.view(np.uint8).reshape(count, 8)[:, 2:]
    octets[:, 6:] = _FRESH.integers(0, 256, size=(count, 10), dtype=np.uint8)
    octets[:, 6] = octets[:, 6] & 0x0F | 0x70
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    letters = np.full((count, _ID_LENGTH), ord("-"), dtype=np.uint8)
    letters[:, _DIGIT_PLACES] = _HEX_PAIRS[octets].reshape(count, 32)
    text = letters.tobytes().decode("ascii")
    return [text[start : start + _ID_LENGTH] for start in range(0, count * _ID_LENGTH, _ID_LENGTH)]
