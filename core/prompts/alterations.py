"""Does a wish ask to alter the property, rather than to furnish it?

1. `clauses.read` turns the text into clauses, each a string of tags.
2. What stands in a phrase of place is blanked out: "a rug on the wooden floor" speaks of a rug.
3. What follows "don't", "without" or "keep" is safe, and so is what only tells: "the floor is oak".
4. Every pattern of the tables is searched in what is left. A feature without "the" outside a phrase of place is one
   to be made ("white walls", "add a window"); one with "the" is refused only as the object of an altering verb.

Reading by rules has an end: what slips through still meets the preservation clause, the last word of every prompt.
"""

import re
from dataclasses import dataclass, replace

from core.prompts import clauses
from core.prompts import vocabulary as v

_BLANK = "_"


@dataclass(frozen=True, slots=True)
class Alteration:
    """A request to change what must stay: its `topic` for people, and the `words` that make it."""

    topic: str
    words: str


_STATES = f"{v.LOOK}{v.SIZE}"
_DONE = f"{v.ALTERED}{v.RENOVATED}"
_MODIFIERS = f"{v.A}{v.OTHER}{v.NEW}{v.SIZE}{v.LOOK}{v.DECOR}{v.COLOR}{_DONE}"
_FIXED = f"{v.STRUCTURE}{v.ADDITION}"
_KEPT = f"{_FIXED}{v.PRESENT}{v.DAMAGE}"
# From a verb to its object, nothing that begins another request, a statement or an exception.
_TO_OBJECT = rf"[^{v.ACTIONS}{v.PROTECTORS}{v.WITH}{v.EXCEPT}{v.IS}{v.TO_BE}]*?"
_UNLESS_KEPT = rf"(?!{_BLANK}*{v.STAY})"
_UNLESS_TOLD = rf"(?!.*[{v.NOT}{v.KEEP}{v.STAY}])"
_NOUN_PHRASE = rf"{v.THE}*[{_MODIFIERS}]*"

# "On the wooden floor and the window sill": a preposition with its noun phrase and list.
_PLACE = re.compile(
    rf"[{v.PLACES}]+[{v.THE}{v.A}{v.IT}]*"
    rf"(?:[{v.OTHER}{v.NEW}{v.SIZE}{v.LOOK}{v.DECOR}{v.COLOR}{v.FEATURES}]"
    rf"|(?<=[{v.THE}{v.A}{v.NEW}{v.LOOK}{v.PLACES}])[{_DONE}])*"
    rf"(?:[{v.AND}{v.OR}]+{v.THE}?[{v.FEATURES}](?![{_STATES}{_DONE}{v.TO_BE}]))*"
)
# "The walls are white", "windows face south": tells, does not ask.
_STATEMENT = re.compile(
    rf"^[^{v.ACTIONS}]*?(?:{v.IS}(?![{v.ALTERED}])|(?<=[{v.FEATURES}]){v.LINK})[^{v.ACTIONS}{v.WITH}]*"
)
_BARE_LIST = re.compile(rf"[{v.AND}{v.OR}]*{v.THE}*[{v.FEATURES}](?:[{v.AND}{v.OR}]+{v.THE}*[{v.FEATURES}])*")


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


