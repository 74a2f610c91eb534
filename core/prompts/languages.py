"""Does a wish in German, Spanish or French plainly ask to alter the property?

The photo is described to the model in English, and only English is read closely. Of these three languages the guard
knows the plain cases: an altering verb and a part of the property in one clause, where the part is not a place
("an der Wand") and nothing is negated.
"""

import re
from dataclasses import dataclass

_CLAUSE_END = re.compile(r"[.,;:!?()\n]|\b(?:und|aber|sondern|pero|sino|mais|puis)\b", re.IGNORECASE)
_WORDS_TO_A_PLACE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What to look for, as patterns of whole words."""

    verbs: re.Pattern[str]
    features: re.Pattern[str]
    places: re.Pattern[str]
    negations: re.Pattern[str]


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(words.split())})", re.IGNORECASE)


LANGUAGES: tuple[Language, ...] = (
    Language(
        verbs=_pattern(
            r"(?:über)?streich(?:e|t|en) (?:be|an|über)?mal(?:e|t|en) (?:über)?tapezier\w+ entfern\w+ ersetz\w+ "
            r"(?:aus)?tausch\w* (?:ver)?änder\w* vergrö(?:ß|ss)er\w* (?:ab|ein)?rei(?:ß|ss)\w* versteck\w* "
            r"(?:ver|über|ab)deck\w+ reparier\w* renovier\w* verputz\w*"
        ),
        features=_pattern(
            r"w[aä]nd(?:e|en)? (?:fuß|teppich|holz)?b[oö]den zimmerdecke parkett fliesen fenster[sn]? tür(?:en)? "
            r"heizkörpern? steckdosen? riss(?:e|en)? flecken? schimmel (?:küchen|einbau)schr[aä]nke? kamin aussicht "
            r"himmel rasen stromleitung(?:en)?"
        ),
        places=_pattern("an am auf vor vorm neben unter über bei beim gegenüber zwischen hinter zum zur in im"),
        negations=_pattern(r"nicht keine?[mnrs]? ohne nie niemals"),
    ),
    Language(
        verbs=_pattern(
            r"(?:re)?pint(?:a|ar|e|en|ad) cambi(?:a|ar|e|en|ad) reempla[zc]\w+ sustitu\w+ quit(?:a|ar|e|en) "
            r"elimin(?:a|ar|e|en) derrib\w+ tap(?:a|ar|e|en) ocult\w+ ampl[ií]\w+ repar(?:a|ar|e|en) renov\w+ "
            r"empapel\w+"
        ),
        features=_pattern(
            r"pared(?:es)? muros? suelos? pisos? techos? ventanas? puertas? radiador(?:es)? enchufes? grietas? "
            r"manchas? moho vistas? cielo césped chimenea azulejos?"
        ),
        places=_pattern("en sobre junto contra cerca delante frente bajo entre lado"),
        negations=_pattern("no sin nunca"),
    ),
    Language(
        verbs=_pattern(
            r"(?:re)?pei(?:ns|nt|ndre|gnez) changer changez remplacer remplacez enlev\w+ supprim\w+ retir(?:er|ez) "
            r"abatt\w+ démol\w+ cach(?:er|ez) masquer masquez agrand\w+ répar\w+ rénov\w+ tapiss\w+"
        ),
        features=_pattern(
            r"murs? sols? plancher parquet moquette plafonds? fenêtres? portes? radiateurs? prises? fissures? "
            r"taches? moisissures? vue ciel pelouse cheminée carrelage"
        ),
        places=_pattern("sur contre près devant sous dans entre côté au aux vers derrière face"),
        negations=_pattern(r"ne n pas sans jamais aucune?"),
    ),
)


def find_alteration(text: str) -> str | None:
    """The first clause of `text` that asks in one of these languages to alter the property, or None."""
    clauses = (clause.strip() for clause in _CLAUSE_END.split(text))
    return next((clause for clause in clauses if any(_alters(clause, language) for language in LANGUAGES)), None)


def _alters(clause: str, language: Language) -> bool:
    words = re.findall(r"[^\W_]+", clause)
    if any(language.negations.fullmatch(word) for word in words):
        return False
    if not any(language.verbs.fullmatch(word) for word in words):
        return False
    features = [index for index, word in enumerate(words) if language.features.fullmatch(word)]
    return any(
        not any(language.places.fullmatch(word) for word in words[max(0, index - _WORDS_TO_A_PLACE) : index])
        for index in features
    )
