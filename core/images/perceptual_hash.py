"""What does a photo look like, in 64 bits? Copies of one view have bits alike, other rooms have not.

A difference hash: the picture is brought to 9 × 8 grey points, and each bit tells whether a point is darker than its
right neighbor. Against a hash of the lowest frequencies (DCT), measured on photographs of rooms, it moved half as
far when an edge was cut off, and no further otherwise.
"""

from itertools import pairwise
from typing import Final

from core.images import headers, rendering

# With fewer levels of grey between the darkest and the lightest point there is nothing to tell two pictures apart by.
_LEVELS_MIN: Final = 8
_COLUMNS, _ROWS = 9, 8
_ALL_BITS: Final = (1 << 64) - 1


def perceptual_hash(data: bytes) -> int | None:
    """The 64 bits of a prepared photo or its thumbnail, as a signed number that a BIGINT holds.

    None for a picture as plain as a blank wall. Raises `PhotoRefused` for what is no picture, and `PicturesBusy`.
    """
    picture = rendering.render(data, header=headers.read(data), width=_COLUMNS, height=_ROWS).convert("L")
    grey = picture.tobytes()
    if max(grey) - min(grey) < _LEVELS_MIN:
        return None
    bits = 0
    for start in range(0, len(grey), _COLUMNS):
        row = grey[start : start + _COLUMNS]
        for left, right in pairwise(row):
            bits = bits << 1 | (right > left)
    return int.from_bytes(bits.to_bytes(8), signed=True)


def distance_bits(one: int, other: int) -> int:
    """In how many bits two hashes differ, 0 to 64."""
    return ((one ^ other) & _ALL_BITS).bit_count()
