"""What was charged and given back, and what was paid for it? Credits from the ledger, dollars from the orders.

Credits have no price in dollars here, so there is no margin: the cost of a job stands beside its credits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from core.analytics import columns, counting
from core.analytics.columns import Ints
from core.analytics.selection import View
from core.credits.ledger import SYSTEM_REASON, EntryKind

_CHARGE, _REFUND, _GRANT, _ADJUSTMENT = (
    columns.KINDS.index(kind) for kind in (EntryKind.CHARGE, EntryKind.REFUND, EntryKind.GRANT, EntryKind.ADJUSTMENT)
)
_KINDS = len(columns.KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """Credits moved, by when they were: charged and refunded for jobs; granted, and adjusted either way, apart."""

    charged: int
    refunded: int
    granted: int
    adjusted: int

    @property
    def net(self) -> int:
        """Charged less refunded."""
        return self.charged - self.refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReason:
    """Refunds of one reason; those that the desk made by itself have the reason "system"."""

    reason: str
    credits: int
    count: int

    @property
    def is_automatic(self) -> bool:
        """Whether nobody had to ask for it."""
        return self.reason == SYSTEM_REASON


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditDay:
    """What moved on one day for one account, person, style or whatever else was asked for."""

    name: str
    day: date
    charged: int
    refunded: int

    @property
    def net(self) -> int:
        """Charged less refunded."""
        return self.charged - self.refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Millionths of dollars paid for orders; of them those under way, and those of no use, by their variant's end."""

    jobs: int
    completed: int
    spent_usd_micros: int
    under_way_usd_micros: int
    wasted_retried_usd_micros: int
    wasted_failed_usd_micros: int
    wasted_canceled_usd_micros: int

    @property
    def wasted_usd_micros(self) -> int:
        """All that bought nothing."""
        return self.wasted_retried_usd_micros + self.wasted_failed_usd_micros + self.wasted_canceled_usd_micros

    @property
    def used_usd_micros(self) -> int:
        """What bought the results that are there."""
        return self.spent_usd_micros - self.under_way_usd_micros - self.wasted_usd_micros

    @property
    def per_job_usd_micros(self) -> float | None:
        """Spent for each job, whatever became of it."""
        return self.spent_usd_micros / self.jobs if self.jobs else None

    @property
    def per_completed_job_usd_micros(self) -> float | None:
        """All that was spent, for each job that was completed."""
        return self.spent_usd_micros / self.completed if self.completed else None


def moved(ledger: View, groups: Ints, count: int) -> Ints:
    """The credits moved by kind (columns) in each of `count` groups (rows); `groups` has the group of each entry."""
    return counting.sums(groups, ledger.stretches("kind"), ledger.stretches("amount"), count, _KINDS)


def credits(sums: Ints) -> list[Credits]:
    """The same in words, for each row."""
    return [
        Credits(charged=-row[_CHARGE], refunded=row[_REFUND], granted=row[_GRANT], adjusted=row[_ADJUSTMENT])
        for row in sums.tolist()
    ]


def refund_reasons(ledger: View, reasons: Sequence[object]) -> tuple[RefundReason, ...]:
    """Refunds by reason, most credits first."""
    places = np.flatnonzero(ledger["kind"] == _REFUND)
    codes, amounts = ledger["reason"][places], ledger["amount"][places]
    sums = counting.sums(codes.astype(np.int64), None, amounts, len(reasons))[:, 0].tolist()
    counts = np.bincount(codes, minlength=len(reasons)).tolist()
    found = [
        RefundReason(reason=str(reason), credits=total, count=count)
        for reason, total, count in zip(reasons, sums, counts, strict=True)
        if count
    ]
    return tuple(sorted(found, key=lambda one: (-one.credits, one.reason)))


def credit_days(
    ledger: View, dimension: str, names: Sequence[str], days: Sequence[date], borders_us: Sequence[int]
) -> tuple[CreditDay, ...]:
    """What was charged and refunded by name and day, in that order; only where anything was."""
    cells = ledger[dimension].astype(np.int64) * len(days) + ledger.parts(borders_us)
    used, cells = _numbered(cells, len(names) * len(days))
    sums = counting.sums(cells, ledger["kind"], ledger["amount"], len(used), _KINDS)
    moved = np.flatnonzero((sums[:, _CHARGE] != 0) | (sums[:, _REFUND] != 0))
    by_kind = zip(used[moved].tolist(), (-sums[moved, _CHARGE]).tolist(), sums[moved, _REFUND].tolist(), strict=True)
    found = [
        CreditDay(name=names[cell // len(days)], day=days[cell % len(days)], charged=charged, refunded=refunded)
        for cell, charged, refunded in by_kind
    ]
    return tuple(sorted(found, key=lambda one: (one.name, one.day)))


def paid(jobs: View, groups: Ints, counted: Ints) -> Ints:
    """For each group (rows): jobs, completed ones, and what was spent and wasted, as in `Costs`.

    `groups` has the group of each job, and `counted` the jobs and the completed ones of each group.
    """
    count = len(counted)
    found = [
        *counted.T,
        counting.sums(groups, None, jobs.stretches("cost"), count)[:, 0],
        *(_sums_of_few(groups, jobs, name, count) for name in (columns.UNDER_WAY, *columns.WASTE)),
    ]
    return np.stack(found, axis=1)


def costs(sums: Ints) -> list[Costs]:
    """The same in words, for each row."""
    return [
        Costs(
            jobs=jobs,
            completed=completed,
            spent_usd_micros=spent,
            under_way_usd_micros=under_way,
            wasted_retried_usd_micros=retried,
            wasted_failed_usd_micros=failed,
            wasted_canceled_usd_micros=canceled,
        )
        for jobs, completed, spent, under_way, retried, failed, canceled in sums.tolist()
    ]


def _numbered(cells: Ints, size: int) -> tuple[Ints, Ints]:
    """The cells that are used, in order, and the number among them of each given one."""
    if size > _CELLS_MAX:
        used, numbers = np.unique(cells, return_inverse=True)
        return used, numbers
    return np.arange(size), cells


# Beyond this a table of all cells would take more memory than the rows themselves.
_CELLS_MAX = 1_000_000


def _sums_of_few(groups: Ints, jobs: View, name: str, count: int) -> Ints:
    places, amounts = jobs.filled(name)
    return counting.sums(groups[places], None, amounts, count)[:, 0]
