"""Can something stand here? The floor in sight of a view, measured in its frame."""

from dataclasses import dataclass

import numpy as np

from core.provider.simulator.stager.camera import Floats
from core.provider.simulator.stager.floor import RoomBox
from core.provider.simulator.stager.view import View

_NEAREST_METERS = 0.8
_INTO_WALL_METERS = 0.08
_HIGHEST = 0.16  # of the picture's height: nothing is drawn above
_SLACK = 0.012  # of the picture's height: how far over the floor's edge a foot may be
_RIM = 0.012  # of the picture's width
_SAMPLES = np.arange(-8.0, 8.01, 0.1)
_CORNERS = np.array([[i, j, k] for j in (0, 1) for i in (0, 1) for k in (0, 1)])


def box_corners(bounds: Floats) -> Floats:
    """The eight corners (8, 3) of a box (2, 3), the four lower ones first."""
    return np.stack([bounds[_CORNERS[:, axis], axis] for axis in range(3)], axis=-1)


@dataclass(frozen=True, slots=True)
class Ground:
    """The floor of a room as a view shows it. Boxes are (2, 3) in the view's frame, in meters."""

    room: RoomBox
    view: View

    def holds(self, bounds: Floats, foot: Floats) -> bool:
        """Whether a thing stands on the floor with all its foot, wholly in the picture and before the wall."""
        width, height = self.room.size
        corners = box_corners(bounds)
        if self.view.depth(corners).min() < _NEAREST_METERS or bounds[0, 2] < -_INTO_WALL_METERS:
            return False
        pixels = self.view.project(corners)
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        if low[0] < _RIM * width or high[0] > (1 - _RIM) * width or high[1] > height or low[1] < _HIGHEST * height:
            return False
        feet = self.view.project(box_corners(foot)[:4])
        return bool((feet[:, 1] >= self.room.rows_at(feet[:, 0]) - _SLACK * height).all())

    def nearest(self, bounds: Floats) -> float:
        """How far ahead of the camera a box begins, in meters."""
        return float(self.view.depth(box_corners(bounds)).min())

    def bears(self, corners: Floats) -> bool:
        """Whether a flat thing with those corners (4, 3) lies on the floor; it may reach below the picture."""
        if self.view.depth(corners).min() < _NEAREST_METERS:
            return False
        pixels = self.view.project(corners)
        rows = self.room.rows_at(np.clip(pixels[:, 0], 0, self.room.size[0]))
        return bool((pixels[:, 1] >= rows - _SLACK * self.room.size[1]).all())

    def sight(self, z: float) -> tuple[float, float]:
        """From where to where along the wall the floor is in sight, z meters in front of it; (0, 0) for nowhere."""
        points = np.stack((_SAMPLES, np.zeros_like(_SAMPLES), np.full_like(_SAMPLES, z)), axis=1)
        pixels, depth = self.view.project(points), self.view.depth(points)
        width, height = self.room.size
        column, row = pixels[:, 0], pixels[:, 1]
        inside = (column > 0.02 * width) & (column < 0.98 * width) & (row < 0.97 * height) & (depth > _NEAREST_METERS)
        seen = np.flatnonzero(inside & (row >= self.room.rows_at(column) - _SLACK * height))
        if not len(seen):
            return 0.0, 0.0
        longest = max(np.split(seen, np.flatnonzero(np.diff(seen) > 1) + 1), key=len)
        return float(_SAMPLES[longest[0]]), float(_SAMPLES[longest[-1]])

    def middle(self, z: float, left: float, right: float) -> float:
        """The place along the wall that appears midway between two others."""
        x = np.linspace(left, right, 60)
        columns = self.view.project(np.stack((x, np.zeros_like(x), np.full_like(x, z)), axis=1))[:, 0]
        return float(x[np.abs(columns - (columns[0] + columns[-1]) / 2).argmin()])

    def shows_front(self, x: float, z: float, turn: float) -> bool:
        """Whether a piece at a place, turned by radians, does not show its back."""
        eye = self.view.eye
        away = np.array([eye[0] - x, eye[2] - z])
        return float(away @ np.array([np.sin(turn), np.cos(turn)])) > -0.15 * float(np.linalg.norm(away))

    def covered(self, behind: Floats, front: Floats) -> float:
        """Which share of a box's outline another one, if it stands in front, covers: 0 to 1."""
        if front[1, 2] < behind[0, 2] + 0.3:
            return 0.0
        outlines = [self.view.project(box_corners(box)) for box in (behind, front)]
        (low, high), (other_low, other_high) = ((pixels.min(axis=0), pixels.max(axis=0)) for pixels in outlines)
        common = np.clip(np.minimum(high, other_high) - np.maximum(low, other_low), 0, None)
        return float(common.prod() / max((high - low).prod(), 1.0))
