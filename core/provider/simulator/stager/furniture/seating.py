"""What does one sit on? Sofas, armchairs, chairs, stools, benches and poufs in the forms of each style."""

import itertools
import random as randomness
from dataclasses import dataclass, replace

import numpy as np

from core.provider.simulator.stager.furniture import joinery
from core.provider.simulator.stager.mesh import (
    Finish,
    Part,
    blend,
    box,
    drape,
    pillow,
    rod,
    shade,
    soft_box,
    turned,
)
from core.provider.simulator.stager.palettes import Look


@dataclass(frozen=True, slots=True)
class SofaForm:
    """Measures of a sofa in meters."""

    depth: float = 0.9
    seat: float = 0.42
    back: float = 0.80
    arm: float = 0.60
    arm_width: float = 0.16
    radius: float = 0.045
    leg: float = 0.13
    puff: float = 0.02
    roll: float = 0.0
    has_cushions: bool = True
    channels: int = 0
    wooden_base: bool = False


FORMS = {
    "track": SofaForm(depth=0.92, back=0.76, arm=0.58, arm_width=0.14, leg=0.12, radius=0.03),
    "slim": SofaForm(depth=0.86, back=0.80, arm=0.60, arm_width=0.09, leg=0.17, radius=0.04),
    "tapered": SofaForm(
        depth=0.84, back=0.78, arm=0.56, arm_width=0.09, leg=0.2, radius=0.03, puff=0.012, wooden_base=True
    ),
    "rolled": SofaForm(depth=0.96, back=0.88, arm=0.56, arm_width=0.2, leg=0.08, radius=0.07, puff=0.035, roll=0.105),
    "slip": SofaForm(depth=0.96, back=0.86, arm=0.62, arm_width=0.18, leg=0.04, radius=0.08, puff=0.045),
    "chesterfield": SofaForm(
        depth=0.94,
        back=0.74,
        arm=0.70,
        arm_width=0.2,
        leg=0.1,
        radius=0.06,
        roll=0.11,
        has_cushions=False,
        channels=7,
    ),
    "curved": SofaForm(depth=1.0, back=0.74, arm=0.62, arm_width=0.24, leg=0.05, radius=0.12, puff=0.04),
    "low": SofaForm(
        depth=0.98, seat=0.36, back=0.70, arm=0.46, arm_width=0.12, leg=0.1, radius=0.06, puff=0.03, wooden_base=True
    ),
    "tufted": SofaForm(
        depth=0.92,
        back=0.82,
        arm=0.66,
        arm_width=0.15,
        leg=0.14,
        radius=0.05,
        puff=0.02,
        has_cushions=False,
        channels=9,
    ),
    "fluted": SofaForm(
        depth=0.9,
        back=0.80,
        arm=0.74,
        arm_width=0.18,
        leg=0.1,
        radius=0.08,
        puff=0.02,
        has_cushions=False,
        channels=14,
    ),
}


def sofa(look: Look, random: randomness.Random, *, width: float = 2.15, depth_scale: float = 1.0) -> list[Part]:
    """A sofa with cushions and a throw; two or three seats, by its width."""
    form = FORMS[look.sofa]
    form = replace(form, depth=form.depth * depth_scale)
    cloth = look.fabric(random.choice((0, 0, 1)))
    parts = _frame(look, form, cloth, width)
    parts += _seats(form, cloth, width, seats=2 if width < 1.95 else 3)
    parts += _scatter(look, random, form, width)
    if random.random() < 0.75:
        parts.append(_throw(look, form, width, side=random.choice((-1, 1))))
    return parts


def armchair(look: Look, random: randomness.Random) -> list[Part]:
    """An armchair that goes with the sofa, in the second cloth."""
    form = replace(FORMS[look.sofa], depth=0.82)
    if form.arm_width > 0.14:
        form = replace(form, arm_width=0.13)
    cloth = look.fabric(random.choice((1, 2)))
    width = 0.84
    parts = _frame(look, form, cloth, width) + _seats(form, cloth, width, seats=1)
    cushion = pillow((0, 0, 0), 0.42, 0.4, 0.15, look.accent(random.randrange(4)))
    return [*parts, _leaning(cushion, x=0.02, form=form)]


