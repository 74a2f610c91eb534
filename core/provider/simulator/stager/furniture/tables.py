"""What do things stand on? Coffee, side, dining and work tables in the forms of each style."""

import random as randomness
from collections.abc import Callable, Mapping
from math import cos, pi, sin

from core.provider.simulator.stager.furniture import decor, joinery
from core.provider.simulator.stager.mesh import Finish, Part, blend, box, rod, shade, soft_box, turned
from core.provider.simulator.stager.palettes import Look

MARBLE = Finish((0.80, 0.78, 0.75), gloss=0.6, grain=0.05)
GLASS = Finish((0.40, 0.46, 0.46), gloss=0.9)
_Top = list[Part]


def coffee_table(look: Look, random: randomness.Random) -> list[Part]:
    """A low table with a few things on it."""
    parts, height = _COFFEE[look.table](look)
    return [*parts, *decor.still_life(look, random, y=height, spread=0.3)]


def side_table(look: Look, _random: randomness.Random) -> list[Part]:
    """A small table, 55 cm high, to stand a lamp on."""
    height = 0.55
    if look.table in ("marble", "mirror"):
        top = MARBLE if look.table == "marble" else Finish(look.dark_timber.color, gloss=0.9)
        return [
            turned((0, height - 0.03, 0), [(0.2, 0), (0.23, 0.008), (0.23, 0.03)], top, sides=22),
            turned((0, 0, 0), [(0.17, 0), (0.17, 0.015), (0.03, 0.03), (0.02, height - 0.03)], look.steel, sides=16),
        ]
    if look.table in ("crate", "plank", "carved"):
        return joinery.case(
            look, width=0.46, height=height, depth=0.42, legs_height=0.3, columns=1, rows=1, finish=look.timber
        )
    if look.table in ("drum", "pebble"):
        weave = Finish(blend(look.timber.color, (0.8, 0.72, 0.55), 0.3), grain=0.25)
        return [
            turned(
                (0, 0, 0),
                [(0.2, 0), (0.22, 0.03), (0.2, height / 2), (0.23, height - 0.02), (0.23, height)],
                weave,
                sides=22,
            )
        ]
    parts = [turned((0, height - 0.025, 0), [(0.21, 0), (0.225, 0.01), (0.225, 0.025)], look.timber, sides=22)]
    finish = look.steel if look.legs in ("metal", "plinth") else look.timber
    for sx, sz in ((-1, -0.6), (1, -0.6), (0, 1)):
        parts.append(
            rod(
                (sx * 0.11, height - 0.02, sz * 0.11),
                (sx * 0.17, 0, sz * 0.17),
                finish,
                radius=0.014,
                end_radius=0.01,
            )
        )
    return parts


def _glass(look: Look) -> tuple[_Top, float]:
    frame = [
        *(
            rod((sx * 0.56, 0.37, sz * 0.29), (sx * 0.56, 0, sz * 0.29), look.steel, radius=0.012)
            for sx in (-1, 1)
            for sz in (-1, 1)
        ),
        box((0, 0.11, 0), (1.1, 0.02, 0.56), look.timber, plank=0.07),
        soft_box((0, 0.385, 0), (1.2, 0.02, 0.64), GLASS, radius=0.008, steps=1, flats=5),
    ]
    return frame, 0.395


def _round(look: Look) -> tuple[_Top, float]:
    legs = [
        rod((sx * 0.26, 0.36, sz * 0.26), (sx * 0.34, 0, sz * 0.34), look.timber, radius=0.022, end_radius=0.014)
        for sx in (-1, 1)
        for sz in (-1, 1)
    ]
    return [*legs, turned((0, 0.36, 0), [(0.44, 0), (0.47, 0.012), (0.47, 0.04)], look.timber, sides=30)], 0.4


def _crate(look: Look) -> tuple[_Top, float]:
    frame = [box((sx * 0.52, 0.18, sz * 0.27), (0.035, 0.36, 0.035), look.steel) for sx in (-1, 1) for sz in (-1, 1)]
    frame += [box((0, 0.09, 0), (1.04, 0.03, 0.54), look.timber, plank=0.09)]
    return [*frame, box((0, 0.39, 0), (1.16, 0.06, 0.66), look.timber, plank=0.11)], 0.42


def _oval(look: Look) -> tuple[_Top, float]:
    top = turned((0, 0.38, 0), [(0.56, 0), (0.6, 0.012), (0.6, 0.035)], look.timber, sides=34, squash=0.52)
    legs = [
        rod((sx * 0.34, 0.38, sz * 0.15), (sx * 0.42, 0, sz * 0.2), look.timber, radius=0.021, end_radius=0.011)
        for sx in (-1, 1)
        for sz in (-1, 1)
    ]
    return [*legs, top], 0.415


