"""What do pieces of furniture share? Legs of every style, shelves, doors and drawers."""

from collections.abc import Sequence

from core.provider.simulator.stager.mesh import Finish, Part, blend, box, merged, rod, shade, soft_box, turned
from core.provider.simulator.stager.palettes import Look

_TURNED = ((1.0, 0.0), (0.7, 0.1), (1.15, 0.25), (0.75, 0.4), (1.2, 0.62), (0.8, 0.78), (1.1, 0.9), (1.1, 1.0))


def legs(
    look: Look, *, width: float, depth: float, height: float, inset: float = 0.05, thickness: float = 0.022
) -> list[Part]:
    """Four feet or legs of the style under a body of that width and depth."""
    x, z = width / 2 - inset, depth / 2 - inset
    corners = [(sx * x, sz * z, sx, sz) for sx in (-1, 1) for sz in (-1, 1)]
    kind = look.legs
    if kind == "plinth":
        return [box((0, height / 2, 0), (width - 2 * inset, height, depth - 2 * inset), look.dark_timber)]
    if kind == "frame":
        return [
            *(box((cx, height / 2, cz), (0.03, height, 0.03), look.steel) for cx, cz, _, _ in corners),
            *(box((sx * x, 0.015, 0), (0.03, 0.03, 2 * z), look.steel) for sx in (-1, 1)),
        ]
    if kind in ("metal", "brass"):
        slant = 0.0 if kind == "metal" else 0.02
        return [
            rod((cx, height, cz), (cx + sx * slant, 0, cz + sz * slant), look.steel, radius=0.014, sides=6)
            for cx, cz, sx, sz in corners
        ]
    if kind == "tapered":
        return [
            rod(
                (cx - sx * 0.02, height, cz - sz * 0.02),
                (cx + sx * 0.03, 0, cz + sz * 0.03),
                look.timber,
                radius=thickness,
                end_radius=thickness * 0.55,
                sides=7,
            )
            for cx, cz, sx, sz in corners
        ]
    if kind == "turned":
        profile = [(r * thickness * 1.15, h * height) for r, h in _TURNED]
        return [turned((cx, 0, cz), profile, look.timber, sides=8) for cx, cz, _, _ in corners]
    if kind == "log":
        return [rod((cx, height, cz), (cx, 0, cz), look.timber, radius=0.042, sides=8) for cx, cz, _, _ in corners]
    return [box((cx, height / 2, cz), (0.055, height, 0.055), look.timber) for cx, cz, _, _ in corners]


def case(
    look: Look,
    *,
    width: float,
    height: float,
    depth: float,
    legs_height: float,
    columns: int,
    rows: int,
    finish: Finish | None = None,
    is_open: bool = False,
) -> list[Part]:
    """A cabinet on legs, its front parted into drawers, or into open shelves."""
    wood = finish or look.dark_timber
    body = height - legs_height
    parts = legs(look, width=width, depth=depth, height=legs_height, inset=0.06) if legs_height > 0 else []
    middle = legs_height + body / 2
    if is_open:
        parts += _open_case(wood, width=width, body=body, depth=depth, base=legs_height, columns=columns, rows=rows)
    else:
        parts.append(soft_box((0, middle, 0), (width, body, depth), wood, radius=0.008, steps=1, flats=4))
        parts += _fronts(
            look, wood, width=width, body=body, base=legs_height, front=depth / 2, columns=columns, rows=rows
        )
    if look.table in ("marble", "mirror") and not is_open:
        top = Finish((0.78, 0.76, 0.73), gloss=0.6, grain=0.05)
        parts.append(
            soft_box((0, height + 0.012, 0), (width + 0.03, 0.025, depth + 0.03), top, radius=0.008, steps=1)
        )
    return parts


def _fronts(
    look: Look, wood: Finish, *, width: float, body: float, base: float, front: float, columns: int, rows: int
) -> list[Part]:
    gap, parts = 0.012, []
    panel = Finish(shade(wood.color, 1.12), wood.gloss, grain=wood.grain)
    step_x, step_y = (width - 0.03) / columns, (body - 0.03) / rows
    for column in range(columns):
        for row in range(rows):
            x = -width / 2 + 0.015 + step_x * (column + 0.5)
            y = base + 0.015 + step_y * (row + 0.5)
            size = (step_x - gap, step_y - gap, 0.018)
            parts.append(box((x, y, front + 0.004), size, panel, cells=0.25, plank=0.07))
            is_door = step_y > step_x
            handle = (0.012, min(0.12, step_y * 0.4), 0.014) if is_door else (min(0.14, step_x * 0.3), 0.012, 0.014)
            place = (x + (step_x * 0.36 if column % 2 == 0 else -step_x * 0.36) if is_door else x, y, front + 0.022)
            parts.append(box(place, handle, look.steel, cells=1.0))
    return parts


def _open_case(
    wood: Finish, *, width: float, body: float, depth: float, base: float, columns: int, rows: int
) -> list[Part]:
    board = 0.026
    back = Finish(blend(wood.color, (0.02, 0.02, 0.02), 0.45), 0.0, grain=0.08)
    parts = [box((0, base + body / 2, -depth / 2 + 0.008), (width - 0.02, body - 0.02, 0.012), back, plank=0.12)]
    for row in range(rows + 1):
        parts.append(
            box((0, base + board / 2 + (body - board) * row / rows, 0), (width, board, depth), wood, plank=0.06)
        )
    for column in range(columns + 1):
        x = -width / 2 + board / 2 + (width - board) * column / columns
        for row in range(rows):
            low = base + board + (body - board) * row / rows
            parts.append(
                box(
                    (x, low + (body - board) / rows / 2 - board / 2, 0),
                    (board, (body - board) / rows - board, depth),
                    wood,
                    plank=0.06,
                )
            )
    return parts


def books(look: Look, *, x: float, width: float, height: float, seed: int) -> list[Part]:
    """A row of books standing on the floor, from x to the right."""
    colors: Sequence[Finish] = [look.accent(i) for i in range(4)] + [look.sheets, look.fabric(0)]
    parts, at, number = [], x, seed
    while at < x + width - 0.02:
        number = (number * 1103515245 + 12345) % 2**31
        thick = 0.022 + (number >> 8) % 100 / 100 * 0.026
        tall = height * (0.72 + (number >> 16) % 100 / 100 * 0.28)
        parts.append(
            box((at + thick / 2, tall / 2, 0), (thick - 0.003, tall, 0.15), colors[(number >> 4) % 6], cells=1.0)
        )
        at += thick
    return [merged(parts)]
