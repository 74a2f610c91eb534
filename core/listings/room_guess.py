"""Which room does a photo show, going by its file name alone?

Only a default that people correct. Where a name tells of two rooms there is no guess: a wrong one that is overlooked
costs a staging, a missing one asks for a click.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from core.listings.room_names import ROOM_NAMES

# Nothing after so many characters is looked at; the longest name that a file system holds has 255.
_CHARACTERS_MAX: Final = 1_000
# Where a word ends in "MasterBedroom" and in "DSCKitchen".
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[a-z]+|[0-9]+")
_FOLDER: Final = re.compile(r"[/\\]")
# Umlauts are also written out; both spellings are in use for files.
_WRITTEN_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def guess(file_name: str) -> str | None:
    """The slug of the room type, or None if the name tells of no room or of several.

    `file_name` may have folders before it. The last of them counts if it holds a room's name and nothing but numbers
    besides, and the file's own name tells of none: "Kitchen/IMG_2044.jpg", but not "12 Kitchen Lane/IMG_2044.jpg".
    """
    *folders, own = [part for part in _FOLDER.split(file_name) if part] or [""]
    rooms = set(_rooms(_words(own)))
    if not rooms and folders:
        rooms = set(_rooms(_words(folders[-1]), whole=True))
    return rooms.pop() if len(rooms) == 1 else None


def _rooms(words: list[str], *, whole: bool = False) -> list[str]:
    """The rooms that the words name, in their order; with `whole`, none if there is any other word besides."""
    rooms, position, others = list[str](), 0, 0
    while position < len(words):
        length, room = _longest(words, position)
        if room is not None:
            rooms.append(room)
        elif words[position].isalpha():
            others += 1
        position += length
    return [] if whole and others else rooms


def _longest(words: list[str], position: int) -> tuple[int, str | None]:
    """How many words from here make the longest name in the table, and its room; one word and None if none does."""
    for length in range(min(_WORDS_MAX, len(words) - position), 0, -1):
        room = _ROOM_OF.get("".join(words[position : position + length]))
        if room is not None:
            return length, room
    return 1, None


def _words(text: str) -> list[str]:
    """Runs of letters and of digits, without case and accents; at a hump of "LivingRoom" a new one begins."""
    plain = "".join(
        character
        for character in unicodedata.normalize("NFKD", text[:_CHARACTERS_MAX])
        if not unicodedata.combining(character)
    )
    return _WORD.findall(_HUMP.sub(" ", plain).casefold())


def _spellings(name: str) -> Iterator[str]:
    """How the name reads once its words are joined: "livingroom" is in use as well as "living room"."""
    yield "".join(_words(name))
    yield "".join(_words(name.translate(_WRITTEN_OUT)))


_ROOM_OF: Final[Mapping[str, str]] = {
    spelling: room for room, names in ROOM_NAMES.items() for name in names for spelling in _spellings(name)
}
_WORDS_MAX: Final = max(len(_words(name)) for names in ROOM_NAMES.values() for name in names)
