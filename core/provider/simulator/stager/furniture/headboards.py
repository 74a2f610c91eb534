"""What stands at the head of a bed? A board, bars, an arch or padding, by style."""

import itertools
from collections.abc import Callable, Mapping
from math import cos, pi, sin

import numpy as np

from core.provider.simulator.stager.mesh import Finish, Part, blend, box, rod, soft_box
from core.provider.simulator.stager.palettes import Look

UPHOLSTERED = ("upholstered", "tufted", "channel", "curved", "fan")
_Z = -1.06  # just behind a mattress two meters long


def headboard(look: Look, width: float) -> list[Part]:
    """The style's headboard, of that width in meters."""
    return _KINDS[look.headboard](look, width)


def _slats(look: Look, width: float) -> list[Part]:
    places = np.linspace(-width / 2 + 0.08, width / 2 - 0.08, 17)
    bars = [box((x, 0.72, _Z), (0.035, 0.5, 0.025), look.timber) for x in places]
    return [*_posts(look, width, 1.0), *bars, box((0, 0.99, _Z), (width, 0.05, 0.035), look.timber, plank=0.03)]


def _bars(look: Look, width: float, *, top: float) -> list[Part]:
    steel, half = look.steel, width / 2
    bars = [
        rod((x, 0.35, _Z), (x, top, _Z), steel, radius=0.009, sides=5)
        for x in np.linspace(0.12 - half, half - 0.12, 11)
    ]
    frame = [rod((s * half, 0, _Z), (s * half, 1.12, _Z), steel, radius=0.02, sides=8) for s in (-1, 1)]
    rails = [rod((-half, y, _Z), (half, y, _Z), steel, radius=0.016, sides=7) for y in (0.45, top)]
    return [*frame, *rails, *bars]


def _rattan(look: Look, width: float) -> list[Part]:
    weave = Finish(blend(look.timber.color, (0.8, 0.7, 0.5), 0.55), grain=0.3)
    half = width / 2
    arch = [(-half * cos(a), 0.62 + 0.62 * sin(a), _Z) for a in np.linspace(0, pi, 15)]
    parts = []
    for a, b in itertools.pairwise(arch):
        top = (a[1] + b[1]) / 2
        size = (abs(b[0] - a[0]) + 0.002, top - 0.3, 0.02)
        parts.append(box(((a[0] + b[0]) / 2, (0.3 + top) / 2, _Z - 0.01), size, weave, cells=0.08))
    parts += [rod(a, b, look.timber, radius=0.024, sides=8) for a, b in itertools.pairwise(arch)]
    return [
        *parts,
        *(rod((s * half, 0, _Z), (s * half, 0.64, _Z), look.timber, radius=0.024, sides=8) for s in (-1, 1)),
    ]


def _padded(look: Look, width: float, *, count: int, height: float, bow: float, radius: float = 0.045) -> list[Part]:
    """Upright cushions side by side; the outer ones are lower by `bow`."""
    step, middle = width / count, (count - 1) / 2
    parts = []
    for number in range(count):
        tall = height - bow * (abs(number - middle) / (count / 2)) ** 2
        place = (-width / 2 + step * (number + 0.5), 0.12 + tall / 2, _Z)
        size = (step - 0.004, tall, 0.115)
        parts.append(soft_box(place, size, look.fabric(0), radius=radius, puff=(0, 0, 0.016), flats=4))
    return parts


def _logs(look: Look, width: float) -> list[Part]:
    half = width / 2
    across = [
        rod((-half, y, _Z), (half, y, _Z), look.timber, radius=0.062, sides=10) for y in (0.5, 0.63, 0.76, 0.89)
    ]
    return [
        *across,
        *(rod((s * half, 0, _Z), (s * half, 1.12, _Z), look.timber, radius=0.075, sides=10) for s in (-1, 1)),
    ]


def _board(look: Look, width: float, *, height: float, plank: float) -> list[Part]:
    size = (width, height - 0.25, 0.05)
    board = box((0, 0.25 + size[1] / 2, _Z), size, look.timber, plank=plank, cells=0.5)
    return [*_posts(look, width, height), board]


def _posts(look: Look, width: float, height: float) -> list[Part]:
    size = (0.05, height + 0.02, 0.055)
    return [box((s * (width / 2 - 0.025), size[1] / 2, _Z), size, look.timber) for s in (-1, 1)]


_KINDS: Mapping[str, Callable[[Look, float], list[Part]]] = {
    "slats": _slats,
    "pipe": lambda look, width: _bars(look, width, top=0.98),
    "iron": lambda look, width: _bars(look, width, top=1.06),
    "rattan": _rattan,
    "channel": lambda look, width: _padded(look, width, count=11, height=1.18, bow=0.0),
    "tufted": lambda look, width: _padded(look, width, count=9, height=1.2, bow=0.2),
    "fan": lambda look, width: _padded(look, width, count=9, height=1.28, bow=0.34),
    "upholstered": lambda look, width: _padded(look, width, count=2, height=1.0, bow=0.0, radius=0.04),
    "curved": lambda look, width: _padded(look, width, count=3, height=0.95, bow=0.08, radius=0.055),
    "logs": _logs,
    "planks": lambda look, width: _board(look, width, height=1.12, plank=0.16),
    "panel": lambda look, width: _board(look, width, height=0.95, plank=0.07),
    "plain": lambda look, width: _board(look, width, height=0.85, plank=0.2),
}