def _plank(look: Look) -> tuple[_Top, float]:
    return [
        *joinery.legs(look, width=1.1, depth=0.62, height=0.38, inset=0.05, thickness=0.03),
        box((0, 0.12, 0), (1.0, 0.025, 0.54), look.timber, plank=0.09),
        box((0, 0.405, 0), (1.16, 0.05, 0.66), look.timber, plank=0.1),
    ], 0.43


def _drum(look: Look) -> tuple[_Top, float]:
    weave = Finish(blend(look.timber.color, (0.85, 0.76, 0.58), 0.35), grain=0.3)
    rings = [(0.4, 0.0), (0.43, 0.05), (0.42, 0.12), (0.43, 0.19), (0.42, 0.26), (0.43, 0.33), (0.43, 0.36)]
    return [
        turned((0, 0, 0), rings, weave, sides=30),
        turned((0, 0.36, 0), [(0.45, 0), (0.45, 0.025)], look.timber, sides=30),
    ], 0.385


def _carved(look: Look) -> tuple[_Top, float]:
    return [
        *joinery.legs(look, width=1.1, depth=0.62, height=0.34, inset=0.07, thickness=0.035),
        soft_box((0, 0.36, 0), (1.04, 0.09, 0.56), look.timber, radius=0.012, steps=1, flats=5),
        soft_box((0, 0.42, 0), (1.16, 0.035, 0.66), look.timber, radius=0.015, steps=2, flats=6),
    ], 0.437


def _pebble(look: Look) -> tuple[_Top, float]:
    stone = Finish(shade(look.pottery.color, 1.05), gloss=0.15)
    low = [(0.3, 0), (0.34, 0.03), (0.34, 0.27), (0.32, 0.3)]
    tall = [(0.2, 0), (0.24, 0.03), (0.24, 0.39), (0.22, 0.42)]
    return [
        turned((0.42, 0, 0.1), tall, look.dark_timber, sides=26),
        turned((-0.18, 0, 0), low, stone, sides=30, squash=0.85),
    ], 0.3


def _slab(look: Look) -> tuple[_Top, float]:
    return [
        *(box((s * 0.4, 0.14, 0), (0.06, 0.28, 0.5), look.timber, plank=0.1) for s in (-1, 1)),
        soft_box((0, 0.305, 0), (1.14, 0.05, 0.6), look.timber, radius=0.012, steps=1, flats=6),
    ], 0.33


def _marble(look: Look) -> tuple[_Top, float]:
    ribs = [
        rod((0.3 * x, 0, 0.3 * z), (0.34 * x, 0.36, 0.34 * z), look.steel, radius=0.009, sides=5)
        for x, z in _ring(14)
    ]
    return [*ribs, turned((0, 0.36, 0), [(0.46, 0), (0.48, 0.008), (0.48, 0.035)], MARBLE, sides=32)], 0.395


def _mirror(look: Look) -> tuple[_Top, float]:
    lacquer = Finish(look.dark_timber.color, gloss=0.95)
    return [
        turned((0, 0, 0), [(0.34, 0), (0.34, 0.03)], look.steel, sides=30),
        turned((0, 0.03, 0), [(0.26, 0), (0.26, 0.33)], lacquer, sides=26),
        turned((0, 0.36, 0), [(0.47, 0), (0.48, 0.006), (0.48, 0.024)], look.steel, sides=32),
        turned((0, 0.384, 0), [(0.46, 0), (0.46, 0.008)], lacquer, sides=32),
    ], 0.393


def _ring(count: int) -> list[tuple[float, float]]:
    return [(cos(2 * pi * i / count), sin(2 * pi * i / count)) for i in range(count)]


_COFFEE: Mapping[str, Callable[[Look], tuple[_Top, float]]] = {
    "glass": _glass, "round": _round, "crate": _crate, "oval": _oval, "plank": _plank, "drum": _drum,
    "carved": _carved, "pebble": _pebble, "slab": _slab, "marble": _marble, "mirror": _mirror,
}  # fmt: skip


