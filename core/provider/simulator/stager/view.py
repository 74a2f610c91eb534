"""What does the camera see of a frame? Frame points to pixels and back, and which part of the floor is in sight."""

from dataclasses import dataclass

import numpy as np

from core.provider.simulator.stager.camera import Camera, Floats, Frame


@dataclass(frozen=True, slots=True)
class View:
    """A camera looking at a frame: what is needed to put the frame's points on the picture."""

    camera: Camera
    frame: Frame

    @property
    def eye(self) -> Floats:
        """The camera's place in the frame."""
        return self.frame.from_world(np.array([0.0, self.camera.height, 0.0]))

    def project(self, points: Floats) -> Floats:
        """Frame points (…, 3) as pixels (…, 2)."""
        return self.camera.project(self.frame.to_world(points))

    def depth(self, points: Floats) -> Floats:
        """How far ahead of the camera frame points (…, 3) are, in meters."""
        return np.asarray(self.frame.to_world(points)[..., 2])

    def pixels_per_meter(self, point: Floats) -> float:
        """How many pixels a meter takes at a frame point (3,)."""
        return self.camera.pixels_per_meter(float(self.depth(point)))
