"""What does one sleep in? Beds with the headboards of each style, children's beds and cribs."""

import itertools
import random as randomness

import numpy as np

from core.provider.simulator.stager.furniture import headboards, joinery
from core.provider.simulator.stager.mesh import Finish, Part, blend, box, drape, pillow, rod, shade, soft_box, turned
from core.provider.simulator.stager.palettes import Look


def bed(look: Look, random: randomness.Random, *, width: float = 1.6) -> list[Part]:
    """A made bed with its head at the wall, pillows and a throw at its foot."""
    length, top = 2.05, 0.56
    upholstered = look.headboard in headboards.UPHOLSTERED
    parts = [
        *headboards.headboard(look, width + 0.12),
        *joinery.legs(look, width=width + 0.04, depth=length, height=0.12, inset=0.1, thickness=0.028),
        soft_box(
            (0, 0.2, 0.03),
            (width + 0.06, 0.18, length),
            look.fabric(0) if upholstered else look.timber,
            radius=0.02,
            steps=1,
            flats=5,
        ),
        soft_box((0, 0.39, 0.02), (width, 0.24, length - 0.06), look.sheets, radius=0.06, flats=4),
    ]
    parts += _bedding(look, random, width=width, length=length, top=top)
    return parts


def _bedding(look: Look, random: randomness.Random, *, width: float, length: float, top: float) -> list[Part]:
    cover = random.choice((look.sheets, look.fabric(0), look.accent(1)))
    if look.slug in ("minimalist", "scandinavian", "japandi", "coastal"):
        cover = look.sheets
    head, foot = -length / 2, length / 2
    start = head + 0.62
    duvet = soft_box(
        (0, top - 0.13, (start + foot) / 2 + 0.02),
        (width + 0.11, 0.36, foot - start + 0.02),
        cover,
        radius=0.09,
        puff=(0.0, 0.035, 0.0),
        steps=3,
        flats=9,
        wrinkle=0.009,
    )
    fold = soft_box(
        (0, top + 0.055, start + 0.12),
        (width + 0.12, 0.07, 0.36),
        Finish(shade(look.sheets.color, 1.05)),
        radius=0.034,
        flats=8,
        wrinkle=0.004,
    )
    parts = [duvet, fold]
    if random.random() < 0.8 or look.clutter > 1:
        parts += _crosswise(look, rim=width / 2 + 0.078, top=top + 0.085, middle=foot - 0.62)
    return parts + _pillows(look, random, width=width, head=head, top=top)


def _crosswise(look: Look, *, rim: float, top: float, middle: float) -> list[Part]:
    """A throw across the bed: its top and the two ends hanging down, apart so that the far one can be hidden."""
    across = np.linspace(-rim + 0.1, rim - 0.1, 8)
    rounded = [(top - 0.03, rim - 0.02), (top - 0.012, rim - 0.06)]
    flat = [*((y, -x) for y, x in rounded), *((top, float(x)) for x in across), *reversed(rounded)]
    ends = [
        [
            (top - 0.03, s * (rim - 0.02)),
            (top - 0.1, s * rim),
            (top - 0.22, s * (rim + 0.004)),
            (top - 0.36, s * (rim + 0.006)),
        ]
        for s in (-1, 1)
    ]
    # A drape runs along z; a throw lies across the bed.
    return [
        drape(path, -0.24, 0.24, look.blanket, columns=6).turned(-90).moved(0, 0.004, middle)
        for path in (flat, *ends)
    ]


def _pillows(look: Look, random: randomness.Random, *, width: float, head: float, top: float) -> list[Part]:
    count = 2 if width > 1.2 else 1
    step = width / count
    parts = []
    for number in range(count):
        x = -width / 2 + step * (number + 0.5)
        back = pillow((0, 0, 0), min(0.72, step * 0.92), 0.5, 0.2, look.sheets)
        parts.append(back.turned(-24, axis="x").moved(x, top + 0.26, head + 0.25))
        front = pillow((0, 0, 0), min(0.64, step * 0.84), 0.44, 0.18, look.accent(1 if look.clutter > 0.9 else 0))
        parts.append(front.turned(-32, axis="x").moved(x + random.uniform(-0.02, 0.02), top + 0.21, head + 0.42))
    if look.clutter > 0.5:
        small = pillow((0, 0, 0), 0.5, 0.3, 0.15, look.accent(2 + random.randrange(2)))
        parts.append(small.turned(-38, axis="x").moved(random.uniform(-0.08, 0.08), top + 0.155, head + 0.57))
    return parts


