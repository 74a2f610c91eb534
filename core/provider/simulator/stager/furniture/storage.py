"""Where are things kept? Nightstands, sideboards, bookcases, media consoles, ladders, racks."""

import random as randomness
from math import cos, sin

from core.provider.simulator.stager.furniture import decor, foliage, joinery, lighting, tables
from core.provider.simulator.stager.mesh import Finish, Part, box, rod, soft_box, turned
from core.provider.simulator.stager.palettes import Look


def nightstand(look: Look, random: randomness.Random) -> list[Part]:
    """A nightstand with a lamp."""
    height = 0.54
    parts = joinery.case(look, width=0.48, height=height, depth=0.4, legs_height=0.18, columns=1, rows=2)
    parts += [part.moved(-0.06, height + 0.01, -0.03) for part in lighting.table_lamp(look, random)]
    if look.clutter > 0.5:
        parts += [part.moved(0.13, height + 0.01, 0.06) for part in decor.bowl(look)] if random.random() < 0.4 else []
    return parts


def side_table_with_lamp(look: Look, random: randomness.Random) -> list[Part]:
    """A side table carrying a table lamp."""
    return [*tables.side_table(look, random), *(part.moved(0, 0.55, 0) for part in lighting.table_lamp(look, random))]


def sideboard(look: Look, random: randomness.Random, *, width: float = 1.5) -> list[Part]:
    """A low cabinet with a vase, books and a lamp on it."""
    height = 0.8
    parts = joinery.case(look, width=width, height=height, depth=0.44, legs_height=0.2, columns=4, rows=1)
    parts += [part.moved(-width * 0.32, height + 0.01, 0) for part in lighting.table_lamp(look, random)]
    parts += [part.moved(width * 0.3, height + 0.01, 0) for part in decor.vase(look, random, height=0.3)]
    if look.clutter > 0.5:
        parts += [part.moved(0.02, height + 0.01, 0.02) for part in decor.book_stack(look, random)]
    return parts


def dresser(look: Look, random: randomness.Random) -> list[Part]:
    """A chest of drawers with a plant and books."""
    height = 0.86
    parts = joinery.case(look, width=1.1, height=height, depth=0.46, legs_height=0.15, columns=2, rows=3)
    parts += [part.moved(-0.3, height + 0.01, 0) for part in foliage.small_plant(look, random)]
    return [*parts, *(part.moved(0.22, height + 0.01, 0) for part in decor.book_stack(look, random))]


def media_console(look: Look, random: randomness.Random) -> list[Part]:
    """A low cabinet with a television."""
    height = 0.5
    parts = joinery.case(look, width=1.7, height=height, depth=0.42, legs_height=0.14, columns=4, rows=1)
    parts += [part.moved(0, height, -0.02) for part in decor.television()]
    return [*parts, *(part.moved(0.74, height, 0.02) for part in foliage.small_plant(look, random))]


def bookcase(look: Look, random: randomness.Random, *, width: float = 0.9, height: float = 1.85) -> list[Part]:
    """An open bookcase, its shelves partly filled."""
    rows, foot, board = 5, 0.06, 0.026
    parts = joinery.case(
        look,
        width=width,
        height=height,
        depth=0.32,
        legs_height=foot,
        columns=1,
        rows=rows,
        finish=look.timber,
        is_open=True,
    )
    step = (height - foot - board) / rows
    first = random.randrange(3)
    for row in range(rows):
        filled = (
            _baskets(look) if row == 0 else _shelf(look, random, kind=(row + first) % 3, width=width, height=step)
        )
        parts += [part.moved(0, foot + board + step * row, 0.02) for part in filled]
    return parts


def _baskets(look: Look) -> list[Part]:
    return [part.moved(x) for x in (-0.2, 0.2) for part in decor.basket(look, radius=0.15, height=0.2, filled=False)]


