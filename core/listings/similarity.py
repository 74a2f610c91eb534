"""Is this photo there already, byte for byte or as another copy of the same view?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from core.images.perceptual_hash import distance_bits

# Bits of 64 in which two copies may differ. Measured on photographs of rooms: copies that are smaller, compressed to
# quality 10, 30 % darker or 15 % brighter differ in at most 4, with 5 % cut off around the middle or 3 % off one side
# in at most 7; different rooms, and different views cut from one large photograph, in at least 23. Not found are 5 %
# cut off at one corner (up to 15) and windows that brightening turned white (12).
NEAR_BITS: Final = 10


@dataclass(frozen=True, slots=True)
class Likeness:
    """By what a photo is known: the SHA-256 of its bytes, and its perceptual hash if it shows enough to have one."""

    sha256: str
    perceptual_hash: int | None


@dataclass(frozen=True, slots=True)
class Match:
    """Another photo that shows the same: its position in what was searched, and in how many bits it differs.

    `is_same` means byte for byte; otherwise it is another copy.
    """

    position: int
    is_same: bool
    distance_bits: int


def closest(photo: Likeness, among: Iterable[Likeness]) -> Match | None:
    """The photo of the same bytes, else the nearest copy; the first of equally near ones. None if there is none."""
    found = (
        match
        for position, other in enumerate(among)
        if (match := _match(photo, other, position=position)) is not None
    )
    return min(found, key=lambda match: (not match.is_same, match.distance_bits, match.position), default=None)


def repeats(photos: Sequence[Likeness]) -> list[Match | None]:
    """For each photo of a set, which earlier one it repeats."""
    return [closest(photo, photos[:position]) for position, photo in enumerate(photos)]


def _match(photo: Likeness, other: Likeness, *, position: int) -> Match | None:
    if photo.sha256 == other.sha256:
        return Match(position, is_same=True, distance_bits=0)
    if photo.perceptual_hash is None or other.perceptual_hash is None:
        return None
    bits = distance_bits(photo.perceptual_hash, other.perceptual_hash)
    return Match(position, is_same=False, distance_bits=bits) if bits <= NEAR_BITS else None
