"""What does the whole page say? Every figure of a period and a filter, beside those of the period before."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import ParamSpec, TypeVar

import numpy as np

from core.analytics import course, money, selection, spans, success, timing
from core.analytics.columns import Groups, History, Ints
from core.analytics.course import Failure, Rhythm, Settled
from core.analytics.filters import Dimension, Filter
from core.analytics.keeping import KeptHistory
from core.analytics.money import Costs, CreditDay, Credits, RefundReason
from core.analytics.periods import Period
from core.analytics.selection import Selection, View
from core.analytics.spans import Grain, Span
from core.analytics.success import Retries, Share, Success
from core.analytics.timing import Durations, Timing
from core.auth.actors import Actor
from core.auth.roles import Action

# A manager goes back and forth between a few filters, and several look at the same figures: so many headlines
# altogether, of days and groups, which take some 8 MB.
_REMEMBERED_HEADLINES_MAX = 5_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVER_US = (-(2**62), 2**62)
_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The figures that are compared: of a period, of the one before, of a group."""

    success: Success
    variant_times: Durations
    job_times: Durations
    credits: Credits
    costs: Costs

    @property
    def is_empty(self) -> bool:
        """Whether no job was submitted, and no credits moved for jobs."""
        return not (self.success.jobs or self.credits.charged or self.credits.refunded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of one account, person, style or whatever the grouping is by."""

    name: str
    headline: Headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The figures of one day as the viewer's zone has it."""

    day: date
    headline: Headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The figures of a part of the period as long as a chart can show it: an hour, a day, a week or a month."""

    span: Span
    headline: Headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Every figure. `stuck_now` and `read_at` are of this moment; all else is of the period.

    `before` is None where nothing is to be compared, or the first job came after that period's first day.
    `accounts_off` names those whose entries in the ledger do not add up to their balance: no figure of their credits
    is to be trusted. Every day of the period is there, in order, and in steps of one `grain`; groups are those with
    any figure, most jobs first.
    """

    period: Period
    wanted: Filter
    by: Dimension | None
    read_at: datetime
    accounts_off: tuple[str, ...] = ()
    headline: Headline
    before: Headline | None
    timing: Timing
    retries: Retries
    refund_reasons: tuple[RefundReason, ...]
    failures: tuple[Failure, ...]
    timed_out: Share
    stuck_now: int
    settled: tuple[Settled, ...]
    rhythm: Rhythm
    days: tuple[Day, ...]
    grain: Grain
    steps: tuple[Step, ...]
    groups: tuple[Group, ...]


class Figures:
    """Answers from one kept history."""

    def __init__(self, kept: KeptHistory) -> None:
        self._kept = kept
        self._remembered: OrderedDict[Hashable, Summary] = OrderedDict()
        # They take turns anyway. In threads of their own, each would keep the memory that it once needed for a while.
        self._counting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="figures")

    def summary(
        self,
        actor: Actor,
        period: Period,
        *,
        wanted: Filter | None = None,
        by: Dimension | None = None,
        compare: bool = True,
    ) -> Summary:
        """All figures of the period that the actor sees, grouped `by`; with `compare` the headline before it, too.

        Raises:
            PermissionDenied: if the actor may not see analytics.
            AccountNotFound, UnknownRoomType, UnknownStyle: if the filter asks for what there is not.
        """
        actor.require(Action.READ_ANALYTICS)
        wanted = wanted or Filter()
        with self._kept.current() as history:
            key = (self._kept.version, actor.account_id, period, wanted, by, compare)
            codes = selection.codes_of(history, wanted, account_id=actor.account_id)
            known = self._remembered.get(key)
            if known is None:
                known = self._counted(
                    summarize,
                    history,
                    period,
                    wanted=wanted,
                    by=by,
                    read_at=self._kept.read_at,
                    account_id=actor.account_id,
                    compare=compare and _is_lived_through(history, period.before, actor.account_id),
                )
            self._remember(key, known)
            return replace(
                known,
                stuck_now=_stuck(history, codes),
                read_at=self._kept.read_at,
                accounts_off=self._accounts_off(history, actor),
            )

    def credit_days(
        self, actor: Actor, period: Period, *, wanted: Filter | None = None, by: Dimension = Dimension.ACCOUNT
    ) -> tuple[CreditDay, ...]:
        """What was charged and refunded for each account (or what `by` says) on each day on which anything was.

        Raises:
            PermissionDenied: if the actor may not see analytics.
        """
        actor.require(Action.READ_ANALYTICS)
        with self._kept.current() as history:
            codes = selection.codes_of(history, wanted or Filter(), account_id=actor.account_id)
            ledger = _selected(history, period, codes).ledger
            names = selection.names(history, by)
            return self._counted(money.credit_days, ledger, by.value, names, period.days, period.borders_us)

    def first_moment(self, actor: Actor) -> datetime | None:
        """When the first job that the actor sees was submitted; None before that.

        Raises:
            PermissionDenied: if the actor may not see analytics.
        """
        actor.require(Action.READ_ANALYTICS)
        with self._kept.current() as history:
            first_us = _first_us(history, actor.account_id)
            return _EPOCH + timedelta(microseconds=first_us) if first_us is not None else None

    def choices(self, actor: Actor, dimension: Dimension) -> list[str]:
        """What can be chosen in a filter, in order.

        Raises:
            PermissionDenied: if the actor may not see analytics.
        """
        actor.require(Action.READ_ANALYTICS)
        with self._kept.current() as history:
            if actor.account_id is None:
                return sorted(name for name in selection.names(history, dimension) if name)
            codes = selection.codes_of(history, Filter(), account_id=actor.account_id)
            seen = history.jobs[Dimension.ACCOUNT.value] == codes[Dimension.ACCOUNT.value]
            named = selection.names(history, dimension)
            return sorted(named[code] for code in np.unique(history.jobs[dimension.value][seen]).tolist())

    def read_ahead(self, at_each_step: Callable[[], None]) -> None:
        """Have the columns read before anybody asks; `at_each_step` may end it by an exception of its own."""
        self._kept.read_ahead(at_each_step)

    def recount(self, actor: Actor) -> list[str]:
        """How the kept columns differed from the tables, in sentences; they don't any more. None if they did not.

        Raises:
            PermissionDenied: if the actor may not see analytics.
        """
        actor.require(Action.READ_ANALYTICS)
        return self._kept.recount()

    def _counted(self, count: Callable[_Asked, _Answer], *args: _Asked.args, **kwargs: _Asked.kwargs) -> _Answer:
        return self._counting.submit(count, *args, **kwargs).result()

    def _accounts_off(self, history: History, actor: Actor) -> tuple[str, ...]:
        seen = self._kept.accounts_off if actor.account_id is None else self._kept.accounts_off & {actor.account_id}
        return tuple(sorted(history.account_names.get(one, str(one)) for one in seen))

    def _remember(self, key: Hashable, found: Summary) -> None:
        self._remembered[key] = found
        self._remembered.move_to_end(key)
        size = sum(map(_headline_count, self._remembered.values()))
        while size > _REMEMBERED_HEADLINES_MAX and len(self._remembered) > 1:
            size -= _headline_count(self._remembered.popitem(last=False)[1])


