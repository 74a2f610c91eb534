"""Which room and which style does a prompt ask for?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_ROOM = "living_room"
DEFAULT_STYLE = "modern"

# The words for each room; the earliest in the prompt counts, the longer first where several begin together.
ROOM_WORDS: Mapping[str, tuple[str, ...]] = {
    "living_room": (
        "living room", "livingroom", "living area", "living space", "lounge", "sitting room", "great room",
        "salon", "den", "sunroom", "loft",
    ),
    "bedroom": (
        "bedroom", "bed room", "master bedroom", "primary bedroom", "main bedroom", "guest bedroom", "guest room",
        "master suite", "primary suite",
    ),
    "kitchen": (
        "kitchen", "kitchenette", "pantry",
    ),
    "dining_room": (
        "dining room", "dining area", "dining space", "breakfast nook", "breakfast room", "dining",
    ),
    "bathroom": (
        "bathroom", "bath room", "powder room", "ensuite", "en suite", "washroom", "shower room", "half bath",
        "master bath", "primary bath", "guest bath", "bath",
    ),
    "home_office": (
        "home office", "office", "study", "workspace", "work space", "study room", "library",
    ),
    "nursery": (
        "nursery", "baby room", "babys room", "infant room",
    ),
    "kids_room": (
        "kids room", "kid room", "childrens room", "children room", "childs room", "child room", "kids bedroom",
        "childrens bedroom", "childs bedroom", "playroom", "play room", "teen room", "toddler room",
    ),
    "entryway": (
        "entryway", "entry way", "entry", "entrance", "entrance hall", "foyer", "hallway", "hall", "mudroom",
        "mud room", "corridor", "vestibule",
    ),
    "basement": (
        "basement", "rec room", "recreation room", "media room", "game room", "home theater", "home theatre",
        "cellar", "man cave", "bonus room",
    ),
    "laundry_room": (
        "laundry room", "laundry", "utility room",
    ),
    "family_room": (
        "family room", "family area",
    ),
    "studio_apartment": (
        "studio apartment", "studio flat", "studio", "bedsit", "efficiency apartment",
    ),
    "home_gym": (
        "home gym", "gym", "fitness room", "exercise room", "workout room", "yoga room",
    ),
    "outdoor_patio": (
        "outdoor patio", "patio", "terrace", "balcony", "deck", "porch", "outdoor space", "outdoor area",
        "outdoor", "backyard", "veranda", "courtyard", "rooftop", "garden", "lanai",
    ),
}  # fmt: skip

STYLE_WORDS: Mapping[str, tuple[str, ...]] = {
    "modern": (
        "modern", "sleek", "urban modern",
    ),
    "scandinavian": (
        "scandinavian", "scandi", "nordic", "hygge", "danish", "swedish",
    ),
    "industrial": (
        "industrial", "warehouse", "urban loft", "steampunk",
    ),
    "mid_century": (
        "mid century modern", "mid century", "midcentury modern", "midcentury", "mcm", "retro", "vintage",
        "1950s", "1960s",
    ),
    "farmhouse": (
        "farmhouse", "modern farmhouse", "country", "french country", "shabby chic", "cottage", "cottagecore",
        "english country",
    ),
    "coastal": (
        "coastal", "beach", "beach house", "nautical", "hamptons", "seaside", "tropical", "coastal grandmother",
    ),
    "traditional": (
        "traditional", "classic", "victorian", "colonial", "georgian", "neoclassical", "french provincial",
        "formal",
    ),
    "contemporary": (
        "contemporary", "transitional", "organic modern", "modern organic", "warm modern",
    ),
    "bohemian": (
        "bohemian", "boho", "boho chic", "eclectic", "moroccan", "maximalist",
    ),
    "minimalist": (
        "minimalist", "minimalistic", "minimal", "minimalism",
    ),
    "luxury": (
        "luxury", "luxurious", "glam", "glamorous", "hollywood regency", "hollywood glam", "opulent", "high end",
        "elegant", "upscale",
    ),
    "japandi": (
        "japandi", "japanese", "zen", "wabi sabi", "asian",
    ),
    "rustic": (
        "rustic", "cabin", "lodge", "chalet", "southwestern", "western", "log cabin",
    ),
    "art_deco": (
        "art deco", "artdeco", "deco", "gatsby", "1920s",
    ),
    "mediterranean": (
        "mediterranean", "tuscan", "spanish", "greek", "italian villa", "spanish revival",
    ),
}  # fmt: skip

# Words too broad to outweigh a more telling one right after them: "modern coastal" is coastal.
_BROAD = ("modern", "contemporary", "luxury")
_NEXT_WORD_CHARACTERS = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What to draw, as the slugs of a room type and a style."""

    room: str
    style: str


def read(prompt: str) -> Wish:
    """The room and the style a prompt names first; a modern living room where it names none."""
    text = re.sub(r"[^a-z0-9]+", " ", prompt.lower().replace("'", "").replace("’", ""))
    rooms = _mentions(text, _ROOM_PATTERN, _ROOM_OF)
    styles = _mentions(text, _STYLE_PATTERN, _STYLE_OF)
    return Wish(
        room=rooms[0][1] if rooms else DEFAULT_ROOM,
        style=_most_telling(styles) if styles else DEFAULT_STYLE,
    )


def _mentions(text: str, pattern: re.Pattern[str], slug_of: Mapping[str, str]) -> list[tuple[re.Match[str], str]]:
    return [(match, slug_of[match.group()]) for match in pattern.finditer(text)]


def _most_telling(mentions: list[tuple[re.Match[str], str]]) -> str:
    first, slug = mentions[0]
    for match, other in mentions[1:]:
        if slug in _BROAD and match.start() - first.end() <= _NEXT_WORD_CHARACTERS:
            return other
        break
    return slug


def _pattern(words: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    every = sorted({word for group in words.values() for word in group}, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, every))})\b")


_ROOM_OF = {word: slug for slug, group in ROOM_WORDS.items() for word in group}
_STYLE_OF = {word: slug for slug, group in STYLE_WORDS.items() for word in group}
_ROOM_PATTERN = _pattern(ROOM_WORDS)
_STYLE_PATTERN = _pattern(STYLE_WORDS)
