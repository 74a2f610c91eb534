"""How does a wish fall into clauses, and what is the part of each word in them?

1. Split the text into words and marks; join fixed phrases; drop fillers such as "please" and adverbs in -ly.
2. Tag each word, from the right, because what a word is depends on what follows: "floor" is a feature in "the floor"
   and only a modifier in "floor lamp"; "paint" is a verb in "paint the wall" and a thing in "fresh paint".
3. Cut at full stops, commas and conjunctions, but not inside a list of features ("the walls, floor and windows").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.prompts import lexicon
from core.prompts import vocabulary as v

_WORD_OR_MARK = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[.,;:!?()\[\]{}<>|=/&+—–…]|(?<=\s)-+(?=\s)")
_OBJECT_FOLLOWS = re.compile(rf"[{v.LOOK}{v.NEW}{v.SIZE}]*[{v.THE}{v.A}{v.IT}{v.FEATURES}]")
_NOUN_FOLLOWS = re.compile(rf"{v.COLOR}?[{v.OTHER}{v.DECOR}]|[{v.FEATURES}]")
_MATERIAL_LIST = re.compile(rf"(?:{v.AND}{v.LOOK}+)+[{v.OTHER}{v.DECOR}]")
_NOT_BEFORE_A_VERB = v.THE + v.A + v.NEW + v.SIZE + v.LOOK + v.ON + v.AT + v.OF
_LIST_COMMA = re.compile(
    rf"(?<=[{v.FEATURES}]){v.COMMA}[{v.AND}{v.OR}]?"
    rf"(?={v.THE}?[{v.FEATURES}](?![{v.LOOK}{v.SIZE}{v.ALTERED}{v.RENOVATED}{v.TO_BE}]))"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word or fixed phrase with its place in the text and its tag."""

    text: str
    start: int
    end: int
    tag: str = v.OTHER
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """Words in order; `tags` has one letter for each."""

    words: tuple[Word, ...]

    @property
    def tags(self) -> str:
        """The clause as a string of tags."""
        return "".join(word.tag for word in self.words)


def read(text: str) -> list[Clause]:
    """The clauses of a text, in order. `text` is normalized: one line, plain apostrophes."""
    words = _tag(list(_join_phrases(_words(text))))
    clauses: list[Clause] = []
    current: list[Word] = []
    for word in _cut(words):
        if word.tag == v.END:
            clauses.append(Clause(tuple(current)))
            current = []
        else:
            current.append(word)
    clauses.append(Clause(tuple(current)))
    return [clause for clause in clauses if clause.words]


def _words(text: str) -> Iterator[Word]:
    for match in _WORD_OR_MARK.finditer(text):
        word = match.group().lower()
        base = word.removesuffix("'s")
        yield Word(word if word in lexicon.NOUNS else base, match.start(), match.end())


def _join_phrases(words: Iterator[Word]) -> Iterator[Word]:
    """Fixed phrases become one word, longest first; fillers go."""
    rest = list(words)
    index = 0
    while index < len(rest):
        for length in range(min(lexicon.LONGEST_PHRASE_WORDS, len(rest) - index), 0, -1):
            part = rest[index : index + length]
            phrase = " ".join(word.text for word in part)
            if length == 1 or phrase in lexicon.NOUNS or phrase in lexicon.VERBS:
                break
        joined = Word(_known(phrase), part[0].start, part[-1].end)
        if not _is_filler(joined.text):
            yield joined
        index += length


def _known(word: str) -> str:
    """The spelling under which the vocabulary has the word: "re-tile" is "retile", "open-concept" "open concept"."""
    spellings = (word, word.replace("-", ""), word.replace("-", " "))
    return next((spelling for spelling in spellings if spelling in lexicon.NOUNS or spelling in lexicon.VERBS), word)


def _is_filler(word: str) -> bool:
    if word in lexicon.NOUNS:
        return lexicon.NOUNS[word].tag == v.DROPPED
    return word.endswith("ly") and word not in lexicon.LY_WORDS


