"""How is a sample room drawn? Surfaces, daylight, sun on the floor, trim, and what a lens adds.

1. Paint floor, walls and ceiling in their own colors.
2. Work out the daylight at a third of the size; add the sun's patches and the windows' gleam on the floor.
3. Hang the views, paint the frames and skirting, and finish with bloom, vignette and grain.
"""

import random as randomness
from dataclasses import dataclass, replace
from math import radians

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.provider.simulator.stager import canvas, painting, scenery
from core.provider.simulator.stager import light as lighting
from core.provider.simulator.stager.camera import Camera, Floats, Frame
from core.provider.simulator.stager.light import Skin
from core.provider.simulator.stager.rooms import openings, shell, surfaces
from core.provider.simulator.stager.rooms.designs import DESIGNS, Design, Opening
from core.provider.simulator.stager.rooms.shell import Shell
from core.provider.simulator.stager.view import View

_EYE_METERS = 1.3
_GLOSS = {"boards": 0.26, "herringbone": 0.3, "tiles": 0.42, "carpet": 0.0}
_WALL_LEVEL = 0.80  # how light the walls come out
_HEADROOM = 0.74
_STEP = 3  # daylight is smooth: it is worked out for every third pixel
_WARMTH = (1.012, 1.0, 0.98)


def _shoulder(value: float) -> float:
    over = max(0.0, value - 200.0)
    return value - over + 55.0 * over / (over + 55.0)


_SHOULDER = [round(_shoulder(level / _HEADROOM * warmth)) for warmth in _WARMTH for level in range(256)]


def sample_room(seed: int, size: tuple[int, int]) -> Image.Image:
    """An empty room as an RGB photograph of that size: which one, and its angle and colors, depend on the seed."""
    built = _built(seed, size)
    design = built.design
    seen = shell.sight(built, size=size, step=_STEP)
    daylight = shell.daylight(built, seen)
    usual = shell.levels(seen, daylight)
    exposure = _WALL_LEVEL / float(usual[:3].mean())
    picture = _lit(_surfaces(built, size, seed), daylight * exposure, seen=seen, built=built)
    for opening in _windows(design):
        canvas.lay(
            picture, openings.outdoors(design.view, seed % 3), built.view.project(built.on_wall(opening, out=-0.05))
        )
    piece = scenery.assemble(openings.trim(built), is_shaded=False)
    painting.paint(picture, piece, view=built.view, light=RoomLight(usual * exposure))
    return _developed(picture)


def floor_rows(seed: int, *, size: tuple[int, int], columns: Floats) -> Floats:
    """The rows where the floor of a sample room ends at columns of its picture; all in pixels."""
    _, edge, _ = shell.outlines(_built(seed, size), size=size)
    return np.interp(columns, edge[:, 0], edge[:, 1])


def _built(seed: int, size: tuple[int, int]) -> Shell:
    random = randomness.Random(seed * 7919 + 13)
    return _build(_varied(DESIGNS[seed % len(DESIGNS)], random, is_first=0 <= seed < len(DESIGNS)), size)


@dataclass(frozen=True, slots=True)
class RoomLight:
    """Light known by the way a surface faces: out of the far, left and right wall, up and down."""

    levels: Floats

    def colors(self, skin: Skin) -> Floats:
        """The colors (n, 3) of points of surfaces as sRGB, 0 to 255."""
        x, y, z = (skin.facing[:, axis] for axis in range(3))
        shares = (
            np.stack((np.abs(z), np.maximum(x, 0), np.maximum(-x, 0), np.maximum(y, 0), np.maximum(-y, 0)), axis=1)
            ** 2
        )
        strength = shares @ self.levels
        return lighting.encoded(skin.albedo * strength[:, None] + skin.albedo * skin.glow[:, None])


