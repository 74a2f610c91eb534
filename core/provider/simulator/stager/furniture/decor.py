"""Which small things make a room lived in? Vases, bowls, books, baskets, towels, a laptop, toys."""

import random as randomness
from math import cos, pi, sin

import numpy as np

from core.provider.simulator.stager.furniture import foliage
from core.provider.simulator.stager.mesh import (
    Color,
    Finish,
    Part,
    blend,
    box,
    drape,
    part,
    rod,
    shade,
    sheet,
    soft_box,
    turned,
)
from core.provider.simulator.stager.palettes import Look

_VASES = (
    ((0.045, 0), (0.075, 0.06), (0.085, 0.12), (0.05, 0.2), (0.032, 0.24), (0.04, 0.26)),
    ((0.06, 0), (0.09, 0.05), (0.09, 0.13), (0.07, 0.18), (0.035, 0.2), (0.035, 0.23)),
    ((0.05, 0), (0.05, 0.26), (0.055, 0.27)),
    ((0.035, 0), (0.06, 0.1), (0.07, 0.2), (0.06, 0.25), (0.045, 0.26)),
)
_FRUIT: tuple[Color, ...] = ((0.75, 0.32, 0.03), (0.62, 0.12, 0.05), (0.5, 0.55, 0.08), (0.8, 0.62, 0.08))
_TOYS: tuple[Color, ...] = ((0.75, 0.25, 0.12), (0.1, 0.35, 0.5), (0.78, 0.58, 0.12), (0.25, 0.5, 0.3))


def vase(look: Look, random: randomness.Random, *, height: float = 0.28, stems: bool = True) -> list[Part]:
    """A vase with twigs."""
    profile = _VASES[random.randrange(len(_VASES))]
    scale = height / 0.28
    body = turned((0, 0, 0), [(r * scale, h * scale) for r, h in profile], look.pottery, sides=16)
    if not stems:
        return [body]
    kind = "pampas" if "pampas" in look.plants else "twigs"
    return [body, *foliage.bunch(kind, random, y=height * 0.9, height=height * 1.25)]


def bowl(look: Look) -> list[Part]:
    """A shallow bowl, seen with its hollow."""
    outer = [(0.05, 0), (0.12, 0.03), (0.155, 0.075), (0.14, 0.07), (0.1, 0.035), (0.0, 0.02)]
    return [turned((0, 0, 0), outer, look.pottery, sides=20)]


def fruit_bowl(look: Look, random: randomness.Random) -> list[Part]:
    """A bowl of fruit."""
    parts = bowl(look)
    ball = [(0.0, 0.0), (0.025, 0.006), (0.037, 0.026), (0.037, 0.044), (0.025, 0.064), (0.0, 0.07)]
    for number in range(6):
        angle = number * 2.4
        r = 0.068 if number < 5 else 0.0
        finish = Finish(_FRUIT[random.randrange(4)], gloss=0.2)
        parts.append(turned((r * cos(angle), 0.035 if number < 5 else 0.075, r * sin(angle)), ball, finish, sides=10))
    return parts


def book_stack(look: Look, random: randomness.Random) -> list[Part]:
    """Three lying books."""
    parts, y = [], 0.0
    for number in range(3):
        thick = random.uniform(0.022, 0.036)
        size = (0.26 - number * 0.025, thick, 0.19 - number * 0.015)
        book = box((0, thick / 2, 0), size, look.accent(number + random.randrange(3)), cells=1.0)
        parts.append(book.turned(random.uniform(-9, 9)).moved(0, y, 0))
        y += thick
    return parts


def candles(look: Look) -> list[Part]:
    """Three candles of different heights."""
    wax = Finish(blend(look.sheets.color, (0.9, 0.85, 0.72), 0.4), glow=0.05)
    return [
        turned((x, 0, z), [(0.028, 0), (0.028, h)], wax, sides=10)
        for x, z, h in ((-0.06, 0, 0.12), (0.05, 0.03, 0.08), (0.01, -0.06, 0.16))
    ]


def still_life(look: Look, random: randomness.Random, *, y: float, spread: float) -> list[Part]:
    """What lies on a coffee table: books, a vase, candles or a bowl, fewer in sparer styles."""
    side = random.choice((-1, 1))
    groups = [vase(look, random, height=0.22), book_stack(look, random)]
    groups.append(random.choice((bowl, candles))(look))
    places = ((-side * spread * 0.75, -0.06), (side * spread * 0.75, 0.05), (0.02, 0.1))
    count = 1 if look.clutter < 0.5 else 3 if look.clutter > 0.9 else 2
    return [p.moved(x, y, z) for group, (x, z) in list(zip(groups, places, strict=True))[:count] for p in group]


