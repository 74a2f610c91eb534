"""What does one sleep in? Beds with the headboards of each style, children's beds and cribs."""

import random as randomness
from math import cos, pi, sin

import numpy as np

from core.provider.simulator.stager.furniture import joinery
from core.provider.simulator.stager.mesh import Finish, Part, blend, box, drape, pillow, rod, shade, soft_box, turned
from core.provider.simulator.stager.palettes import Look


def bed(look: Look, random: randomness.Random, *, width: float = 1.6) -> list[Part]:
    """A made bed with its head at the wall, pillows and a throw at its foot."""
    length, top = 2.05, 0.56
    parts = _headboard(look, width + 0.12).copy()
    parts += [
        *joinery.legs(look, width=width + 0.04, depth=length, height=0.12, inset=0.1, thickness=0.028),
        soft_box(
            (0, 0.2, 0.03),
            (width + 0.06, 0.18, length),
            look.timber
            if look.headboard not in ("upholstered", "tufted", "channel", "curved", "fan")
            else look.fabric(0),
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
        (0, top - 0.13, (start + foot) / 2 + 0.02), (width + 0.11, 0.36, foot - start + 0.02), cover,
        radius=0.09, puff=(0.0, 0.035, 0.0), steps=3, flats=9, wrinkle=0.009,
    )  # fmt: skip
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


def _headboard(look: Look, width: float) -> list[Part]:
    kind, z = look.headboard, -1.06
    cloth = look.fabric(0)
    if kind == "slats":
        bars = [
            box((x, 0.72, z), (0.035, 0.5, 0.025), look.timber)
            for x in np.linspace(-width / 2 + 0.08, width / 2 - 0.08, 17)
        ]
        return [*_posts(look, width, z, 1.0), *bars, box((0, 0.99, z), (width, 0.05, 0.035), look.timber, plank=0.03)]
    if kind in ("pipe", "iron"):
        bars = [
            rod((x, 0.35, z), (x, 1.06 if kind == "iron" else 0.98, z), look.steel, radius=0.009, sides=5)
            for x in np.linspace(-width / 2 + 0.12, width / 2 - 0.12, 11)
        ]
        frame = [
            rod((s * width / 2, 0, z), (s * width / 2, 1.12, z), look.steel, radius=0.02, sides=8) for s in (-1, 1)
        ]
        rails = [
            rod((-width / 2, y, z), (width / 2, y, z), look.steel, radius=0.016, sides=7)
            for y in (0.45, 0.98 if kind == "pipe" else 1.06)
        ]
        return [*frame, *rails, *bars]
    if kind == "rattan":
        weave = Finish(blend(look.timber.color, (0.8, 0.7, 0.5), 0.55), grain=0.3)
        arch = [(-width / 2 * cos(a), 0.62 + 0.62 * sin(a), z) for a in np.linspace(0, pi, 15)]
        panel = [
            box(
                (0.5 * (a[0] + b[0]), 0.3 + 0.5 * (0.5 * (a[1] + b[1]) - 0.3), z - 0.01),
                (abs(b[0] - a[0]) + 0.002, 0.5 * (a[1] + b[1]) - 0.3, 0.02),
                weave,
                cells=0.08,
            )
            for a, b in zip(arch, arch[1:], strict=False)
        ]
        rim = [rod(a, b, look.timber, radius=0.024, sides=8) for a, b in zip(arch, arch[1:], strict=False)]
        return [
            *panel,
            *rim,
            *(
                rod((s * width / 2, 0, z), (s * width / 2, 0.64, z), look.timber, radius=0.024, sides=8)
                for s in (-1, 1)
            ),
        ]
    if kind in ("channel", "tufted", "fan"):
        count = 11 if kind == "channel" else 9
        step = width / count
        tall = [
            1.3 - (0.0 if kind == "channel" else 0.22 * (abs(i - (count - 1) / 2) / (count / 2)) ** 2)
            for i in range(count)
        ]
        return [
            soft_box(
                (-width / 2 + step * (i + 0.5), 0.12 + h / 2, z),
                (step * 0.99, h, 0.11),
                cloth,
                radius=0.045,
                puff=(0, 0, 0.015),
                flats=3,
            )
            for i, h in enumerate(tall)
        ]
    if kind in ("upholstered", "curved"):
        height, radius = (1.12, 0.04) if kind == "upholstered" else (1.02, 0.055)
        half = width / 2
        return [
            soft_box(
                (s * half / 2, 0.1 + height / 2, z),
                (half - 0.004, height, 0.12),
                cloth,
                radius=radius,
                puff=(0, 0, 0.02),
                flats=5,
            )
            for s in (-1, 1)
        ]
    if kind == "logs":
        return [
            *(
                rod((-width / 2, y, z), (width / 2, y, z), look.timber, radius=0.062, sides=10)
                for y in (0.5, 0.63, 0.76, 0.89)
            ),
            *(
                rod((s * width / 2, 0, z), (s * width / 2, 1.12, z), look.timber, radius=0.075, sides=10)
                for s in (-1, 1)
            ),
        ]
    height = {"planks": 1.12, "panel": 0.95, "plain": 0.85}.get(kind, 1.0)
    plank = {"planks": 0.16, "panel": 0.07}.get(kind, 0.2)
    board = box((0, 0.25 + (height - 0.25) / 2, z), (width, height - 0.25, 0.05), look.timber, plank=plank, cells=0.5)
    return [*_posts(look, width, z, height), board]


def _posts(look: Look, width: float, z: float, height: float) -> list[Part]:
    return [
        box((s * (width / 2 - 0.025), height / 2 + 0.01, z), (0.05, height + 0.02, 0.055), look.timber)
        for s in (-1, 1)
    ]


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
        parts += [rod(a, b, wood, radius=0.017, sides=6) for a, b in zip(curve, curve[1:], strict=False)]
        parts.append(rod((x, 0.08, 0.26), (x, 0.62, 0.24), wood, radius=0.017))
        parts.append(rod((x, 0.08, -0.26), (x * 0.92, 1.02, -0.42), wood, radius=0.017))
        parts.append(box((x, 0.63, -0.03), (0.06, 0.025, 0.6), wood))
    parts.append(soft_box((0, 0.41, 0.0), (0.54, 0.12, 0.54), cloth, radius=0.045, puff=(0, 0.015, 0), flats=4))
    back = soft_box((0, 0.36, 0), (0.52, 0.66, 0.12), cloth, radius=0.05, puff=(0, 0, 0.02), flats=4)
    parts.append(back.turned(-16, axis="x").moved(0, 0.42, -0.25))
    cushion = pillow((0, 0, 0), 0.38, 0.28, 0.13, look.accent(random.randrange(4)))
    return [*parts, cushion.turned(-24, axis="x").moved(0, 0.6, -0.08)]


def changing_table(look: Look, random: randomness.Random) -> list[Part]:
    """A dresser with a changing pad and baskets."""
    white = Finish(blend(look.sheets.color, look.timber.color, 0.12), gloss=0.12)
    parts = joinery.case(look, width=0.95, height=0.88, depth=0.48, legs_height=0.12, columns=2, rows=3, finish=white)
    parts.append(soft_box((0.1, 0.925, 0), (0.66, 0.08, 0.4), look.accent(1), radius=0.035, puff=(0, -0.015, 0)))
    profile = [(0.08, 0), (0.1, 0.03), (0.1, 0.13)]
    return [*parts, turned((-0.34, 0.88, 0.02), profile, Finish((0.5, 0.37, 0.2), grain=0.4), sides=14)]
