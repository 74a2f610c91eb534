"""What goes into each kind of room, and where? One layout a room type, in meters around its main piece.

x is to the right along the wall and z out of it; a seed may exchange left and right. `edge` measures x from the main
piece's side instead of its middle. Pieces come in order of importance: what does not fit is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one of several pieces, turned by degrees: 0 looks away from the wall, 180 at it."""

    pieces: tuple[str, ...]
    x: float
    z: float
    turn: float = 0.0
    edge: bool = False
    tucked: bool = False  # may stand partly under the main piece
    clutter: float = 0.0  # left out in styles sparer than that


@dataclass(frozen=True, slots=True)
class Rug:
    """A rug around (x, z), in meters."""

    width: float
    depth: float
    x: float
    z: float
    shape: str = "rectangle"


@dataclass(frozen=True, slots=True)
class Hanging:
    """A picture or mirror on the wall: its middle's height and its measures in meters."""

    kind: str
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A room: the main piece, the widths it comes in, its distance from the wall, and what goes with it.

    `reach` is how far in front of the wall the floor should be in sight; `aside` how far the main
    piece leaves the middle, away from its company; a freestanding one needs no wall.
    """

    main: str
    z: float
    slots: tuple[Slot, ...]
    rug: Rug | None
    hanging: Hanging | None
    widths: tuple[float, ...] = ()
    is_freestanding: bool = False
    reach: float = 1.5
    aside: float = 0.0


def _slot(pieces: str, x: float, z: float, turn: float = 0.0, **more: bool | float) -> Slot:
    return Slot(tuple(pieces.split()), x, z, turn, **more)  # type: ignore[arg-type]


_ART = Hanging("art", 1.62, 0.62, 0.8)
_WIDE_ART = Hanging("wide_art", 1.62, 1.15, 0.78)

LAYOUTS: Mapping[str, Layout] = {
    "living_room": Layout(
        reach=2.15, main="sofa", z=0.54, widths=(2.3, 2.05, 1.7), rug=Rug(2.9, 1.9, 0.1, 1.5), hanging=_WIDE_ART,
        slots=(
            _slot("coffee_table", 0.05, 1.64),
            _slot("lamp_table floor_lamp", -0.38, 0.42, edge=True),
            _slot("plant", 0.42, 0.42, edge=True),
            _slot("armchair", 1.7, 1.7, -72),
            _slot("floor_lamp plant", 0.95, 0.45, edge=True, clutter=0.5),
            _slot("pouf basket", -1.35, 1.75, clutter=0.6),
        ),
    ),
    "family_room": Layout(
        reach=2.15, main="sofa", z=0.54, widths=(2.6, 2.3, 1.9), rug=Rug(3.1, 2.1, 0, 1.5), hanging=_ART,
        slots=(
            _slot("pouf", 0.0, 1.5),
            _slot("armchair", -1.75, 1.55, 68),
            _slot("armchair", 1.75, 1.55, -68),
            _slot("bookcase", 0.62, 0.22, edge=True),
            _slot("floor_lamp", -0.42, 0.42, edge=True),
            _slot("basket", -0.92, 0.4, edge=True, clutter=0.6),
            _slot("plant", 1.35, 0.45, edge=True, clutter=0.5),
        ),
    ),
    "bedroom": Layout(
        reach=2.4, main="bed", z=1.13, widths=(1.7, 1.5, 1.3), rug=Rug(2.7, 1.7, 0, 1.75), hanging=_WIDE_ART,
        slots=(
            _slot("nightstand", -0.42, 0.26, edge=True),
            _slot("nightstand", 0.42, 0.26, edge=True),
            _slot("bed_bench", 0, 2.5, 0),
            _slot("plant", -1.1, 0.42, edge=True),
            _slot("armchair floor_lamp", 1.2, 1.0, -58, edge=True, clutter=0.5),
            _slot("basket pouf", -0.75, 1.35, edge=True, clutter=0.6),
        ),
    ),
    "kitchen": Layout(
        reach=1.75, main="island", z=0.95, widths=(1.5, 1.25, 1.0), is_freestanding=True, rug=Rug(2.3, 0.9, 0, 1.7),
        hanging=None,
        slots=(
            _slot("stool", -0.34, 1.5, 180),
            _slot("stool", 0.34, 1.5, 180),
            _slot("plant", -0.75, 0.6, edge=True),
            _slot("basket", 0.62, 0.8, edge=True, clutter=0.5),
        ),
    ),
    "dining_room": Layout(
        reach=2.3, main="dining_table", z=1.5, widths=(1.9, 1.7, 1.45), is_freestanding=True,
        rug=Rug(2.9, 2.0, 0, 1.5),
        hanging=_WIDE_ART,
        slots=(
            _slot("chair", -0.42, 0.98, tucked=True),
            _slot("chair", 0.42, 0.98, tucked=True),
            _slot("chair", -0.42, 2.02, 180, tucked=True),
            _slot("chair", 0.42, 2.02, 180, tucked=True),
            _slot("chair", -0.16, 1.5, 90, edge=True, tucked=True),
            _slot("chair", 0.16, 1.5, -90, edge=True, tucked=True),
            _slot("sideboard", 0.0, 0.27),
            _slot("plant", 1.25, 0.42),
            _slot("floor_lamp", -1.2, 0.4, clutter=0.5),
        ),
    ),
    "bathroom": Layout(
        reach=1.4, main="washstand", z=0.28, rug=Rug(1.15, 0.7, 0, 0.98),
        hanging=Hanging("round_mirror", 1.55, 0.75, 0.75),
        slots=(
            _slot("towel_ladder", 0.48, 0.22, edge=True),
            _slot("towel_stool", -0.42, 0.36, edge=True),
            _slot("plant", -0.98, 0.42, edge=True),
            _slot("basket", 1.05, 0.4, edge=True, clutter=0.5),
        ),
    ),
    "home_office": Layout(
        reach=1.9, main="desk", z=0.42, widths=(1.6, 1.4, 1.2), rug=Rug(2.4, 1.6, 0, 1.15), hanging=_ART,
        slots=(
            _slot("office_chair", 0.05, 1.0, 156, tucked=True),
            _slot("bookcase", 0.66, 0.2, edge=True),
            _slot("plant", -0.5, 0.42, edge=True),
            _slot("armchair", -1.75, 1.55, 62, clutter=0.5),
            _slot("floor_lamp", -1.0, 0.4, edge=True, clutter=0.5),
        ),
    ),
    "nursery": Layout(
        reach=2.0, main="crib", z=0.48, rug=Rug(1.9, 1.9, 0.15, 1.45, "round"), hanging=_ART,
        slots=(
            _slot("rocking_chair", 1.3, 1.2, -52),
            _slot("changing_table", -0.68, 0.3, edge=True),
            _slot("toys", -0.1, 1.5),
            _slot("floor_lamp", 0.4, 0.4, edge=True),
            _slot("plant", 1.15, 0.4, edge=True),
            _slot("basket", -0.95, 1.05, clutter=0.5),
        ),
    ),
    "kids_room": Layout(
        reach=2.3, main="single_bed", z=1.13, rug=Rug(2.1, 1.5, 0.95, 1.6), hanging=_ART,
        slots=(
            _slot("low_shelf", 0.68, 0.22, edge=True),
            _slot("tent", -1.05, 1.0, 20, edge=True),
            _slot("toys", 0.7, 1.45, edge=True),
            _slot("nightstand", -0.38, 0.26, edge=True),
            _slot("basket", 1.5, 0.5, edge=True),
            _slot("pouf", 1.4, 1.6, edge=True, clutter=0.5),
        ),
    ),
    "entryway": Layout(
        reach=1.5, main="console", z=0.22, widths=(1.4, 1.2, 1.0), rug=Rug(2.2, 0.8, 0, 0.98),
        hanging=Hanging("round_mirror", 1.6, 0.8, 0.8),
        slots=(
            _slot("coat_rack", 0.55, 0.38, edge=True),
            _slot("bench", -0.85, 0.3, edge=True),
            _slot("plant", 1.15, 0.42, edge=True),
            _slot("basket", -1.75, 0.4, edge=True, clutter=0.5),
        ),
    ),
    "basement": Layout(
        reach=2.1, main="media_console", z=0.28, rug=Rug(3.0, 2.0, 0, 1.5), hanging=None,
        slots=(
            _slot("armchair", -1.5, 1.45, 98),
            _slot("armchair", 1.5, 1.45, -98),
            _slot("pouf", -0.35, 1.55),
            _slot("floor_lamp", -0.5, 0.4, edge=True),
            _slot("bookcase", 0.62, 0.22, edge=True),
            _slot("pouf", 0.42, 1.75, clutter=0.5),
            _slot("plant", -1.05, 0.45, edge=True),
        ),
    ),
    "laundry_room": Layout(
        reach=1.5, main="laundry_shelf", z=0.26, rug=Rug(1.9, 0.7, 0, 0.98), hanging=_ART,
        slots=(
            _slot("drying_rack", 0.85, 0.5, edge=True),
            _slot("basket", -0.36, 0.4, edge=True),
            _slot("plant", -0.92, 0.42, edge=True),
            _slot("towel_stool", 0.2, 1.05, edge=True, clutter=0.5),
        ),
    ),
    "studio_apartment": Layout(
        reach=2.4, aside=1.15, main="bed", z=1.13, widths=(1.4, 1.3), rug=Rug(2.0, 1.4, 1.75, 1.5), hanging=_ART,
        slots=(
            _slot("nightstand", -0.4, 0.26, edge=True),
            _slot("loveseat", 1.15, 0.52, edge=True),
            _slot("bookcase", 2.5, 0.22, edge=True),
            _slot("coffee_table", 1.1, 1.55, edge=True),
            _slot("plant", 0.5, 0.42, edge=True),
            _slot("pouf", 0.75, 1.7, edge=True, clutter=0.5),
        ),
    ),
    "home_gym": Layout(
        reach=2.1, main="dumbbell_rack", z=0.26, rug=Rug(2.6, 1.6, 0, 1.5), hanging=Hanging("mirror", 1.5, 1.1, 1.1),
        slots=(
            _slot("weight_bench", -0.35, 1.45, 28),
            _slot("treadmill", 1.5, 1.15, -32),
            _slot("exercise_ball", -1.3, 0.75),
            _slot("mats", -0.42, 0.4, edge=True),
            _slot("plant", 0.85, 0.4, edge=True),
        ),
    ),
    "outdoor_patio": Layout(
        reach=2.2, main="outdoor_sofa", z=0.6, widths=(2.1, 1.9, 1.5), is_freestanding=True,
        rug=Rug(2.8, 1.9, 0, 1.5),
        hanging=None,
        slots=(
            _slot("outdoor_table", 0, 1.5),
            _slot("parasol", 0.42, 1.22, edge=True),
            _slot("outdoor_chair", 1.6, 1.55, -72),
            _slot("plant", -0.5, 0.5, edge=True),
            _slot("outdoor_chair", -1.6, 1.55, 72),
            _slot("lanterns", 0.5, 0.5, edge=True),
            _slot("plant", 1.1, 0.5, edge=True),
        ),
    ),
}  # fmt: skip
