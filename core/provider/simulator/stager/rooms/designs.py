"""Which sample rooms are there? Their measures, surfaces, windows and doors, one row a room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opening:
    """A window or door on a wall: `along` is its middle in meters from the wall's middle as one faces it."""

    kind: str  # "window", "grid", "french" or "door"
    wall: str  # "far", "left" or "right"
    along: float
    width: float
    bottom: float
    top: float
    columns: int = 2
    rows: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A room. Lengths in meters, colors as hex codes.

    `angle` turns the far wall in degrees, its right end nearer where positive; `shift` is how far the camera stands
    to the right. `sun` is where the sun's light goes per meter down: to the right, and out of the far wall.
    """

    name: str
    width: float
    depth: float
    height: float
    angle: float
    shift: float
    floor: str
    floor_colors: tuple[str, ...]
    walls: str
    accent: str
    sun: tuple[float, float]
    openings: tuple[Opening, ...]
    ceiling: str = "f1efea"
    trim: str = "eae8e3"
    frames: str = "eeede9"
    brick: str = ""  # the wall that is of brick
    panels: bool = False
    beams: bool = False
    radiator: bool = False
    spots: bool = False
    skirting: float = 0.12
    view: str = "garden"


DESIGNS = (
    Design(
        name="study", width=4.4, depth=4.4, height=2.55, angle=21, shift=-0.2, floor="boards",
        floor_colors=("c9ae88", "c0a47d", "d1b792"), walls="cfd6da", accent="9fb1bb", sun=(0.75, 0.35), spots=True,
        openings=(
            Opening("window", "left", 0.35, 1.6, 0.8, 2.15, columns=2, rows=2),
            Opening("door", "far", 1.1, 0.86, 0.0, 2.04),
        ),
    ),
    Design(
        name="living room", width=5.4, depth=4.9, height=2.7, angle=-6, shift=0.1, floor="boards",
        floor_colors=("b39270", "aa8864", "bc9c7a"), walls="e6e1d7", accent="e6e1d7", sun=(0.5, 0.62), radiator=True,
        openings=(
            Opening("window", "far", -1.2, 2.0, 0.78, 2.28, columns=3),
            Opening("door", "right", -0.35, 0.9, 0.0, 2.06),
        ),
    ),
    Design(
        name="bedroom", width=4.7, depth=4.6, height=2.6, angle=-17, shift=0.0, floor="carpet",
        floor_colors=("c6bdb0", "bdb2a2"), walls="dcdcd2", accent="b7bfab", sun=(-0.62, 0.3), skirting=0.14,
        openings=(
            Opening("window", "right", -0.9, 1.7, 0.85, 2.2, columns=2),
            Opening("door", "far", -1.5, 0.86, 0.0, 2.04),
        ),
    ),
    Design(
        name="loft", width=6.6, depth=5.4, height=3.2, angle=15, shift=-0.3, floor="boards",
        floor_colors=("8d705a", "836650", "977a63"), walls="e2dfda", accent="e2dfda", ceiling="dcd9d4", trim="45423f",
        frames="2b2b2d", brick="left", beams=True, skirting=0.1, sun=(0.35, 0.7), view="city",
        openings=(
            Opening("grid", "far", -1.2, 2.3, 0.5, 2.65, columns=4, rows=4),
            Opening("grid", "far", 1.5, 2.3, 0.5, 2.65, columns=4, rows=4),
        ),
    ),
    Design(
        name="dining room", width=5.0, depth=4.7, height=2.65, angle=5, shift=0.0, floor="tiles",
        floor_colors=("c9c4bb", "beb8ae"), walls="ebe8e1", accent="ebe8e1", sun=(-0.45, 0.6), skirting=0.08,
        spots=True,
        openings=(
            Opening("french", "far", 0.95, 2.1, 0.0, 2.2, columns=2),
            Opening("door", "left", 0.7, 0.88, 0.0, 2.05),
        ),
    ),
    Design(
        name="salon", width=5.4, depth=5.0, height=3.05, angle=-4, shift=-0.2, floor="herringbone",
        floor_colors=("ad8c68", "a3815c", "b79775"), walls="e4e0d9", accent="dfdbd4", panels=True, skirting=0.2,
        sun=(0.4, 0.55), view="city",
        openings=(
            Opening("french", "far", -1.5, 1.2, 0.06, 2.5, columns=2, rows=3),
            Opening("french", "far", 1.5, 1.2, 0.06, 2.5, columns=2, rows=3),
        ),
    ),
)  # fmt: skip