def _tag(words: list[Word]) -> list[Word]:
    tagged: list[Word] = []
    following = ""
    for index in range(len(words) - 1, -1, -1):
        entry = _entry(words[index].text, before=words[index - 1].text if index else "", following=following)
        if entry.tag != v.DROPPED:
            word = words[index]
            tagged.append(Word(word.text, word.start, word.end, entry.tag, entry.topic))
            following = entry.tag + following
    return tagged[::-1]


def _entry(word: str, *, before: str, following: str) -> lexicon.Entry:
    """What the word is between the word before it and the tags after it."""
    if re.fullmatch(r"\W+", word) and word not in lexicon.NOUNS:
        return lexicon.Entry(v.END)
    if word == "to" and following[:1] in (*v.ACTIONS, v.KEEP, v.STAY):
        return lexicon.Entry(v.DROPPED)
    if word in ("above", "below") and _raw_tag(before) == v.THE:
        return lexicon.NOUNS["instruction"]
    if word == "that":
        opens = not before or before in lexicon.VERBS or _raw_tag(before) in v.PLACES + v.KEEP
        return lexicon.Entry(v.THE if opens else v.AT)
    if word == "with" and before.split(" ")[-1] in lexicon.CASE_FURNITURE:
        return lexicon.Entry(v.AT)
    verb = lexicon.VERBS.get(word)
    if verb is not None and _is_verb(word, verb, before=before, following=following):
        return verb
    noun = lexicon.NOUNS.get(word)
    if noun is not None and noun.tag == v.EXCEPT and following[:1] in (*v.ACTIONS, *v.PROTECTORS):
        return lexicon.Entry(v.END)
    if noun is None:
        is_link = verb is None and before != "" and word.endswith("ing") and word not in lexicon.ING_WORDS
        return lexicon.Entry(v.AT if is_link else v.OTHER)
    return lexicon.Entry(v.OTHER) if noun.modifies and _is_modifier(noun, following) else noun


def _raw_tag(word: str) -> str:
    return lexicon.NOUNS[word].tag if word in lexicon.NOUNS else v.OTHER


def _is_verb(word: str, verb: lexicon.Entry, *, before: str, following: str) -> bool:
    if verb.tag not in v.ACTIONS:
        return word not in lexicon.NOUNS
    if (word in lexicon.NOUNS or word in lexicon.DUAL_VERBS) and not _OBJECT_FOLLOWS.match(following):
        return False
    return verb.is_gerund or not before or before == "to" or _raw_tag(before) not in _NOT_BEFORE_A_VERB


def _is_modifier(noun: lexicon.Entry, following: str) -> bool:
    if _NOUN_FOLLOWS.match(following):
        return True
    return noun.tag == v.ADDITION and _MATERIAL_LIST.match(following) is not None


def _cut(words: list[Word]) -> Iterator[Word]:
    """The words with every conjunction and comma that begins a new clause replaced by END."""
    tags = "".join(word.tag for word in words)
    joins = {match.start() for match in _LIST_COMMA.finditer(tags)}
    is_negated = False
    for index, word in enumerate(words):
        tag = word.tag
        if tag == v.COMMA:
            tag = v.OR if index in joins else v.END
        elif tag == v.AND and index + 1 < len(words):
            tag = v.END if _opens_clause(words, index + 1, is_negated=is_negated) else v.AND
        is_negated = (is_negated or tag in (v.NOT, v.NO)) and tag != v.END
        yield Word(word.text, word.start, word.end, tag, word.topic)


def _opens_clause(words: list[Word], index: int, *, is_negated: bool) -> bool:
    """Whether "and" is followed by a new request; "without painting the walls and changing the floor" has one."""
    for word in words[index : index + 2]:
        if word.tag in (*v.ACTIONS, v.KEEP, v.STAY, v.NOT, v.NO):
            return not (is_negated and word.text.split()[0].endswith("ing"))
        if word.tag != v.OTHER:
            return False
    return False
