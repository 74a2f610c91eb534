"""What do offices, gyms and terraces need that no other room has?"""

import itertools
import random as randomness
from math import cos, pi, sin

import numpy as np

from core.provider.simulator.stager.furniture import decor
from core.provider.simulator.stager.mesh import Finish, Part, blend, box, part, pillow, rod, sheet, soft_box, turned
from core.provider.simulator.stager.palettes import Look

_RUBBER = Finish((0.018, 0.018, 0.02), gloss=0.12)
_IRON = Finish((0.07, 0.07, 0.075), gloss=0.35)


def office_chair(look: Look, random: randomness.Random) -> list[Part]:
    """A swivel chair."""
    cloth = look.fabric(random.choice((0, 1)))
    metal = look.steel
    parts: list[Part] = []
    for number in range(5):
        angle = number * 2 * pi / 5 + 0.3
        end = (0.3 * cos(angle), 0.07, 0.3 * sin(angle))
        parts.append(rod((0, 0.11, 0), end, metal, radius=0.02, end_radius=0.014, sides=6))
        parts.append(turned((end[0], 0, end[2]), [(0.022, 0), (0.03, 0.03), (0.022, 0.06)], _RUBBER, sides=8))
    parts.append(rod((0, 0.09, 0), (0, 0.43, 0), metal, radius=0.026, sides=8))
    parts.append(soft_box((0, 0.48, 0.02), (0.52, 0.1, 0.5), cloth, radius=0.045, puff=(0, 0.012, 0), flats=4))
    back = soft_box((0, 0.3, 0), (0.48, 0.56, 0.09), cloth, radius=0.04, puff=(0, 0, 0.015), flats=4)
    parts.append(back.turned(-9, axis="x").moved(0, 0.56, -0.23))
    for side in (-1, 1):
        parts.append(rod((side * 0.28, 0.47, -0.02), (side * 0.3, 0.68, -0.02), metal, radius=0.013))
        parts.append(soft_box((side * 0.3, 0.69, 0.02), (0.06, 0.035, 0.28), _RUBBER, radius=0.014, steps=1))
    return parts


def weight_bench(look: Look, _random: randomness.Random) -> list[Part]:
    """An exercise bench with its back raised, and dumbbells beside it."""
    cloth = look.fabric(0)
    parts = [
        box((0, 0.2, 0.35), (0.05, 0.4, 0.05), _IRON),
        box((0, 0.2, -0.35), (0.05, 0.4, 0.05), _IRON),
        box((0, 0.025, 0.42), (0.46, 0.05, 0.05), _IRON),
        box((0, 0.025, -0.42), (0.46, 0.05, 0.05), _IRON),
        box((0, 0.36, 0), (0.05, 0.05, 0.9), _IRON),
        soft_box((0, 0.43, 0.32), (0.3, 0.08, 0.42), cloth, radius=0.03),
        soft_box((0, 0.43, -0.32), (0.3, 0.08, 0.8), cloth, radius=0.03).turned(32, axis="x", about=(0, 0.43, 0.08)),
    ]
    for x in (0.42, 0.58):
        parts += [p.moved(x, 0, 0.3) for p in _dumbbell(0.075)]
    return parts


def _dumbbell(radius: float) -> list[Part]:
    ends = [rod((0, radius, s * 0.07), (0, radius, s * 0.15), _IRON, radius=radius, sides=10) for s in (-1, 1)]
    return [rod((0, radius, -0.1), (0, radius, 0.1), Finish((0.4, 0.4, 0.42), gloss=0.6), radius=0.016), *ends]


def dumbbell_rack(look: Look, _random: randomness.Random) -> list[Part]:
    """A rack of dumbbells on two tiers, with a kettlebell beside it."""
    parts = [box((s * 0.58, 0.4, 0), (0.06, 0.8, 0.4), look.dark_timber) for s in (-1, 1)]
    for y, count in ((0.28, 5), (0.66, 6)):
        parts.append(box((0, y, 0), (1.12, 0.035, 0.36), look.dark_timber, plank=0.1))
        for number in range(count):
            x = -0.46 + 0.92 * number / (count - 1)
            parts += [p.moved(x, y + 0.018, 0) for p in _dumbbell(0.062 if count == 6 else 0.075)]
    bell = [(0.06, 0), (0.1, 0.05), (0.1, 0.11), (0.05, 0.18)]
    ring = [(0.07 * cos(a), 0.2 + 0.07 * sin(a), 0) for a in np.linspace(-0.5, pi + 0.5, 8)]
    kettle = [
        turned((0, 0, 0), bell, _IRON, sides=14),
        *(rod(a, b, _IRON, radius=0.014) for a, b in itertools.pairwise(ring)),
    ]
    return [*parts, *(p.moved(0.82, 0, 0.05) for p in kettle)]


