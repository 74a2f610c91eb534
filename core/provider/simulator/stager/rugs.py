"""What do the rugs look like? Flat patterns in a style's colors, seen from above."""

import random as randomness
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.provider.simulator.stager.palettes import LOOKS

_PIXELS_PER_METER = 150
_Drawing = ImageDraw.ImageDraw
_Rgb = tuple[int, int, int]


@lru_cache(maxsize=24)
def rug(style: str, variant: int, *, width: float, depth: float, shape: str = "rectangle") -> Image.Image:
    """A rug as an RGBA picture, its front at the bottom; width and depth in meters."""
    look = LOOKS[style]
    size = (round(width * _PIXELS_PER_METER), round(depth * _PIXELS_PER_METER))
    colors = [_rgb(code) for code in look.rug]
    random = randomness.Random(variant)
    if variant % 3 == 2:
        colors = [colors[0], colors[2], colors[1]]
    picture = Image.new("RGB", size, colors[0])
    PATTERNS[look.rug_pattern](ImageDraw.Draw(picture), size, colors, random)
    if look.rug_pattern in ("faded", "marbled", "persian"):
        picture = picture.filter(ImageFilter.GaussianBlur(0.8))
    worn = _pile(picture, random.randrange(1000), rough=look.rug_pattern in ("jute", "berber", "navajo", "kilim"))
    alpha = _outline(size, shape, has_fringe=look.rug_pattern in ("persian", "kilim", "berber", "navajo"))
    worn.putalpha(alpha)
    return worn


