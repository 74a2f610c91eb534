"""What grows? Plants in pots, and twigs and grasses for vases."""

import itertools
import random as randomness
from collections.abc import Callable, Mapping, Sequence
from math import cos, pi, radians, sin

import numpy as np

from core.provider.simulator.stager.camera import Floats
from core.provider.simulator.stager.mesh import Color, Finish, Part, Point, linear, rod, turned
from core.provider.simulator.stager.palettes import Look

_BARK = Finish(linear("6b5138"), grain=0.2)
_SOIL = Finish(linear("3a2b20"), grain=0.3)


def _leaf(
    base: Sequence[float] | Floats,
    *,
    turn: float,
    rise: float,
    length: float,
    width: float,
    droop: float,
    cuts: int = 4,
    fold: float = 0.25,
    widest: float = 0.45,
) -> Floats:
    """A leaf as two strips along its rib, bending downward: facets (2 x cuts, 4, 3). Angles in radians."""
    t = np.linspace(0, 1, cuts + 1)
    pitch = rise - droop * t
    step = length / cuts
    out = np.concatenate(([0.0], np.cumsum(np.cos(pitch[:-1]) * step)))
    up = np.concatenate(([0.0], np.cumsum(np.sin(pitch[:-1]) * step)))
    half = width / 2 * np.sin(np.pi * t ** (np.log(0.5) / np.log(widest))) ** 0.8
    direction = np.array([cos(turn), 0.0, sin(turn)])
    side = np.array([-sin(turn), 0.0, cos(turn)])
    rib = np.array(base) + out[:, None] * direction + up[:, None] * np.array([0.0, 1.0, 0.0])
    lift = (half * fold)[:, None] * np.array([0.0, 1.0, 0.0])
    left, right = rib + half[:, None] * side + lift, rib - half[:, None] * side + lift
    strips = [np.stack((a[:-1], a[1:], b[1:], b[:-1]), axis=1) for a, b in ((left, rib), (rib, right))]
    return np.concatenate(strips)


def _leaves(
    blades: Sequence[Floats], color: Color, random: randomness.Random, *, spread: float = 0.5, gloss: float = 0.2
) -> Part:
    """Leaves as one part, each a little lighter or darker than the next."""
    facets = np.concatenate(blades)
    colors = np.concatenate(
        [np.tile(np.array(color) * (1.0 + spread * (random.random() - 0.5)), (len(blade), 1)) for blade in blades]
    )
    return Part(facets, colors, gloss, 0.0, is_sheet=True)


def _pot(look: Look, *, radius: float = 0.17, height: float = 0.32) -> list[Part]:
    profile = [
        (radius * 0.72, 0),
        (radius * 0.92, height * 0.5),
        (radius, height),
        (radius * 0.9, height),
        (radius * 0.88, height * 0.9),
    ]
    if look.slug in ("coastal", "bohemian", "farmhouse", "rustic"):
        weave = Finish(linear("b08a58"), grain=0.4)
        rings = [
            (radius * (0.85 + 0.15 * t) * (1.02 if i % 2 else 1.0), height * t)
            for i, t in enumerate(np.linspace(0, 1, 8))
        ]
        return [turned((0, 0, 0), rings, weave, sides=18)]
    return [
        turned((0, 0, 0), profile, look.pottery, sides=20),
        turned((0, height * 0.86, 0), [(radius * 0.88, 0), (0.0, 0.004)], _SOIL, sides=14),
    ]


def _fiddle(look: Look, random: randomness.Random) -> list[Part]:
    height = random.uniform(1.35, 1.6)
    parts = [
        *_pot(look),
        rod((0, 0.28, 0), (0.03, height * 0.82, 0.02), _BARK, radius=0.016, end_radius=0.009, sides=6),
    ]
    blades = []
    for number in range(26):
        y = 0.62 + (height - 0.66) * number / 26
        blades.append(
            _leaf(
                (0.02, y, 0.01),
                turn=number * 2.4,
                rise=random.uniform(0.15, 0.75),
                length=random.uniform(0.24, 0.34),
                width=0.19,
                droop=1.0,
                widest=0.6,
            )
        )
    return [*parts, _leaves(blades, linear("3f6b33"), random, gloss=0.45)]


def _rubber(look: Look, random: randomness.Random) -> list[Part]:
    parts, blades = [*_pot(look, radius=0.16)], []
    for stem in range(3):
        turn = stem * 2.1
        top = (0.12 * cos(turn), random.uniform(0.95, 1.3), 0.12 * sin(turn))
        parts.append(rod((0, 0.28, 0), top, _BARK, radius=0.01, sides=5))
        for number in range(9):
            share = 0.25 + 0.75 * number / 8
            base = [top[0] * share, 0.28 + (top[1] - 0.28) * share, top[2] * share]
            blades.append(
                _leaf(
                    base,
                    turn=number * 2.4 + stem,
                    rise=random.uniform(0.3, 0.9),
                    length=random.uniform(0.17, 0.25),
                    width=0.11,
                    droop=0.9,
                )
            )
    return [*parts, _leaves(blades, linear("2f5a3a"), random, gloss=0.6)]


