"""What does a person mean by what they typed into the search? An id or its ending, a file's name, an account's."""

import re
import unicodedata
import uuid
from dataclasses import dataclass

# Shorter ones are more likely a piece of a file's name than of an id.
_ID_PART_MIN = 6
_ID_DIGITS = 32
# Where the last eight characters of an id begin, by which pages call a job; counted from 1, as databases do.
ID_SHOWN_FROM = 29
# What an id shows after its last dash.
_LAST_GROUP = 12
_HEX = re.compile(r"[0-9a-f]+")
# Names are compared up to here, so that one of any length fits into an index.
_NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class IdRange:
    """The job ids that begin alike: from `first` to `last`, both included."""

    first: str
    last: str


def cleaned(text: str) -> str:
    """What was typed or pasted, as names are stored: composed, without control characters, with plain spaces.

    Some systems write names with accents apart from their letters, or with spaces that look like others.
    """
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(character for character in composed if unicodedata.category(character)[0] != "C")


def folded(name: str) -> str:
    """The name as it is compared: without regard to case, in any script."""
    return name.casefold()[:_NAME_MAX]


def is_storable(text: str) -> bool:
    """Whether a database would take the text to compare with: an address bar may hold anything."""
    return text.isprintable()


def ids_beginning(text: str) -> IdRange | None:
    """The ids that begin with the text (six hexadecimal digits or more), or None if it is no such beginning."""
    digits = _digits(text)
    if digits is None:
        return None
    first, last = (str(uuid.UUID(digits.ljust(_ID_DIGITS, filler))) for filler in "0f")
    return IdRange(first, last)


def id_ending(text: str) -> str | None:
    """The text as the ending of an id, as pages show ids for short, or None if it can't be one."""
    digits = _digits(text)
    return digits if digits is not None and len(digits) <= _LAST_GROUP else None


def _digits(text: str) -> str | None:
    digits = text.strip().lower().replace("-", "")
    is_part = _ID_PART_MIN <= len(digits) <= _ID_DIGITS and _HEX.fullmatch(digits)
    return digits if is_part else None
