"""What breaks the walls? Windows with a view, doors, skirting, panels and beams, as parts that can be painted."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.provider.simulator.stager.mesh import Color, Finish, Part, box, linear, part, rod, soft_box, turned
from core.provider.simulator.stager.rooms.designs import Design, Opening
from core.provider.simulator.stager.rooms.shell import Shell

_FRAME, _MULLION = 0.07, 0.045
_REVEAL = 0.06
_VIEW_SIZE = (420, 300)


def trim(shell: Shell) -> list[Part]:
    """Everything that stands out from walls and ceiling."""
    parts = _skirting(shell)
    for opening in shell.design.openings:
        x, z, turn = shell.place(opening.wall, opening.along)
        build = _door if opening.kind == "door" else _window
        parts += [made.turned(turn).moved(x, 0, z) for made in build(opening, shell.design)]
        if opening.kind == "window" and shell.design.radiator:
            parts += [made.turned(turn).moved(x, 0, z) for made in _radiator(opening)]
    parts += _socket(shell)
    if shell.design.spots:
        parts += _spots(shell)
    if shell.design.panels:
        parts += _panels(shell)
    if shell.design.beams:
        parts += _beams(shell)
    return parts


def _window(opening: Opening, design: Design) -> list[Part]:
    """Frame and bars set back in the wall, the reveal around them, a casing before the wall and a sill."""
    frame, white = Finish(linear(design.frames), gloss=0.2), Finish(linear(design.trim), gloss=0.1)
    middle, tall, half = (opening.top + opening.bottom) / 2, opening.top - opening.bottom, opening.width / 2
    bar, thin = (0.05, 0.028) if opening.kind == "grid" else (_FRAME, _MULLION)
    back = -_REVEAL + 0.028
    parts = [box((s * (half - bar / 2), middle, back), (bar, tall, 0.05), frame, cells=0.6) for s in (-1, 1)]
    parts += [
        box((0, opening.bottom + bar / 2 + up * (tall - bar), back), (opening.width, bar, 0.05), frame, cells=0.6)
        for up in (0, 1)
    ]
    for column in range(1, opening.columns):
        wide = thin * (2.2 if opening.kind == "french" and opening.columns == 2 else 1.0)
        parts.append(
            box(
                (-half + opening.width * column / opening.columns, middle, back),
                (wide, tall, 0.045),
                frame,
                cells=0.6,
            )
        )
    for row in range(1, opening.rows):
        parts.append(
            box((0, opening.bottom + tall * row / opening.rows, back), (opening.width, thin, 0.04), frame, cells=0.6)
        )
    wall = Finish(linear(design.accent if opening.wall == "far" else design.walls))
    parts += _reveal(half, opening.bottom, opening.top, wall)
    casing = 0.085
    parts += [box((s * (half + casing / 2), middle, 0.012), (casing, tall, 0.026), white, cells=0.6) for s in (-1, 1)]
    parts.append(
        box((0, opening.top + casing / 2, 0.013), (opening.width + 2 * casing, casing, 0.028), white, cells=0.6)
    )
    if opening.bottom > 0.2:
        sill = (opening.width + 2 * casing + 0.04, 0.035, 0.09)
        parts.append(soft_box((0, opening.bottom - 0.0175, 0.045), sill, white, radius=0.008, steps=1, flats=4))
    return parts


def _reveal(half: float, bottom: float, top: float, wall: Finish) -> list[Part]:
    """The four sides of the hole in the wall, each seen from inside only."""
    corners = [(-half, bottom), (half, bottom), (half, top), (-half, top)]
    sides = zip(corners, corners[1:] + corners[:1], strict=True)
    return [part(np.array([[(*a, -_REVEAL), (*b, -_REVEAL), (*b, 0.0), (*a, 0.0)]])[:, ::-1], wall) for a, b in sides]


def _door(opening: Opening, design: Design) -> list[Part]:
    white = Finish(linear(design.trim), gloss=0.15)
    half, top = opening.width / 2, opening.top
    parts = [box((0, top / 2, 0.004), (opening.width, top, 0.02), white, cells=0.4)]
    edge, field = Finish(_scaled(white, 0.80)), Finish(_scaled(white, 0.94), gloss=0.12)
    for y, tall in ((0.5, 0.62), (1.4, 0.9)):
        wide = opening.width * 0.62
        parts.append(box((0, y, 0.016), (wide, tall, 0.004), edge, cells=0.5))
        parts.append(box((0.003, y - 0.003, 0.0205), (wide - 0.02, tall - 0.02, 0.004), white, cells=0.5))
        parts.append(box((0, y, 0.0255), (wide - 0.09, tall - 0.09, 0.004), field, cells=0.5))
    parts += [box((s * (half + 0.045), top / 2, 0.014), (0.09, top, 0.04), white, cells=0.5) for s in (-1, 1)]
    parts.append(box((0, top + 0.045, 0.015), (opening.width + 0.18, 0.09, 0.044), white, cells=0.5))
    steel = Finish(linear("8f8c86"), gloss=0.6)
    parts.append(rod((half - 0.09, 1.02, 0.01), (half - 0.09, 1.02, 0.07), steel, radius=0.012))
    return [*parts, rod((half - 0.085, 1.02, 0.07), (half - 0.21, 1.02, 0.07), steel, radius=0.011)]


def _scaled(finish: Finish, factor: float) -> Color:
    red, green, blue = (channel * factor for channel in finish.color)
    return red, green, blue


def _molding(width: float, height: float, finish: Finish, *, bar: float) -> list[Part]:
    """A raised frame around the origin."""
    sides = [box((s * width / 2, 0, 0.007), (bar, height + bar, 0.014), finish, cells=0.7) for s in (-1, 1)]
    return [*sides, *(box((0, s * height / 2, 0.007), (width - bar, bar, 0.014), finish, cells=0.7) for s in (-1, 1))]


def _radiator(opening: Opening) -> list[Part]:
    white = Finish(linear("efeeeb"), gloss=0.2)
    width = opening.width * 0.8
    fins = [
        soft_box((x, 0.38, 0.08), (0.062, 0.5, 0.09), white, radius=0.02, steps=2, flats=1)
        for x in np.arange(-width / 2, width / 2, 0.075)
    ]
    feet = [rod((s * width * 0.42, 0, 0.08), (s * width * 0.42, 0.16, 0.08), white, radius=0.014) for s in (-1, 1)]
    return [*feet, *fins]


def _socket(shell: Shell) -> list[Part]:
    """A socket on the far wall, where no opening is."""
    for along in (0.35, 1.9, -0.4, -1.9):
        if all(abs(along - o.along) > o.width / 2 + 0.3 for o in shell.design.openings if o.wall == "far"):
            x, z, _ = shell.place("far", along)
            return [box((x, 0.3, z + 0.006), (0.08, 0.08, 0.012), Finish(linear("f4f3f0"), gloss=0.3), cells=1.0)]
    return []


def _spots(shell: Shell) -> list[Part]:
    """Small lights set in the ceiling."""
    ring, lamp = Finish(linear("f6f5f2")), Finish(linear("fff4dd"), glow=0.8)
    height, parts = shell.design.height, []
    for x in np.linspace(shell.left + 1.1, shell.right - 1.1, 3):
        for z in (1.0, 2.4):
            parts.append(turned((float(x), height - 0.012, z), [(0.075, 0), (0.085, 0.01)], ring, sides=18))
            parts.append(turned((float(x), height - 0.016, z), [(0.0, 0.0), (0.055, 0.001)], lamp, sides=18))
    return parts


def _skirting(shell: Shell) -> list[Part]:
    design = shell.design
    white = Finish(linear(design.trim), gloss=0.12)
    parts = []
    for wall, length in (
        ("far", shell.right - shell.left),
        ("left", design.depth + 1.0),
        ("right", design.depth + 1.0),
    ):
        along = {"far": 0.0, "left": -0.5, "right": 0.5}[wall]
        for start, end in _free(design, wall, along - length / 2, along + length / 2):
            x, z, turn = shell.place(wall, (start + end) / 2)
            bar = box((0, design.skirting / 2, 0.009), (end - start, design.skirting, 0.018), white, cells=0.5)
            parts.append(bar.turned(turn).moved(x, 0, z))
    return parts


def _free(design: Design, wall: str, start: float, end: float) -> list[tuple[float, float]]:
    """The stretches of a wall's foot that no door or floor-deep window interrupts."""
    stretches, at = [], start
    for opening in sorted(design.openings, key=lambda o: o.along):
        if opening.wall == wall and opening.bottom < design.skirting:
            stretches.append((at, opening.along - opening.width / 2 - 0.09))
            at = opening.along + opening.width / 2 + 0.09
    return [(a, b) for a, b in [*stretches, (at, end)] if b - a > 0.05]


