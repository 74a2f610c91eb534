"""What are furnishings made of? Boxes, soft boxes, rods, turned profiles, cushions and leaves, as small flat facets.

Lengths are meters; x right, y up, z out of the wall. Colors are linear light, 0 to 1. Facets have four corners;
where a triangle is meant, two of them coincide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, hypot

import numpy as np

from core.provider.simulator.stager.camera import Floats

Color = tuple[float, float, float]
Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Finish:
    """How a surface takes light: `gloss` mirrors it, `glow` adds its own, `grain` is uneven color; each 0 to 1."""

    color: Color
    gloss: float = 0.0
    glow: float = 0.0
    grain: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """Facets (n, 4, 3) of one body, with a color and a finish for each. Sheets are seen from both sides."""

    facets: Floats
    colors: Floats
    gloss: float = 0.0
    glow: float = 0.0
    is_sheet: bool = False

    @property
    def bounds(self) -> Floats:
        """The lowest and the highest corner, (2, 3)."""
        corners = self.facets.reshape(-1, 3)
        return np.stack((corners.min(axis=0), corners.max(axis=0)))

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> "Part":
        """The part shifted."""
        return replace(self, facets=self.facets + np.array([x, y, z]))

    def turned(self, degrees: float, *, axis: str = "y", about: Point = (0.0, 0.0, 0.0)) -> "Part":
        """The part turned about an axis through a point."""
        angle = np.radians(degrees)
        cos, sin = np.cos(angle), np.sin(angle)
        turn = {
            "x": np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]),
            "y": np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]),
            "z": np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]),
        }[axis]
        return replace(self, facets=(self.facets - np.array(about)) @ turn.T + np.array(about))

    def mirrored(self) -> "Part":
        """The part with left and right exchanged."""
        return replace(self, facets=(self.facets * np.array([-1.0, 1.0, 1.0]))[:, ::-1])


def linear(code: str) -> Color:
    """A color like "c8a27a" as linear light."""
    red, green, blue = (((int(code[i : i + 2], 16) / 255) + 0.055) / 1.055 for i in (0, 2, 4))
    return red**2.4, green**2.4, blue**2.4


def shade(color: Color, factor: float) -> Color:
    """A color made lighter or darker."""
    red, green, blue = (min(1.0, channel * factor) for channel in color)
    return red, green, blue


def blend(color: Color, other: Color, share: float) -> Color:
    """A color with a share of another."""
    red, green, blue = (a + (b - a) * share for a, b in zip(color, other, strict=True))
    return red, green, blue


def part(facets: Floats, finish: Finish, *, is_sheet: bool = False) -> Part:
    """Facets of one finish; grain varies the color from facet to facet, the same way every time."""
    colors = np.tile(np.array(finish.color), (len(facets), 1))
    if finish.grain:
        middle = facets.mean(axis=1)
        noise = np.sin(middle @ np.array([127.1, 311.7, 74.7]) + len(facets)) * 43758.5453
        colors = colors * (1.0 + finish.grain * (noise - np.floor(noise) - 0.5))[:, None]
    return Part(facets, colors, finish.gloss, finish.glow, is_sheet)


def merged(parts: Sequence[Part]) -> Part:
    """Bodies standing side by side as one, with the finish of the first."""
    facets, colors = (np.concatenate([getattr(part, name) for part in parts]) for name in ("facets", "colors"))
    return replace(parts[0], facets=facets, colors=colors)


def sheet(points: Floats) -> Floats:
    """The facets of a grid of points (rows, columns, 3)."""
    return np.stack((points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]), axis=2).reshape(-1, 4, 3)


_SIDES = ((0, 1, 2, 1), (0, 1, 2, -1), (1, 2, 0, 1), (1, 2, 0, -1), (2, 0, 1, 1), (2, 0, 1, -1))


def box(center: Point, size: Point, finish: Finish, *, cells: float = 0.35, plank: float = 0.0) -> Part:
    """A sharp box; its faces are cut into cells of about that size, and across into planks where given."""
    half = np.array(size) / 2
    if max(size) <= cells and not plank:
        return part(_PLAIN_BOX * half + np.array(center), finish)
    long_axis = size.index(max(size))
    grids = []
    for axis in range(3):
        step = plank if plank and axis != long_axis else cells
        count = min(14, max(1, ceil(size[axis] / step)))
        grids.append(half[axis] * (np.arange(count + 1) * (2.0 / count) - 1.0))
    facets = [
        sheet(_face(normal, first, second, sign, half[normal], [grids[first], grids[second]]))
        for normal, first, second, sign in _SIDES
    ]
    return part(np.concatenate(facets) + np.array(center), finish)


def _face(normal: int, first: int, second: int, sign: int, height: float, grids: Sequence[Floats]) -> Floats:
    points = np.empty((len(grids[0]), len(grids[1]), 3))
    points[..., first], points[..., second], points[..., normal] = grids[0][:, None], grids[1], sign * height
    # Facets turn counter-clockwise seen from outside.
    return points[::-1] if sign > 0 else points


_PLAIN_BOX = np.concatenate(
    [sheet(_face(n, first, second, sign, 1.0, [np.array([-1.0, 1.0])] * 2)) for n, first, second, sign in _SIDES]
)


def soft_box(
    center: Point,
    size: Point,
    finish: Finish,
    *,
    radius: float = 0.04,
    puff: Point = (0.0, 0.0, 0.0),
    steps: int = 2,
    flats: int = 3,
    wrinkle: float = 0.0,
) -> Part:
    """A box with rounded edges; `puff` swells its faces along x, y and z, `wrinkle` ruffles them."""
    facets = _rounded(size, radius, puff, steps, flats) + np.array(center)
    return part(facets + wrinkle * _ruffle(facets) if wrinkle else facets, finish)


@lru_cache(maxsize=256)
def _rounded(size: Point, radius: float, puff: Point, steps: int, flats: int) -> Floats:
    """The facets of a soft box around the origin; many pieces share theirs."""
    half = np.array(size) / 2
    radius = float(min(radius, half.min() * 0.98))
    inner = half - radius
    facets = []
    for normal, first, second, sign in _SIDES:
        grids = [_rounded_grid(inner[axis], radius, steps, flats) for axis in (first, second)]
        surface = _face(normal, first, second, sign, half[normal], grids)
        core = np.clip(surface, -inner, inner)
        away = surface - core
        points = core + away * (radius / np.linalg.norm(away, axis=-1, keepdims=True))
        swell = puff[normal]
        # What lies on something swells upward only.
        if swell and not (normal == 1 and sign < 0):
            share = [1.0 - (surface[..., axis] / half[axis]) ** 2 for axis in (first, second)]
            points[..., normal] += sign * swell * np.clip(share[0] * share[1], 0, 1) ** 0.6
        facets.append(sheet(points))
    return np.concatenate(facets)


def _rounded_grid(inner: float, radius: float, steps: int, flats: int) -> Floats:
    bend = radius * np.tan(np.linspace(np.pi / 4, 0, steps, endpoint=False))
    flat = np.linspace(-inner, inner, flats + 1)
    return np.concatenate((-inner - bend, flat, (inner + bend)[::-1]))


def _ruffle(points: Floats) -> Floats:
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    wave = np.sin(9.1 * x + 4.3 * z + 1.7 * np.sin(5.3 * z + 2.0 * x)) + 0.6 * np.sin(15.7 * z - 7.9 * x + 3.0 * y)
    return np.asarray(wave[..., None] * np.array([0.25, 0.75, 0.3]))


def rod(
    start: Point, end: Point, finish: Finish, *, radius: float, end_radius: float | None = None, sides: int = 6
) -> Part:
    """A round bar between two points, tapering where an end radius is given."""
    a, b = np.array(start), np.array(end)
    x, y, z = ((b - a) / max(hypot(*(b - a)), 1e-9)).tolist()
    # Two directions at right angles to the bar: the first one to z where the bar is upright, else to y.
    u = (y, -x, 0.0) if abs(y) > 0.9 else (-z, 0.0, x)
    long = hypot(*u)
    u = (u[0] / long, u[1] / long, u[2] / long)
    v = (y * u[2] - z * u[1], z * u[0] - x * u[2], x * u[1] - y * u[0])
    ring = _circle(sides) @ np.array([u, v])
    last = radius if end_radius is None else end_radius
    points = np.stack((a + ring * radius, b + ring * last))
    caps = [_cap(points[0], a, flip=True), _cap(points[1], b, flip=False)]
    return part(np.concatenate((sheet(points), *caps)), finish)


@lru_cache(maxsize=64)
def _circle(sides: int) -> Floats:
    turn = np.linspace(0, 2 * np.pi, sides + 1)
    return np.stack((np.cos(turn), np.sin(turn)), axis=1)


def _cap(ring: Floats, middle: Floats, *, flip: bool) -> Floats:
    centers = np.broadcast_to(middle, ring[:-1].shape)
    first, second = (ring[1:], ring[:-1]) if flip else (ring[:-1], ring[1:])
    return np.stack((centers, first, second, centers), axis=1)


def turned(
    center: Point, profile: Sequence[tuple[float, float]], finish: Finish, *, sides: int = 14, squash: float = 1.0
) -> Part:
    """A body turned on a lathe: (radius, height) pairs from the bottom up; `squash` scales its depth."""
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    radii, heights = np.array(profile).T
    points = np.empty((len(radii), sides + 1, 3))
    points[..., 0] = radii[:, None] * np.cos(angle)
    points[..., 1] = heights[:, None]
    points[..., 2] = radii[:, None] * np.sin(angle) * squash
    facets = [sheet(points[::-1])]
    for index, flip in ((0, False), (-1, True)):
        if radii[index] > 1e-6:
            facets.append(_cap(points[index], np.array([0.0, heights[index], 0.0]), flip=flip))
    return part(np.concatenate(facets) + np.array(center), finish)


def pillow(center: Point, width: float, height: float, thickness: float, finish: Finish, *, cells: int = 9) -> Part:
    """A scatter cushion standing upright in the x-y plane, pinched at its corners."""
    spread = np.sin(np.linspace(-np.pi / 2, np.pi / 2, cells + 1))
    u, v = np.meshgrid(spread, spread)
    thick = thickness / 2 * ((1 - np.abs(u) ** 3) * (1 - np.abs(v) ** 3)) ** 0.55
    x = u * width / 2 * (1 - 0.07 * (1 - v**2))
    y = v * height / 2 * (1 - 0.07 * (1 - u**2))
    front = np.stack((x, y, thick), axis=-1)
    back = np.stack((x, y, -thick), axis=-1)
    return part(np.concatenate((sheet(front), sheet(back[:, ::-1]))) + np.array(center), finish)


def drape(path: Sequence[tuple[float, float]], x0: float, x1: float, finish: Finish, *, columns: int = 8) -> Part:
    """Cloth laid along a path of (y, z) pairs, from x0 to x1, with slight folds."""
    yz = np.array(path)
    x = np.linspace(x0, x1, columns + 1)
    points = np.empty((len(yz), columns + 1, 3))
    points[..., 0] = x[None, :] + 0.012 * np.sin(np.arange(len(yz)) * 1.9)[:, None]
    points[..., 1] = yz[:, 0, None] + 0.006 * np.sin(x * 37.0)[None, :]
    points[..., 2] = yz[:, 1, None] + 0.008 * np.sin(x * 29.0 + 1.0)[None, :]
    return part(sheet(points), finish, is_sheet=True)