def summarize(
    history: History,
    period: Period,
    *,
    wanted: Filter,
    by: Dimension | None,
    account_id: int | None = None,
    compare: bool = True,
    read_at: datetime,
) -> Summary:
    """All figures of the period and the filter from this history; with `account_id`, of that account alone."""
    codes = selection.codes_of(history, wanted, account_id=account_id)
    selected = _selected(history, period, codes)
    jobs, words = selected.jobs, history.words
    of_jobs, of_ledger = jobs.parts(period.borders_us), selected.ledger.parts(period.borders_us)
    by_day = _tally(selected, of_jobs, of_ledger, len(period.days))
    days, total = _headlines(jobs, of_jobs, by_day), by_day.whole()
    parts = spans.spans(period)
    of_steps = jobs.parts([*(one.since_us for one in parts), period.borders_us[-1]])
    failures = course.failures(
        jobs, words["error"].values, of_days=(of_jobs, len(period.days)), of_steps=(of_steps, len(parts))
    )
    known = {timing.END_TO_END: total.variant_cells[0], timing.JOB: total.job_cells[0]}
    return Summary(
        period=period,
        wanted=wanted,
        by=by,
        read_at=read_at,
        headline=_headlines(jobs, np.zeros(jobs.length, dtype=np.int32), total)[0],
        before=_whole(_selected(history, period.before, codes)) if compare else None,
        timing=timing.timing(jobs, known),
        retries=success.retries(total.success[0]),
        refund_reasons=money.refund_reasons(selected.ledger, words["reason"].values),
        failures=failures,
        timed_out=course.timed_out(failures, jobs.length),
        stuck_now=_stuck(history, codes),
        settled=course.settled(jobs, words["settled_by"].values),
        rhythm=course.rhythm(jobs, period),
        days=tuple(Day(day=day, headline=one) for day, one in zip(period.days, days, strict=True)),
        grain=spans.grain_of(period),
        steps=_steps(selected, period, parts, of_steps, by_day, days),
        groups=_groups(history, selected, by) if by is not None else (),
    )


