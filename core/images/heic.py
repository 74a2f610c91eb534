"""What does a HEIC's header say?

The decoder turns HEIC pictures upright by itself, from the container's own rotation; the EXIF orientation beside it
is only a record of that and must not be applied again. So the orientation reported here is always 1.
"""

from typing import Any, Final

import pillow_heif

from core import errors
from core.images import exif, formats
from core.images.formats import Facts

# Groups whose members are one photo: alternatives to choose from (a tone-mapped version), or the two eyes of a stereo
# picture. A burst or a collection is neither.
_ONE_PHOTO: Final = frozenset({"altr", "ster"})
_MAX_BOXES: Final = 1000


def read(data: bytes) -> Facts:
    """The header's facts.

    Depth maps, gain maps, thumbnails and tiles belong to their picture. Raises `PhotoAnimated` for
    sequences and collections, `PhotoUnreadable` if the container can't be read.
    """
    if not formats.brands(data) & formats.HEIC_STILL_BRANDS or b"moov" in _top_boxes(data):
        raise errors.PhotoAnimated()
    try:
        container = pillow_heif.open_heif(data)
        primary = container[container.primary_index]
        info: dict[str, Any] = primary.info
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError, IndexError) as failure:
        raise errors.PhotoUnreadable() from failure
    if len(container) > 1 and not _one_photo(
        info.get("entity_groups", []), primary=container.primary_index, pictures=len(container)
    ):
        raise errors.PhotoAnimated()
    width, height = primary.size
    _orientation, located = exif.read(info.get("exif") or b"")
    has_gps = located or exif.xmp_has_gps(info.get("xmp") or b"")
    return Facts(width=width, height=height, has_gps=has_gps)


def _one_photo(groups: list[dict[str, Any]], *, primary: int, pictures: int) -> bool:
    """Whether all pictures of the file are in groups that say they are the primary picture's other selves."""
    selves = {primary}
    for group in groups:
        members = set(group["images"])
        if group["type"] in _ONE_PHOTO and primary in members:
            selves |= members
    return selves >= set(range(pictures))


def _top_boxes(data: bytes) -> set[bytes]:
    """The kinds of the boxes at the file's top level, as far as they can be followed."""
    kinds: set[bytes] = set()
    position = 0
    for _ in range(_MAX_BOXES):
        if position + 8 > len(data):
            break
        length, kind = int.from_bytes(data[position : position + 4]), data[position + 4 : position + 8]
        kinds.add(kind)
        if length == 1:
            length = int.from_bytes(data[position + 8 : position + 16])
        if length < 8:
            break
        position += length
    return kinds
