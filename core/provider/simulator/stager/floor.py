"""Where does the floor end, and how does the room lie? Read from the picture itself.

1. Shrink the photo to about a hundred columns.
2. Learn the floor's colors from the foreground and the walls' from the middle band; each pixel then votes, and edges
   count too, so every pixel has a score as the first floor pixel of its column.
3. A room is a box: a far wall and two walls at right angles to it, seen by a level camera. Try a few thousand boxes,
   keep the one whose floor edge collects the best scores, learn the colors again from it and refine.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.provider.simulator.stager.camera import Floats

COLUMNS = 96
_BINS = 9
_WINDOW = 0.14  # of the height: how far above and below the edge pixels vote
_VOTE_WEIGHT = 0.26
_WORST_SCORE = 1.2  # below the best of a column: clutter costs no more than this
_LOW_CONTRAST = 0.25
_THIN = 3
_NO_WALL = 9.0  # a side wall so far off that it is never seen
# One box a row: row of the far wall at the middle (share of height), its angle, where the left and the right wall
# meet it (in focal lengths from the middle), focal length (share of the longer side), horizon (share of height).
_START = np.stack(
    [
        axis.ravel()
        for axis in np.meshgrid(
            np.linspace(0.545, 0.815, 11),
            np.radians(np.linspace(-48, 48, 13)),
            np.array([-_NO_WALL, -0.7, -0.5, -0.34, -0.2, -0.08]),
            np.array([_NO_WALL, 0.7, 0.5, 0.34, 0.2, 0.08]),
            np.array([0.45, 0.62]),
            np.array([0.48]),
            indexing="ij",
        )
    ],
    axis=1,
)
_USUAL = np.array([0.66, 0.0, -_NO_WALL, _NO_WALL, 0.62, 0.48])
_REACH = np.array([0.03, 0.12, 0.07, 0.07, 0.05, 0.015])
_ROUNDS = 5
_TRIES = 150
_LOWEST = np.array([0.50, -0.9, -_NO_WALL, -_NO_WALL, 0.40, 0.42])
_HIGHEST = np.array([0.88, 0.9, _NO_WALL, _NO_WALL, 0.85, 0.54])


@dataclass(frozen=True, slots=True)
class RoomBox:
    """The room as a box seen by a level camera. Pixels, radians; walls' places in focal lengths from the middle.

    `angle` is how far the far wall turns its right end away. `left` and `right` are where the side walls meet it.
    """

    size: tuple[int, int]
    far_row: float
    angle: float
    left: float
    right: float
    focal: float
    horizon: float
    is_certain: bool

    def rows_at(self, columns: Floats) -> Floats:
        """The rows where the floor ends at columns of the picture; all in pixels."""
        box = np.array([[self.far_row, self.angle, self.left, self.right, self.focal, self.horizon]])
        middle, slope = _walls(box)
        units = (np.asarray(columns, dtype=np.float64) - self.size[0] / 2) / self.focal
        return np.asarray((middle[0] + slope[0] * units[..., None]).max(axis=-1))


def find(photo: Image.Image) -> RoomBox:
    """The room in an RGB photo of any size; a level far wall at two thirds of the height where none is seen."""
    width, height = photo.size
    columns = min(COLUMNS, width)
    rows = max(32, round(columns * height / width))
    shrunk = photo.reduce(max(1, min(width // columns, height // rows) // 2))
    small = shrunk.resize((columns, rows), Image.Resampling.BOX)
    (far_row, angle, left, right, focal, horizon), is_certain = _read(small.tobytes(), columns, rows)
    return RoomBox(
        size=(width, height),
        far_row=far_row * height,
        angle=angle,
        left=left,
        right=right,
        focal=focal * max(width, height),
        horizon=horizon * height,
        is_certain=is_certain,
    )


@lru_cache(maxsize=16)
def _read(pixels: bytes, columns: int, rows: int) -> tuple[list[float], bool]:
    """The box in a shrunken photo, and whether it is more than a guess. Kept, for most photos are staged twice."""
    small = np.frombuffer(pixels, dtype=np.uint8).reshape(rows, columns, 3) / 255.0
    is_floor = np.zeros((rows, columns), dtype=bool)
    is_floor[int(0.82 * rows) :] = True
    is_wall = np.zeros_like(is_floor)
    is_wall[int(0.24 * rows) : int(0.5 * rows)] = True
    codes = _codes(small)
    edges = _edge_strength(small)
    votes = _votes(codes, is_floor, is_wall)
    best = _best(_scores(votes, edges))
    for round_number in range(2):
        seen = _rows_of(best[None, :], rows, columns)[0]
        row_numbers = np.arange(rows)[:, None] + 0.5
        is_floor = row_numbers > seen + 0.02 * rows
        is_wall = (row_numbers < seen - 0.02 * rows) & (row_numbers > 0.22 * rows)
        votes = _votes(codes, is_floor, is_wall)
        best = _refined(best, _scores(votes, edges), seed=round_number)
    contrast = float(votes[is_floor].mean() - votes[is_wall].mean()) if is_floor.any() and is_wall.any() else 0.0
    is_certain = contrast > _LOW_CONTRAST
    return (best if is_certain else _USUAL).tolist(), is_certain


def _codes(small: Floats) -> npt.NDArray[np.int_]:
    luma = small @ np.array([0.3, 0.59, 0.11])
    warm, green = small[..., 0] - small[..., 2], small[..., 1] - (small[..., 0] + small[..., 2]) / 2
    digits = [
        np.clip(value * _BINS, 0, _BINS - 1).astype(np.int64) for value in (luma, warm * 1.6 + 0.5, green * 3.0 + 0.5)
    ]
    return np.asarray((digits[0] * _BINS + digits[1]) * _BINS + digits[2])


def _votes(codes: npt.NDArray[np.int_], is_floor: npt.NDArray[np.bool_], is_wall: npt.NDArray[np.bool_]) -> Floats:
    """How much more each pixel (rows, columns) looks like floor than like wall: -1.5 to 1.5."""
    below, above = _histogram(codes[is_floor]), _histogram(codes[is_wall])
    return np.asarray(np.clip(np.log((below + 2e-3) / (above + 2e-3)), -1.5, 1.5)[codes])


def _histogram(codes: npt.NDArray[np.int_]) -> Floats:
    counts = np.bincount(codes, minlength=_BINS**3).astype(np.float64).reshape(_BINS, _BINS, _BINS)
    for axis in range(3):
        padded = np.pad(counts, [(1, 1) if a == axis else (0, 0) for a in range(3)])
        low, high = np.take(padded, range(_BINS), axis=axis), np.take(padded, range(2, _BINS + 2), axis=axis)
        counts = 0.6 * counts + 0.2 * (low + high)
    return np.asarray((counts / max(counts.sum(), 1.0)).ravel())


def _edge_strength(small: Floats) -> Floats:
    padded = np.pad(small, ((3, 3), (0, 0), (0, 0)), mode="edge")
    upper = padded[1:-5] + padded[2:-4]
    lower = padded[3:-3] + padded[4:-2]
    return np.asarray(np.minimum(np.sqrt(((upper - lower) ** 2).sum(axis=2)) / 2.0, 0.25))


def _scores(votes: Floats, edges: Floats) -> Floats:
    """How good each pixel (rows, columns) is as the first floor pixel of its column: 0 is best."""
    rows = len(votes)
    window = max(4, round(_WINDOW * rows))
    total = np.cumsum(np.pad(votes, ((window + 1, window), (0, 0)), mode="edge"), axis=0)
    above = total[window : window + rows] - total[:rows]
    below = total[2 * window : 2 * window + rows] - total[window : window + rows]
    score = _VOTE_WEIGHT * (below - above) / window + edges / max(float(np.percentile(edges, 98)), 0.02)
    return np.asarray(np.maximum(score - score.max(axis=0), -_WORST_SCORE), dtype=np.float32)


def _walls(boxes: Floats) -> tuple[Floats, Floats]:
    """The floor's edge along the far, the right and the left wall: rows at the middle and rows per focal length."""
    far_row, angle, left, right, horizon = (boxes[:, i] for i in (0, 1, 2, 3, 5))
    tan = np.tan(angle)
    # Side walls run to the vanishing point at tan(angle); each passes through its corner with the far wall.
    right, left = np.maximum(right, tan + 0.04), np.minimum(left, tan - 0.04)
    on_right, on_left = (1.0 + tan * right) / (right - tan), (1.0 + tan * left) / (left - tan)
    drop = (far_row - horizon)[:, None]
    middle = np.stack((np.ones_like(tan), -tan * on_right, -tan * on_left), axis=1)
    slope = np.stack((tan, on_right, on_left), axis=1)
    return horizon[:, None] + drop * middle, drop * slope


