"""What hangs on the walls? Framed motifs in a style's colors, and mirrors that show the room."""

import random as randomness
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.provider.simulator.stager.palettes import LOOKS

_Drawing = ImageDraw.ImageDraw
_Rgb = tuple[int, int, int]
_PAPER: _Rgb = (243, 239, 230)
_SIZE = (300, 400)


@lru_cache(maxsize=24)
def motif(style: str, variant: int, *, is_wide: bool) -> Image.Image:
    """A picture without its frame, with a paper margin, as RGBA."""
    look = LOOKS[style]
    random = randomness.Random(variant * 31 + 7)
    size = _SIZE[::-1] if is_wide else _SIZE
    colors = [_rgb(code) for code in (*look.accents, look.upholstery[0])]
    random.shuffle(colors)
    picture = Image.new("RGB", size, _PAPER)
    MOTIFS[look.art](ImageDraw.Draw(picture), size, colors, random)
    picture = picture.filter(ImageFilter.GaussianBlur(0.6))
    margin = Image.new("RGB", size, (250, 248, 243))
    inset = 26 if look.art not in ("blocks", "sea", "shapes", "gilded") else 0
    inner = picture.resize((size[0] - 2 * inset, size[1] - 2 * inset), Image.Resampling.BOX) if inset else picture
    margin.paste(inner, (inset, inset))
    return margin.convert("RGBA")


