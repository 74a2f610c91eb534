"""How is a picture brought to another size, well and quickly?"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from PIL import Image

# Large pictures are first averaged down to at least twice the wanted size, which is much faster and hardly visible.
_REDUCING_GAP: Final = 2.0
# Below this many pixels wanted, a second thread costs more than it saves.
_WORTH_SHARING_PIXELS: Final = 250_000
# Transparent pictures are scaled in one piece: Pillow weighs colours by their opacity in a full copy first.
_SHAREABLE_MODES: Final = frozenset({"L", "RGB", "CMYK"})

_second_half = ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 1), thread_name_prefix="scaling")


def scaled(
    picture: Image.Image, width: int, height: int, *, resampling: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    """The picture at `width` × `height` pixels; the picture itself if it has that size.

    Two threads make one half each. The filter reads across the cut, so there is no seam.
    """
    if picture.size == (width, height):
        return picture
    if picture.mode not in _SHAREABLE_MODES or width * height < _WORTH_SHARING_PIXELS:
        return _resized(picture, width, height, resampling, top=0, bottom=picture.height)
    middle = height // 2
    cut = picture.height * middle / height
    lower = _second_half.submit(_resized, picture, width, height - middle, resampling, top=cut, bottom=picture.height)
    whole = Image.new(picture.mode, (width, height))
    whole.paste(_resized(picture, width, middle, resampling, top=0, bottom=cut), (0, 0))
    whole.paste(lower.result(), (0, middle))
    return whole


def _resized(
    picture: Image.Image, width: int, height: int, resampling: Image.Resampling, *, top: float, bottom: float
) -> Image.Image:
    return picture.resize(
        (width, height),
        resampling,
        box=(0, top, picture.width, bottom),
        reducing_gap=_REDUCING_GAP,
    )
