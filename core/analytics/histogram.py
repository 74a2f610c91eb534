"""Which share took how long? Durations in bins of equal ratio, and percentiles from them or from the values.

A percentile is of the nearest rank: the smallest value that at least this share of values does not exceed.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint16]

# No duration; also the bin of those that have none.
NEVER = -1
NO_BIN = 0
# A bin's middle is nowhere further than 1 % from a value in it.
_RATIO = 1.02
_LOG_RATIO = math.log(_RATIO)
# What is shorter is told as no time at all; what is longer than about 115 days, as that.
_FIRST_US = 100
_LAST_US = 10_000_000_000_000
BINS = 3 + math.ceil(math.log(_LAST_US / _FIRST_US) / _LOG_RATIO)
_SECOND_US = 1_000_000
# So many fine bins make one bar of a chart, which is then a fifth wider than the one before.
_PER_BAR = 9


def bins_of(durations_us: Ints) -> Codes:
    """The bin of each duration in microseconds; 0 where it is NEVER, 1 where it is next to nothing."""
    logs = np.log(np.maximum(durations_us, 1) / _FIRST_US) / _LOG_RATIO
    bins = np.where(durations_us < _FIRST_US, 1, 2 + np.floor(np.maximum(logs, 0.0)).astype(np.int64))
    return np.where(durations_us < 0, NO_BIN, np.minimum(bins, BINS - 1)).astype(np.uint16)


def edges_seconds() -> Floats:
    """Where each bin begins: bin `b` holds from `edges[b]` up to, without, `edges[b + 1]`; bin 0 holds nothing."""
    edges: Floats = _FIRST_US / _SECOND_US * np.power(_RATIO, np.arange(BINS + 1) - 2.0)
    edges[:2] = 0.0
    return edges


def _middles_seconds() -> Floats:
    edges = edges_seconds()
    middles: Floats = np.sqrt(edges[:-1] * edges[1:])
    return middles


_MIDDLES_SECONDS = _middles_seconds()


def ranks(counts: Ints, percents: Sequence[int]) -> Ints:
    """The rank, from 1, of each percent (columns) among so many values (rows)."""
    found: Ints = np.maximum(-(-counts[:, None] * np.array(percents, dtype=np.int64) // 100), 1)
    return found


def percentiles_of_bins(counted: Ints, percents: Sequence[int]) -> Floats:
    """Percentiles in seconds (columns) of each row of counts by bin, within 1 %; NaN where a row is empty."""
    counted = counted.copy()
    counted[:, NO_BIN] = 0
    reached = counted.cumsum(axis=1)
    totals = reached[:, -1]
    wanted = ranks(totals, percents)
    found = np.full(wanted.shape, np.nan)
    for row in np.flatnonzero(totals).tolist():
        found[row] = _MIDDLES_SECONDS[np.searchsorted(reached[row], wanted[row])]
    return found


def percentiles_of_values(groups: Groups, count: int, durations_us: Ints, percents: Sequence[int]) -> Floats:
    """Percentiles in seconds (columns) of the durations of each of `count` groups, exactly; NaN where none are."""
    has_one = durations_us >= 0
    groups, durations_us = groups[has_one], durations_us[has_one]
    ordered = durations_us[np.lexsort((durations_us, groups))]
    totals = np.bincount(groups, minlength=count)
    begins = np.concatenate(([0], totals.cumsum()[:-1]))
    found = np.full((count, len(percents)), np.nan)
    some = totals > 0
    found[some] = ordered[begins[some, None] + ranks(totals[some], percents) - 1] / _SECOND_US
    return found


def bars(counted: Ints) -> tuple[tuple[float, float, int], ...]:
    """What a chart draws of counts by bin: from and to in seconds, and how many, without the empty ends."""
    edges, starts = edges_seconds(), np.arange(1, BINS, _PER_BAR)
    sums = np.add.reduceat(counted, starts)
    filled = np.flatnonzero(sums)
    if not len(filled):
        return ()
    return tuple(
        (float(edges[starts[bar]]), float(edges[min(starts[bar] + _PER_BAR, BINS)]), int(sums[bar]))
        for bar in range(filled[0], filled[-1] + 1)
    )
