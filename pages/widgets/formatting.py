"""How are figures, times and sizes written for people?"""

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core import clock
from core.auth.actors import SYSTEM_NAME
from core.errors import StagingError
from core.jobs.details import Failure

# What means something in a line, at its start, or at the edge of a word; and what Streamlit adds: colors and icons
# between colons, formulas between dollars, links from bare addresses.
_MARKDOWN = re.compile(
    r"(?P<parted>^\d+(?=[.)])|://|www\.|:(?=[\w+-]+:))|[\\\\`*\[\]<~$&]|^[-+#>=]|(?<!\w)_|_(?!\w)|:(?=\w)"
)
_THIN_SPACE = "\u202f"
# All but the one within numbers, at which no line may break.
_SPACES = re.compile(rf"[^\S{_THIN_SPACE}]+")


def number(value: int) -> str:
    """12345 as "12 345", with a thin space."""
    return f"{value:,}".replace(",", _THIN_SPACE)


def count(value: int, noun: str) -> str:
    """A number with its noun: 1 job, 40 jobs."""
    return f"{number(value)} {noun}" + ("" if value == 1 else "s")


def credits(value: int) -> str:
    """A number of credits: 1 credit, 40 credits."""
    return count(value, "credit")


def percent(share: float | None) -> str:
    """0.971 as "97.1 %"; a dash where there is nothing to divide."""
    return "–" if share is None else f"{share * 100:.1f}{_THIN_SPACE}%"


def dollars(micros: float | None) -> str:
    """Millionths of a dollar as "$1 234.50", or "$0.080" below one dollar; a dash for None."""
    if micros is None:
        return "–"
    amount = micros / 1_000_000
    return f"${amount:,.2f}".replace(",", _THIN_SPACE) if amount >= 1 or not amount else f"${amount:.3f}"


def duration(seconds: float | None) -> str:
    """Seconds as "6.1 s", "1:42 min" or "2 h 05 min"; a dash for None."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def about(seconds: float) -> str:
    """An estimate in whole seconds or minutes, rounded up: "4 s", "2 min"."""
    whole = math.ceil(seconds)
    return f"{whole} s" if whole < 60 else f"{math.ceil(whole / 60)} min"


def clock_face(seconds: float) -> str:
    """Seconds of something under way as "0:21"."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that fits: "12 s", "5 min", "3 h", "4 d"."""
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def exact(moment: datetime) -> str:
    """The time in the viewer's zone and, unless that is the same, in UTC, for hovering."""
    local = moment.astimezone(viewer_zone())
    told = f"{local:%d %b %Y, %H:%M:%S %Z}"
    return told if local.tzname() == "UTC" else f"{told} · {moment:%H:%M:%S} UTC"


def when(moment: datetime) -> str:
    """The time in the viewer's zone, as short as it can be: "14:05" today, "22 Nov, 14:05", "22 Nov 2025, 14:05"."""
    local, today = moment.astimezone(viewer_zone()), clock.now().astimezone(viewer_zone())
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%d %b, %H:%M}" if local.year == today.year else f"{local:%d %b %Y, %H:%M}"


def when_exactly(moment: datetime) -> str:
    """Like `when`, to the second."""
    return f"{when(moment)}:{moment:%S}"


def viewer_zone() -> ZoneInfo:
    """The time zone of the viewer's browser; UTC where it has none that we know."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def today() -> date:
    """Which day it is for the viewer."""
    return clock.now().astimezone(viewer_zone()).date()


def day_start(day: date) -> datetime:
    """When that day begins for the viewer, in UTC."""
    return datetime.combine(day, time.min, viewer_zone()).astimezone(UTC)


def day_end(day: date) -> datetime:
    """When that day is over for the viewer, in UTC."""
    return day_start(day + timedelta(days=1))


def signed(value: int) -> str:
    """A movement of credits: "+500", "−40"."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{number(abs(value))}"


def file_word(name: str) -> str:
    """A name as part of a file's name: "Harbor & Pine" as "harbor-pine"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "account"


def reason(code: str) -> str:
    """What an error's code means, in one sentence; the code itself where none of ours has it."""
    return _reasons().get(code, code.replace("_", " "))


def reason_of_job(code: str) -> str:
    """Like `reason`, said of a job, of which a variant, or all of them, failed so."""
    return reason(code).replace("this variant", "a variant")


def sentence(words: str) -> str:
    """Words with a capital at their beginning, as a cell or a line of its own has; the rest as it was written."""
    return words[:1].upper() + words[1:]


def who(name: str) -> str:
    """A person or key by its name; what the desk does by itself is by the System."""
    return "System" if name == SYSTEM_NAME else name


@cache
def _reasons() -> dict[str, str]:
    found, waiting = {}, [StagingError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found[kind.code] = (kind.__doc__ or "").partition(". ")[0].strip().removesuffix(".") + "."
    # Not an error: what the desk notes of a variant that a person's cancel has ended.
    found["canceled"] = "The variant was canceled."
    return found


def file_size(size_bytes: int) -> str:
    """Bytes as "512 kB" or "1.5 MB"."""
    if size_bytes < 1_000_000:
        return f"{max(1, round(size_bytes / 1_000))} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"


def short_id(identifier: str) -> str:
    """The last eight characters: ids sort by time, so their beginnings look alike."""
    return identifier[-8:]


def plain(text: str) -> str:
    """Text from people or programs, made safe for Markdown: it is read as it was written, and does nothing."""
    return _MARKDOWN.sub(_escaped, _SPACES.sub(" ", text).strip())


def _escaped(found: re.Match[str]) -> str:
    # What a backslash would not disarm is parted by a space of no width: a list's number from its point, and what
    # begins an address or the name of an emoji, which are also looked for when the backslashes are gone.
    return found[0] + "\u200b" if found["parted"] else "\\" + found[0]


def refusal(error: StagingError | Failure) -> str:
    """Why something went wrong, safe for Markdown, with its code in small for support."""
    return f"{plain(error.message)} ({plain(error.code)})"