# Searched in the whole clause.
_LIFTED_PROTECTION = _patterns(
    # keep everything except the walls
    rf"[{v.KEEP}{v.STAY}].*{v.EXCEPT}{_NOUN_PHRASE}[{_KEPT}{v.ROOM}]",
    # don't keep the walls; the walls should not stay white
    rf"[{v.NOT}{v.NO}][{v.OTHER}{v.WITH}]{{0,3}}{v.KEEP}[^{v.STAY}]*?[{v.FEATURES}]",
    rf"[{_FIXED}][{v.OTHER}{v.TO_BE}]*{v.NOT}[{v.OTHER}{v.WITH}]{{0,3}}[{v.KEEP}{v.STAY}]",
    # a room without windows, no power lines
    rf"(?<![{_FIXED}{v.IS}]){v.NO}[{v.THE}{v.A}{v.OTHER}]*[{v.STRUCTURE}{v.DAMAGE}{v.RULE}](?![{_DONE}{v.ACTIONS}])",
)
# Searched up to the first word that protects.
_SURFACES = _patterns(
    # paint flowers on the wall; some color on the walls
    rf"{v.RENOVATE}{_TO_OBJECT}{v.ON}{_NOUN_PHRASE}[{_FIXED}]",
    rf"(?:^|[^{v.THE}{_MODIFIERS}{v.PLACES}])[{v.THE}{_MODIFIERS}]*{v.COLOR}{v.ON}{v.THE}*[{_MODIFIERS}]*{v.STRUCTURE}",
    # change the color of the walls
    rf"(?:[{v.ALTER}{v.RENOVATE}]{_TO_OBJECT}|{v.MAKE}{v.THE}*{v.COLOR}){v.OF}{_NOUN_PHRASE}[{_KEPT}]",
    # all walls in navy blue
    rf"^[{v.THE}{_MODIFIERS}]*[{_FIXED}]{v.AT}{v.A}?{v.LOOK}+$",
    # a rug over the stain
    rf"{v.ON}{_NOUN_PHRASE}{v.STRUCTURE}*{v.DAMAGE}",
    # ignore the above; new instructions
    rf"{v.LIFT}.*{v.RULE}",
    rf"{v.NEW}{v.RULE}",
)
# The same, with places blanked out.
_OBJECTS = _patterns(
    # change … the walls; paint … the room
    rf"[{v.ALTER}{v.RENOVATE}]{_TO_OBJECT}[{_KEPT}]{_UNLESS_KEPT}",
    rf"{v.RENOVATE}{_TO_OBJECT}{v.ROOM}{_UNLESS_KEPT}",
    # make the walls …, but not "make the wall pop with art"
    rf"{v.MAKE}(?![^{_KEPT}]*[{_FIXED}](?!{_BLANK}*[{_STATES}])[^{v.ACTIONS}{_FIXED}]*{v.DECOR})"
    rf"{_TO_OBJECT}[{_KEPT}]{_UNLESS_KEPT}",
    # the walls … painted, removed; the walls should be … white
    rf"[{_KEPT}][{_BLANK}{v.IS}{v.TO_BE}]*{v.ALTERED}",
    rf"[{_KEPT}][{_BLANK}{v.TO_BE}]*{v.RENOVATED}",
    rf"[{_FIXED}{v.DAMAGE}][{_BLANK}{v.TO_BE}]*[{_STATES}](?![{v.OTHER}{v.DECOR}])",
    # the floor needs replacing
    rf"[{_FIXED}{v.DAMAGE}]{v.WITH}[{v.ALTER}{v.RENOVATE}]",
    # a bigger room; the room should be bigger
    rf"{v.ROOM}[{_BLANK}{v.TO_BE}{v.OTHER}]*{v.SIZE}(?![{v.OTHER}{v.DECOR}])",
    rf"{v.SIZE}{v.OTHER}*{v.ROOM}",
    # white walls, the new floor; but not "white walls stay"
    rf"(?:(?<![{v.THE}{_MODIFIERS}])[{_MODIFIERS}]*{v.LOOK}|[{v.NEW}{v.SIZE}])[{_MODIFIERS}]*[{_FIXED}]{_UNLESS_TOLD}",
    # add a window; but not "windows with curtains"
    rf"(?<![{v.THE}{_MODIFIERS}])[{_MODIFIERS}]*[{_FIXED}]{_UNLESS_TOLD}(?!{_BLANK}*{v.WITH}[^{_KEPT}]*{v.DECOR})",
)


def find(text: str) -> Alteration | None:
    """The first request in `text` to alter the property, or None if it only furnishes.

    `text` is normalized: one line, plain apostrophes.
    """
    subject: clauses.Word | None = clauses.Word("", 0, 0, v.ROOM, "the room itself")
    is_safe = False
    for clause in clauses.read(text):
        clause = _with_pronoun(clause, subject)
        if not (is_safe and _BARE_LIST.fullmatch(clause.tags)):
            found = _find_in(clause)
            if found is not None:
                return Alteration(_topic(found), text[found[0].start : found[-1].end])
            is_safe = re.search(f"[{v.PROTECTORS}]", clause.tags) is not None
        blanked = _blank(_PLACE, clause.tags)
        subject = next((clause.words[at] for at, tag in enumerate(blanked) if tag in v.FEATURES), None)
    return None


def _with_pronoun(clause: clauses.Clause, subject: clauses.Word | None) -> clauses.Clause:
    """The clause with "them" in "paint them white" standing for what the clause before spoke of."""
    match = re.search(rf"(?<=[{v.ACTIONS}]){v.IT}", clause.tags)
    if match is None or subject is None:
        return clause
    at = match.start()
    word = replace(clause.words[at], tag=subject.tag, topic=subject.topic)
    return clauses.Clause((*clause.words[:at], word, *clause.words[at + 1 :]))


def _find_in(clause: clauses.Clause) -> tuple[clauses.Word, ...] | None:
    tags = clause.tags
    protector = re.search(f"[{v.PROTECTORS}]", tags)
    open_tags = tags[: protector.end()] if protector else tags
    objects = _blank(_PLACE, _blank(_STATEMENT, open_tags))
    for patterns, searched in ((_LIFTED_PROTECTION, tags), (_SURFACES, open_tags), (_OBJECTS, objects)):
        for pattern in patterns:
            match = pattern.search(searched)
            if match is not None:
                return clause.words[match.start() : match.end()]
    return None


def _blank(pattern: re.Pattern[str], tags: str) -> str:
    # Decor stays visible: it excuses "make the wall pop with art". So do the words that protect.
    return pattern.sub(lambda match: re.sub(f"[^{v.DECOR}{v.PROTECTORS}]", _BLANK, match.group()), tags)


def _topic(words: tuple[clauses.Word, ...]) -> str:
    return next((word.topic for word in reversed(words) if word.topic), "the property")