def _rgb(code: str) -> _Rgb:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def _pile(picture: Image.Image, seed: int, *, rough: bool) -> Image.Image:
    random = np.random.default_rng(seed)
    pixels = np.asarray(picture, dtype=np.float32)
    height, width = pixels.shape[:2]
    noise = random.normal(1.0, 0.055 if rough else 0.035, (height, width))
    wide = random.normal(0.0, 1.0, (height // 24 + 2, width // 24 + 2)).astype(np.float32)
    clouds = np.asarray(Image.fromarray(wide).resize((width, height), Image.Resampling.BICUBIC))
    woven = 1.0 + 0.03 * np.sin(np.arange(height) * 2.1)[:, None] if rough else 1.0
    shaded = pixels * (noise * woven * (1.0 + 0.025 * clouds))[..., None]
    return Image.fromarray(np.clip(shaded, 0, 255).astype(np.uint8))


def _outline(size: tuple[int, int], shape: str, *, has_fringe: bool) -> Image.Image:
    alpha = Image.new("L", size, 0)
    draw = ImageDraw.Draw(alpha)
    width, height = size
    if shape == "round":
        draw.ellipse((1, 1, width - 2, height - 2), fill=255)
        return alpha.filter(ImageFilter.GaussianBlur(0.7))
    inset = 7 if has_fringe else 0
    draw.rounded_rectangle((inset, 0, width - 1 - inset, height - 1), radius=4, fill=255)
    if has_fringe:
        for y in range(1, height, 4):
            draw.line((0, y, inset, y), fill=200)
            draw.line((width - 1 - inset, y, width - 1, y), fill=200)
    return alpha


def _border(draw: _Drawing, size: tuple[int, int], color: _Rgb, *, inset: int, thick: int) -> None:
    if min(size) > 2 * inset + thick:
        draw.rectangle((inset, inset, size[0] - 1 - inset, size[1] - 1 - inset), outline=color, width=thick)


def _plain(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], _random: randomness.Random) -> None:
    _border(draw, size, colors[1], inset=0, thick=6)


def _abstract(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    for number in range(7):
        x, y = random.uniform(-0.1, 1) * width, random.uniform(-0.1, 1) * height
        r = random.uniform(0.12, 0.34) * width
        points = [
            (x + r * (0.75 + 0.25 * sin(3 * a + number)) * cos(a), y + r * 0.8 * (0.75 + 0.25 * cos(2 * a)) * sin(a))
            for a in np.linspace(0, 2 * pi, 40)
        ]
        draw.polygon(points, fill=_between(colors[0], colors[1 + number % 2], 0.5) if number % 3 else colors[1])
    for _ in range(3):
        y = random.uniform(0.1, 0.9) * height
        curve = [(x, y + 0.12 * height * sin(x / width * 5 + y)) for x in range(0, width, 8)]
        draw.line(curve, fill=colors[2], width=4)


def _berber(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    step = 62
    for x in range(-step, size[0] + step, step):
        for y in range(-step, size[1] + step, step):
            draw.line(
                (x, y, x + step // 2, y + step // 2, x + step, y), fill=colors[1 + random.randrange(2) // 2], width=4
            )
            draw.line((x, y, x + step // 2, y - step // 2, x + step, y), fill=colors[2], width=3)


def _stripes(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], _random: randomness.Random) -> None:
    x, bands = 0, [(46, 0), (10, 1), (8, 0), (22, 1), (8, 0), (10, 2)]
    while x < size[0]:
        for wide, color in bands:
            draw.rectangle((x, 0, x + wide - 1, size[1]), fill=colors[color])
            x += wide


def _jute(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    for y in range(0, size[1], 5):
        draw.line((0, y, size[0], y), fill=_between(colors[0], colors[1], random.uniform(0.0, 0.3)), width=5)
    for inset in (14, 40):
        _border(draw, size, colors[2] if inset == 14 else colors[1], inset=inset, thick=12)


def _persian(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    for inset, thick, color in ((8, 5, 2), (16, 26, 1), (46, 4, 2)):
        _border(draw, size, colors[color], inset=inset, thick=thick)
    for x in range(24, width - 24, 22):
        for y in (29, height - 30):
            draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=colors[2 if x // 22 % 2 else 0])
    for y in range(24, height - 24, 22):
        for x in (29, width - 30):
            draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=colors[2 if y // 22 % 2 else 0])
    cx, cy = width / 2, height / 2
    for r, color in ((0.36, 1), (0.31, 2), (0.29, 0), (0.2, 1), (0.12, 2), (0.07, 0)):
        points = [
            (
                cx + r * width * (1 + 0.12 * cos(8 * a)) * cos(a),
                cy + r * height * 1.05 * (1 + 0.12 * cos(8 * a)) * sin(a),
            )
            for a in np.linspace(0, 2 * pi, 80)
        ]
        draw.polygon(points, fill=colors[color])
    for _ in range(130):
        px, py = random.uniform(60, width - 60), random.uniform(60, height - 60)
        for twin in (px, width - px):
            draw.ellipse((twin - 4, py - 3, twin + 4, py + 3), fill=colors[random.choice((1, 2, 2))])


def _kilim(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], _random: randomness.Random) -> None:
    width, height = size
    band = 52
    for row, y in enumerate(range(0, height, band)):
        draw.rectangle((0, y, width, y + band), fill=colors[row % 3])
        for x in range(0, width + band, band):
            a, b = colors[(row + 1) % 3], colors[(row + 2) % 3]
            draw.polygon(
                [(x, y + 4), (x + band / 2, y + band / 2), (x, y + band - 4), (x - band / 2, y + band / 2)], fill=a
            )
            draw.polygon(
                [(x, y + 16), (x + band / 4, y + band / 2), (x, y + band - 16), (x - band / 4, y + band / 2)], fill=b
            )
        draw.line((0, y, width, y), fill=colors[1], width=5)


def _navajo(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], _random: randomness.Random) -> None:
    width, height = size
    for y in (0.06, 0.13, 0.84, 0.91):
        draw.rectangle((0, y * height, width, (y + 0.035) * height), fill=colors[1 if y in (0.06, 0.91) else 2])
    for number, cx in enumerate(np.linspace(0.2, 0.8, 3) * width):
        for step in range(6, 0, -1):
            w, h = step * width * 0.026, step * height * 0.05
            color = colors[(step + number) % 3]
            draw.polygon(
                [(cx - w, height / 2), (cx, height / 2 - h), (cx + w, height / 2), (cx, height / 2 + h)], fill=color
            )


def _faded(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    _persian(
        draw, size, [colors[0], _between(colors[0], colors[1], 0.6), _between(colors[0], colors[2], 0.5)], random
    )


def _between(a: _Rgb, b: _Rgb, share: float) -> _Rgb:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _arcs(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], _random: randomness.Random) -> None:
    step = 100
    for row, y in enumerate(range(0, size[1] + step, step)):
        for column, x in enumerate(range(-step, size[0] + step, step)):
            for ring, r in enumerate((50, 38, 26, 14)):
                color = colors[(1 + ring + row + column) % 3]
                draw.pieslice(
                    (x - r, y - r, x + r, y + r), 180 if row % 2 else 0, 360 if row % 2 else 180, fill=color
                )


def _marbled(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    for number in range(16):
        y0, swing = random.uniform(-0.2, 1.2) * height, random.uniform(0.08, 0.3) * height
        phase = random.uniform(0, 6)
        curve = [(x, y0 + swing * sin(x / width * 4 + phase) + 14 * sin(x / 31 + phase)) for x in range(0, width, 6)]
        draw.line(curve, fill=_between(colors[0], colors[1 + number % 2], 0.7), width=random.randrange(3, 22))
    _border(draw, size, colors[1], inset=0, thick=10)


def _grid(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], _random: randomness.Random) -> None:
    for x in range(45, size[0], 90):
        draw.line((x, 0, x, size[1]), fill=colors[1], width=4)
    for y in range(45, size[1], 90):
        draw.line((0, y, size[0], y), fill=colors[1], width=4)
    _border(draw, size, colors[2], inset=0, thick=7)


def _fans(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], _random: randomness.Random) -> None:
    step = 76
    for row, y in enumerate(range(0, size[1] + 2 * step, step // 2)):
        for x in range(-step, size[0] + step, step):
            cx = x + (step // 2 if row % 2 else 0)
            for r, color in ((step // 2, 1), (step // 2 - 5, 0), (step // 3, 1), (step // 3 - 4, 2), (step // 6, 0)):
                draw.pieslice((cx - r, y - r, cx + r, y + r), 180, 360, fill=colors[color])
    _border(draw, size, colors[1], inset=6, thick=6)


def _tiles(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], _random: randomness.Random) -> None:
    step = 74
    for x in range(0, size[0], step):
        for y in range(0, size[1], step):
            cx, cy, r = x + step / 2, y + step / 2, step / 2
            for k, color in ((0.92, 2), (0.68, 0), (0.46, 1), (0.22, 0)):
                points = [
                    (
                        cx + r * k * (1 if i % 2 else 0.55) * cos(i * pi / 4),
                        cy + r * k * (1 if i % 2 else 0.55) * sin(i * pi / 4),
                    )
                    for i in range(8)
                ]
                draw.polygon(points, fill=colors[color])
    _border(draw, size, colors[2], inset=0, thick=12)


_Draw = Callable[[_Drawing, tuple[int, int], list[_Rgb], randomness.Random], None]
PATTERNS: Mapping[str, _Draw] = {
    "plain": _plain, "abstract": _abstract, "berber": _berber, "stripes": _stripes, "jute": _jute, "tiles": _tiles,
    "kilim": _kilim, "navajo": _navajo, "faded": _faded, "arcs": _arcs, "marbled": _marbled, "grid": _grid,
    "fans": _fans, "persian": _persian,
}  # fmt: skip
