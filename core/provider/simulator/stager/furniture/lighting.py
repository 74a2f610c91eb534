"""What gives light? Floor and table lamps in the forms of each style."""

import itertools
import random as randomness
from collections.abc import Callable, Mapping
from math import cos, pi, sin

import numpy as np

from core.provider.simulator.stager.mesh import Finish, Part, blend, linear, rod, turned
from core.provider.simulator.stager.palettes import Look

_SHADE = Finish(linear("f2e6cf"), glow=0.5)
_PAPER = Finish(linear("f6efdf"), glow=0.5)
_BULB = Finish(linear("ffe9bf"), glow=0.9)
_WICKER = Finish(linear("d9b077"), glow=0.35, grain=0.45)


def _drum(y: float, *, radius: float, height: float, top: float = 0.85, finish: Finish = _SHADE) -> Part:
    rings = [(radius * (1 + (top - 1) * t), y + height * t) for t in np.linspace(0, 1, 5)]
    return turned((0, 0, 0), rings, finish, sides=22)


def _base(look: Look, radius: float = 0.14) -> Part:
    return turned((0, 0, 0), [(radius, 0), (radius, 0.016), (0.02, 0.03)], look.steel, sides=20)


def _ball(y: float, radius: float, finish: Finish, *, squash: float = 1.0) -> Part:
    profile = [(radius * sin(pi * t), y + radius * squash * (1 - cos(pi * t))) for t in np.linspace(0, 1, 11)]
    return turned((0, 0, 0), profile, finish, sides=20)


def floor_lamp(look: Look, _random: randomness.Random) -> list[Part]:
    """A floor lamp, about 1.6 m high."""
    return _FLOOR_LAMPS[look.lamp](look)


def _pole(look: Look, height: float, *, wood: bool = False, foot: float = 0.14) -> list[Part]:
    return [_base(look, foot), rod((0, 0.02, 0), (0, height, 0), look.timber if wood else look.steel, radius=0.012)]


def _arc(look: Look) -> list[Part]:
    bow = [(0.05 + 0.52 * cos(a), 1.18 + 0.6 * sin(a), 0.0) for a in np.linspace(pi, 0.16 * pi, 11)]
    x, y, _ = bow[-1]
    return [
        turned((-0.45, 0, 0), [(0.17, 0), (0.17, 0.05)], Finish(linear("d8d5d0"), gloss=0.5), sides=22),
        rod((-0.47, 0.02, 0), bow[0], look.steel, radius=0.013),
        *(rod(a, b, look.steel, radius=0.011) for a, b in itertools.pairwise(bow)),
        turned((x, y - 0.175, 0), [(0.0, 0), (0.16, 0.004)], _BULB, sides=20),
        turned((x, y - 0.17, 0), [(0.17, 0), (0.15, 0.07), (0.08, 0.14), (0.02, 0.17)], look.steel, sides=20),
    ]


def _tripod(look: Look) -> list[Part]:
    ends = [(0.34 * cos(a), 0.0, 0.34 * sin(a)) for a in (0.5, 2.6, 4.7)]
    feet = [rod((0, 1.22, 0), end, look.timber, radius=0.016, end_radius=0.011) for end in ends]
    return [*feet, _drum(1.2, radius=0.25, height=0.3, top=0.8)]


def _pharmacy(look: Look) -> list[Part]:
    head = [(0.13, 0), (0.12, 0.06), (0.05, 0.12), (0.03, 0.16)]
    return [
        *_pole(look, 1.5, foot=0.15),
        rod((0, 1.45, 0), (0.24, 1.5, 0.1), look.steel, radius=0.009),
        turned((0.26, 1.355, 0.11), [(0, 0), (0.125, 0.004)], _BULB, sides=18),
        turned((0.26, 1.36, 0.11), head, look.steel, sides=18),
    ]


