"""How do facets become pixels? Hidden ones dropped, far parts first, each in its color, at twice the photo's size."""

from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw

from core.provider.simulator.stager import light as lighting
from core.provider.simulator.stager import scenery
from core.provider.simulator.stager.camera import Floats
from core.provider.simulator.stager.view import View

OVERSIZE = 2
_OVERLAP_PIXELS = 0.3
_CELL_PIXELS = 7.0
_CELL_LEVELS = 4.5
# Into how many cells a side is cut; few different numbers, so that facets cut alike are worked on together.
_CUTS = np.array([1, 1, 2, 3, 4, 6, 6, 9, 9, 9])
_TOUCH_METERS = 0.02


class LightSource(Protocol):
    """What colors surfaces."""

    def colors(self, skin: lighting.Skin) -> Floats:
        """The colors (n, 3) of points of surfaces as sRGB, 0 to 255."""


def paint(photo: Image.Image, piece: scenery.Piece, *, view: View, light: LightSource) -> None:
    """Draw the facets into an RGB photo; pixels they don't touch stay as they are."""
    eye = view.eye
    toward = eye - piece.facets.mean(axis=1)
    seen = np.einsum("nk,nk->n", piece.flat, toward)
    visible = np.flatnonzero((seen > 0) | piece.is_sheet)
    pixels = view.project(piece.facets[visible])
    inside = _inside(pixels, photo.size)
    visible, pixels = visible[inside], pixels[inside]
    if not len(visible):
        return
    rank = _drawing_order(piece, view)[piece.parts[visible]]
    distance = np.einsum("nk,nk->n", toward[visible], toward[visible])
    order = np.lexsort((-distance, rank))
    visible, pixels = visible[order], pixels[order]
    facing = np.where((seen[visible] < 0)[:, None, None], -piece.normals[visible], piece.normals[visible])
    skin = lighting.Skin(
        albedo=np.repeat(piece.colors[visible], 4, axis=0),
        facing=facing.reshape(-1, 3),
        place=piece.facets[visible].reshape(-1, 3),
        gloss=np.repeat(piece.gloss[visible], 4),
        glow=np.repeat(piece.glow[visible], 4),
        open_air=piece.open_air[visible].reshape(-1),
        eye=eye,
    )
    colors = light.colors(skin).reshape(-1, 4, 3)
    _fill(photo, *_split(pixels, colors))


def _split(pixels: Floats, colors: Floats) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Outlines (n, 4, 2) and plain colors (n, 3): facets whose corners differ are cut until no steps show."""
    following = [1, 2, 3, 0]
    sides = pixels - pixels[:, following]
    edges = np.hypot(sides[..., 0], sides[..., 1])
    change = np.abs(colors - colors[:, following])
    steps = np.maximum(np.maximum(change[..., 0], change[..., 1]), change[..., 2])
    cuts = np.ceil(np.minimum(edges / _CELL_PIXELS, steps / _CELL_LEVELS))
    cuts = np.clip(np.maximum(cuts[:, :2], cuts[:, 2:]), 1, len(_CUTS) - 1).astype(np.int64)
    code = _CUTS[cuts[:, 0]] * 16 + _CUTS[cuts[:, 1]]
    outlines, fills, places = [], [], []
    for value in np.unique(code):
        chosen = np.flatnonzero(code == value)
        corners, middles = _cutting(int(value) // 16, int(value) % 16)
        outlines.append((corners @ pixels[chosen][:, None]).reshape(-1, 4, 2))
        fills.append((middles @ colors[chosen]).reshape(-1, 3))
        places.append(np.repeat(chosen, len(middles)))
    order = np.argsort(np.concatenate(places), kind="stable")
    cells = np.concatenate(outlines)[order]
    # Cells overlap a little, so that nothing shines through between facets that were cut differently.
    away = cells - cells.mean(axis=1, keepdims=True)
    cells += away * (_OVERLAP_PIXELS / np.maximum(np.hypot(away[..., :1], away[..., 1:]), 1.0))
    return cells, (np.concatenate(fills)[order] + 0.5).astype(np.uint8)


@lru_cache(maxsize=64)
def _cutting(across: int, down: int) -> tuple[Floats, Floats]:
    """Weights of a facet's corners that give its cells' corners (cells, 4, 4) and middles (cells, 4)."""
    u, v = np.meshgrid(np.arange(across + 1) / across, np.arange(down + 1) / down, indexing="ij")
    weights = np.stack(((1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v), axis=-1)
    around = (weights[:-1, :-1], weights[1:, :-1], weights[1:, 1:], weights[:-1, 1:])
    corners = np.stack(around, axis=2).reshape(-1, 4, 4)
    return corners, corners.mean(axis=1)


def _inside(pixels: Floats, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    x, y = pixels[..., 0], pixels[..., 1]
    return np.asarray(
        (x > 0).any(axis=1) & (y > 0).any(axis=1) & (x < size[0]).any(axis=1) & (y < size[1]).any(axis=1)
    )


def _fill(photo: Image.Image, pixels: Floats, colors: npt.NDArray[np.uint8]) -> None:
    corners = pixels.reshape(-1, 2)
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0).tolist()
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, photo.size).tolist()
    region = photo.crop((left, top, right, bottom))
    # Doubling by repetition and averaging back is exact: what is not drawn on stays identical.
    large = region.resize((region.width * OVERSIZE, region.height * OVERSIZE), Image.Resampling.NEAREST)
    polygon = ImageDraw.Draw(large).polygon
    scaled = ((pixels - np.array([left, top])) * OVERSIZE - 0.5).reshape(-1, 8)
    for outline, color in zip(scaled.tolist(), map(tuple, colors.tolist()), strict=True):
        polygon(outline, color)
    drawn = _with_grain(region, large.reduce(OVERSIZE))
    photo.paste(drawn, (left, top))


_GRAIN_SIDE = 512


def _with_grain(before: Image.Image, after: Image.Image) -> Image.Image:
    """A film grain over what was drawn, like a camera's, and nowhere else."""
    untouched = ImageChops.difference(before, after).convert("L").point([255, *[0] * 255])
    grain = ImageChops.lighter(_grain(after.size), untouched)
    return ImageChops.multiply(after, Image.merge("RGB", (grain, grain, grain)))


