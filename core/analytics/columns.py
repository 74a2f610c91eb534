"""What is known of every job and every movement of credits? Columns in memory that grow, in order of time.

Times are whole microseconds since 1970, durations whole microseconds, NEVER where there is none. Words are kept as
codes; what a job came to is one code as well, its fate, so that one count answers a dozen figures.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.analytics.filters import Dimension
from core.credits import pricing
from core.credits.ledger import EntryKind
from core.jobs.states import JobState

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Rows = Mapping[str, Array]

SLOTS = pricing.VARIANTS_PER_JOB
STATES = tuple(JobState)
KINDS = tuple(EntryKind)
DIMENSIONS = tuple(dimension.value for dimension in Dimension)
# All that is kept as codes: of words, and of fates, of which few ever occur.
WORDS = (*DIMENSIONS, "fate", "error", "settled_by", "reason")
# What is measured of each variant that has its result.
STAGES = ("queue_wait", "provider", "settlement", "end_to_end")
# What money went to without a result: by what became of the variant that it was spent on.
WASTE = ("wasted_retried", "wasted_failed", "wasted_canceled")
# What an order costs whose end is not known yet.
UNDER_WAY = "under_way"

# The places of a fate: the job's state; of its variants how many succeeded, failed, had their free retry, and
# succeeded by it; and whether a person made it to retry another.
_FATE_SIZES = (len(STATES), SLOTS + 1, SLOTS + 1, SLOTS + 1, SLOTS + 1, 2)
FATES = int(np.prod(_FATE_SIZES))
FATE_STATE, FATE_SUCCEEDED, FATE_FAILED, FATE_RETRIED, FATE_RESCUED, FATE_IS_RETRY = np.unravel_index(
    np.arange(FATES), _FATE_SIZES
)

# Name: type and width; the first are those by which rows are ordered, the last of them first.
_Shape = Mapping[str, tuple[str, int]]
JOB_SHAPE: _Shape = {
    "id_low": ("u8", 1),
    "id_high": ("u8", 1),
    "at": ("i8", 1),
    "fate": ("u2", 1),
    **dict.fromkeys(DIMENSIONS, ("u2", 1)),
    "error": ("u2", 1),
    "duration": ("i8", 1),
    "duration_bin": ("u2", 1),
    "cost": ("i4", 1),
    **dict.fromkeys((*WASTE, UNDER_WAY), ("i4", 1)),
    "settled_by": ("u2", SLOTS),
    **dict.fromkeys(STAGES, ("i8", SLOTS)),
    **{f"{stage}_bin": ("u2", SLOTS) for stage in STAGES},
}
LEDGER_SHAPE: _Shape = {
    "id": ("i8", 1),
    "at": ("i8", 1),
    "kind": ("u1", 1),
    "amount": ("i8", 1),
    "reason": ("u2", 1),
    **dict.fromkeys(DIMENSIONS, ("u2", 1)),
}
JOB_ORDER, LEDGER_ORDER = ("id_low", "id_high", "at"), ("id", "at")
_ROOM_AT_LEAST = 4_096


def fate_of(*parts: Array) -> Array:
    """One code of a job's state, succeeded, failed, retried and rescued variants, and whether it is a retry."""
    return np.ravel_multi_index(tuple(parts), _FATE_SIZES).astype(np.uint16)


class Codes:
    """Numbers for words, in the order in which they are first met; 0 stands for none."""

    def __init__(self, values: Sequence[Hashable] = (None,)) -> None:
        self.values = list(values)
        self._codes = {value: code for code, value in enumerate(self.values)}

    def of_all(self, values: Sequence[Hashable]) -> Array:
        """The code of each value; new values get new codes."""
        for value in dict.fromkeys(values):
            if value not in self._codes:
                self._codes[value] = len(self.values)
                self.values.append(value)
        return np.fromiter(map(self._codes.__getitem__, values), dtype=np.uint16, count=len(values))

    def of(self, value: Hashable) -> int | None:
        """The code of a value, or None if it was never met."""
        return self._codes.get(value)