def _rows_of(boxes: Floats, rows: int, columns: int, *, thin: int = 1) -> Floats:
    """The row where the floor ends, of each box at each thin-th column: the nearest wall hides the others."""
    middle, slope = _walls(boxes)
    slope = slope * (rows / (boxes[:, 4, None] * max(rows, columns)))
    across = (np.arange(0, columns, thin) + 0.5 - columns / 2)[None, :]
    result = (middle[:, :1] * rows + slope[:, :1] * across).astype(np.float32)
    for wall in (1, 2):
        np.maximum(
            result, middle[:, wall, None] * rows + slope[:, wall, None] * across, out=result, casting="same_kind"
        )
    return result


@lru_cache(maxsize=4)
def _start_places(rows: int, columns: int) -> npt.NDArray[np.intp]:
    """Where in a flat table of scores the first boxes' edges lie; the same for all photos of a shape."""
    places = np.clip(_rows_of(_START, rows, columns, thin=_THIN), 0, rows - 1).astype(np.intp)
    return np.asarray(places * columns + np.arange(0, columns, _THIN, dtype=np.intp))


def _unusual(boxes: Floats) -> Floats:
    """What a box must gain in the mean of its scores to be believed."""
    sides = 0.02 * (boxes[:, 2] > -1.5) + 0.02 * (boxes[:, 3] < 1.5)
    lens = 0.15 * np.abs(boxes[:, 4] - _USUAL[4]) + 0.5 * np.abs(boxes[:, 5] - _USUAL[5])
    return np.asarray(0.06 * np.abs(boxes[:, 1]) + sides + lens)


def _best(scores: Floats) -> Floats:
    gained = scores.ravel().take(_start_places(*scores.shape)).mean(axis=1)
    return np.asarray(_START[int((gained - _START_UNUSUAL).argmax())])


def _refined(box: Floats, scores: Floats, *, seed: int) -> Floats:
    rows, columns = scores.shape
    random = np.random.default_rng(seed)
    flat, across = scores.ravel(), np.arange(0, columns, 2, dtype=np.intp)
    for number in range(_ROUNDS):
        moves = random.normal(size=(_TRIES, 6)) * _REACH * 0.75**number
        tried = np.clip(np.vstack((box, box + moves)), _LOWEST, _HIGHEST)
        places = np.clip(_rows_of(tried, rows, columns, thin=2), 0, rows - 1).astype(np.intp) * columns + across
        box = tried[int((flat.take(places).mean(axis=1) - _unusual(tried)).argmax())]
    return box


_START_UNUSUAL = _unusual(_START)
