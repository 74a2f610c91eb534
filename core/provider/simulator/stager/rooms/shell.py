"""How do bare walls, floor and ceiling look? A box seen from inside, lit by its windows.

Because the camera is level, the wall a pixel sees depends on its column alone and floor and ceiling on its row alone,
so the whole box is two short tables.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.provider.simulator.stager.camera import Floats
from core.provider.simulator.stager.rooms.designs import Design, Opening
from core.provider.simulator.stager.view import View

_AMBIENT = 0.40
_CORNER_METERS = 0.38
_CORNER_SHADE = 0.30


@dataclass(frozen=True, slots=True)
class Shell:
    """The room's walls in the frame of its far one: x from `left` to `right`, z from 0 toward the camera."""

    design: Design
    view: View
    left: float
    right: float

    def place(self, wall: str, along: float) -> tuple[float, float, float]:
        """The frame's x and z of a place on a wall, and the degrees that turn a thing built for the far wall."""
        if wall == "left":
            return self.left, self.design.depth / 2 - along, 90.0
        if wall == "right":
            return self.right, self.design.depth / 2 + along, -90.0
        return (self.left + self.right) / 2 + along, 0.0, 0.0

    def on_wall(self, opening: Opening, *, out: float = 0.0) -> npt.NDArray[np.float64]:
        """The corners (4, 3) of an opening, top left first, as one faces it, `out` meters in front of its wall."""
        x, z, turn = self.place(opening.wall, opening.along)
        cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        half = opening.width / 2
        corners = []
        for s, y in ((-half, opening.top), (half, opening.top), (half, opening.bottom), (-half, opening.bottom)):
            corners.append((x + s * cos + out * sin, y, z - s * sin + out * cos))
        return np.array(corners)


FAR, LEFT, RIGHT, FLOOR, CEILING = range(5)


@dataclass(frozen=True, slots=True)
class Sight:
    """For each pixel of a grid: its point in the frame and which surface it lies on."""

    x: Floats
    y: Floats
    z: Floats
    surface: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Rays:
    """Distances to walls by column and to floor or ceiling by row, with what they hit and where they go."""

    wall: Floats
    wall_surface: npt.NDArray[np.uint8]
    level: Floats
    level_surface: npt.NDArray[np.uint8]
    x: Floats
    z: Floats
    drop: Floats

    @property
    def surface(self) -> npt.NDArray[np.uint8]:
        return np.where(self.wall <= self.level[:, None], self.wall_surface, self.level_surface[:, None])


def _rays(shell: Shell, size: tuple[int, int], step: int) -> _Rays:
    camera, eye, axes = shell.view.camera, shell.view.eye, shell.view.frame.axes
    unit = (np.arange(0, size[0], step) + step / 2 - camera.column) / camera.focal
    drop = (np.arange(0, size[1], step) + step / 2 - camera.horizon) / camera.focal
    x, z = unit * axes[0, 0] + axes[0, 2], unit * axes[2, 0] + axes[2, 2]
    far = np.where(z < -1e-6, -eye[2] / np.minimum(z, -1e-6), np.inf)
    side = np.where(x < 0, (shell.left - eye[0]) / np.minimum(x, -1e-6), (shell.right - eye[0]) / np.maximum(x, 1e-6))
    below, above = eye[1] / np.maximum(drop, 1e-6), (shell.design.height - eye[1]) / np.maximum(-drop, 1e-6)
    return _Rays(
        wall=np.minimum(far, side).astype(np.float32),
        wall_surface=np.where(far <= side, FAR, np.where(x < 0, LEFT, RIGHT)).astype(np.uint8),
        level=np.where(drop > 0, below, above).astype(np.float32),
        level_surface=np.where(drop > 0, FLOOR, CEILING).astype(np.uint8),
        x=x.astype(np.float32),
        z=z.astype(np.float32),
        drop=drop.astype(np.float32),
    )