def _frame(look: Look, form: SofaForm, cloth: Finish, width: float) -> list[Part]:
    base, inside = form.seat - 0.15, width - 2 * form.arm_width
    parts = joinery.legs(look, width=width, depth=form.depth, height=form.leg, inset=0.08)
    low = form.leg
    if form.wooden_base:
        parts.append(box((0, low + 0.03, 0), (width, 0.06, form.depth - 0.04), look.timber, plank=0.05))
        low += 0.06
    body = (inside + 0.01, base - low, form.depth - (0.08 if form.wooden_base else 0.02))
    parts.append(soft_box((0, (low + base) / 2, 0), body, cloth, radius=form.radius * 0.6))
    return [*parts, *_back(form, cloth, inside, base), *_arms(form, cloth, width)]


def _back(form: SofaForm, cloth: Finish, inside: float, base: float) -> list[Part]:
    thick, height = 0.2, form.back - base
    y, z = base + height / 2, (thick - form.depth) / 2
    if not form.channels:
        return [soft_box((0, y, z), (inside + 0.01, height, thick), cloth, radius=form.radius)]
    step = inside / form.channels
    places = [-inside / 2 + step * (number + 0.5) for number in range(form.channels)]
    size, radius = (step * 0.995, height, thick), min(0.06, step * 0.42)
    return [soft_box((x, y, z), size, cloth, radius=radius, puff=(0, 0, 0.015), flats=2) for x in places]


def _arms(form: SofaForm, cloth: Finish, width: float) -> list[Part]:
    parts, tall, end = [], form.arm - form.leg, form.depth / 2
    for side in (-1, 1):
        x = side * (width / 2 - form.arm_width / 2)
        size, puff = (form.arm_width, tall, form.depth), (0.0, form.puff * 0.5, 0.0)
        parts.append(soft_box((x, form.leg + tall / 2, 0), size, cloth, radius=form.radius, puff=puff))
        if form.roll:
            at, y = x + side * 0.02, form.arm - 0.01
            parts.append(rod((at, y, -end), (at, y, end), cloth, radius=form.roll, sides=16))
    return parts


def _seats(form: SofaForm, cloth: Finish, width: float, *, seats: int) -> list[Part]:
    inside = width - 2 * form.arm_width
    base, thick, depth = form.seat - 0.15, 0.17, form.depth - 0.2
    step = inside / seats
    soft = Finish(shade(cloth.color, 1.04), cloth.gloss, grain=cloth.grain)
    parts = []
    for seat in range(seats):
        x = -inside / 2 + step * (seat + 0.5)
        parts.append(
            soft_box(
                (x, base + thick / 2, 0.1),
                (step - 0.008, thick, depth + 0.02),
                soft,
                radius=0.05,
                puff=(0, form.puff, 0.012),
                flats=4,
                wrinkle=0.002,
            )
        )
        if form.has_cushions:
            tall = form.back - base - thick + 0.06
            cushion = soft_box(
                (0, tall / 2, 0),
                (step - 0.012, tall, 0.19),
                soft,
                radius=0.07,
                puff=(0, 0.02, 0.03 + form.puff * 0.6),
                flats=4,
                wrinkle=0.0035,
            )
            parts.append(cushion.turned(-9, axis="x").moved(x, base + thick - 0.01, -form.depth / 2 + 0.29))
    return parts


def _leaning(cushion: Part, *, x: float, form: SofaForm, tilt: float = -20, spin: float = 0.0) -> Part:
    height = cushion.bounds[1, 1]
    front = -form.depth / 2 + (0.5 if form.has_cushions else 0.34)
    return cushion.turned(spin, axis="z").turned(tilt, axis="x").moved(x, form.seat + 0.02 + height * 0.9, front)


def _scatter(look: Look, random: randomness.Random, form: SofaForm, width: float) -> list[Part]:
    inside = width / 2 - form.arm_width
    places = [(-inside + 0.24, 8), (inside - 0.24, -8), (-inside + 0.56, -5), (inside - 0.58, 5)]
    count = max(1, min(4, round(3 * look.clutter)))
    first = random.randrange(4)
    parts = []
    for number, (x, spin) in enumerate(places[:count]):
        size = (0.5, 0.48, 0.44, 0.42)[number]
        cushion = pillow((0, 0, 0), size, size * 0.96, 0.17, look.accent(first + number))
        placed = _leaning(cushion, x=x, form=form, spin=spin + random.uniform(-3, 3))
        parts.append(placed.moved(z=0.1 if number > 1 else 0.0))
    return parts