def centerpiece(look: Look, random: randomness.Random, *, y: float) -> list[Part]:
    """The middle of a laid table: a vase, candles, and plates on mats."""
    parts = [p.moved(0, y, 0) for p in vase(look, random, height=0.26)]
    if look.clutter > 0.5:
        parts += [p.moved(0.3, y, 0.02) for p in candles(look)]
        parts += [p.moved(-0.32, y, 0) for p in bowl(look)]
    return parts


def place_setting(look: Look) -> list[Part]:
    """A plate on a mat."""
    china = Finish((0.84, 0.83, 0.8), gloss=0.4)
    return [
        turned((0, 0, 0), [(0.17, 0), (0.17, 0.004)], look.accent(1), sides=20),
        turned((0, 0.004, 0), [(0.08, 0), (0.13, 0.014), (0.12, 0.016), (0.08, 0.008), (0, 0.008)], china, sides=20),
    ]


def basket(look: Look, *, radius: float = 0.2, height: float = 0.3, filled: bool = True) -> list[Part]:
    """A woven basket with a folded blanket or towels in it."""
    weave = Finish(blend(look.timber.color, (0.62, 0.47, 0.28), 0.6), grain=0.5)
    rings = [
        (radius * (0.82 + 0.18 * min(1.0, t * 1.5)) * (1.02 if i % 2 else 1.0), height * t)
        for i, t in enumerate(np.linspace(0, 1, 12))
    ]
    parts = [turned((0, 0, 0), rings, weave, sides=26)]
    if filled:
        size = (radius * 1.35, 0.1, radius * 1.25)
        parts.append(soft_box((0, height + 0.01, 0), size, look.blanket, radius=0.04, wrinkle=0.006))
    return parts


def towels(look: Look, *, count: int = 3) -> list[Part]:
    """Folded towels, one on the other."""
    return [
        soft_box(
            (0, 0.035 + 0.066 * i, 0),
            (0.34 - 0.012 * i, 0.07, 0.25 - 0.01 * i),
            look.sheets if i % 2 == 0 else look.accent(1),
            radius=0.03,
            puff=(0, 0.006, 0),
            flats=2,
        )
        for i in range(count)
    ]


def rolled_towels(look: Look) -> list[Part]:
    """Three rolled towels in a pyramid."""
    places = ((-0.065, 0.062), (0.065, 0.062), (0.0, 0.172))
    return [
        rod((x, y, -0.15), (x, y, 0.15), look.sheets if i < 2 else look.accent(0), radius=0.062, sides=14)
        for i, (x, y) in enumerate(places)
    ]


def bottles(look: Look) -> list[Part]:
    """A tray with soap and lotion."""
    amber = Finish((0.3, 0.13, 0.04), gloss=0.6)
    bottle = [(0.03, 0), (0.034, 0.01), (0.034, 0.11), (0.012, 0.135), (0.012, 0.17)]
    return [
        soft_box((0, 0.008, 0), (0.3, 0.016, 0.16), look.timber, radius=0.006, steps=1),
        turned((-0.07, 0.016, 0), bottle, amber, sides=12),
        turned((0.02, 0.016, -0.01), [(r, h * 0.85) for r, h in bottle], look.pottery, sides=12),
        turned((0.095, 0.016, 0.02), [(0.03, 0), (0.035, 0.05), (0.03, 0.06)], look.sheets, sides=12),
    ]


def cutting_boards(look: Look) -> list[Part]:
    """Two wooden boards leaning."""
    first = box((0, 0.17, 0), (0.24, 0.34, 0.02), look.timber, plank=0.06).turned(-12, axis="x")
    second = (
        turned((0.16, 0, 0.03), [(0.13, 0), (0.13, 0.018)], look.dark_timber, sides=22)
        .turned(78, axis="x", about=(0.16, 0, 0.03))
        .moved(y=0.13)
    )
    return [first, second]


def laptop() -> list[Part]:
    """An open laptop, its back toward the wall."""
    shell, screen = Finish((0.42, 0.43, 0.45), gloss=0.3), Finish((0.05, 0.09, 0.13), gloss=0.5, glow=0.35)
    lid = [box((0, 0.11, 0), (0.33, 0.22, 0.008), shell), box((0, 0.112, 0.0055), (0.31, 0.195, 0.004), screen)]
    return [
        box((0, 0.008, 0.11), (0.33, 0.014, 0.23), shell),
        *(p.turned(-16, axis="x").moved(0, 0.012, -0.006) for p in lid),
    ]