def _varied(design: Design, random: randomness.Random, *, is_first: bool) -> Design:
    """Later seeds show the same rooms from elsewhere, mirrored, or painted in another color."""
    if is_first:
        return design
    walls = random.choice((design.walls, "e8e2d6", "d9dfe0", "e6dcd2", "dfe3d8"))
    turned = replace(
        design, angle=design.angle + random.uniform(-5, 5), shift=design.shift + random.uniform(-0.3, 0.3)
    )
    turned = replace(turned, walls=walls, accent=walls if design.accent == design.walls else design.accent)
    return _mirrored(turned) if random.random() < 0.5 else turned


def _mirrored(design: Design) -> Design:
    other = {"left": "right", "right": "left", "far": "far"}
    return replace(
        design,
        angle=-design.angle,
        shift=-design.shift,
        sun=(-design.sun[0], design.sun[1]),
        brick=other.get(design.brick, ""),
        openings=tuple(
            replace(opening, wall=other[opening.wall], along=-opening.along) for opening in design.openings
        ),
    )


def _build(design: Design, size: tuple[int, int]) -> Shell:
    width, height = size
    focal = 0.60 * max(width, height * 1.15)
    camera = Camera(focal=focal, column=width / 2, horizon=height * 0.485, height=_EYE_METERS)
    frame = Frame((0.0, design.depth), radians(-design.angle))
    # The camera stands `shift` to the right of the room's middle.
    eye = View(camera, frame).eye[0]
    return Shell(
        design,
        View(camera, frame),
        float(eye) - design.width / 2 - design.shift,
        float(eye) + design.width / 2 - design.shift,
    )


def _windows(design: Design) -> list[Opening]:
    return [opening for opening in design.openings if opening.kind != "door"]


def _surfaces(built: Shell, size: tuple[int, int], seed: int) -> Image.Image:
    """The room in its own colors, without light."""
    design = built.design
    picture = _plain(built, size)
    width, front = round(built.right - built.left, 2), design.depth - 0.75
    floor = surfaces.texture(design.floor, design.floor_colors, width=width, depth=front, seed=seed % 5)
    corners = np.array([[built.left, 0, 0], [built.right, 0, 0], [built.right, 0, front], [built.left, 0, front]])
    canvas.lay(picture, floor, built.view.project(corners), keep_rows=True)
    if design.brick:
        length = round(design.depth + 0.5, 2)
        wall = surfaces.texture("brick", surfaces.BRICKS, width=length, depth=design.height, seed=3)
        side = Opening("brick", design.brick, -0.25 if design.brick == "left" else 0.25, length, 0.0, design.height)
        canvas.lay(picture, wall, built.view.project(built.on_wall(side)))
    return picture


def _plain(built: Shell, size: tuple[int, int]) -> Image.Image:
    """Walls, floor and ceiling in one color each, drawn at twice the size for smooth edges."""
    design = built.design
    ceiling, floor, (left, right) = shell.outlines(built, size=size)
    width, height = size[0] * 2, size[1] * 2
    picture = Image.new("RGB", (width, height), surfaces.rgb(design.accent))
    draw = ImageDraw.Draw(picture)
    for start, end in ((0.0, left * 2), (right * 2, float(width))):
        if end > start:
            draw.rectangle((start, 0, end, height), fill=surfaces.rgb(design.walls))
    draw.polygon([(-9, -9), *_points(ceiling), (width + 9, -9)], fill=surfaces.rgb(design.ceiling))
    draw.polygon(
        [(-9, height + 9), *_points(floor), (width + 9, height + 9)], fill=surfaces.rgb(design.floor_colors[0])
    )
    return picture.reduce(2)


def _points(edge: Floats) -> list[tuple[float, float]]:
    return [(x * 2, y * 2) for x, y in edge.tolist()]