def _panels(shell: Shell) -> list[Part]:
    """Raised frames on the far wall and the sides, and a cornice under the ceiling."""
    design = shell.design
    white = Finish(linear(design.trim), gloss=0.1)
    parts: list[Part] = []
    far = shell.right - shell.left
    for wall, places in (("far", (0.0,)), ("left", (-0.9, 0.75)), ("right", (-0.75, 0.9))):
        for along in places:
            x, z, turn = shell.place(wall, along)
            for y, tall in ((1.75, 1.35), (0.62, 0.5)):
                frame = _molding(0.95, tall, white, bar=0.035)
                parts += [bar.moved(0, y, 0).turned(turn).moved(x, 0, z) for bar in frame]
    cornice = [("far", far, 0.0), ("left", design.depth + 1, -0.5), ("right", design.depth + 1, 0.5)]
    for wall, length, along in cornice:
        x, z, turn = shell.place(wall, along)
        for y, deep in ((design.height - 0.05, 0.1), (design.height - 0.12, 0.04)):
            parts.append(box((0, y, deep / 2), (length, 0.08, deep), white, cells=0.8).turned(turn).moved(x, 0, z))
    return parts


def _beams(shell: Shell) -> list[Part]:
    wood = Finish(linear("6b4a30"), grain=0.16)
    y = shell.design.height - 0.11
    return [
        box(
            ((shell.left + shell.right) / 2, y, z), (shell.right - shell.left, 0.2, 0.16), wood, cells=0.5, plank=0.05
        )
        for z in (1.0, 2.3, 3.6)
    ]


