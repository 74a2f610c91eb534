"""Where in the picture does a point of the room appear? A pinhole camera held level, and frames on the floor.

World coordinates are meters from the point on the floor below the camera: X right, Y up, Z ahead. Verticals stay
vertical, as in photographs of property.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
NEAREST_METERS = 0.35


@dataclass(frozen=True, slots=True)
class Camera:
    """A level camera: focal length, vanishing column and horizon row in pixels, height above the floor in meters."""

    focal: float
    column: float
    horizon: float
    height: float

    def project(self, points: Floats) -> Floats:
        """World points (…, 3) in meters as picture points (…, 2) in pixels; what is too near is held off."""
        depth = np.maximum(points[..., 2], NEAREST_METERS)
        scale = self.focal / depth
        return np.stack(
            (self.column + points[..., 0] * scale, self.horizon + (self.height - points[..., 1]) * scale), axis=-1
        )

    def on_floor(self, pixels: Floats) -> Floats:
        """The world points (…, 3) on the floor seen at picture points (…, 2) below the horizon."""
        depth = self.focal * self.height / np.maximum(pixels[..., 1] - self.horizon, 1.0)
        across = (pixels[..., 0] - self.column) * depth / self.focal
        return np.stack((across, np.zeros_like(depth), depth), axis=-1)

    def pixels_per_meter(self, depth: float) -> float:
        """How many pixels a meter across takes at that depth in meters."""
        return self.focal / max(depth, NEAREST_METERS)


@dataclass(frozen=True, slots=True)
class Frame:
    """A place to put things: x to the right along a wall, y up, z out of the wall, from `origin` on the floor."""

    origin: tuple[float, float]
    angle: float

    @property
    def axes(self) -> Floats:
        """The rows are the frame's x, y and z as world directions."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [sin, 0.0, -cos]])

    def to_world(self, points: Floats) -> Floats:
        """Frame points (…, 3) as world points."""
        return np.asarray(points @ self.axes + np.array([self.origin[0], 0.0, self.origin[1]]))

    def from_world(self, points: Floats) -> Floats:
        """World points (…, 3) as frame points."""
        return np.asarray((points - np.array([self.origin[0], 0.0, self.origin[1]])) @ self.axes.T)
