"""How many of each kind are in each group? Counts and sums in two dimensions, stretch by stretch.

What is computed on the way stays small enough for the processor's cache, which makes it several times as quick.
"""

import numpy as np

from core.analytics.columns import Array, Ints
from core.analytics.selection import Picked

_STRETCH = 65_536
# So many stretches of one group within are still quicker than row by row.
_RUNS_MAX = 1_024


def counts(groups: Ints, codes: Array | Picked, count: int, size: int) -> Ints:
    """How often each code below `size` (columns) is in each of `count` groups (rows).

    `groups` has the group of each row; `codes` one code a row, or several. It is quickest where groups come in order.
    """
    found = np.zeros(count * size, dtype=np.int64)
    for start in range(0, len(groups), _STRETCH):
        cells = codes[start : start + _STRETCH].reshape(-1)
        if count == 1:
            found += np.bincount(cells, minlength=size)
            continue
        some, low, high = _stretch(groups, start)
        if high - low > 1:
            offsets = (some - low) * size
            # Repeated, as adding to many short rows is slow.
            cells = cells + (offsets if codes.ndim == 1 else np.repeat(offsets, codes.shape[1]))
        found[low * size : high * size] += np.bincount(cells, minlength=(high - low) * size)
    return found.reshape(count, size)


def sums(groups: Ints, codes: Array | Picked | None, amounts: Array | Picked, count: int, size: int = 1) -> Ints:
    """The sum of the amounts of each code (columns; one, if there are no codes) in each group (rows)."""
    if codes is None:
        return _plain_sums(groups, amounts, count)
    found = np.zeros(count * size)
    for start in range(0, len(groups), _STRETCH):
        some, low, high = _stretch(groups, start)
        cells = (some - low) * size + codes[start : start + _STRETCH]
        part = np.bincount(cells, weights=amounts[start : start + _STRETCH], minlength=(high - low) * size)
        found[low * size : high * size] += part
    # In floating point, but exact: none of these sums comes near 2 ** 53.
    return np.rint(found).astype(np.int64).reshape(count, size)


def _plain_sums(groups: Ints, amounts: Array | Picked, count: int) -> Ints:
    """The sum of the amounts in each group; where groups come in order, as days do, without looking at each row."""
    found = np.zeros((count, 1), dtype=np.int64)
    for start in range(0, len(groups), _STRETCH):
        some, values = groups[start : start + _STRETCH], amounts[start : start + _STRETCH]
        begins = np.concatenate(([0], np.flatnonzero(some[1:] != some[:-1]) + 1))
        if len(begins) <= _RUNS_MAX:
            np.add.at(found[:, 0], some[begins], np.add.reduceat(values, begins, dtype=np.int64))
        else:
            # In floating point, but exact: none of these sums comes near 2 ** 53.
            found[:, 0] += np.rint(np.bincount(some, weights=values, minlength=count)).astype(np.int64)
    return found


def _stretch(groups: Ints, start: int) -> tuple[Ints, int, int]:
    """A stretch of the groups, the lowest of them, and one more than the highest."""
    some = groups[start : start + _STRETCH]
    return some, int(some.min()), int(some.max()) + 1