@lru_cache(maxsize=4)
def outdoors(kind: str, seed: int) -> Image.Image:
    """What is seen through a window, out of focus and overexposed, as RGBA."""
    width, height = _VIEW_SIZE
    picture = Image.new("RGB", _VIEW_SIZE)
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        share = min(1.0, y / (height * 0.6))
        draw.line((0, y, width, y), fill=(int(214 + 33 * share), int(230 + 18 * share), 246))
    (_garden if kind == "garden" else _city)(draw, np.random.default_rng(seed))
    soft = picture.filter(ImageFilter.GaussianBlur(8))
    return Image.blend(soft, Image.new("RGB", soft.size, (255, 255, 253)), 0.42).convert("RGBA")


def _garden(draw: ImageDraw.ImageDraw, random: np.random.Generator) -> None:
    """Three rows of shrubs, the nearer the darker."""
    width, height = _VIEW_SIZE
    for base, color in ((0.5, (190, 205, 178)), (0.62, (150, 176, 128)), (0.76, (118, 150, 96))):
        for _ in range(26):
            x, r = random.uniform(-20, width + 20), random.uniform(18, 46)
            top = height * base + random.uniform(-14, 26)
            tone = tuple(int(channel * random.uniform(0.92, 1.1)) for channel in color)
            draw.ellipse((x - r, top - r * 0.8, x + r, top + r * 0.9), fill=tone)
        draw.rectangle((0, int(height * (base + 0.1)), width, height), fill=color)


def _city(draw: ImageDraw.ImageDraw, random: np.random.Generator) -> None:
    """Three rows of houses, the nearer the darker."""
    width, height = _VIEW_SIZE
    for base, tone in ((0.42, 212), (0.55, 190), (0.7, 168)):
        x = -10.0
        while x < width:
            wide, top = random.uniform(26, 62), height * (base - random.uniform(0, 0.2))
            draw.rectangle((x, top, x + wide, height), fill=(tone, tone - 2, tone - 8))
            for row in range(int(top) + 8, height, 15):
                for column in range(int(x) + 6, int(x + wide) - 6, 12):
                    draw.rectangle((column, row, column + 5, row + 8), fill=(tone - 26, tone - 22, tone - 18))
            x += wide + random.uniform(0, 8)