def _selected(history: History, period: Period, codes: dict[str, int]) -> Selection:
    return selection.select(history, since_us=period.borders_us[0], until_us=period.borders_us[-1], codes=codes)


@dataclass(frozen=True, slots=True)
class _Tally:
    """All that headlines are made of, a row for each group; rows add up."""

    success: Ints
    variant_cells: Ints
    job_cells: Ints
    moved: Ints
    paid: Ints

    def whole(self) -> "_Tally":
        """All groups as one."""
        return self.gathered([0])

    def gathered(self, begins: Sequence[int]) -> "_Tally":
        """Groups that follow each other as one: each from one of these on, and before the next."""
        return _Tally(*(np.add.reduceat(getattr(self, name), begins, axis=0) for name in self.__slots__))


def _tally(selected: Selection, of_jobs: Groups, of_ledger: Groups, count: int) -> _Tally:
    """Counts of each of `count` groups, given the group of each job and of each entry of the ledger."""
    jobs = selected.jobs
    sums = success.sums(jobs, selected.fates, of_jobs, count)
    return _Tally(
        sums,
        timing.cells(jobs, timing.END_TO_END, of_jobs, count),
        timing.cells(jobs, timing.JOB, of_jobs, count),
        money.moved(selected.ledger, of_ledger, count),
        money.paid(jobs, of_jobs, success.jobs_and_completed(sums)),
    )


def _headlines(jobs: View, of_jobs: Groups, tally: _Tally) -> list[Headline]:
    found = zip(
        success.successes(tally.success),
        timing.durations(jobs, timing.END_TO_END, of_jobs, tally.variant_cells),
        timing.durations(jobs, timing.JOB, of_jobs, tally.job_cells),
        money.credits(tally.moved),
        money.costs(tally.paid),
        strict=True,
    )
    return [
        Headline(success=one, variant_times=variants, job_times=whole, credits=credits, costs=costs)
        for one, variants, whole, credits, costs in found
    ]


def _steps(
    selected: Selection,
    period: Period,
    parts: tuple[Span, ...],
    of_steps: Groups,
    by_day: _Tally,
    days: Sequence[Headline],
) -> tuple[Step, ...]:
    """The figures of each part; of days they are known, and add up to those of weeks and months."""
    grain = spans.grain_of(period)
    if grain is Grain.DAY:
        told: Sequence[Headline] = days
    elif grain is Grain.HOUR:
        of_ledger = selected.ledger.parts([*(one.since_us for one in parts), period.borders_us[-1]])
        told = _headlines(selected.jobs, of_steps, _tally(selected, of_steps, of_ledger, len(parts)))
    else:
        told = _headlines(selected.jobs, of_steps, by_day.gathered(spans.day_numbers(period, parts)))
    return tuple(Step(span=span, headline=one) for span, one in zip(parts, told, strict=True))


def _whole(selected: Selection) -> Headline:
    nobody, nothing = (np.zeros(view.length, dtype=np.int32) for view in (selected.jobs, selected.ledger))
    return _headlines(selected.jobs, nobody, _tally(selected, nobody, nothing, 1))[0]


def _groups(history: History, selected: Selection, by: Dimension) -> tuple[Group, ...]:
    names = selection.names(history, by)
    of_jobs, of_ledger = (view[by.value].astype(np.int32) for view in (selected.jobs, selected.ledger))
    tally = _tally(selected, of_jobs, of_ledger, len(names))
    headlines = _headlines(selected.jobs, of_jobs, tally)
    nothing = Credits(charged=0, refunded=0, granted=0, adjusted=0)
    found = [
        Group(name=name, headline=one)
        for name, one in zip(names, headlines, strict=True)
        if name and (one.success.jobs or one.credits != nothing)
    ]
    return tuple(sorted(found, key=lambda one: (-one.headline.success.jobs, one.name)))


def _first_us(history: History, account_id: int | None) -> int | None:
    codes = selection.codes_of(history, Filter(), account_id=account_id)
    jobs = selection.View(history.jobs, since_us=_EVER_US[0], until_us=_EVER_US[1], codes=codes)
    return int(jobs["at"][0]) if jobs.length else None


def _is_lived_through(history: History, period: Period, account_id: int | None) -> bool:
    """Whether the first job came on the period's first day or before: a part of it is nothing to compare with."""
    first_us = _first_us(history, account_id)
    return first_us is not None and first_us < period.borders_us[1]


def _headline_count(summary: Summary) -> int:
    return len(summary.days) + len(summary.steps) + len(summary.groups)


def _stuck(history: History, codes: dict[str, int]) -> int:
    chosen = np.ones(len(history.stuck), dtype=bool)
    for name, code in codes.items():
        chosen &= history.jobs[name][history.stuck] == code
    return int(chosen.sum())