def _shelf(look: Look, random: randomness.Random, *, kind: int, width: float, height: float) -> list[Part]:
    """What stands on a shelf of that width, up to a height: books with a vase or a plant, or a stack and a bowl."""
    seed = random.randrange(9999)
    if kind == 0:
        row = joinery.books(look, x=0.05 - width / 2, width=width * 0.6, height=height * 0.78, seed=seed)
        return [
            *row,
            *(part.moved(width * 0.3) for part in decor.vase(look, random, height=height * 0.55, stems=False)),
        ]
    if kind == 1:
        row = joinery.books(look, x=-0.02, width=width * 0.42, height=height * 0.74, seed=seed)
        return [*row, *(part.moved(-width * 0.26) for part in foliage.small_plant(look, random))]
    stack = [part.moved(-width * 0.2) for part in decor.book_stack(look, random)]
    return [*stack, *(part.moved(width * 0.24) for part in decor.bowl(look))]


def low_shelf(look: Look, random: randomness.Random) -> list[Part]:
    """A low bookshelf with books and toys."""
    parts = joinery.case(
        look,
        width=1.0,
        height=0.72,
        depth=0.32,
        legs_height=0.05,
        columns=2,
        rows=2,
        finish=look.timber,
        is_open=True,
    )
    parts += _books(look, random, x=-0.46, y=0.4)
    parts += _books(look, random, x=0.05, y=0.08)
    parts += [part.moved(-0.25, 0.08, 0.02) for part in decor.basket(look, radius=0.15, height=0.2, filled=False)]
    parts += [part.moved(0.2, 0.4, 0.02) for part in decor.toy_blocks(random)[:4]]
    parts += [part.moved(-0.3, 0.72, 0) for part in foliage.small_plant(look, random)]
    return parts


def _books(look: Look, random: randomness.Random, *, x: float, y: float) -> list[Part]:
    row = joinery.books(look, x=x, width=0.33, height=0.26, seed=random.randrange(999))
    return [part.moved(0, y, 0.02) for part in row]


def washstand(look: Look, random: randomness.Random) -> list[Part]:
    """A freestanding bathroom cabinet with towels, bottles and a plant."""
    height = 0.82
    parts = joinery.case(
        look, width=1.05, height=height - 0.04, depth=0.46, legs_height=0.16, columns=2, rows=1, finish=look.timber
    )
    top = Finish((0.78, 0.77, 0.74), gloss=0.5)
    parts.append(soft_box((0, height - 0.02, 0), (1.08, 0.045, 0.48), top, radius=0.012, steps=1, flats=5))
    parts += [part.moved(-0.3, height, 0.02) for part in decor.towels(look)]
    parts += [part.moved(0.08, height, 0.06) for part in decor.bottles(look)]
    return [*parts, *(part.moved(0.38, height, -0.04) for part in foliage.small_plant(look, random))]


def towel_ladder(look: Look, random: randomness.Random) -> list[Part]:
    """A leaning ladder with towels."""
    height, lean = 1.75, 0.34
    parts = [
        rod((s * 0.24, 0, 0.2), (s * 0.22, height, 0.2 - lean), look.timber, radius=0.017, sides=7) for s in (-1, 1)
    ]
    for number, y in enumerate((0.4, 0.78, 1.16, 1.54)):
        z = 0.2 - lean * y / height
        parts.append(rod((-0.235, y, z), (0.235, y, z), look.timber, radius=0.013, sides=6))
        if number in (1, 3):
            parts.append(
                decor.hanging_towel(
                    look, x=0.0, y=y + 0.014, z=z, width=0.4, length=0.48, number=number - 1 + random.randrange(2)
                )
            )
    return parts


def towel_stool(look: Look, _random: randomness.Random) -> list[Part]:
    """A small stool with rolled towels."""
    top = 0.44
    legs = [
        rod(
            (sx * 0.14, top - 0.03, sz * 0.11), (sx * 0.19, 0, sz * 0.15), look.timber, radius=0.016, end_radius=0.012
        )
        for sx in (-1, 1)
        for sz in (-1, 1)
    ]
    seat = soft_box((0, top - 0.018, 0), (0.42, 0.036, 0.34), look.timber, radius=0.014, steps=1)
    return [*legs, seat, *(part.moved(0, top, 0) for part in decor.rolled_towels(look))]


