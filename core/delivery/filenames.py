"""Under which name is a result saved, so that a folder of them explains itself?"""

import re
import unicodedata
from typing import Final

MAX_LENGTH: Final = 100
_MAX_SLUG_LENGTH: Final = 24
_MAX_EXTENSION_LENGTH: Final = 5
_SEPARATOR: Final = "_"
_LABELED: Final = "virtually-staged.jpg"
_VARIANT_NAMES: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def download_name(
    file_name: str, *, room_type: str, style: str, variant_index: int, labeled: bool, extension: str = "png"
) -> str:
    """The photo's own name, what was ordered, which variant: "IMG-12_bedroom_modern_A_virtually-staged.jpg".

    `file_name` is the original's, from anywhere: folders, its extension and unsafe characters go. The labeled copy is
    always a JPEG; the clean one ends in "_clean." and `extension`, that of the stored result. ASCII letters, digits,
    "-", "_" and one "." only, at most `MAX_LENGTH` characters: a long stem is cut, never what was ordered.

    Raises:
        ValueError: if there is no such variant.
    """
    if not 0 <= variant_index < len(_VARIANT_NAMES):
        raise ValueError(f"variant index {variant_index} is not from 0 to {len(_VARIANT_NAMES) - 1}")
    room, look = (slug(words)[:_MAX_SLUG_LENGTH].strip("-") for words in (room_type, style))
    ending = _LABELED if labeled else f"clean.{slug(extension).lower()[:_MAX_EXTENSION_LENGTH] or 'png'}"
    ordered = _SEPARATOR.join(
        [*([room] if room else []), *([look] if look else []), _VARIANT_NAMES[variant_index], ending]
    )
    stem = _stem(file_name)[: max(0, MAX_LENGTH - len(_SEPARATOR + ordered))].strip("-")
    # A photo called "living room.jpg" need not say it twice.
    return ordered if not stem or stem.lower() == room else stem + _SEPARATOR + ordered


def _stem(file_name: str) -> str:
    last = file_name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", last)
    return slug(stem)


def on_any_system(file_name: str) -> str:
    """The name as every system takes it: what Windows refuses is a hyphen."""
    return re.sub(r'[<>:"/\\|?*]', "-", file_name)


def slug(text: str) -> str:
    """ASCII letters and digits with single hyphens between; accents go, other scripts leave nothing."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")
