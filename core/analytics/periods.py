"""Which moments belong to a day? Periods of whole days as the viewer's zone has them, and the period before."""

import calendar
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, cached_property
from zoneinfo import ZoneInfo

from core import errors

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_DAY = timedelta(days=1)
# Beyond, a day and the period before it would leave what calendars and databases can count.
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)


class Preset(StrEnum):
    """Periods that people ask for by name; each ends with today, but for the one that ended before this month."""

    TODAY = "today"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    LAST_12_MONTHS = "last_12_months"


# Ten years: each day is counted, and each is sent.
DAYS_MAX = 3_660
_LENGTHS = {Preset.TODAY: 1, Preset.LAST_7_DAYS: 7, Preset.LAST_30_DAYS: 30}


@dataclass(frozen=True)
class Period:
    """The days `first` to `last`, both included, as they begin and end in `zone`.

    Raises:
        ValueError: if the last day is before the first.
    """

    first: date
    last: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        """No period is empty."""
        if self.last < self.first:
            raise ValueError("a period ends on the day it begins, or later")

    @property
    def days(self) -> list[date]:
        """Every day of the period."""
        return [self.first + number * _DAY for number in range((self.last - self.first).days + 1)]

    @property
    def before(self) -> "Period":
        """As many days, up to the day before the first."""
        length = self.last - self.first
        return Period(self.first - _DAY - length, self.first - _DAY, self.zone)

    @cached_property
    def borders_us(self) -> list[int]:
        """When each day begins, and when the last one ends, in microseconds since 1970."""
        return [self._midnight_us(day) for day in [*self.days, self.last + _DAY]]

    @property
    def since(self) -> datetime:
        """The first moment of the period."""
        return _EPOCH + timedelta(microseconds=self.borders_us[0])

    @property
    def until(self) -> datetime:
        """The first moment after the period."""
        return _EPOCH + timedelta(microseconds=self.borders_us[-1])

    @cached_property
    def hours(self) -> list[tuple[int, int, int]]:
        """Stretches within one clock hour: when each begins (microseconds since 1970), its weekday, its hour.

        They follow each other without a gap. On a day on which the clock is changed, hours come in parts.
        """
        found: list[tuple[int, int, int]] = []
        for day, begin, end in zip(self.days, self.borders_us, self.borders_us[1:], strict=False):
            if end - begin == _DAY_US:
                found += [(begin + hour * _HOUR_US, day.weekday(), hour) for hour in range(24)]
            else:
                # Clocks are changed at whole quarters of an hour.
                quarters = range(begin, end, _HOUR_US // 4)
                found += [(moment, day.weekday(), self._hour_at(moment)) for moment in quarters]
        return found

    def _hour_at(self, moment_us: int) -> int:
        return (_EPOCH + timedelta(microseconds=moment_us)).astimezone(self.zone).hour

    def _midnight_us(self, day: date) -> int:
        # Where the clock jumps over midnight, this is the moment of the jump; where it strikes twice, the first time.
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return (midnight.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def asked(first: date, last: date, *, zone: str) -> Period:
    """The period that somebody asks for.

    Raises:
        PeriodReversed: if the last day is before the first.
        PeriodTooLong: if it has more than 3,660 days, or leaves the calendar.
        UnknownTimeZone: if there is no time zone of that name.
    """
    found = zone_of(zone)
    if last < first:
        raise errors.PeriodReversed
    if (last - first).days >= DAYS_MAX or not _FIRST_DAY <= first <= last <= _LAST_DAY:
        raise errors.PeriodTooLong
    return Period(first, last, found)


def days_before(day: date, count: int) -> date:
    """The day so many days before; the first of the calendar where it has none."""
    return date.fromordinal(max(day.toordinal() - count, 1))


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name, such as "Europe/Berlin".

    Raises:
        UnknownTimeZone: if there is none.
    """
    if name not in _zone_names():
        raise errors.UnknownTimeZone
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    # These are none that a person lives in: the machine's own, and the one of those that were never set.
    return frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})


def preset(name: Preset, *, now: datetime, zone: ZoneInfo) -> Period:
    """The period of that name as it is at this moment in the zone."""
    today = now.astimezone(zone).date()
    if name is Preset.THIS_MONTH:
        return Period(today.replace(day=1), today, zone)
    if name is Preset.LAST_MONTH:
        last = today.replace(day=1) - _DAY
        return Period(last.replace(day=1), last, zone)
    if name is Preset.LAST_12_MONTHS:
        return Period(_year_before(today) + _DAY, today, zone)
    return Period(today - (_LENGTHS[name] - 1) * _DAY, today, zone)


def _year_before(day: date) -> date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))