def _throw(look: Look, form: SofaForm, width: float, *, side: int) -> Part:
    x = side * (width / 2 - form.arm_width - 0.24)
    seat, front = form.seat + 0.035 + form.puff, form.depth / 2
    path = [
        (form.seat + 0.12, -0.12),
        (seat + 0.03, -0.04),
        (seat + 0.005, 0.1),
        (seat, front - 0.1),
        (seat - 0.03, front + 0.012),
        (seat - 0.14, front + 0.03),
        (seat - 0.26, front + 0.034),
    ]
    return drape(path, x - 0.2, x + 0.2, look.blanket, columns=10)


def bench(look: Look, random: randomness.Random, *, width: float = 1.2) -> list[Part]:
    """A low upholstered bench."""
    cloth = look.fabric(1 + random.randrange(2))
    seat = soft_box((0, 0.4, 0), (width, 0.12, 0.42), cloth, radius=0.04, puff=(0, 0.02, 0), flats=5)
    return [*joinery.legs(look, width=width, depth=0.42, height=0.34, inset=0.06), seat]


def pouf(look: Look, random: randomness.Random) -> list[Part]:
    """A round floor cushion."""
    profile = [(0.19, 0.0), (0.25, 0.05), (0.27, 0.15), (0.25, 0.26), (0.19, 0.31), (0.08, 0.325), (0.0, 0.325)]
    return [turned((0, 0, 0), profile, look.accent(random.randrange(4)), sides=20)]


def stool(look: Look, random: randomness.Random, *, height: float = 0.66) -> list[Part]:
    """A counter stool."""
    seat = look.fabric(random.choice((0, 1))) if look.chair in ("barrel", "upholstered", "shell") else look.timber
    parts = [
        turned(
            (0, height - 0.05, 0),
            [(0.16, 0), (0.185, 0.02), (0.185, 0.05), (0.15, 0.065), (0, 0.065)],
            seat,
            sides=18,
        )
    ]
    metal = look.legs in ("metal", "brass", "frame", "plinth")
    finish, thick = (look.steel, 0.012) if metal else (look.timber, 0.02)
    for sx in (-1, 1):
        for sz in (-1, 1):
            parts.append(
                rod((sx * 0.11, height - 0.05, sz * 0.11), (sx * 0.17, 0, sz * 0.17), finish, radius=thick, sides=6)
            )
    for sx in (-1, 1):
        parts.append(rod((sx * 0.148, 0.22, -0.148), (sx * 0.148, 0.22, 0.148), finish, radius=0.009, sides=5))
        parts.append(rod((-0.148, 0.22, sx * 0.148), (0.148, 0.22, sx * 0.148), finish, radius=0.009, sides=5))
    return parts


def chair(look: Look, random: randomness.Random) -> list[Part]:
    """A dining chair of the style."""
    seat_y, cloth = 0.46, look.fabric(random.choice((0, 0, 1)))
    kind = look.chair
    if kind == "barrel":
        return _barrel_chair(look, cloth)
    if kind == "shell":
        return _shell_chair(look, cloth)
    finish = look.steel if kind == "metal" else look.timber
    soft = kind in ("upholstered", "plain", "ladder")
    parts = _chair_legs(finish, thick=0.014 if kind == "metal" else 0.019)
    if soft:
        parts.append(soft_box((0, seat_y, 0.01), (0.46, 0.07, 0.44), cloth, radius=0.03, puff=(0, 0.012, 0)))
    else:
        seat = look.timber if kind != "rattan" else Finish(blend(look.timber.color, (0.8, 0.7, 0.5), 0.4), grain=0.3)
        parts.append(soft_box((0, seat_y, 0.01), (0.44, 0.035, 0.43), seat, radius=0.012, steps=1, flats=5))
    return parts + _chair_back(look, kind, finish, cloth)


def _chair_legs(finish: Finish, *, thick: float) -> list[Part]:
    parts = []
    for side in (-1, 1):
        parts.append(
            rod((side * 0.19, 0.45, 0.19), (side * 0.205, 0, 0.215), finish, radius=thick, end_radius=thick * 0.75)
        )
        parts.append(
            rod((side * 0.19, 0.45, -0.19), (side * 0.205, 0, -0.225), finish, radius=thick, end_radius=thick * 0.75)
        )
        parts.append(rod((side * 0.2, 0.2, -0.2), (side * 0.2, 0.2, 0.2), finish, radius=thick * 0.6, sides=5))
    return parts