def _lit(albedo: Image.Image, daylight: Floats, *, seen: shell.Sight, built: Shell) -> Image.Image:
    """The surfaces in their light, with the sun's patches and the windows' gleam."""
    size, (rows, columns) = albedo.size, seen.x.shape
    is_floor = seen.surface == shell.FLOOR
    patch, gleam = (
        np.asarray(mask.resize((columns, rows), Image.Resampling.BILINEAR), dtype=np.float32) / 255.0
        for mask in (_sun(built, size), _gleam(built, size))
    )
    light = daylight + np.where(is_floor, 1.15 * patch, 0.0)
    y, x = (np.arange(rows) / rows - 0.5)[:, None], (np.arange(columns) / columns - 0.5)[None, :]
    light = light * (1.0 - 0.36 * (x * x + y * y))
    # Flat on, a floor shows its own color; at a glancing angle it mirrors the walls and windows.
    steep = built.view.camera.height / np.hypot(
        np.hypot(seen.x, seen.z - built.view.eye[2]), built.view.camera.height
    )
    mirrored = _GLOSS[built.design.floor] * np.where(
        is_floor, (1 - steep) ** 3 * 0.36 + gleam * (1 - steep) ** 2 * 1.1, 0.0
    )
    factor = _enlarged(np.maximum(light, 0.02) ** (1 / 2.2), size)
    sheen = _enlarged(mirrored.astype(np.float32), size) * 255.0
    # Room is left above white, then compressed, so that sun on pale boards keeps its drawing.
    pixels = np.array(albedo, dtype=np.float32)
    pixels *= (factor * _HEADROOM)[..., None]
    pixels += (sheen * _HEADROOM)[..., None]
    np.minimum(pixels, 255.0, out=pixels)
    return Image.fromarray(pixels.astype(np.uint8)).point(_SHOULDER)


def _enlarged(table: Floats, size: tuple[int, int]) -> Floats:
    """A table for every third pixel made one for every pixel of a picture of that size."""
    part = (0, 0, size[0] / _STEP, size[1] / _STEP)
    return np.asarray(Image.fromarray(table.astype(np.float32)).resize(size, Image.Resampling.BILINEAR, box=part))


def _sun(built: Shell, size: tuple[int, int]) -> Image.Image:
    """The windows' light on the floor, pane by pane, as a small gray picture."""
    small = (size[0] // 2, size[1] // 2)
    mask = Image.new("L", small)
    draw = ImageDraw.Draw(mask)
    right, forward = built.design.sun
    for opening in _windows(built.design):
        corners = built.on_wall(opening)
        bars = 0.06
        for column in range(opening.columns):
            for row in range(opening.rows):
                u0, u1 = (column + bars) / opening.columns, (column + 1 - bars) / opening.columns
                v0, v1 = (row + bars) / opening.rows, (row + 1 - bars) / opening.rows
                pane = []
                for u, v in ((u0, v0), (u1, v0), (u1, v1), (u0, v1)):
                    point = (corners[0] * (1 - u) + corners[1] * u) * (1 - v) + (
                        corners[3] * (1 - u) + corners[2] * u
                    ) * v
                    pane.append([point[0] + right * point[1], 0.0, point[2] + forward * point[1]])
                pixels = built.view.project(np.array(pane)) / 2
                draw.polygon([tuple(p) for p in pixels.tolist()], fill=255)
    return mask.filter(ImageFilter.GaussianBlur(max(1.0, size[0] / 700)))


def _gleam(built: Shell, size: tuple[int, int]) -> Image.Image:
    """The windows mirrored in the floor, smeared."""
    small = (size[0] // 4, size[1] // 4)
    mask = Image.new("L", small)
    draw = ImageDraw.Draw(mask)
    for opening in _windows(built.design):
        corners = built.on_wall(opening) * np.array([1.0, -1.0, 1.0])
        draw.polygon([tuple(p) for p in (built.view.project(corners) / 4).tolist()], fill=235)
    return mask.filter(ImageFilter.GaussianBlur(max(2.0, size[0] / 130)))


def _developed(picture: Image.Image) -> Image.Image:
    """Bloom around what is bright, and grain."""
    small = picture.reduce(8)
    bright = small.point(lambda value: max(0, int((value - 226) * 3.0)))
    bloom = bright.filter(ImageFilter.GaussianBlur(max(3.0, picture.width / 180))).resize(
        picture.size, Image.Resampling.BILINEAR
    )
    return painting.grainy(ImageChops.screen(picture, bloom.point(lambda value: int(value * 0.4))))