def outlines(shell: Shell, *, size: tuple[int, int]) -> tuple[Floats, Floats, tuple[float, float]]:
    """Where walls end, in pixels: (columns, rows) of the ceiling's and the floor's edge, and the far wall's ends."""
    camera, step = shell.view.camera, 4
    rays = _rays(shell, (size[0] + step, size[1]), step)
    columns = np.arange(0, size[0] + step, step) + step / 2
    floor = camera.horizon + camera.focal * camera.height / rays.wall
    ceiling = camera.horizon - camera.focal * (shell.design.height - camera.height) / rays.wall
    ends = shell.view.project(np.array([[shell.left, 0.0, 0.0], [shell.right, 0.0, 0.0]]))
    # Where a corner is, the edges bend between two steps; its own points are put in.
    tops = shell.view.project(
        np.array([[shell.left, shell.design.height, 0.0], [shell.right, shell.design.height, 0.0]])
    )
    edges = []
    for rows, corners in ((ceiling, tops), (floor, ends)):
        points = np.concatenate((np.stack((columns, rows), axis=1), corners))
        edges.append(points[np.argsort(points[:, 0], kind="stable")].astype(np.float32))
    return edges[0], edges[1], (float(ends[0, 0]), float(ends[1, 0]))


def sight(shell: Shell, *, size: tuple[int, int], step: int) -> Sight:
    """What each step-th pixel of a picture of that size sees of the box."""
    rays, eye = _rays(shell, size, step), shell.view.eye.astype(np.float32)
    distance = np.minimum(rays.wall, rays.level[:, None])
    return Sight(
        x=eye[0] + distance * rays.x,
        y=eye[1] - distance * rays.drop[:, None],
        z=eye[2] + distance * rays.z,
        surface=rays.surface,
    )


_NORMALS = np.array([[0, 0, 1], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], dtype=np.float32)


def daylight(shell: Shell, seen: Sight) -> Floats:
    """How much light falls on each point: from the windows, and from all around less what corners take."""
    normal = _NORMALS[seen.surface]
    light = np.full(seen.x.shape, _AMBIENT, dtype=np.float32) * _openness(shell, seen)
    for opening in shell.design.openings:
        if opening.kind == "door":
            continue
        corners = shell.on_wall(opening)
        center = corners.mean(axis=0)
        area = opening.width * (opening.top - opening.bottom)
        inward = _NORMALS[{"far": FAR, "left": LEFT, "right": RIGHT}[opening.wall]]
        away = [center[0] - seen.x, center[1] - seen.y, center[2] - seen.z]
        square = away[0] ** 2 + away[1] ** 2 + away[2] ** 2 + 0.05
        leaving = -(away[0] * inward[0] + away[1] * inward[1] + away[2] * inward[2])
        arriving = away[0] * normal[..., 0] + away[1] * normal[..., 1] + away[2] * normal[..., 2]
        # Soft limits, because a window is no point: surfaces seen edge-on still get some of its light.
        root = np.sqrt(square)
        leaving, arriving = np.maximum(leaving / root + 0.08, 0), np.maximum(arriving / root + 0.10, 0)
        light += (1.15 * area * leaving * arriving / (square + 0.9 * area)).astype(np.float32)
    return light


def _openness(shell: Shell, seen: Sight) -> Floats:
    gaps = {
        FAR: seen.z, LEFT: seen.x - shell.left, RIGHT: shell.right - seen.x, FLOOR: seen.y,
        CEILING: shell.design.height - seen.y,
    }  # fmt: skip
    openness = np.ones(seen.x.shape, dtype=np.float32)
    for surface, gap in gaps.items():
        shade = _CORNER_SHADE * np.exp(-np.maximum(gap, 0) / _CORNER_METERS)
        openness *= np.where(seen.surface == surface, 1.0, 1.0 - shade).astype(np.float32)
    return openness


def levels(seen: Sight, light: Floats) -> Floats:
    """The usual light on each of the five surfaces; what is not in sight takes the far wall's."""
    far = float(np.median(light[seen.surface == FAR])) if (seen.surface == FAR).any() else 0.5
    usual = [
        float(np.median(light[seen.surface == surface])) if (seen.surface == surface).any() else far
        for surface in (FAR, LEFT, RIGHT, FLOOR, CEILING)
    ]
    return np.array(usual, dtype=np.float32)