def grainy(picture: Image.Image) -> Image.Image:
    """An RGB picture with a camera's grain over it, always the same."""
    grain = _grain(picture.size)
    return ImageChops.multiply(picture, Image.merge("RGB", (grain, grain, grain)))


@lru_cache(maxsize=8)
def _grain(size: tuple[int, int]) -> Image.Image:
    """Gray grain, to be multiplied with: white leaves things as they are."""
    values = np.random.default_rng(7).standard_normal((_GRAIN_SIDE, _GRAIN_SIDE), dtype=np.float32) * 3.6 + 249.0
    tile = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    sheet = Image.new("L", size)
    for x in range(0, size[0], _GRAIN_SIDE):
        for y in range(0, size[1], _GRAIN_SIDE):
            sheet.paste(tile, (x, y))
    return sheet


def _drawing_order(piece: scenery.Piece, view: View) -> npt.NDArray[np.int64]:
    """The rank of each part: in layers, those first that hide nothing that is still to come."""
    boxes = scenery.part_bounds(piece)
    hides = _may_hide(boxes, view.eye) & _overlap(boxes, view)
    np.fill_diagonal(hides, False)
    distance = np.linalg.norm(boxes.mean(axis=1) - view.eye, axis=1)
    # Before b may be drawn, everything that b hides must be.
    waiting = hides.sum(axis=1)
    rank = np.full(len(boxes), -1)
    layer, left = 0, len(boxes)
    while left:
        ready = np.flatnonzero((waiting == 0) & (rank < 0))
        if not len(ready):
            open_parts = np.flatnonzero(rank < 0)
            fewest = open_parts[waiting[open_parts] == waiting[open_parts].min()]
            ready = fewest[[int(distance[fewest].argmax())]]
        rank[ready] = layer
        waiting = waiting - hides[:, ready].sum(axis=1)
        layer, left = layer + 1, left - len(ready)
    return rank


def _may_hide(boxes: Floats, eye: Floats) -> npt.NDArray[np.bool_]:
    """[a, b]: whether box a may hide box b from the eye.

    Of two boxes apart along an axis the one beyond the other, seen from the eye, hides nothing of it. Boxes that
    overlap are parted along the axis on which they overlap least.
    """
    low, high = boxes[:, None, 0], boxes[:, None, 1]
    other_low, other_high = boxes[None, :, 0], boxes[None, :, 1]
    above, below = low - other_high, other_low - high
    hides = np.where(above > below, eye > (low + other_high) / 2, eye < (high + other_low) / 2)
    gap = np.maximum(above, below)
    apart = gap > -_TOUCH_METERS
    least = gap >= gap.max(axis=2, keepdims=True)
    return np.asarray((hides | ~np.where(apart.any(axis=2, keepdims=True), apart, least)).all(axis=2))


def _overlap(boxes: Floats, view: View) -> npt.NDArray[np.bool_]:
    """Which parts' outlines overlap in the picture."""
    picks = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners = np.stack([boxes[:, picks[:, axis], axis] for axis in range(3)], axis=-1)
    pixels = view.project(corners)
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    return np.asarray(((low[:, None] < high[None]) & (high[:, None] > low[None])).all(axis=2))
