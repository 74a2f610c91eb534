"""Where does everything stand in this room? Against which wall, and which pieces fit in sight and on the floor.

1. Choose the wall: the far one, or a side wall where the far one is too far away.
2. Put the main piece in the middle of what is in sight, as wide as fits, and no further away than is pleasant.
3. Put the other pieces around it in order of importance, nudged where needed; leave out what fits nowhere.
"""

import random as randomness
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi, radians, sin

import numpy as np

from core.provider.simulator.stager import catalog, scenery
from core.provider.simulator.stager.camera import Camera, Floats, Frame
from core.provider.simulator.stager.floor import RoomBox
from core.provider.simulator.stager.ground import Ground, box_corners
from core.provider.simulator.stager.layouts import Layout, Slot
from core.provider.simulator.stager.palettes import LOOKS
from core.provider.simulator.stager.view import View

# A higher camera means a larger room: for furniture that needs one.
_EYES_METERS = (1.25, 1.35, 1.45, 1.55, 1.65, 1.85)
_NEAREST_WALL, _FARTHEST_WALL = 3.3, 7.5
_PLEASANT_METERS = 4.7
_TOO_FAR_METERS = 5.4
_SHORTEST_SIDE_WALL = 2.2
_GAP_METERS = 0.07
_MOST_COVERED = 0.3
_ENOUGH_PIECES = 4
_LOOMING_METERS = 2.2
_NUDGES = (
    (0.0, 0.0), (0.0, -0.2), (-0.18, 0.0), (-0.18, -0.2), (0.0, -0.4), (-0.35, -0.1), (-0.35, -0.4), (-0.5, -0.25),
    (0.0, -0.6), (-0.3, -0.65), (0.0, 0.15),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A piece at its place: turned by radians, with the boxes (2, 3) around all of it and around its lower part."""

    piece: scenery.Piece
    x: float
    z: float
    turn: float
    bounds: Floats
    foot: Floats

    def build(self) -> scenery.Piece:
        """The piece with its facets moved there."""
        return self.piece.placed(x=self.x, z=self.z, turn=self.turn)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The pieces at their places, the main one first.

    The view's frame has its origin on the floor at the wall, below the main piece's middle. `forward` is how far the
    group was drawn away from the wall; `side` is 1, or -1 where left and right are exchanged.
    """

    view: View
    pieces: tuple[Standing, ...]
    forward: float
    side: int


@dataclass(frozen=True, slots=True)
class _Group:
    """What the pieces around a main piece have in common."""

    ground: Ground
    style: str
    side: int
    forward: float
    half: float


def camera_for(room: RoomBox, *, eye: float) -> Camera:
    """The camera that took the photo, about `eye` meters high, but so that the far wall is at a likely distance."""
    drop = max(room.far_row - room.horizon, 8.0)
    distance = float(np.clip(room.focal * eye / drop, _NEAREST_WALL, _FARTHEST_WALL))
    height = float(np.clip(distance * drop / room.focal, 0.95, 2.0))
    return Camera(focal=room.focal, column=room.size[0] / 2, horizon=room.horizon, height=height)


def arrange(room: RoomBox, layout: Layout, *, style: str, seed: int) -> Arrangement:
    """A layout settled in a room, in one of the arrangements the seed picks.

    Where too little fits, the room is taken to be larger than it looked, and the fullest arrangement is kept.
    """
    random = randomness.Random(seed)
    side = random.choice((-1, 1))
    variant, aside = random.randrange(catalog.VARIANTS), random.uniform(-0.25, 0.25) - side * layout.aside
    # All pieces of a name are alike: six chairs are a set.
    variants = {name: random.randrange(catalog.VARIANTS) for slot in layout.slots for name in slot.pieces}
    wanted = []
    for slot in layout.slots:
        name, sway = random.choice(slot.pieces), random.uniform(-5, 5)
        if slot.clutter <= LOOKS[style].clutter:
            wanted.append((slot, catalog.piece(name, style, variants[name]), sway))
    found = []
    for main, view, forward in _mains(room, layout, style, variant=variant, aside=aside):
        half = float(main.bounds[1, 0] - main.bounds[0, 0]) / 2
        group = _Group(Ground(room, view), style, side, forward, half)
        standing = [main]
        for slot, piece, sway in wanted:
            fitting = _fit(slot, group, standing, piece=piece, sway=sway)
            standing += [fitting] if fitting is not None else []
        found.append(Arrangement(view=view, pieces=tuple(standing), forward=forward, side=side))
        if len(standing) >= min(_ENOUGH_PIECES, 1 + len(wanted)):
            break
    return max(found, key=lambda arrangement: len(arrangement.pieces))


def _stand(piece: scenery.Piece, *, x: float, z: float, turn: float = 0.0) -> Standing:
    boxes = []
    for box in (piece.bounds, piece.foot):
        corners = box_corners(box) @ scenery.turning(turn) + np.array([x, 0.0, z])
        boxes.append(np.stack((corners.min(axis=0), corners.max(axis=0))))
    return Standing(piece, x, z, turn, boxes[0], boxes[1])


def _far_wall(room: RoomBox, *, eye: float) -> View:
    camera = camera_for(room, eye=eye)
    distance = camera.focal * camera.height / max(room.far_row - room.horizon, 8.0)
    return View(camera, Frame((0.0, distance), -room.angle))


def _side_walls(room: RoomBox, layout: Layout) -> list[View]:
    """The side walls worth using, the longest first: none, unless the far wall is too far away."""
    far = _far_wall(room, eye=_EYES_METERS[0])
    camera, distance = far.camera, far.frame.origin[1]
    if layout.is_freestanding or distance < _TOO_FAR_METERS or not room.is_certain:
        return []
    sides = []
    for unit, turn in ((room.left, pi / 2), (room.right, -pi / 2)):
        if abs(unit) > 1.5:
            continue
        row = float(room.rows_at(np.array(camera.column + unit * camera.focal)))
        depth = camera.focal * camera.height / max(row - camera.horizon, 8.0)
        view = View(camera, Frame((unit * depth, depth), -room.angle + turn))
        left, right = Ground(room, view).sight(0.5)
        if right - left > _SHORTEST_SIDE_WALL:
            sides.append((right - left, view))
    return [view for _, view in sorted(sides, key=lambda pair: -pair[0])]


def _far_walls(room: RoomBox, layout: Layout) -> list[View]:
    """The far wall as seen from several heights: first the lowest from which all of the group's depth is in sight."""
    views = [_far_wall(room, eye=eye) for eye in _EYES_METERS]
    foot = np.array([0.0, 0.0, layout.reach])
    fitting = [
        view
        for view in views
        if view.project(foot + np.array([0.0, 0.0, _far_to_draw(view)]))[1] < room.size[1] * 0.985
    ]
    return fitting or views[-1:]


def _mains(
    room: RoomBox, layout: Layout, style: str, *, variant: int, aside: float
) -> Iterator[tuple[Standing, View, float]]:
    """The main piece at each wall where it fits, the view whose frame has it at x = 0, and how far it is off.

    Where it fits nowhere, the smallest size in the middle of the picture, where furniture is expected.
    """
    walls = [(view, 0.0) for view in _side_walls(room, layout)]
    walls += [(view, _far_to_draw(view)) for view in _far_walls(room, layout)]
    is_placed = False
    for view, forward in walls:
        for ahead, start, piece in _main_places(Ground(room, view), layout, style, variant, aside, forward):
            moved = View(view.camera, _along(view.frame, start))
            main = _stand(piece, x=0.0, z=layout.z + ahead)
            if Ground(room, moved).holds(main.bounds, main.foot):
                yield main, moved, ahead
                is_placed = True
                break
    if not is_placed:
        smallest = min(layout.widths) if layout.widths else None
        main = _stand(catalog.piece(layout.main, style, variant, smallest), x=0.0, z=layout.z)
        yield main, View(walls[-1][0].camera, Frame((0.0, _PLEASANT_METERS), 0.0)), 0.0


def _main_places(
    ground: Ground, layout: Layout, style: str, variant: int, jitter: float, forward: float
) -> Iterator[tuple[float, float, scenery.Piece]]:
    """How far ahead of the wall, where along it and in which size the main piece might stand, best first."""
    nearer = (-0.3, -0.6) if layout.is_freestanding else ()
    for ahead in dict.fromkeys((forward, forward * 0.5, 0.0, *nearer, 0.4, 0.8)):
        left, right = ground.sight(layout.z + ahead)
        middle = ground.middle(layout.z + ahead, left, right)
        for width in layout.widths or (None,):
            piece = catalog.piece(layout.main, style, variant, width)
            spare = max(0.0, (right - left) / 2 - float(piece.bounds[1, 0]) - 0.35)
            for shift in dict.fromkeys((max(-spare, min(spare, jitter)), 0.0, -0.4, 0.4)):
                yield ahead, middle + shift, piece


def _far_to_draw(view: View) -> float:
    """How far the group is drawn away from a wall that is too far off to look good, in meters."""
    pleasant = _PLEASANT_METERS * view.camera.height / _EYES_METERS[0]
    return float(np.clip(float(view.depth(np.zeros(3))) - pleasant, 0.0, 1.8))


def _along(frame: Frame, x: float) -> Frame:
    return Frame((frame.origin[0] + x * cos(frame.angle), frame.origin[1] + x * sin(frame.angle)), frame.angle)


def _fit(
    slot: Slot, group: _Group, standing: Sequence[Standing], *, piece: scenery.Piece, sway: float
) -> Standing | None:
    ground, main = group.ground, standing[0]
    is_angled = 30 < abs(slot.turn) < 120 and not slot.tucked
    turn = slot.turn + (sway if is_angled else 0.0)
    for x, z, sign in _places(slot, group):
        candidate = _stand(piece, x=x, z=z + group.forward, turn=radians(turn * sign))
        # What may be left out must not loom in front of everything else.
        if slot.clutter and ground.nearest(candidate.bounds) < _LOOMING_METERS:
            continue
        if not ground.holds(candidate.bounds, candidate.foot) or _collides(
            candidate, standing[1:] if slot.tucked else standing
        ):
            continue
        # A seat set at an angle must neither turn its back nor hide what it faces.
        if is_angled and not ground.shows_front(candidate.x, candidate.z, candidate.turn):
            continue
        if is_angled and ground.covered(main.bounds, candidate.bounds) > _MOST_COVERED:
            continue
        return candidate
    return None


def _places(slot: Slot, group: _Group) -> Iterator[tuple[float, float, int]]:
    """Where a slot's piece may go, best first: its place, nearer, then the same on the other side."""
    toward = 1.0 if slot.x > 0 else -1.0
    can_swap = slot.edge or abs(slot.x) > 0.3
    for sign in (group.side, -group.side) if can_swap and not slot.tucked else (group.side,):
        for dx, dz in ((0.0, 0.0),) if slot.tucked else _NUDGES:
            if (slot.edge and dx) or slot.z + dz < 0.15:
                continue
            x = toward * (group.half + abs(slot.x)) if slot.edge else slot.x + toward * dx
            yield x * sign, slot.z + dz, sign


def _collides(candidate: Standing, standing: Sequence[Standing]) -> bool:
    low, high = candidate.foot[:, [0, 2]]
    return any(
        bool(((low < other.foot[1, [0, 2]] + _GAP_METERS) & (high > other.foot[0, [0, 2]] - _GAP_METERS)).all())
        for other in standing
    )