def exercise_ball(look: Look, random: randomness.Random) -> list[Part]:
    """A balance ball."""
    radius = 0.32
    profile = [(radius * sin(pi * t), radius - radius * cos(pi * t)) for t in np.linspace(0, 1, 15)]
    return [turned((0, 0, 0), profile, Finish(look.accent(random.randrange(4)).color, gloss=0.35), sides=26)]


def rolled_mats(look: Look, _random: randomness.Random) -> list[Part]:
    """A basket of rolled mats and towels."""
    rolls = [
        turned(
            (x, 0.1, z),
            [(0.062, 0), (0.062, h), (0.03, h), (0.03, h - 0.03), (0, h - 0.03)],
            look.accent(i),
            sides=14,
        )
        for i, (x, z, h) in enumerate(((-0.08, 0.02, 0.6), (0.07, 0.06, 0.52), (0.02, -0.09, 0.66)))
    ]
    return [*rolls, *decor.basket(look, radius=0.22, height=0.38, filled=False)]


def treadmill(_look: Look, _random: randomness.Random) -> list[Part]:
    """A treadmill seen from its foot."""
    parts = [
        soft_box((0, 0.1, 0), (0.72, 0.16, 1.6), _IRON, radius=0.03, steps=1, flats=4),
        box((0, 0.185, 0.06), (0.5, 0.012, 1.4), _RUBBER, cells=0.2),
    ]
    for s in (-1, 1):
        parts.append(rod((s * 0.34, 0.14, -0.6), (s * 0.31, 1.18, -0.78), _IRON, radius=0.032, sides=8))
        parts.append(rod((s * 0.31, 1.0, -0.75), (s * 0.31, 0.98, -0.25), _RUBBER, radius=0.022, sides=8))
    screen = [
        soft_box((0, 1.22, -0.76), (0.66, 0.34, 0.06), _IRON, radius=0.02, steps=1),
        box((0, 1.23, -0.726), (0.48, 0.22, 0.006), Finish((0.05, 0.12, 0.16), gloss=0.5, glow=0.4)),
    ]
    return [*parts, *(p.turned(-18, axis="x", about=(0, 1.2, -0.76)) for p in screen)]


def outdoor_sofa(look: Look, random: randomness.Random, *, width: float = 1.9) -> list[Part]:
    """A garden sofa: an open wooden frame with thick cushions."""
    return _outdoor_seat(look, random, width=width, seats=2 if width < 1.7 else 3)


def outdoor_chair(look: Look, random: randomness.Random) -> list[Part]:
    """A garden armchair."""
    return _outdoor_seat(look, random, width=0.84, seats=1)


def _outdoor_seat(look: Look, random: randomness.Random, *, width: float, seats: int) -> list[Part]:
    teak = Finish(blend(look.timber.color, (0.42, 0.24, 0.11), 0.55), gloss=0.08, grain=0.16)
    frame = teak if look.legs not in ("metal", "frame", "brass") else look.steel
    depth, inside = 0.82, width - 0.2
    cloth = Finish(blend(look.fabric(0).color, (0.8, 0.78, 0.72), 0.35))
    parts = [
        box((sx * (width / 2 - 0.04), 0.31, sz * (depth / 2 - 0.04)), (0.07, 0.62, 0.07), frame)
        for sx in (-1, 1)
        for sz in (-1, 1)
    ]
    parts += [box((s * (width / 2 - 0.05), 0.63, 0), (0.1, 0.03, depth), frame, plank=0.04) for s in (-1, 1)]
    parts.append(box((0, 0.24, 0), (width - 0.1, 0.07, depth - 0.1), frame, plank=0.07))
    parts += [box((0, y, -depth / 2 + 0.04), (width - 0.14, 0.07, 0.025), frame) for y in (0.42, 0.54, 0.66)]
    step = inside / seats
    for seat in range(seats):
        x = -inside / 2 + step * (seat + 0.5)
        parts.append(
            soft_box(
                (x, 0.35, 0.06),
                (step - 0.012, 0.15, depth - 0.16),
                cloth,
                radius=0.05,
                puff=(0, 0.02, 0.008),
                flats=4,
                wrinkle=0.002,
            )
        )
        back = soft_box(
            (0, 0.22, 0), (step - 0.02, 0.44, 0.16), cloth, radius=0.06, puff=(0, 0.01, 0.03), flats=4, wrinkle=0.003
        )
        parts.append(back.turned(-12, axis="x").moved(x, 0.42, -depth / 2 + 0.19))
    for number, x in enumerate((-inside / 2 + 0.24, inside / 2 - 0.24)[: 2 if seats > 1 else 1]):
        scatter = pillow((0, 0, 0), 0.44, 0.42, 0.15, look.accent(number + random.randrange(3)))
        parts.append(scatter.turned(-20, axis="x").moved(x if seats > 1 else 0.0, 0.6, -0.02))
    return parts


