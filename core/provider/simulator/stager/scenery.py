"""What stands where, ready to be drawn? Pieces with their own shade worked out once, and moved to their places."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from core.provider.simulator.stager.camera import Floats
from core.provider.simulator.stager.mesh import Part

_REACH_METERS = 0.1
_FLOOR_REACH_METERS = 0.16
_GLOWING = 0.2
_LOW_METERS = 1.2
_FOLIAGE_SHADOW = 0.3
_CREASE = 0.8  # the cosine beyond which an edge is sharp


@dataclass(frozen=True, slots=True)
class Piece:
    """All facets of a piece in one table, in its own coordinates.

    `flat` is the way each facet faces. `normals` and `open_air` belong to its four corners, smoothed over round
    edges; `open_air` is 1 where nothing shades and near 0 in the deepest fold. `parts` numbers the bodies, whose
    facets follow one another.
    """

    facets: Floats
    flat: Floats
    normals: Floats
    colors: Floats
    gloss: Floats
    glow: Floats
    open_air: Floats
    is_sheet: npt.NDArray[np.bool_]
    parts: npt.NDArray[np.int64]
    shadow: Floats  # how much light each part keeps off: 0 to 1
    bounds: Floats  # the lowest and the highest corner (2, 3) of the piece at its place of origin
    foot: Floats  # the same for what is low enough to be in the way

    def placed(self, *, x: float, z: float, turn: float = 0.0) -> "Piece":
        """The piece turned by an angle in radians about its middle and moved."""
        matrix = turning(turn)
        return replace(
            self,
            facets=self.facets @ matrix + np.array([x, 0.0, z], dtype=np.float32),
            flat=self.flat @ matrix,
            normals=self.normals @ matrix,
        )


def turning(turn: float) -> Floats:
    """The matrix that turns rows of points about the y axis by an angle in radians, +z toward +x."""
    cos, sin = np.cos(turn), np.sin(turn)
    return np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]], dtype=np.float32)


def assemble(parts: Sequence[Part], *, is_shaded: bool = True) -> Piece:
    """One piece of its parts; unless told not to, the shade that its parts throw on each other is worked out."""
    counts = [len(part.facets) for part in parts]
    facets = np.concatenate([part.facets for part in parts])
    numbers = np.repeat(np.arange(len(parts)), counts)
    flat = flat_normals(facets)
    open_air: Floats = np.ones(len(facets))
    if is_shaded:
        open_air = _open_air(facets.mean(axis=1), flat, numbers, np.stack([part.bounds for part in parts]))
    corner_normals, corner_air = _smoothed(facets, flat, open_air, numbers)
    corners = facets.reshape(-1, 3)
    low = corners[corners[:, 1] < _LOW_METERS]
    return Piece(
        facets=facets.astype(np.float32),
        flat=flat.astype(np.float32),
        normals=corner_normals.astype(np.float32),
        colors=np.concatenate([part.colors for part in parts]).astype(np.float32),
        gloss=np.repeat(np.array([part.gloss for part in parts], dtype=np.float32), counts),
        glow=np.repeat(np.array([part.glow for part in parts], dtype=np.float32), counts),
        open_air=corner_air.astype(np.float32),
        bounds=np.stack((corners.min(axis=0), corners.max(axis=0))),
        foot=np.stack((low.min(axis=0), low.max(axis=0))) if len(low) else np.zeros((2, 3)),
        is_sheet=np.repeat([part.is_sheet for part in parts], counts),
        parts=numbers,
        shadow=np.array([_shadow(part) for part in parts], dtype=np.float32),
    )


def _shadow(part: Part) -> float:
    """Lamps throw none, and foliage lets light through."""
    if part.glow > _GLOWING:
        return 0.0
    return _FOLIAGE_SHADOW if part.is_sheet else 1.0


def join(pieces: Sequence[Piece]) -> Piece:
    """All pieces as one, their parts numbered through."""
    firsts = np.cumsum([0, *(len(piece.shadow) for piece in pieces)])
    tables = {
        field.name: np.concatenate([getattr(piece, field.name) for piece in pieces])
        for field in fields(Piece)
        if field.name not in ("parts", "bounds", "foot")
    }
    parts = np.concatenate([piece.parts + first for piece, first in zip(pieces, firsts, strict=False)])
    return Piece(parts=parts, bounds=np.zeros((2, 3)), foot=np.zeros((2, 3)), **tables)


def flat_normals(facets: Floats) -> Floats:
    """The unit normals of facets (n, 4, 3)."""
    across = np.cross(facets[:, 2] - facets[:, 0], facets[:, 3] - facets[:, 1])
    return np.asarray(across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12))


def _smoothed(
    facets: Floats, flat: Floats, open_air: Floats, numbers: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Normals (n, 4, 3) and open air (n, 4) at corners: the mean of the facets that meet, but not over creases."""
    whole = np.round(facets.reshape(-1, 3) * 2000).astype(np.int64)
    key = ((whole[:, 0] * 40_009 + whole[:, 1]) * 40_009 + whole[:, 2]) * 1009 + np.repeat(numbers, 4)
    _, corner = np.unique(key, return_inverse=True)
    owner = np.repeat(np.arange(len(facets)), 4)
    count = np.bincount(corner).astype(np.float64)
    sums = np.stack([np.bincount(corner, flat[owner, axis]) for axis in range(3)], axis=1)
    mean = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    smooth, own = mean[corner], flat[owner]
    is_round = (smooth * own).sum(axis=1) > _CREASE
    air = np.where(is_round, (np.bincount(corner, open_air[owner]) / count)[corner], open_air[owner])
    return np.where(is_round[:, None], smooth, own).reshape(-1, 4, 3), air.reshape(-1, 4)


def part_bounds(piece: Piece) -> Floats:
    """The box (2, 3) around each part, (parts, 2, 3); facets of a part follow one another."""
    starts = np.flatnonzero(np.diff(piece.parts, prepend=-1))
    low = np.minimum.reduceat(piece.facets.reshape(-1, 3), starts * 4, axis=0)
    high = np.maximum.reduceat(piece.facets.reshape(-1, 3), starts * 4, axis=0)
    return np.stack((low, high), axis=1)


def _open_air(middle: Floats, facing: Floats, numbers: npt.NDArray[np.int64], bounds: Floats) -> Floats:
    shaded = np.zeros(len(middle))
    for number, (low, high) in enumerate(bounds):
        gap = np.clip(middle, low, high) - middle
        distance = np.linalg.norm(gap, axis=1)
        toward = (facing * gap).sum(axis=1) / np.maximum(distance, 1e-6)
        shade = np.exp(-distance / _REACH_METERS) * np.clip(toward * 0.75 + 0.35, 0.0, 1.0)
        shade[numbers == number] = 0.0
        shaded = np.maximum(shaded, shade) + 0.25 * np.minimum(shaded, shade)
    near_floor = np.exp(-middle[:, 1] / _FLOOR_REACH_METERS) * np.clip(0.6 - 0.6 * facing[:, 1], 0.0, 1.0)
    return np.asarray((1.0 - 0.75 * np.clip(shaded, 0, 1)) * (1.0 - 0.5 * near_floor))