def single_bed(look: Look, random: randomness.Random) -> list[Part]:
    """A child's bed."""
    return bed(look, random, width=0.95)


def crib(look: Look, random: randomness.Random) -> list[Part]:
    """A crib with spindles, a mattress and a blanket over its rail."""
    width, depth, height = 1.32, 0.74, 0.92
    wood = look.timber if look.wood > "9" else Finish(blend(look.timber.color, (0.8, 0.76, 0.7), 0.5), grain=0.1)
    parts = [
        box((sx * width / 2, height / 2, sz * depth / 2), (0.05, height, 0.05), wood)
        for sx in (-1, 1)
        for sz in (-1, 1)
    ]
    for sz in (-1, 1):
        for y in (0.3, height - 0.03):
            parts.append(box((0, y, sz * depth / 2), (width, 0.045, 0.032), wood, cells=0.4))
        parts += [
            rod((x, 0.3, sz * depth / 2), (x, height - 0.04, sz * depth / 2), wood, radius=0.011, sides=6)
            for x in np.linspace(-width / 2 + 0.1, width / 2 - 0.1, 13)
        ]
    for sx in (-1, 1):
        parts += [box((sx * width / 2, y, 0), (0.032, 0.045, depth), wood) for y in (0.3, height - 0.03)]
        parts += [
            rod((sx * width / 2, 0.3, z), (sx * width / 2, height - 0.04, z), wood, radius=0.011, sides=6)
            for z in np.linspace(-depth / 2 + 0.1, depth / 2 - 0.1, 7)
        ]
    parts.append(soft_box((0, 0.4, 0), (width - 0.07, 0.13, depth - 0.07), look.sheets, radius=0.03))
    parts.append(pillow((0, 0, 0), 0.34, 0.26, 0.12, look.accent(2)).turned(-35, axis="x").moved(-0.34, 0.58, -0.16))
    path = [
        (height - 0.34, depth / 2 - 0.028),
        (height - 0.05, depth / 2 - 0.024),
        (height + 0.006, depth / 2),
        (height - 0.06, depth / 2 + 0.026),
        (height - 0.2, depth / 2 + 0.03),
        (height - 0.4, depth / 2 + 0.034),
    ]
    side = random.choice((-1, 1))
    return [*parts, drape(path, side * 0.3 - 0.22, side * 0.3 + 0.22, look.blanket, columns=6)]


def rocking_chair(look: Look, random: randomness.Random) -> list[Part]:
    """A rocking chair with a cushioned seat and back."""
    wood, cloth = look.timber, look.fabric(random.choice((0, 1)))
    parts = []
    for side in (-1, 1):
        x = side * 0.29
        curve = [(x, 0.03 + 0.1 * (t / 0.5) ** 2, t) for t in np.linspace(-0.5, 0.5, 9)]
        parts += [rod(a, b, wood, radius=0.017, sides=6) for a, b in itertools.pairwise(curve)]
        parts.append(rod((x, 0.08, 0.26), (x, 0.62, 0.24), wood, radius=0.017))
        parts.append(rod((x, 0.08, -0.26), (x * 0.92, 1.02, -0.42), wood, radius=0.017))
        parts.append(box((x, 0.63, -0.03), (0.06, 0.025, 0.6), wood))
    parts.append(soft_box((0, 0.41, 0.0), (0.54, 0.12, 0.54), cloth, radius=0.045, puff=(0, 0.015, 0), flats=4))
    back = soft_box((0, 0.36, 0), (0.52, 0.66, 0.12), cloth, radius=0.05, puff=(0, 0, 0.02), flats=4)
    parts.append(back.turned(-16, axis="x").moved(0, 0.42, -0.25))
    cushion = pillow((0, 0, 0), 0.38, 0.28, 0.13, look.accent(random.randrange(4)))
    return [*parts, cushion.turned(-24, axis="x").moved(0, 0.6, -0.08)]


def changing_table(look: Look, _random: randomness.Random) -> list[Part]:
    """A dresser with a changing pad and baskets."""
    white = Finish(blend(look.sheets.color, look.timber.color, 0.12), gloss=0.12)
    parts = joinery.case(look, width=0.95, height=0.88, depth=0.48, legs_height=0.12, columns=2, rows=3, finish=white)
    parts.append(soft_box((0.1, 0.925, 0), (0.66, 0.08, 0.4), look.accent(1), radius=0.035, puff=(0, -0.015, 0)))
    profile = [(0.08, 0), (0.1, 0.03), (0.1, 0.13)]
    return [*parts, turned((-0.34, 0.88, 0.02), profile, Finish((0.5, 0.37, 0.2), grain=0.4), sides=14)]