def outdoor_table(look: Look, random: randomness.Random) -> list[Part]:
    """A slatted garden table with lanterns."""
    teak = Finish(blend(look.timber.color, (0.42, 0.24, 0.11), 0.55), gloss=0.08, grain=0.16)
    parts = [box((sx * 0.44, 0.19, sz * 0.24), (0.06, 0.38, 0.06), teak) for sx in (-1, 1) for sz in (-1, 1)]
    parts.append(box((0, 0.35, 0), (0.94, 0.05, 0.54), teak))
    parts += [box((0, 0.395, z), (1.05, 0.025, 0.072), teak, cells=0.5) for z in np.linspace(-0.27, 0.27, 7)]
    parts += [p.moved(-0.26, 0.41, 0.02) for p in _lantern(look, 0.3)]
    parts += [p.moved(-0.06, 0.41, -0.08) for p in _lantern(look, 0.2)]
    return [*parts, *(p.moved(0.26, 0.41, 0.03) for p in decor.fruit_bowl(look, random))]


def lanterns(look: Look, _random: randomness.Random) -> list[Part]:
    """Two floor lanterns."""
    return [*(p.moved(-0.12) for p in _lantern(look, 0.55)), *(p.moved(0.16, 0, 0.12) for p in _lantern(look, 0.36))]


def _lantern(look: Look, height: float) -> list[Part]:
    w = height * 0.36
    frame = [
        rod((sx * w / 2, 0, sz * w / 2), (sx * w / 2, height * 0.75, sz * w / 2), look.steel, radius=0.008, sides=4)
        for sx in (-1, 1)
        for sz in (-1, 1)
    ]
    candle = turned(
        (0, 0.02, 0), [(w * 0.26, 0), (w * 0.26, height * 0.4)], Finish((0.9, 0.82, 0.64), glow=0.35), sides=10
    )
    roof = turned(
        (0, height * 0.75, 0), [(w * 0.75, 0), (w * 0.2, height * 0.18), (0.01, height * 0.2)], look.steel, sides=4
    ).turned(45)
    return [box((0, 0.01, 0), (w * 1.1, 0.02, w * 1.1), look.steel), candle, *frame, roof]


def parasol(look: Look, _random: randomness.Random) -> list[Part]:
    """A freestanding parasol."""
    cloth = Finish(blend(look.accent(1).color, (0.85, 0.82, 0.74), 0.45))
    ribs = 8
    angle = np.linspace(0, 2 * pi, ribs + 1)
    rows = []
    for radius, y in ((0.02, 2.3), (0.45, 2.2), (0.85, 2.05), (1.1, 1.93)):
        rows.append(np.stack((radius * np.cos(angle), np.full(ribs + 1, y), radius * np.sin(angle)), axis=1))
    canopy = part(sheet(np.array(rows)), cloth, is_sheet=True)
    rim = [np.stack((1.1 * np.cos(angle), np.full(ribs + 1, y), 1.1 * np.sin(angle)), axis=1) for y in (1.93, 1.82)]
    return [
        turned((0, 0, 0), [(0.26, 0), (0.26, 0.05), (0.06, 0.08)], _IRON, sides=20),
        rod((0, 0.05, 0), (0, 2.28, 0), look.timber, radius=0.022, sides=8),
        canopy,
        part(sheet(np.array(rim)), cloth, is_sheet=True),
    ]
