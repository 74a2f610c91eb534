"""Are the kept columns what the tables hold? Both are set side by side, row by row and word by word."""

from collections.abc import Iterator

import numpy as np

from core.analytics import columns
from core.analytics.columns import Array, History, Ints, Table

# Enough to see what is wrong.
_TOLD_MAX = 20


def differences(kept: History, counted: History) -> list[str]:
    """What differs, in sentences; empty if nothing does. Which word has which code, and what lies where, is free."""
    found = [*_of_table("job", kept, counted), *_of_table("ledger entry", kept, counted)]
    if len(found) > _TOLD_MAX:
        return [*found[:_TOLD_MAX], f"… and {len(found) - _TOLD_MAX} more."]
    return found


def _of_table(what: str, kept: History, counted: History) -> Iterator[str]:
    one, other = (history.jobs if what == "job" else history.ledger for history in (kept, counted))
    shape = columns.JOB_SHAPE if what == "job" else columns.LEDGER_SHAPE
    keys = ("id_high", "id_low") if what == "job" else ("id",)
    if one.length == other.length and all(np.array_equal(one[key], other[key]) for key in (*keys, "at")):
        places = others = np.arange(one.length)
    else:
        mine, theirs = _rows_by_key(one, keys), _rows_by_key(other, keys)
        for key in sorted(mine.keys() ^ theirs.keys()):
            yield f"{what} {_named(key)}: {'only in the columns' if key in mine else 'missing in the columns'}"
        both = sorted(mine.keys() & theirs.keys())
        places, others = (np.array([rows[key] for key in both], dtype=np.int64) for rows in (mine, theirs))
    for name in shape:
        here, there = one[name][places], other[name][others]
        if name in columns.WORDS:
            there = _translated(kept, counted, name, there)
        unequal = here != there
        for place in np.flatnonzero(unequal.any(axis=1) if unequal.ndim > 1 else unequal).tolist():
            key = tuple(int(one[part][places[place]]) for part in keys)
            yield f"{what} {_named(key)}: {name} is {_told(here[place])}, recounted {_told(there[place])}"


def _rows_by_key(table: Table, keys: tuple[str, ...]) -> dict[tuple[int, ...], int]:
    parts = [table[name].tolist() for name in keys]
    return {key: place for place, key in enumerate(zip(*parts, strict=True))}


def _translated(kept: History, counted: History, name: str, codes: Array) -> Ints:
    """The other history's codes in ours; -1 for words that we never met."""
    ours = kept.words[name]
    table = np.array([-1 if (code := ours.of(word)) is None else code for word in counted.words[name].values])
    translated: Ints = table[codes]
    return translated


def _named(key: tuple[int, ...]) -> str:
    return columns.id_text(*key) if len(key) > 1 else str(key[0])


def _told(value: Array) -> str:
    return str(value.tolist())
