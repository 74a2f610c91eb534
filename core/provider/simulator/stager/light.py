"""How is the room lit, and what color does a surface take in it? Read from the photo, for furniture to sit in."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

from core.provider.simulator.stager.camera import Camera, Floats, Frame
from core.provider.simulator.stager.floor import RoomBox

_LUMA = np.array([0.2126, 0.7152, 0.0722])
_GRID = (24, 16)
_WALL_PAINT = 0.66  # how much light a common wall gives back
_AMBIENT, _KEY = 0.62, 0.55
_HEADROOM = 1.5


@dataclass(frozen=True, slots=True)
class Skin:
    """Points of surfaces, one a row, in the frame of a view: own color, facing and place (n, 3), and finish (n).

    `eye` is where they are seen from.
    """

    albedo: Floats
    facing: Floats
    place: Floats
    gloss: Floats
    glow: Floats
    open_air: Floats
    eye: Floats


@dataclass(frozen=True, slots=True)
class Light:
    """The light of a room, in a frame: where from, how strong, of which tint, and how bright the floor is where."""

    toward: Floats
    exposure: float
    tint: Floats
    floor_map: Floats
    camera: Camera
    frame: Frame
    size: tuple[int, int]

    def colors(self, skin: Skin) -> Floats:
        """The colors (n, 3) of points of surfaces as sRGB, 0 to 255."""
        view = skin.eye - skin.place
        view = view / np.maximum(np.linalg.norm(view, axis=1, keepdims=True), 1e-9)
        direct = np.clip(skin.facing @ self.toward * 0.8 + 0.2, 0.0, 1.0)
        around = 0.74 + 0.22 * skin.facing[:, 1] + 0.08 * skin.facing[:, 2]
        strength = _AMBIENT * around * skin.open_air + _KEY * direct * (0.35 + 0.65 * skin.open_air)
        strength = strength * self.local(skin.place) * self.exposure
        halfway = view + self.toward
        halfway = halfway / np.maximum(np.linalg.norm(halfway, axis=1, keepdims=True), 1e-9)
        shine = np.clip((skin.facing * halfway).sum(axis=1), 0, 1) ** 28 * 0.55
        rim = (1.0 - np.clip((skin.facing * view).sum(axis=1), 0, 1)) ** 4 * 0.3
        mirrored = skin.gloss * (shine + rim + 0.04) * self.exposure * skin.open_air
        lit = skin.albedo * strength[:, None] + mirrored[:, None]
        return encoded(lit * self.tint + skin.albedo * skin.glow[:, None])

    def local(self, place: Floats) -> Floats:
        """How much brighter than usual the picture's floor is below each frame point (n, 3): about 0.7 to 1.3."""
        below = place.copy()
        below[:, 1] = 0.0
        pixels = self.camera.project(self.frame.to_world(below))
        rows, columns = self.floor_map.shape
        x = np.clip(pixels[:, 0] / self.size[0] * columns - 0.5, 0, columns - 1.001)
        y = np.clip(pixels[:, 1] / self.size[1] * rows - 0.5, 0, rows - 1.001)
        i, j = x.astype(int), y.astype(int)
        u, v = x - i, y - j
        table = self.floor_map
        upper = table[j, i] * (1 - u) + table[j, i + 1] * u
        lower = table[j + 1, i] * (1 - u) + table[j + 1, i + 1] * u
        return np.asarray(upper * (1 - v) + lower * v)

    def on_floor(self, picture: Image.Image, corners: Floats) -> Image.Image:
        """An RGBA picture as it looks lying at frame points (4, 3), in the floor's own light and dark."""
        strength = _AMBIENT * 0.96 + _KEY * (float(self.toward[1]) * 0.8 + 0.2)
        lit = self._lit(picture, strength * self.exposure * _HEADROOM)
        u, v = np.meshgrid(np.linspace(0, 1, 16), np.linspace(0, 1, 10))
        weights = np.stack(((1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v), axis=-1)
        local = self.local((weights @ corners).reshape(-1, 3)).reshape(u.shape) / _HEADROOM ** (1 / 2.2)
        shade = Image.fromarray(np.clip(local * 255.0, 0, 255).astype(np.uint8))
        shade = shade.resize(picture.size, Image.Resampling.BILINEAR)
        return ImageChops.multiply(lit, Image.merge("RGBA", (shade, shade, shade, Image.new("L", picture.size, 255))))

    def on_wall(self, picture: Image.Image) -> Image.Image:
        """An RGBA picture as it looks hanging on the wall."""
        strength = _AMBIENT * 0.82 + _KEY * max(0.0, float(self.toward[2]) * 0.8 + 0.2)
        return self._lit(picture, strength * self.exposure)

    def _lit(self, picture: Image.Image, strength: float) -> Image.Image:
        value = (np.arange(256) / 255.0) ** 2.2
        table = [encoded(value * strength * channel).round().astype(int).tolist() for channel in self.tint]
        return picture.point([*table[0], *table[1], *table[2], *range(256)])


def read(photo: Image.Image, *, room: RoomBox, camera: Camera, frame: Frame) -> Light:
    """The light of an RGB photo."""
    shrunk = photo.reduce(max(1, min(photo.size) // 96))
    small = np.asarray(shrunk.resize(_GRID, Image.Resampling.BOX), dtype=np.float64) / 255.0
    linear = small**2.2
    luma = linear @ _LUMA
    columns, rows = _GRID
    edge = room.rows_at((np.arange(columns) + 0.5) * photo.width / columns) / photo.height * rows
    row_numbers = np.arange(rows)[:, None] + 0.5
    is_floor = row_numbers > edge[None, :]
    is_wall = (row_numbers < edge[None, :]) & (row_numbers > 0.25 * rows)
    wall = linear[is_wall] if is_wall.any() else linear.reshape(-1, 3)
    level = float(np.median(wall @ _LUMA))
    exposure = float(np.clip(level / _WALL_PAINT, 0.16, 1.12))
    return Light(
        toward=_toward(luma, frame),
        exposure=exposure,
        tint=_tint(wall),
        floor_map=_floor_map(luma, is_floor),
        camera=camera,
        frame=frame,
        size=photo.size,
    )


def _tint(wall: Floats) -> Floats:
    """The tint of the light: a third of the walls' own, for paint is not light."""
    mean = wall.mean(axis=0) + 1e-3
    tint = (mean / (mean @ _LUMA)) ** 0.38
    return np.asarray(np.clip(tint / (tint @ _LUMA), 0.7, 1.35))


def _toward(luma: Floats, frame: Frame) -> Floats:
    """The direction to the light: from the side where the picture's upper part is brightest, above and in front."""
    rows, columns = luma.shape
    upper = luma[: int(rows * 0.7)].mean(axis=0)
    across = np.linspace(-1, 1, columns)
    weight = np.maximum(upper - np.median(upper), 0.0) ** 1.5 + 1e-6
    side = float(np.clip((across * weight).sum() / weight.sum() * 1.6, -0.9, 0.9))
    if abs(side) < 0.25:
        side = 0.25 if side >= 0 else -0.25
    world = np.array([side, 1.15, -0.62])
    direction = world @ frame.axes.T
    return np.asarray(direction / np.linalg.norm(direction))


def _floor_map(luma: Floats, is_floor: npt.NDArray[np.bool_]) -> Floats:
    """The floor's brightness relative to its mean, spread smoothly over the whole picture."""
    if not is_floor.any():
        return np.ones_like(luma)
    weight = is_floor.astype(np.float64)
    relative = np.sqrt(luma / max(float(luma[is_floor].mean()), 1e-3)) * weight
    for axis, times in ((0, 5), (1, 3)):
        for _ in range(times):
            relative, weight = (
                (table + np.roll(table, 1, axis) + np.roll(table, -1, axis)) / 3.0 for table in (relative, weight)
            )
    smooth = np.where(weight > 1e-3, relative / np.maximum(weight, 1e-3), 1.0)
    return np.asarray(np.clip(smooth**0.7, 0.72, 1.22))


def encoded(radiance: Floats) -> Floats:
    """Linear light as sRGB, 0 to 255, with a soft shoulder instead of a hard clip."""
    soft = np.where(radiance > 0.7, 0.7 + 0.3 * np.tanh((radiance - 0.7) / 0.45), radiance)
    return np.asarray(np.clip(soft, 0.0, 1.0) ** (1 / 2.2) * 255.0)
