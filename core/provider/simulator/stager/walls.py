"""What hangs on the wall, and is there room for it? A framed motif or a mirror, clear of windows and doors."""

import itertools
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.provider.simulator.stager import canvas, pictures, placing, scenery
from core.provider.simulator.stager.camera import Floats
from core.provider.simulator.stager.layouts import Hanging
from core.provider.simulator.stager.light import Light
from core.provider.simulator.stager.mesh import Finish, Part, box, linear, rod
from core.provider.simulator.stager.palettes import LOOKS

_PLACES = (0.0, 0.35, -0.35, 0.7, -0.7, 1.1, -1.1, 1.5, -1.5, 1.9, -1.9)
_SIZES = (1.0, 0.8, 0.65)
_BAR = 0.028
_CLEARANCE_METERS = 0.15
_PLAIN_STEP = 0.035
_PLAIN_WALL = 0.035  # how uneven, in gray levels of 0 to 1, a stretch of wall may be


def hang(
    photo: Image.Image,
    hanging: Hanging | None,
    arrangement: placing.Arrangement,
    light: Light,
    *,
    style: str,
    variant: int,
) -> list[scenery.Piece]:
    """Draw the picture itself into the photo and return its frame, still to be painted; none if no wall is free."""
    if hanging is None:
        return []
    gray = np.asarray(photo.reduce(4).convert("L"), dtype=np.float64) / 255.0
    for scale in _SIZES:
        for x in _PLACES:
            place = _Place(x * arrangement.side, hanging.y, hanging.width * scale, hanging.height * scale)
            if _is_free(place, arrangement, gray, photo.size):
                return _hung(photo, place, hanging, arrangement, light, style=style, variant=variant)
    return []


@dataclass(frozen=True, slots=True)
class _Place:
    """A rectangle on the wall z = 0: its middle and its measures in meters."""

    x: float
    y: float
    width: float
    height: float

    def corners(self, *, beyond: float = 0.0, z: float = 0.018) -> Floats:
        w, h = self.width / 2 + beyond, self.height / 2 + beyond
        return np.array([[self.x + sx * w, self.y + sy * h, z] for sx, sy in ((-1, 1), (1, 1), (1, -1), (-1, -1))])


def _is_free(place: _Place, arrangement: placing.Arrangement, gray: Floats, size: tuple[int, int]) -> bool:
    if any(_is_before(standing.bounds, place) for standing in arrangement.pieces):
        return False
    pixels = arrangement.view.project(place.corners(beyond=_CLEARANCE_METERS))
    if arrangement.view.depth(place.corners()).min() < 1.2:
        return False
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    if low[0] < 0.02 * size[0] or high[0] > 0.98 * size[0] or low[1] < 0.16 * size[1] or high[1] > 0.9 * size[1]:
        return False
    left, top, right, bottom = (int(v) // 4 for v in (*low, *high))
    patch = gray[top : bottom + 1, left : right + 1]
    rows, columns = np.abs(np.diff(patch, axis=0)), np.abs(np.diff(patch, axis=1))
    return bool(patch.size > 24 and patch.std() < _PLAIN_WALL and max(rows.max(), columns.max()) < _PLAIN_STEP)


def _is_before(bounds: Floats, place: _Place) -> bool:
    """Whether a piece standing near the wall hides a good part of the place."""
    (x0, _, z0), (x1, top, _) = bounds
    beside = x0 > place.x + place.width / 2 or x1 < place.x - place.width / 2
    return bool(z0 < 1.0 and not beside and top > place.y - place.height * 0.3)


def _hung(
    photo: Image.Image,
    place: _Place,
    hanging: Hanging,
    arrangement: placing.Arrangement,
    light: Light,
    *,
    style: str,
    variant: int,
) -> list[scenery.Piece]:
    look = LOOKS[style]
    wood = Finish(linear(look.frame), gloss=0.3 if look.metal_gloss < 1 else 0.7)
    pixels = arrangement.view.project(place.corners())
    is_round = hanging.kind == "round_mirror"
    if "mirror" in hanging.kind:
        canvas.lay(photo, pictures.mirror(photo, is_round=is_round), pixels)
    else:
        picture = pictures.motif(style, variant, is_wide=place.width > place.height)
        canvas.lay(photo, light.on_wall(picture), pixels)
    return [scenery.assemble(_ring(place, wood) if is_round else _bars(place, wood))]


def _bars(place: _Place, wood: Finish) -> list[Part]:
    w, h = place.width / 2, place.height / 2
    across = (place.width + 2 * _BAR, _BAR, 0.034)
    return [
        *(box((place.x, place.y + s * (h + _BAR / 2), 0.02), across, wood) for s in (-1, 1)),
        *(box((place.x + s * (w + _BAR / 2), place.y, 0.02), (_BAR, place.height, 0.034), wood) for s in (-1, 1)),
    ]


def _ring(place: _Place, wood: Finish) -> list[Part]:
    angle = np.linspace(0, 2 * np.pi, 33)
    points = np.stack(
        (place.x + place.width / 2 * np.cos(angle), place.y + place.height / 2 * np.sin(angle), np.full(33, 0.02)),
        axis=1,
    )
    return [rod(tuple(a), tuple(b), wood, radius=0.014, sides=5) for a, b in itertools.pairwise(points)]