class Table:
    """Columns of one length, in order. They are given out as they lie in memory: read them, and don't keep them."""

    def __init__(self, shape: _Shape, order: tuple[str, ...], columns: Rows | None = None) -> None:
        self._shape, self._order = shape, order
        self._columns = dict(columns) if columns is not None else {name: self._empty(name, 0) for name in shape}
        self.length = len(self._columns[order[0]])
        self._filled: dict[str, Ints] = {}

    def __getitem__(self, name: str) -> Array:
        """A column, of shape (length,) or (length, slots)."""
        return self._columns[name][: self.length]

    def filled(self, name: str) -> Ints:
        """In which rows a column is not zero, which few are; looked for once, until rows come or go."""
        if name not in self._filled:
            self._filled[name] = np.flatnonzero(self[name])
        return self._filled[name]

    @property
    def size_bytes(self) -> int:
        """How much memory the columns take."""
        return sum(column.nbytes for column in self._columns.values())

    def insert(self, rows: Rows) -> None:
        """Add rows where they belong; only those that are later than the first of them are moved."""
        count = len(rows["at"])
        if not count:
            return
        self._filled.clear()
        self._make_room(self.length + count)
        begin, end = int(np.searchsorted(self["at"], rows["at"].min())), self.length + count
        for name, column in self._columns.items():
            column[self.length : end] = rows[name]
        self.length = end
        order = np.lexsort([self._columns[name][begin:end] for name in self._order])
        if not np.array_equal(order, np.arange(end - begin)):
            for column in self._columns.values():
                column[begin:end] = column[begin:end][order]

    def remove(self, places: Ints) -> None:
        """Take rows out; what comes after the first of them moves up."""
        if not len(places):
            return
        self._filled.clear()
        begin = int(places.min())
        keep = np.ones(self.length - begin, dtype=bool)
        keep[places - begin] = False
        left = begin + int(keep.sum())
        for column in self._columns.values():
            column[begin:left] = column[begin : self.length][keep]
        self.length = left

    def _empty(self, name: str, room: int) -> Array:
        kind, width = self._shape[name]
        return np.empty((room, width) if width > 1 else room, dtype=kind)

    def _make_room(self, wanted: int) -> None:
        for name, column in self._columns.items():
            if wanted > len(column):
                roomy = self._empty(name, max(wanted + wanted // 16, _ROOM_AT_LEAST))
                roomy[: self.length] = column[: self.length]
                self._columns[name] = roomy


def joined(shape: _Shape, order: tuple[str, ...], chunks: list[dict[str, Array]]) -> Table:
    """A table of rows that were read in chunks, which are used up: at no time is everything there twice."""
    if not chunks:
        return Table(shape, order)
    by = np.lexsort([np.concatenate([chunk[name] for chunk in chunks]) for name in order])
    in_order = np.array_equal(by, np.arange(len(by)))
    columns: dict[str, Array] = {}
    for name, (kind, _width) in shape.items():
        column = np.concatenate([chunk.pop(name) for chunk in chunks]).astype(kind, copy=False)
        columns[name] = column if in_order else column[by]
    return Table(shape, order, columns)


@dataclass(slots=True)
class History:
    """All jobs and all movements of credits, with the words behind the codes.

    `account_names` is by account id, `stuck` the places of jobs that stood still when it was last looked.
    """

    jobs: Table = field(default_factory=lambda: Table(JOB_SHAPE, JOB_ORDER))
    ledger: Table = field(default_factory=lambda: Table(LEDGER_SHAPE, LEDGER_ORDER))
    words: dict[str, Codes] = field(default_factory=lambda: {name: Codes() for name in WORDS})
    account_names: dict[int, str] = field(default_factory=dict)
    stuck: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def sums_by_account(self) -> dict[int, int]:
        """The sum of all movements of each account, by its id."""
        accounts = self.words[Dimension.ACCOUNT.value]
        # Exact: credits stay far below 2 ** 53.
        sums = np.bincount(self.ledger["account"], weights=self.ledger["amount"], minlength=len(accounts.values))
        return {int(account): int(sums[code]) for code, account in enumerate(accounts.values) if code}  # type: ignore[call-overload]

    def in_flight(self) -> Ints:
        """The places of jobs that had not ended when they were read."""
        # The first code is for none.
        states = FATE_STATE[np.array(self.words["fate"].values[1:], dtype=np.int64)].tolist()
        is_in_flight = np.array([False, *(not STATES[state].is_terminal for state in states)])
        return np.flatnonzero(is_in_flight[self.jobs["fate"]])

    def job_ids(self, places: Ints) -> list[str]:
        """The ids of the jobs at these places."""
        pairs = zip(self.jobs["id_high"][places].tolist(), self.jobs["id_low"][places].tolist(), strict=True)
        return [id_text(high, low) for high, low in pairs]


def id_text(high: int, low: int) -> str:
    """The id (a UUID) of these halves."""
    digits = f"{high:016x}{low:016x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def id_halves(ids: Iterable[str]) -> tuple[Array, Array]:
    """The upper and the lower half of each id (a UUID), as numbers."""
    octets = bytes.fromhex("".join(ids).replace("-", ""))
    halves = np.frombuffer(octets, dtype=">u8").reshape(-1, 2).astype(np.uint64)
    return halves[:, 0], halves[:, 1]