def _chair_back(look: Look, kind: str, finish: Finish, cloth: Finish) -> list[Part]:
    posts = [rod((s * 0.19, 0.45, -0.19), (s * 0.185, 0.88, -0.255), finish, radius=0.017) for s in (-1, 1)]
    if kind == "upholstered":
        return [
            soft_box((0, 0.72, -0.22), (0.45, 0.46, 0.075), cloth, radius=0.03, puff=(0, 0, 0.012)).turned(
                -7, axis="x", about=(0, 0.5, -0.22)
            )
        ]
    if kind == "plain":
        return [*posts, box((0, 0.78, -0.243), (0.38, 0.16, 0.022), finish, plank=0.05)]
    if kind == "ladder":
        return [
            *posts,
            *(box((0, y, -0.2 - (y - 0.45) * 0.15), (0.37, 0.05, 0.016), finish) for y in (0.58, 0.7, 0.82)),
        ]
    if kind == "crossback":
        cross = [rod((s * 0.18, 0.5, -0.2), (-s * 0.18, 0.82, -0.247), finish, radius=0.012) for s in (-1, 1)]
        return [*posts, *cross, box((0, 0.875, -0.254), (0.42, 0.06, 0.022), finish)]
    if kind == "metal":
        return [
            *posts,
            box((0, 0.84, -0.25), (0.4, 0.07, 0.016), finish),
            box((0, 0.66, -0.226), (0.09, 0.38, 0.012), finish),
        ]
    if kind == "rattan":
        weave = Finish(blend(look.timber.color, (0.8, 0.7, 0.5), 0.5), grain=0.35)
        return [
            *posts,
            soft_box((0, 0.72, -0.235), (0.36, 0.34, 0.03), weave, radius=0.014, flats=8),
            box((0, 0.9, -0.256), (0.42, 0.035, 0.03), finish),
        ]
    # The wishbone's bent rail with its slender splat.
    angle = np.radians(np.linspace(-158, -22, 9))
    rail = [(0.27 * np.cos(a), 0.74, 0.02 + 0.25 * np.sin(a)) for a in angle]
    bent = [rod(a, b, finish, radius=0.015) for a, b in itertools.pairwise(rail)]
    splat = [rod((s * 0.015, 0.46, -0.19), (s * 0.07, 0.74, -0.228), finish, radius=0.009) for s in (-1, 1)]
    side = [rod((s * 0.19, 0.45, -0.19), (s * 0.2, 0.74, -0.15), finish, radius=0.014) for s in (-1, 1)]
    return [*bent, *splat, *side]


def _shell_chair(look: Look, cloth: Finish) -> list[Part]:
    seat = soft_box((0, 0.455, 0.02), (0.46, 0.06, 0.44), cloth, radius=0.03, puff=(0, -0.01, 0), flats=4)
    back = soft_box((0, 0.68, -0.2), (0.44, 0.38, 0.05), cloth, radius=0.024, puff=(0, 0, 0.02), flats=4)
    finish = look.timber if look.legs == "tapered" else look.steel
    feet = [
        rod((sx * 0.13, 0.43, sz * 0.12), (sx * 0.21, 0, sz * 0.2), finish, radius=0.016, end_radius=0.01)
        for sx in (-1, 1)
        for sz in (-1, 1)
    ]
    return [*feet, seat, back.turned(-14, axis="x", about=(0, 0.49, -0.2))]


def _barrel_chair(look: Look, cloth: Finish) -> list[Part]:
    cushion = [(0.2, 0), (0.26, 0.03), (0.27, 0.13), (0.24, 0.18), (0.1, 0.19), (0, 0.19)]
    parts = [turned((0, 0.3, 0.02), cushion, cloth, sides=18)]
    for degrees in np.linspace(-5, 185, 9):
        stave = soft_box((0.27, 0.57, 0), (0.07, 0.42, 0.13), cloth, radius=0.03, flats=1)
        parts.append(stave.turned(float(degrees)))
    if look.legs == "plinth":
        return [turned((0, 0, 0), [(0.22, 0), (0.22, 0.02), (0.04, 0.05), (0.04, 0.3)], look.steel, sides=18), *parts]
    return [*joinery.legs(look, width=0.5, depth=0.5, height=0.31, inset=0.09), *parts]
