"""Which rows is a figure about? Those of a period that a filter lets through, as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core import errors
from core.analytics.columns import Array, History, Ints, Table
from core.analytics.filters import Dimension, Filter
from core.prompts import presets

# What may be asked for though nobody has had it yet.
_OFFERS = (
    (Dimension.ROOM_TYPE, presets.ROOM_TYPES, errors.UnknownRoomType),
    (Dimension.STYLE, presets.STYLES, errors.UnknownStyle),
)
# No word has this code: what is asked for was never met.
_NOTHING = -1


class Picked:
    """Some rows of a column, which are taken when a stretch of them is asked for: `picked[10:20]`."""

    def __init__(self, column: Array, rows: Ints) -> None:
        self._column, self._rows = column, rows
        self.shape = (len(rows), *column.shape[1:])
        self.ndim = column.ndim

    def __getitem__(self, part: slice) -> Array:
        """A stretch of the rows."""
        return np.take(self._column, self._rows[part], axis=0)


class View:
    """Rows of a table, in order of time. `view["cost"]` is a column of them; `length` says how many there are."""

    def __init__(self, table: Table, *, since_us: int, until_us: int, codes: Mapping[str, int]) -> None:
        self._table = table
        begin, end = np.searchsorted(table["at"], (since_us, until_us)).tolist()
        self._period = slice(begin, end)
        self._rows: slice | Ints = self._period
        self.length: int = end - begin
        self._chosen: Array | None = None
        chosen: Array | None = None
        for name, code in codes.items():
            matches = table[name][begin:end] == code
            chosen = matches if chosen is None else chosen & matches
        if chosen is not None and not chosen.all():
            places = begin + np.flatnonzero(chosen)
            self._rows, self.length, self._chosen = places, len(places), chosen
        self._ranks: Array | None = None
        self._taken: dict[str, Array] = {}
        self._filled: dict[str, tuple[Array, Array]] = {}

    def __getitem__(self, name: str) -> Array:
        """A column of these rows; taken once, however often it is asked for."""
        if name not in self._taken:
            column = self._table[name]
            # Many times quicker than an index of two dimensions.
            rows = self._rows
            self._taken[name] = column[rows] if isinstance(rows, slice) else np.take(column, rows, axis=0)
        return self._taken[name]

    def stretches(self, name: str) -> Array | Picked:
        """The same column where it is read stretch by stretch, and but once: nothing large is made of it."""
        if name in self._taken or isinstance(self._rows, slice):
            return self[name]
        return Picked(self._table[name], self._rows)

    def borders(self, times_us: Sequence[int]) -> Ints:
        """How many rows are before each of these times."""
        found = np.searchsorted(self._table["at"], np.array(times_us, dtype=np.int64))
        rows = self._rows
        counted: Ints = (
            np.clip(found - rows.start, 0, self.length) if isinstance(rows, slice) else np.searchsorted(rows, found)
        )
        return counted

    def parts(self, times_us: Sequence[int]) -> Ints:
        """For each row, between which two of these times it lies, from 0; the first and last embrace all rows."""
        return np.repeat(np.arange(len(times_us) - 1), np.diff(self.borders(times_us)))

    def filled(self, name: str) -> tuple[Array, Array]:
        """In which rows a column is not zero, which few are, and what it is there; looked for once."""
        if name not in self._filled:
            column, places = self._table[name][self._period], self._table.filled(name)
            first, last = np.searchsorted(places, (self._period.start, self._period.stop))
            places = places[first:last] - self._period.start
            if self._chosen is not None:
                places = places[self._chosen[places]]
            self._filled[name] = self._numbers(places), column[places]
        return self._filled[name]

    def _numbers(self, places: Array) -> Array:
        """Which of these rows each of these places of the period is."""
        if self._chosen is None:
            return places
        if self._ranks is None:
            self._ranks = np.cumsum(self._chosen, dtype=np.int32) - 1
        return self._ranks[places]


@dataclass(frozen=True, slots=True)
class Selection:
    """The jobs that were submitted, and the credits that were moved, in a period; `fates` are behind their codes."""

    jobs: View
    ledger: View
    fates: Sequence[object]


def select(history: History, *, since_us: int, until_us: int, codes: Mapping[str, int]) -> Selection:
    """What lies in the period, half open, and has these codes."""
    return Selection(
        View(history.jobs, since_us=since_us, until_us=until_us, codes=codes),
        View(history.ledger, since_us=since_us, until_us=until_us, codes=codes),
        history.words["fate"].values,
    )


def codes_of(history: History, wanted: Filter, *, account_id: int | None) -> dict[str, int]:
    """The filter in codes; `account_id` is the one account that is seen at all, or None for every one.

    Raises:
        AccountNotFound, UnknownRoomType, UnknownStyle: if what is asked for was never there, and is not on offer.
    """
    chosen = wanted.wanted()
    _require_known(history, chosen, account_id=account_id)
    by_name = {name: one for one, name in history.account_names.items()}
    codes = {
        dimension.value: _code(history, dimension, by_name.get(value) if dimension is Dimension.ACCOUNT else value)
        for dimension, value in chosen.items()
    }
    if account_id is None:
        return codes
    own = _code(history, Dimension.ACCOUNT, account_id)
    asked = codes.get(Dimension.ACCOUNT.value, own)
    return {**codes, Dimension.ACCOUNT.value: own if asked == own else _NOTHING}


def _require_known(history: History, chosen: Mapping[Dimension, str], *, account_id: int | None) -> None:
    """What is misspelt has no figures, and zeros would look like some."""
    seen = {name for one, name in history.account_names.items() if account_id in (None, one)}
    if chosen.get(Dimension.ACCOUNT, None) not in {None, *seen}:
        raise errors.AccountNotFound
    for dimension, on_offer, refusal in _OFFERS:
        value = chosen.get(dimension)
        if value not in {None, *on_offer} and history.words[dimension.value].of(value) is None:
            raise refusal


def _code(history: History, dimension: Dimension, value: object) -> int:
    code = history.words[dimension.value].of(value) if value is not None else None
    return _NOTHING if code is None else code


def names(history: History, dimension: Dimension) -> list[str]:
    """What the codes of a dimension are called, by code; the first, for none, is empty."""
    values = history.words[dimension.value].values
    if dimension is Dimension.ACCOUNT:
        return [history.account_names.get(value, str(value)) if value is not None else "" for value in values]  # type: ignore[call-overload]
    return [str(value) if value is not None else "" for value in values]
