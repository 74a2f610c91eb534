"""What are floors and walls made of? Flat textures seen from straight above, drawn once and kept."""

import random as randomness
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

PIXELS_PER_METER = 180
BRICKS = ("99705c", "8d6452", "a57d68", "866050", "a08272")
_Rgb = tuple[int, int, int]


def rgb(code: str) -> _Rgb:
    """A hex code as red, green and blue, 0 to 255."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


@lru_cache(maxsize=8)
def texture(kind: str, colors: tuple[str, ...], *, width: float, depth: float, seed: int) -> Image.Image:
    """A surface of width x depth meters as an RGBA picture."""
    size = (round(width * PIXELS_PER_METER), round(depth * PIXELS_PER_METER))
    picture = _KINDS[kind](size, [rgb(code) for code in colors], randomness.Random(seed))
    picture.putalpha(255)
    return picture


def _tinted(base: Image.Image, factor: npt.NDArray[np.float32]) -> Image.Image:
    pixels = np.asarray(base, dtype=np.float32) * factor[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _normal(random: randomness.Random, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    return np.random.default_rng(random.getrandbits(32)).standard_normal(shape, dtype=np.float32)


def _clouds(
    size: tuple[int, int], random: randomness.Random, *, cell: tuple[int, int], strength: float
) -> npt.NDArray[np.float32]:
    """Smooth unevenness around 1; a cell is (width, height) in pixels."""
    coarse = _normal(random, (size[1] // cell[1] + 3, size[0] // cell[0] + 3))
    smooth = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
    return np.asarray(1.0 + strength * smooth, dtype=np.float32)


def _varied(color: _Rgb, random: randomness.Random, spread: float) -> _Rgb:
    light = random.gauss(1.0, spread)
    red, green, blue = (min(255, int(channel * light)) for channel in color)
    return red, green, blue


def _boards(size: tuple[int, int], colors: Sequence[_Rgb], random: randomness.Random) -> Image.Image:
    """Boards running away from the viewer, of random lengths."""
    picture = Image.new("RGB", size, colors[0])
    draw = ImageDraw.Draw(picture)
    board = round(0.145 * PIXELS_PER_METER)
    gap = _darker(colors[1], 0.66)
    for x in range(0, size[0], board):
        y = -int(random.uniform(0, 1.6) * PIXELS_PER_METER)
        while y < size[1]:
            long = int(random.uniform(1.1, 2.1) * PIXELS_PER_METER)
            color = _varied(random.choice(colors), random, 0.022)
            draw.rectangle((x, y, x + board - 1, y + long - 1), fill=color)
            draw.line((x, y + long - 1, x + board - 1, y + long - 1), fill=gap, width=2)
            y += long
        draw.line((x, 0, x, size[1]), fill=gap)
    return _tinted(picture, _grain(size, random, along="depth"))


def _grain(size: tuple[int, int], random: randomness.Random, *, along: str) -> npt.NDArray[np.float32]:
    fine, coarse = ((3, 90), (9, 260)) if along == "depth" else ((90, 3), (260, 9))
    return _clouds(size, random, cell=fine, strength=0.035) * _clouds(size, random, cell=coarse, strength=0.03)


def _darker(color: _Rgb, factor: float) -> _Rgb:
    red, green, blue = (int(channel * factor) for channel in color)
    return red, green, blue


def _herringbone(size: tuple[int, int], colors: Sequence[_Rgb], random: randomness.Random) -> Image.Image:
    """Parquet blocks laid at right angles to each other, the pattern pointing away from the viewer."""
    length, wide = round(0.5 * PIXELS_PER_METER), round(0.1 * PIXELS_PER_METER)
    # Drawn upright on a larger sheet, then turned by 45 degrees.
    side = int((size[0] + size[1]) * 0.75)
    sheet = Image.new("RGB", (side, side), _darker(colors[1], 0.68))
    draw = ImageDraw.Draw(sheet)
    for row in range(-side // wide, side // wide + 1):
        for column in range(-1, side // (2 * length) + 2):
            x, y = column * 2 * length + row * wide, row * wide
            for left, top, w, h in ((x, y, length, wide), (x + length, y - length + wide, wide, length)):
                for wrap in (-2 * length * (side // (2 * length) + 1), 0):
                    shade = _varied(random.choice(colors), random, 0.03)
                    draw.rectangle((left + wrap, top, left + wrap + w - 2, top + h - 2), fill=shade)
    turned = sheet.rotate(45, Image.Resampling.BILINEAR)
    x, y = (side - size[0]) // 2, (side - size[1]) // 2
    return _tinted(turned.crop((x, y, x + size[0], y + size[1])), _clouds(size, random, cell=(5, 40), strength=0.03))


def _tiles(size: tuple[int, int], colors: Sequence[_Rgb], random: randomness.Random) -> Image.Image:
    """Large stone tiles with narrow joints."""
    side = round(0.6 * PIXELS_PER_METER)
    picture = Image.new("RGB", size, _darker(colors[1], 0.82))
    draw = ImageDraw.Draw(picture)
    for x in range(0, size[0], side):
        for y in range(0, size[1], side):
            draw.rectangle((x + 1, y + 1, x + side - 2, y + side - 2), fill=_varied(colors[0], random, 0.012))
    veins = _clouds(size, random, cell=(60, 40), strength=0.014) * _clouds(size, random, cell=(9, 9), strength=0.008)
    return _tinted(picture, veins)


def _carpet(size: tuple[int, int], colors: Sequence[_Rgb], random: randomness.Random) -> Image.Image:
    """Loop pile."""
    picture = Image.new("RGB", size, colors[0])
    pile = 1.0 + 0.06 * _normal(random, (size[1], size[0]))
    return _tinted(picture, pile * _clouds(size, random, cell=(70, 50), strength=0.02)).filter(
        ImageFilter.GaussianBlur(0.7)
    )


def _brick(size: tuple[int, int], colors: Sequence[_Rgb], random: randomness.Random) -> Image.Image:
    """Old bricks in running bond, of several firings."""
    long, high = round(0.225 * PIXELS_PER_METER), round(0.076 * PIXELS_PER_METER)
    picture = Image.new("RGB", size, (176, 164, 152))
    draw = ImageDraw.Draw(picture)
    for row in range(size[1] // high + 1):
        for column in range(-1, size[0] // long + 1):
            x = column * long + (long // 2 if row % 2 else 0)
            color = _varied(random.choice(colors), random, 0.06)
            draw.rectangle((x + 1, row * high + 1, x + long - 2, row * high + high - 2), fill=color)
    rough = 1.0 + 0.04 * _normal(random, (size[1], size[0]))
    return _tinted(picture, rough * _clouds(size, random, cell=(90, 70), strength=0.04)).filter(
        ImageFilter.GaussianBlur(0.8)
    )


_KINDS: Mapping[str, Callable[[tuple[int, int], Sequence[_Rgb], randomness.Random], Image.Image]] = {
    "boards": _boards, "herringbone": _herringbone, "tiles": _tiles, "carpet": _carpet, "brick": _brick,
}  # fmt: skip