def basket(look: Look, _random: randomness.Random) -> list[Part]:
    """A floor basket with a blanket."""
    return decor.basket(look, radius=0.23, height=0.36)


def coat_rack(look: Look, random: randomness.Random) -> list[Part]:
    """A freestanding coat rack with a coat and a hat."""
    wood = look.timber
    parts = [rod((0, 0.04, 0), (0, 1.72, 0), wood, radius=0.02, end_radius=0.015, sides=8)]
    for number in range(4):
        angle = number * 1.571 + 0.4
        parts.append(rod((0, 0.22, 0), (0.26 * cos(angle), 0, 0.26 * sin(angle)), wood, radius=0.015))
        parts.append(rod((0, 1.55, 0), (0.15 * cos(angle), 1.7, 0.15 * sin(angle)), wood, radius=0.011))
    coat = [(0.05, 0.62), (0.19, 0.66), (0.17, 1.0), (0.15, 1.3), (0.17, 1.46), (0.06, 1.6)]
    parts.append(turned((0.1, 0, 0.09), coat, look.accent(random.randrange(4)), sides=14, squash=0.55))
    hat = [(0.17, 0), (0.16, 0.012), (0.085, 0.02), (0.08, 0.1), (0.0, 0.115)]
    return [*parts, turned((-0.11, 1.68, 0.05), hat, look.blanket, sides=16)]


def drying_rack(look: Look, _random: randomness.Random) -> list[Part]:
    """A drying rack with towels."""
    parts, width = [], 0.9
    for s in (-1, 1):
        x = s * width / 2
        parts += [
            rod((x, 0, 0.3), (x, 1.15, -0.12), look.timber, radius=0.014),
            rod((x, 0, -0.3), (x, 1.15, 0.12), look.timber, radius=0.014),
        ]
    for number, (y, z) in enumerate(((1.1, -0.1), (1.1, 0.1), (0.8, 0.0), (0.62, 0.08), (0.62, -0.08))):
        parts.append(rod((-width / 2, y, z), (width / 2, y, z), look.steel, radius=0.007, sides=5))
        if number in (0, 1):
            parts.append(
                decor.hanging_towel(
                    look, x=-0.16 + 0.32 * number, y=y + 0.008, z=z, width=0.36, length=0.5, number=number
                )
            )
    return parts


def laundry_shelf(look: Look, random: randomness.Random) -> list[Part]:
    """An open shelf with towels, baskets and jars."""
    height, rows = 1.5, 3
    parts = joinery.case(
        look,
        width=1.1,
        height=height,
        depth=0.4,
        legs_height=0.08,
        columns=1,
        rows=rows,
        finish=look.timber,
        is_open=True,
    )
    step = (height - 0.08 - 0.026) / rows
    ys = [0.08 + 0.026 + step * row for row in range(rows)]
    for x in (-0.27, 0.27):
        parts += [part.moved(x, ys[0], 0) for part in decor.basket(look, radius=0.2, height=0.28)]
        parts += [part.moved(x, ys[1], 0) for part in decor.towels(look)]
    glass = Finish((0.62, 0.66, 0.64), gloss=0.8)
    jar = [(0.06, 0), (0.065, 0.16), (0.05, 0.18), (0.05, 0.2)]
    for number, x in enumerate((-0.36, -0.2, -0.04)):
        parts.append(turned((x, ys[2], 0), [(r, h * (1 - 0.15 * number)) for r, h in jar], glass, sides=14))
    parts += [part.moved(0.3, ys[2], 0) for part in decor.towels(look, count=2)]
    parts += [part.moved(0.36, height, 0) for part in foliage.small_plant(look, random)]
    return [*parts, box((-0.2, height + 0.1, -0.02), (0.5, 0.2, 0.26), look.accent(0))]
