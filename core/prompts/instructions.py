"""May this wish be passed on to the model?

Staging adds furniture and decor. What the listing rules call permanent features (walls, floors, windows, doors,
fixtures, views, damage) must stay as photographed: a wish that asks to alter them is refused, and its words quoted.
"""

import re
import unicodedata

from core import errors
from core.prompts import alterations, languages

MAX_LENGTH = 500
_SHOWN_LENGTH = 120
# Invisible characters, and combining marks that belong to no letter, may split a word: they go without a trace.
_REMOVED_CATEGORIES = frozenset({"Cf", "Mn", "Me"})
_SPACE_CATEGORIES = frozenset({"Cc", "Cn", "Co", "Cs"})
_QUOTES = re.compile('["`´“”„‟«»‹›‘’‚‛ʼ″]')


def normalize(instructions: str) -> str:
    """One line of plain characters: white space collapsed, control characters gone, double quotes made single.

    Raises:
        InstructionsTooLong: if more than `MAX_LENGTH` characters are left.
    """
    plain = "".join(_plain(char) for char in unicodedata.normalize("NFKC", instructions))
    normalized = " ".join(_QUOTES.sub("'", plain).split())
    if len(normalized) > MAX_LENGTH:
        raise errors.InstructionsTooLong(
            f"The instructions have {len(normalized):,} characters; up to {MAX_LENGTH} are allowed. "
            "Shorten them; nothing was charged."
        )
    return normalized


def require_allowed(instructions: str) -> str:
    """The instructions, normalized, if they only furnish and decorate.

    Raises:
        InstructionsTooLong: if they are over `MAX_LENGTH` characters.
        InstructionsRefused: if they ask to alter the property, or are in a script that can't be checked; the message
            quotes the words at fault.
    """
    normalized = normalize(instructions)
    unreadable = "".join(char for char in normalized if not _is_readable(char))
    if unreadable:
        raise errors.InstructionsRefused(
            f"“{_shorten(unreadable)}” can't be checked: write the instructions in English. Nothing was charged.",
            words=unreadable,
        )
    found = alterations.find(normalized)
    if found is not None:
        raise _refusal(found.words, topic=found.topic)
    clause = languages.find_alteration(normalized)
    if clause is not None:
        raise _refusal(clause, topic="the property")
    return normalized


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category in _REMOVED_CATEGORIES:
        return ""
    return " " if category in _SPACE_CATEGORIES else char


def _is_readable(char: str) -> bool:
    return not char.isalpha() or unicodedata.name(char, "").startswith("LATIN ")


def _refusal(words: str, *, topic: str) -> errors.InstructionsRefused:
    return errors.InstructionsRefused(
        f"“{_shorten(words)}” would alter {topic}. Staging adds furniture and decor and leaves the property as it "
        "is. Take that part out and try again; nothing was charged.",
        words=words,
        topic=topic,
    )


def _shorten(words: str) -> str:
    return words if len(words) <= _SHOWN_LENGTH else words[: _SHOWN_LENGTH - 1] + "…"