def _snake(look: Look, random: randomness.Random) -> list[Part]:
    blades = [
        _leaf(
            (0.07 * cos(i * 2.4) * (i / 13), 0.27, 0.07 * sin(i * 2.4) * (i / 13)),
            turn=i * 2.4,
            rise=radians(random.uniform(76, 88)),
            length=random.uniform(0.45, 0.85),
            width=0.075,
            droop=random.uniform(-0.05, 0.12),
            fold=0.5,
            widest=0.35,
            cuts=5,
        )
        for i in range(14)
    ]
    return [*_pot(look, radius=0.15, height=0.3), _leaves(blades, linear("5d7d4a"), random, spread=0.4, gloss=0.3)]


def _olive(look: Look, random: randomness.Random) -> list[Part]:
    parts, blades = [*_pot(look, radius=0.18, height=0.34)], []
    parts.append(rod((0, 0.3, 0), (0.02, 0.85, 0), _BARK, radius=0.018, end_radius=0.013))
    for number in range(13):
        turn, reach = number * 2.4, random.uniform(0.16, 0.36)
        end = (reach * cos(turn), random.uniform(1.05, 1.72), reach * sin(turn))
        start = (0.02, 0.78 + 0.02 * number, 0.0)
        parts.append(rod(start, end, _BARK, radius=0.007, end_radius=0.003, sides=4))
        for leaf in range(16):
            share = 0.35 + 0.65 * leaf / 15
            base = [s + (e - s) * share for s, e in zip(start, end, strict=True)]
            blades.append(
                _leaf(
                    base,
                    turn=turn + leaf * 2.4,
                    rise=random.uniform(-0.4, 0.9),
                    length=0.085,
                    width=0.024,
                    droop=0.3,
                    cuts=2,
                )
            )
    return [*parts, _leaves(blades, linear("7d8f6a"), random, spread=0.7, gloss=0.15)]


def _palm(look: Look, random: randomness.Random) -> list[Part]:
    parts, blades = [*_pot(look, radius=0.18, height=0.34)], []
    for number in range(12):
        turn, rise = number * 2.4, radians(random.uniform(58, 86))
        length, droop = random.uniform(0.85, 1.25), random.uniform(0.7, 1.25)
        points = [np.array([0.02 * cos(turn), 0.3, 0.02 * sin(turn)])]
        for step in range(7):
            pitch = rise - droop * (step / 6) ** 1.5
            points.append(
                points[-1] + length / 7 * np.array([cos(turn) * cos(pitch), sin(pitch), sin(turn) * cos(pitch)])
            )
        for step in range(2, 8):
            for offset in (0.0, 0.5):
                base = points[step - 1] * (1 - offset) + points[step] * offset
                size = 0.3 * (1.15 - step / 8)
                for side in (-1, 1):
                    blades.append(
                        _leaf(
                            base,
                            turn=turn + side * 0.75,
                            rise=0.35 - 0.1 * step,
                            length=size,
                            width=0.03,
                            droop=0.7,
                            cuts=2,
                        )
                    )
        parts.append(
            rod(tuple(points[0]), tuple(points[3]), Finish(linear("6f8a45")), radius=0.007, end_radius=0.005, sides=4)
        )
    return [*parts, _leaves(blades, linear("4f7d3d"), random, spread=0.5, gloss=0.25)]


def _monstera(look: Look, random: randomness.Random) -> list[Part]:
    parts, blades = [*_pot(look, radius=0.18)], []
    for number in range(11):
        turn, reach, height = number * 2.4, random.uniform(0.12, 0.34), random.uniform(0.6, 1.15)
        end = (reach * cos(turn), height, reach * sin(turn))
        parts.append(rod((0, 0.28, 0), end, Finish(linear("4d6b38")), radius=0.008, sides=4))
        blades.append(
            _leaf(
                end,
                turn=turn,
                rise=random.uniform(-0.1, 0.4),
                length=0.34,
                width=0.3,
                droop=1.1,
                cuts=5,
                fold=0.15,
                widest=0.4,
            )
        )
    return [*parts, _leaves(blades, linear("35693a"), random, gloss=0.5)]


def _fern(look: Look, random: randomness.Random) -> list[Part]:
    blades = [
        _leaf(
            (0.03 * cos(i), 0.3, 0.03 * sin(i)),
            turn=i * 2.4,
            rise=random.uniform(0.5, 1.35),
            length=random.uniform(0.35, 0.6),
            width=0.085,
            droop=random.uniform(1.1, 1.9),
            cuts=6,
        )
        for i in range(30)
    ]
    return [*_pot(look, radius=0.19), _leaves(blades, linear("5c8a42"), random, spread=0.7)]