def desk_lamp(look: Look) -> list[Part]:
    """A jointed lamp."""
    shade_profile = [(0.075, 0), (0.06, 0.06), (0.022, 0.1)]
    return [
        turned((0, 0, 0), [(0.085, 0), (0.085, 0.014), (0.02, 0.03)], look.steel, sides=16),
        rod((0, 0.02, 0), (0.05, 0.27, -0.02), look.steel, radius=0.008),
        rod((0.05, 0.27, -0.02), (-0.1, 0.42, 0.05), look.steel, radius=0.008),
        turned((-0.12, 0.35, 0.05), shade_profile, look.steel, sides=16).turned(
            -18, axis="z", about=(-0.12, 0.4, 0.05)
        ),
    ]


def pencil_cup(look: Look) -> list[Part]:
    """Pencils in a cup."""
    cup = turned((0, 0, 0), [(0.04, 0), (0.042, 0.1)], look.pottery, sides=12)
    return [
        *(
            rod(
                (0.01 * i, 0.05, 0.008 * (i % 2)),
                (0.03 * i - 0.02, 0.18, 0.02 * (i % 2)),
                look.accent(i),
                radius=0.005,
                sides=4,
            )
            for i in (-1, 0, 1)
        ),
        cup,
    ]


def television(*, width: float = 1.25) -> list[Part]:
    """A television on its stand."""
    black, screen = Finish((0.012, 0.012, 0.013), gloss=0.2), Finish((0.016, 0.018, 0.022), gloss=0.9)
    height = width * 0.565
    return [
        box((0, 0.01, 0), (0.36, 0.02, 0.2), black),
        box((0, 0.05, 0), (0.06, 0.08, 0.03), black),
        box((0, 0.08 + height / 2, 0), (width, height, 0.03), black, cells=0.3),
        box((0, 0.085 + height / 2, 0.017), (width - 0.025, height - 0.03, 0.004), screen, cells=0.15),
    ]


def toy_blocks(random: randomness.Random) -> list[Part]:
    """A few building blocks, and a ball."""
    parts = [
        box((x, y + 0.045, z), (0.09, 0.09, 0.09), Finish(_TOYS[i % 4], gloss=0.1)).turned(
            random.uniform(-25, 25), about=(x, 0, z)
        )
        for i, (x, y, z) in enumerate(((-0.1, 0, 0), (0.03, 0, 0.05), (-0.04, 0.09, 0.02), (0.17, 0, -0.06)))
    ]
    ball = [(0.11 * sin(pi * t), 0.11 - 0.11 * cos(pi * t)) for t in np.linspace(0, 1, 9)]
    return [*parts, turned((0.42, 0, 0.1), ball, Finish(_TOYS[0], gloss=0.25), sides=18)]


def hanging_towel(look: Look, *, x: float, y: float, z: float, width: float, length: float, number: int) -> Part:
    """A towel over a rail."""
    path = [
        (y - length * 0.6, z - 0.02),
        (y - 0.05, z - 0.018),
        (y + 0.012, z),
        (y - 0.05, z + 0.018),
        (y - length * 0.5, z + 0.022),
        (y - length, z + 0.026),
    ]
    return drape(
        path, x - width / 2, x + width / 2, look.sheets if number % 2 == 0 else look.accent(number), columns=6
    )


def canvas_tent(look: Look) -> list[Part]:
    """A child's play tent."""
    top, side, depth = 1.5, 0.62, 0.62
    cloth = look.sheets
    corners = [(-side, 0.0, -depth), (side, 0.0, -depth), (side, 0.0, depth), (-side, 0.0, depth)]
    parts = [rod(c, (-c[0] * 0.16, top + 0.12, -c[2] * 0.16), look.timber, radius=0.014, sides=5) for c in corners]
    tip = np.array([0.0, top, 0.0])
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        if a[2] > 0 and b[2] > 0:
            for outer in (a, b):
                inner = (outer[0] * 0.35, 0.0, depth)
                grid = np.array(
                    [[np.array(outer), tip * 0.96 + np.array(outer) * 0.04], [np.array(inner), tip * 0.97]]
                )
                parts.append(part(sheet(grid), cloth, is_sheet=True))
            continue
        rows = [[np.array(p) * (1 - t) + tip * t for p in (a, b)] for t in np.linspace(0, 0.97, 6)]
        parts.append(part(sheet(np.array(rows)), Finish(shade(cloth.color, 0.97)), is_sheet=True))
    return parts