def dining_table(look: Look, random: randomness.Random, *, width: float = 1.8, depth: float = 0.92) -> list[Part]:
    """A dining table, laid with a centerpiece."""
    height, kind = 0.75, look.table
    if kind in ("round", "marble", "pebble", "mirror", "oval"):
        top = MARBLE if kind == "marble" else look.timber
        squash = depth / width
        r = width / 2
        parts = [
            turned((0, height - 0.035, 0), [(r - 0.03, 0), (r, 0.012), (r, 0.035)], top, sides=40, squash=squash)
        ]
        base = look.steel if kind in ("marble", "mirror") else look.timber
        for x in (-width * 0.2, width * 0.2):
            column = [(0.2, 0), (0.2, 0.02), (0.09, 0.06), (0.065, 0.3), (0.1, height - 0.035)]
            parts.append(turned((x, 0, 0), column, base, sides=16))
    else:
        thick = 0.06 if kind in ("plank", "crate") else 0.035
        top = GLASS if kind == "glass" else look.timber
        parts = joinery.legs(look, width=width, depth=depth, height=height - thick, inset=0.09, thickness=0.034)
        parts.append(box((0, height - thick - 0.04, 0), (width - 0.24, 0.07, depth - 0.22), look.timber, plank=0.1))
        plank = 0.0 if kind == "glass" else 0.1
        parts.append(box((0, height - thick / 2, 0), (width, thick, depth), top, plank=plank))
    return [*parts, *decor.centerpiece(look, random, y=height), *_settings(look, width, depth, height)]


def _settings(look: Look, width: float, depth: float, height: float) -> list[Part]:
    """A place for each of four guests, where the style lays tables and the table is long enough."""
    if look.clutter < 0.5 or width < 1.3:
        return []
    places = [(sx * 0.42, sz * (depth / 2 - 0.19)) for sx in (-1, 1) for sz in (-1, 1)]
    return [part.moved(x, height, z) for x, z in places for part in decor.place_setting(look)]


def desk(look: Look, random: randomness.Random, *, width: float = 1.45) -> list[Part]:
    """A desk with a drawer case, a laptop, a lamp and some books, seen from its front."""
    height, depth = 0.75, 0.68
    parts = joinery.legs(look, width=width, depth=depth, height=height - 0.035, inset=0.06, thickness=0.026)
    top = GLASS if look.table == "glass" else look.timber
    parts.append(soft_box((0, height - 0.0175, 0), (width, 0.035, depth), top, radius=0.008, steps=1, flats=6))
    drawers = joinery.case(look, width=0.4, height=0.52, depth=depth - 0.1, legs_height=0.0, columns=1, rows=3)
    parts += [part.moved(width / 2 - 0.28, height - 0.56, 0) for part in drawers]
    parts += [part.moved(-0.08, height, 0.04) for part in decor.laptop()]
    parts += [part.moved(width / 2 - 0.22, height, -0.16) for part in decor.desk_lamp(look)]
    parts += [part.moved(-width / 2 + 0.2, height, -0.14) for part in decor.book_stack(look, random)]
    return [*parts, *(part.moved(-width / 2 + 0.2, height, 0.16) for part in decor.pencil_cup(look))]


def console(look: Look, random: randomness.Random, *, width: float = 1.25) -> list[Part]:
    """A slim hall table with a bowl, a vase and some books."""
    height, depth = 0.8, 0.36
    parts = joinery.legs(look, width=width, depth=depth, height=height - 0.14, inset=0.05, thickness=0.024)
    parts += [
        part.moved(0, height - 0.14, 0)
        for part in joinery.case(
            look, width=width, height=0.14, depth=depth, legs_height=0.0, columns=2, rows=1, finish=look.timber
        )
    ]
    if look.clutter > 0.5:
        parts.append(box((0, 0.2, 0), (width - 0.12, 0.022, depth - 0.06), look.timber, plank=0.08))
        parts += [part.moved(-0.28, 0.21, 0) for part in decor.basket(look, radius=0.16, height=0.22)]
    parts += [part.moved(width * 0.3, height, 0) for part in decor.vase(look, random, height=0.3)]
    return [*parts, *(part.moved(-0.02, height, 0.02) for part in decor.bowl(look))]


def island(look: Look, random: randomness.Random, *, width: float = 1.3) -> list[Part]:
    """A kitchen cart: a butcher's block on an open frame, with boards and fruit."""
    height, depth = 0.9, 0.62
    block = Finish(blend(look.timber.color, (0.55, 0.38, 0.2), 0.3), gloss=0.15, grain=0.2)
    painted = (
        Finish(look.fabric(0).color, gloss=0.12) if look.table not in ("crate", "plank", "slab") else look.dark_timber
    )
    parts = joinery.case(
        look,
        width=width - 0.1,
        height=height - 0.05,
        depth=depth - 0.1,
        legs_height=0.1,
        columns=3,
        rows=1,
        finish=painted,
    )
    parts.append(
        soft_box(
            (0, height - 0.025, 0),
            (width, 0.05, depth),
            MARBLE if look.table in ("marble", "mirror") else block,
            radius=0.01,
            steps=1,
            flats=6,
        )
    )
    parts += [part.moved(-0.36, height, 0.02) for part in decor.fruit_bowl(look, random)]
    parts += [part.moved(0.3, height, -0.12) for part in decor.cutting_boards(look)]
    return [*parts, *(part.moved(0.05, height, -0.05) for part in decor.vase(look, random, height=0.24))]