def mirror(photo: Image.Image, *, is_round: bool) -> Image.Image:
    """What a mirror on the far wall shows: the room, turned round, a little dark and soft. RGBA."""
    width, height = photo.size
    crop = photo.crop((width // 5, height // 6, width * 4 // 5, height * 5 // 6))
    seen = crop.resize((240, 300), Image.Resampling.BOX).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    seen = seen.filter(ImageFilter.GaussianBlur(3)).point(lambda value: int(value * 0.82 + 26))
    glint = Image.new("L", seen.size, 0)
    ImageDraw.Draw(glint).polygon([(40, 0), (110, 0), (20, 300), (-50, 300)], fill=34)
    seen.paste((255, 255, 255), (0, 0), glint.filter(ImageFilter.GaussianBlur(10)))
    result = seen.convert("RGBA")
    if is_round:
        alpha = Image.new("L", (480, 600), 0)
        ImageDraw.Draw(alpha).ellipse((2, 2, 477, 597), fill=255)
        result.putalpha(alpha.resize(seen.size, Image.Resampling.BOX))
    return result


def _rgb(code: str) -> _Rgb:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def _mix(a: _Rgb, b: _Rgb, share: float) -> _Rgb:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _blocks(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    for _ in range(7):
        x, y = random.uniform(-0.1, 0.8) * width, random.uniform(-0.1, 0.8) * height
        color = _mix(random.choice(colors), _PAPER, random.uniform(0, 0.35))
        draw.rectangle(
            (x, y, x + random.uniform(0.2, 0.6) * width, y + random.uniform(0.15, 0.5) * height), fill=color
        )
    x = random.uniform(0.3, 0.7) * width
    draw.line((x, 0, x - 0.1 * width, height), fill=(30, 30, 32), width=5)


def _botanical(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    count = 3 if width > height else 1
    for plant in range(count):
        middle, reach = width * (plant + 0.5) / count, min(width / count, height) * 0.34
        green = _mix((92, 116, 88), colors[plant % len(colors)], 0.25)
        bend = random.uniform(-0.12, 0.12) * width / count
        stem = [(middle + bend * t * t, height * (0.93 - 0.84 * t)) for t in np.linspace(0, 1, 17)]
        draw.line(stem, fill=green, width=3)
        for number in range(2, 17):
            x, y = stem[number]
            side, long = (1 if number % 2 else -1), reach * (1.15 - number / 17)
            angle = 0.75 if plant % 2 else 0.45
            leaf = [
                (x + side * (long * t * cos(angle) - w * sin(angle)), y - (long * t * sin(angle) + w * cos(angle)))
                for t, w in ((t, s * 0.16 * long * sin(pi * t)) for s in (1, -1) for t in np.linspace(0, 1, 9)[::s])
            ]
            draw.polygon(leaf, fill=_mix(green, _PAPER, random.uniform(0, 0.35)))


def _skyline(draw: _Drawing, size: tuple[int, int], _colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    for y in range(height):
        draw.line((0, y, width, y), fill=_mix((205, 200, 192), (120, 112, 104), y / height))
    for layer, shade in ((0.45, 150), (0.6, 95), (0.74, 45)):
        x = -10
        while x < width:
            wide = random.randrange(18, 52)
            draw.rectangle(
                (x, height * (layer - random.uniform(0.0, 0.28)), x + wide, height),
                fill=(shade, shade - 3, shade - 6),
            )
            x += wide


def _arcs(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    cx = width * random.uniform(0.4, 0.6)
    for number, r in enumerate(np.linspace(0.46, 0.12, 5) * width):
        draw.pieslice(
            (cx - r, height * 0.62 - r, cx + r, height * 0.62 + r),
            180,
            360,
            fill=colors[number % len(colors)] if number % 2 == 0 else _PAPER,
        )
    r = width * 0.13
    draw.ellipse((width * 0.68 - r, height * 0.2 - r, width * 0.68 + r, height * 0.2 + r), fill=colors[1])
    draw.rectangle((0, height * 0.62, width, height * 0.66), fill=colors[2])


def _wreath(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    for number in range(90):
        a = number / 90 * 2 * pi
        r = min(size) * random.uniform(0.29, 0.37)
        x, y = width / 2 + r * cos(a), height / 2 + r * sin(a)
        s = random.uniform(6, 14)
        draw.ellipse(
            (x - s, y - s * 0.6, x + s, y + s * 0.6),
            fill=_mix((110, 130, 96), random.choice(colors), random.uniform(0, 0.45)),
        )


def _sea(draw: _Drawing, size: tuple[int, int], _colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    horizon = height * random.uniform(0.42, 0.58)
    for y in range(height):
        if y < horizon:
            color = _mix((168, 202, 220), (240, 236, 224), y / horizon)
        elif y < height * 0.84:
            color = _mix((52, 116, 148), (140, 190, 200), (y - horizon) / (height * 0.84 - horizon))
        else:
            color = _mix((226, 210, 176), (206, 184, 146), (y - height * 0.84) / (height * 0.16))
        draw.line((0, y, width, y), fill=color)
    for number in range(9):
        y = horizon + (height * 0.84 - horizon) * ((number + 1) / 10) ** 1.4
        curve = [(x, y + (1 + number * 0.7) * sin(x / (9 + 3 * number) + number)) for x in range(0, width, 4)]
        draw.line(curve, fill=(232, 243, 244), width=1 + number // 3)


def _landscape(draw: _Drawing, size: tuple[int, int], _colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    for y in range(height):
        draw.line((0, y, width, y), fill=_mix((150, 168, 182), (232, 206, 160), min(1, y / (height * 0.5))))
    for layer, base in enumerate((0.5, 0.6, 0.72, 0.84)):
        hills = [
            (x, height * (base + 0.05 * sin(x / (30 + 9 * layer) + layer * 2 + random.random())))
            for x in range(0, width + 8, 8)
        ]
        draw.polygon([*hills, (width, height), (0, height)], fill=_mix((126, 134, 104), (52, 56, 34), layer / 3))
    for _ in range(7):
        left, top, r = random.uniform(0, 1) * width, height * random.uniform(0.56, 0.7), random.uniform(9, 22)
        draw.ellipse((left, top, left + 2 * r, top + 1.7 * r), fill=(58, 66, 40))


def _shapes(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    draw.rectangle((0, 0, width, height), fill=_mix(_PAPER, colors[1], 0.25))
    for number in range(5):
        x, y, r = (
            random.uniform(0.2, 0.8) * width,
            random.uniform(0.2, 0.8) * height,
            random.uniform(0.16, 0.34) * width,
        )
        points = [
            (x + r * (0.8 + 0.2 * sin(2 * a + number)) * cos(a), y + r * (0.85 + 0.2 * cos(3 * a + number)) * sin(a))
            for a in np.linspace(0, 2 * pi, 50)
        ]
        draw.polygon(points, fill=colors[number % len(colors)])


def _sun(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], _random: randomness.Random) -> None:
    width, height = size
    cx, cy, r = width / 2, height * 0.36, min(size) * 0.2
    for number in range(24):
        a = number / 24 * 2 * pi
        draw.line(
            (cx + r * 1.2 * cos(a), cy + r * 1.2 * sin(a), cx + r * 1.6 * cos(a), cy + r * 1.6 * sin(a)),
            fill=colors[1],
            width=5,
        )
    draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=colors[0])
    for layer in range(3):
        y = height * (0.66 + 0.11 * layer)
        hills = [(x, y + 16 * sin(x / 40 + layer * 1.7)) for x in range(0, width + 8, 8)]
        draw.polygon([*hills, (width, height), (0, height)], fill=colors[(2 + layer) % len(colors)])


def _line(draw: _Drawing, size: tuple[int, int], _colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    phase = random.uniform(0, 6)
    curve = [
        (
            width * (0.5 + 0.3 * sin(1.0 * t + phase) * cos(0.5 * t)),
            height * (0.12 + 0.76 * t / 12 + 0.06 * sin(2.3 * t)),
        )
        for t in np.linspace(0, 12, 160)
    ]
    draw.line(curve, fill=(60, 58, 55), width=3)


def _gilded(draw: _Drawing, size: tuple[int, int], colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    draw.rectangle((0, 0, width, height), fill=(238, 231, 217))
    for number in range(20):
        y0, phase = random.uniform(-0.1, 1.1) * height, random.uniform(0, 6)
        curve = [(x, y0 + 46 * sin(x / width * 3 + phase) + 9 * sin(x / 17 + phase)) for x in range(0, width, 5)]
        draw.line(
            curve,
            fill=(206, 166, 80) if number % 4 == 0 else _mix(colors[number % len(colors)], (238, 231, 217), 0.5),
            width=random.randrange(2, 20),
        )


def _ink(draw: _Drawing, size: tuple[int, int], _colors: list[_Rgb], _random: randomness.Random) -> None:
    width, height = size
    r, cx, cy = min(size) * 0.3, width / 2, height * 0.46
    for a in np.linspace(0.4, 2 * pi - 0.15, 130):
        s = 11 + 7 * sin(a * 0.5 + 0.4)
        x, y = cx + r * cos(a), cy + r * sin(a)
        draw.ellipse((x - s, y - s, x + s, y + s), fill=(44, 42, 40))
    draw.rectangle((width * 0.8, height * 0.82, width * 0.87, height * 0.87), fill=(168, 62, 44))


def _mountains(draw: _Drawing, size: tuple[int, int], _colors: list[_Rgb], random: randomness.Random) -> None:
    width, height = size
    for y in range(height):
        draw.line((0, y, width, y), fill=_mix((196, 208, 212), (238, 226, 202), y / height))
    for layer, base in enumerate((0.42, 0.56, 0.7, 0.84)):
        x, ridge = 0.0, []
        while x <= width + 30:
            ridge.append((x, height * (base - random.uniform(0, 0.17))))
            x += random.uniform(18, 44)
        draw.polygon([*ridge, (width + 30, height), (0, height)], fill=_mix((132, 146, 150), (48, 58, 46), layer / 3))


def _sunburst(draw: _Drawing, size: tuple[int, int], _colors: list[_Rgb], _random: randomness.Random) -> None:
    width, height = size
    draw.rectangle((0, 0, width, height), fill=(24, 24, 28))
    cx, cy, r = width / 2, height * 0.82, max(size)
    for number in range(17):
        a, b = pi + number * pi / 17, pi + (number + 0.5) * pi / 17
        draw.polygon(
            [(cx, cy), (cx + r * cos(a), cy + r * sin(a)), (cx + r * cos(b), cy + r * sin(b))], fill=(209, 166, 74)
        )
    for ring, color in ((0.22, (24, 24, 28)), (0.18, (209, 166, 74)), (0.13, (31, 106, 89))):
        s = ring * width
        draw.ellipse((cx - s, cy - s, cx + s, cy + s), fill=color)


def _arches(draw: _Drawing, size: tuple[int, int], _colors: list[_Rgb], _random: randomness.Random) -> None:
    width, height = size
    draw.rectangle((0, 0, width, height), fill=(240, 228, 202))
    draw.rectangle((0, height * 0.3, width, height * 0.62), fill=(86, 140, 190))
    for number in range(3):
        x = width * (0.06 + 0.32 * number)
        w = width * 0.25
        draw.rectangle(
            (x, height * 0.35, x + w, height * 0.95), fill=(199, 112, 66) if number != 1 else (36, 88, 150)
        )
        draw.pieslice(
            (x, height * 0.35 - w / 2, x + w, height * 0.35 + w / 2),
            180,
            360,
            fill=(199, 112, 66) if number != 1 else (36, 88, 150),
        )
    r = width * 0.09
    draw.ellipse((width * 0.72 - r, height * 0.12 - r, width * 0.72 + r, height * 0.12 + r), fill=(232, 170, 66))


MOTIFS: Mapping[str, Callable[[_Drawing, tuple[int, int], list[_Rgb], randomness.Random], None]] = {
    "blocks": _blocks, "botanical": _botanical, "skyline": _skyline, "arcs": _arcs, "wreath": _wreath, "sea": _sea,
    "landscape": _landscape, "shapes": _shapes, "sun": _sun, "line": _line, "gilded": _gilded, "ink": _ink,
    "mountains": _mountains, "sunburst": _sunburst, "arches": _arches,
}  # fmt: skip