def _lantern(look: Look) -> list[Part]:
    corners = [(sx * 0.1, sz * 0.1) for sx in (-1, 1) for sz in (-1, 1)]
    return [
        *(rod((x, 0, z), (x, 1.45, z), look.steel, radius=0.012) for x, z in corners),
        _drum(1.0, radius=0.17, height=0.42, top=1.0, finish=Finish(linear("e8c98f"), glow=0.45)),
        turned((0, 1.45, 0), [(0.17, 0), (0.02, 0.09)], look.steel, sides=4),
    ]


def _shaded(look: Look, *, wood: bool, top: float, finish: Finish = _SHADE) -> list[Part]:
    return [*_pole(look, 1.26, wood=wood), _drum(1.22, radius=0.23, height=0.3, top=top, finish=finish)]


_FLOOR_LAMPS: Mapping[str, Callable[[Look], list[Part]]] = {
    "arc": _arc,
    "tripod": _tripod,
    "pharmacy": _pharmacy,
    "lantern": _lantern,
    "paper": lambda look: [*_pole(look, 0.75, wood=True, foot=0.12), _ball(0.72, 0.25, _PAPER, squash=1.15)],
    "globe": lambda look: [*_pole(look, 1.3), _ball(1.28, 0.16, _PAPER)],
    "stick": lambda look: [*_pole(look, 0.5, foot=0.1), rod((0, 0.5, 0), (0, 1.5, 0), _BULB, radius=0.022, sides=10)],
    "rattan": lambda look: [
        *_pole(look, 1.2, wood=True),
        _drum(1.12, radius=0.27, height=0.34, top=0.55, finish=_WICKER),
    ],
    "drum": lambda look: _shaded(look, wood=False, top=0.92),
    "crystal": lambda look: _shaded(look, wood=False, top=0.92),
    "fluted": lambda look: _shaded(look, wood=False, top=0.92),
    "gourd": lambda look: _shaded(look, wood=True, top=0.72),
    "urn": lambda look: _shaded(look, wood=True, top=0.72, finish=Finish(linear("e9d3a8"), glow=0.5)),
}


def table_lamp(look: Look, _random: randomness.Random) -> list[Part]:
    """A table lamp, about half a meter high."""
    kind = look.lamp
    if kind in ("paper", "globe", "stick"):
        return [
            turned(
                (0, 0, 0),
                [(0.07, 0), (0.07, 0.02), (0.02, 0.04), (0.02, 0.1)],
                look.dark_timber if kind == "paper" else look.steel,
                sides=16,
            ),
            _ball(0.09, 0.125, _PAPER),
        ]
    if kind in ("arc", "pharmacy", "tripod", "lantern"):
        foot = look.pottery if kind == "tripod" else look.steel
        return [
            turned((0, 0, 0), [(0.075, 0), (0.075, 0.02), (0.016, 0.05), (0.014, 0.26)], foot, sides=16),
            _drum(0.24, radius=0.15, height=0.2, top=0.75),
        ]
    body = {
        "gourd": [(0.06, 0), (0.1, 0.05), (0.1, 0.12), (0.045, 0.18), (0.06, 0.23), (0.025, 0.28)],
        "urn": [(0.07, 0), (0.05, 0.03), (0.09, 0.12), (0.09, 0.18), (0.03, 0.26), (0.02, 0.29)],
        "crystal": [(0.07, 0), (0.03, 0.03), (0.075, 0.09), (0.03, 0.15), (0.065, 0.2), (0.02, 0.26)],
        "rattan": [(0.08, 0), (0.1, 0.08), (0.07, 0.18), (0.03, 0.24)],
    }.get(kind, [(0.08, 0), (0.08, 0.02), (0.05, 0.05), (0.05, 0.22), (0.02, 0.26)])
    glassy = (
        Finish(blend(look.pottery.color, (0.8, 0.85, 0.85), 0.6), gloss=1.0) if kind == "crystal" else look.pottery
    )
    shade_finish = _WICKER if kind == "rattan" else _SHADE
    return [
        turned((0, 0, 0), body, glassy, sides=16),
        _drum(0.27, radius=0.16, height=0.2, top=0.72, finish=shade_finish),
    ]
