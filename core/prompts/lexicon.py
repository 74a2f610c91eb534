"""What can a word be? The vocabulary with its plurals and inflected forms, ready to be looked up."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.prompts import features
from core.prompts import vocabulary as v


@dataclass(frozen=True, slots=True)
class Entry:
    """One word or phrase: its tag, a feature's topic, and whether a noun may follow it, as in "wall art"."""

    tag: str
    topic: str = ""
    modifies: bool = False
    is_gerund: bool = False


def _split(words: str) -> list[str]:
    return [" ".join(word.split()) for word in words.split(",") if word.strip()]


def _inflections(base: str) -> Iterator[tuple[str, str]]:
    """Each form of a verb with its kind: "finite", "gerund" or "participle". Phrases inflect their first word."""
    first, space, rest = base.partition(" ")
    doubled = first in _DOUBLED_CONSONANT
    stem = first + first[-1] if doubled else first.removesuffix("e")
    third = first + ("es" if first.endswith(("s", "sh", "ch", "x", "o")) else "s")
    past: tuple[str, ...] = v.IRREGULAR_PAST.get(first, (stem + "ed",))
    forms = [(first, "finite"), (third, "finite"), (stem + "ing", "gerund"), *((form, "participle") for form in past)]
    return ((form + space + rest, kind) for form, kind in forms)


def _plural(noun: str) -> str:
    if noun.endswith(("s", "sh", "ch", "x")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def _nouns() -> dict[str, Entry]:
    entries = {",": Entry(v.COMMA)}
    for tag, words in v.WORD_ROWS:
        entries.update((word, Entry(tag)) for word in _split(words))
    entries.update((f"{modal} {verb}", Entry(v.TO_BE)) for modal in _split(v.MODALS) for verb in _split(v.BECOMING))
    for tag, topic, words in features.ROWS:
        for word in _split(words):
            entries[word] = Entry(tag, topic, modifies=True)
            entries.setdefault(_plural(word), Entry(tag, topic))
    return entries


def _verbs() -> dict[str, Entry]:
    verbs: dict[str, Entry] = {}
    for tag, participle_tag, words in v.VERB_ROWS:
        for form, kind in (pair for base in _split(words) for pair in _inflections(base)):
            entry = Entry(participle_tag) if kind == "participle" else Entry(tag, is_gerund=kind == "gerund")
            verbs.setdefault(form, entry)
    return verbs


_DOUBLED_CONSONANT = frozenset(_split(v.DOUBLED_CONSONANT))
NOUNS = _nouns()
VERBS = _verbs()
DUAL_VERBS = frozenset(form for base in _split(v.DUAL_VERBS) for form, _ in _inflections(base))
ING_WORDS = frozenset(_split(v.ING_WORDS))
LY_WORDS = frozenset(_split(v.LY_WORDS))
CASE_FURNITURE = frozenset(_split(v.CASE_FURNITURE))
LONGEST_PHRASE_WORDS = max(len(phrase.split()) for phrase in (*NOUNS, *VERBS))