def _pampas(look: Look, random: randomness.Random) -> list[Part]:
    profile = [(0.1, 0), (0.15, 0.1), (0.16, 0.28), (0.1, 0.44), (0.06, 0.5), (0.075, 0.54)]
    return [turned((0, 0, 0), profile, look.pottery, sides=20), *bunch("pampas", random, y=0.5, height=0.85)]


def _bonsai(look: Look, random: randomness.Random) -> list[Part]:
    parts, blades = [*_pot(look, radius=0.2, height=0.22)], []
    path = [(0, 0.18, 0), (0.06, 0.42, 0.02), (-0.05, 0.66, -0.02), (0.05, 0.92, 0.02), (0.02, 1.1, 0)]
    parts += [
        rod(a, b, _BARK, radius=0.024 - 0.004 * i, sides=6) for i, (a, b) in enumerate(itertools.pairwise(path))
    ]
    for cx, cy, cz, r in (
        (0.22, 0.68, 0.05, 0.2),
        (-0.24, 0.86, 0.0, 0.21),
        (0.2, 1.05, -0.04, 0.18),
        (0.0, 1.2, 0.02, 0.22),
    ):
        parts.append(rod((cx * 0.2, cy - 0.06, cz), (cx, cy, cz), _BARK, radius=0.008, sides=4))
        for number in range(44):
            angle, out = number * 2.4, r * (number / 44) ** 0.5
            blades.append(
                _leaf(
                    (cx + out * cos(angle), cy + 0.04 * (1 - out / r), cz + out * sin(angle)),
                    turn=angle * 1.7,
                    rise=random.uniform(0.2, 1.2),
                    length=0.075,
                    width=0.03,
                    droop=0.3,
                    cuts=2,
                )
            )
    return [*parts, _leaves(blades, linear("4f6f3f"), random, spread=0.8)]


PLANTS: Mapping[str, Callable[[Look, randomness.Random], list[Part]]] = {
    "fiddle": _fiddle, "rubber": _rubber, "snake": _snake, "olive": _olive, "palm": _palm, "monstera": _monstera,
    "fern": _fern, "pampas": _pampas, "bonsai": _bonsai,
}  # fmt: skip


def plant(look: Look, random: randomness.Random) -> list[Part]:
    """One of the style's plants in its pot."""
    return PLANTS[random.choice(look.plants)](look, random)


def small_plant(look: Look, random: randomness.Random) -> list[Part]:
    """A plant for a shelf or a table."""
    pot = turned((0, 0, 0), [(0.05, 0), (0.065, 0.1), (0.06, 0.1), (0.0, 0.09)], look.pottery, sides=14)
    blades = [
        _leaf(
            (0, 0.09, 0),
            turn=i * 2.4,
            rise=random.uniform(0.3, 1.3),
            length=random.uniform(0.1, 0.19),
            width=0.045,
            droop=1.2,
            cuts=3,
        )
        for i in range(16)
    ]
    return [pot, _leaves(blades, linear("56803f"), random)]


def bunch(kind: str, random: randomness.Random, *, y: float, height: float) -> list[Part]:
    """Twigs or grasses standing in a vase whose mouth is at height y."""
    return (_grasses if kind == "pampas" else _twigs)(random, y, height)


def _tip(random: randomness.Random, turn: float, lean: float, *, y: float, reach: float) -> Point:
    return lean * reach * cos(turn), y + reach * random.uniform(0.65, 1.0), lean * reach * sin(turn)


def _grasses(random: randomness.Random, y: float, height: float) -> list[Part]:
    stalks, blades = [], []
    for number in range(9):
        turn = number * 2.4
        tip = _tip(random, turn, random.uniform(0.05, 0.32), y=y, reach=height)
        stalks.append(rod((0, y - 0.05, 0), tip, Finish(linear("b59a6b")), radius=0.003, sides=3))
        low = (np.array([0, y, 0]) + np.array(tip)) / 2
        for tuft in range(7):
            base = low + (np.array(tip) - low) * tuft / 7
            blades.append(
                _leaf(
                    base,
                    turn=turn + tuft * 2.4,
                    rise=1.25,
                    length=height * 0.24,
                    width=height * 0.06,
                    droop=0.7,
                    cuts=3,
                )
            )
    return [*stalks, _leaves(blades, linear("dcc7a0"), random, spread=0.3, gloss=0.0)]


def _twigs(random: randomness.Random, y: float, height: float) -> list[Part]:
    stems, blades = [], []
    for number in range(7):
        turn = number * 2.4
        tip = _tip(random, turn, random.uniform(0.12, 0.42), y=y, reach=height)
        stems.append(rod((0, y - 0.06, 0), tip, _BARK, radius=0.0035, sides=3))
        for leaf in range(9):
            share = 0.35 + 0.65 * leaf / 8
            base = (tip[0] * share, y + (tip[1] - y) * share, tip[2] * share)
            size = {"length": height * 0.17, "width": height * 0.075}
            blades.append(_leaf(base, turn=turn + leaf * pi * 0.7, rise=0.5, droop=0.5, cuts=2, **size))
    return [*stems, _leaves(blades, linear("7b9270"), random, spread=0.5)]
