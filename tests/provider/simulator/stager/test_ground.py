"""Claims about where furniture may stand."""

from itertools import combinations

import numpy as np

from core.provider.simulator.stager import placing
from core.provider.simulator.stager.camera import Camera, Frame
from core.provider.simulator.stager.floor import RoomBox
from core.provider.simulator.stager.ground import Ground
from core.provider.simulator.stager.layouts import LAYOUTS
from core.provider.simulator.stager.view import View

ROOM = RoomBox((1200, 800), far_row=550, angle=0, left=-0.6, right=0.6, focal=750, horizon=384, is_certain=True)
CAMERA = Camera(focal=750, column=600, horizon=384, height=1.25)
GROUND = Ground(ROOM, View(CAMERA, Frame((0.0, 750 * 1.25 / (550 - 384)), 0.0)))


def box(x: float, z: float, *, width: float = 0.5, height: float = 0.8) -> np.ndarray:
    """A box standing on the floor around (x, z), in meters."""
    return np.array([[x - width / 2, 0.0, z - 0.25], [x + width / 2, height, z + 0.25]])


def test_the_floor_reaches_to_the_wall_and_not_beyond() -> None:
    assert GROUND.holds(box(0, 0.4), box(0, 0.4))
    assert not GROUND.holds(box(0, -0.6), box(0, -0.6))


def test_side_walls_bound_the_floor() -> None:
    assert GROUND.holds(box(2.9, 0.4), box(2.9, 0.4))
    assert not GROUND.holds(box(3.6, 0.4), box(3.6, 0.4))


def test_what_leaves_the_picture_does_not_stand_in_it() -> None:
    assert not GROUND.holds(box(0, 3.6), box(0, 3.6))
    assert not GROUND.holds(box(0, 0.4, height=3.2), box(0, 0.4))


def test_a_canopy_may_hang_where_its_foot_could_not_stand() -> None:
    canopy, foot = box(3.3, 0.4, width=0.8), box(2.7, 0.4, width=0.2)
    assert not GROUND.holds(canopy, canopy)
    assert GROUND.holds(canopy, foot)


def test_pieces_do_not_stand_in_each_other() -> None:
    for slug, layout in LAYOUTS.items():
        if any(slot.tucked for slot in layout.slots):
            continue
        feet = [standing.foot for standing in placing.arrange(ROOM, layout, style="modern", seed=4).pieces]
        for first, second in combinations(feet, 2):
            overlap = np.minimum(first[1], second[1]) - np.maximum(first[0], second[0])
            assert overlap[[0, 2]].min() < 0.0, slug


def test_every_piece_stands_in_the_picture() -> None:
    for slug, layout in LAYOUTS.items():
        arrangement = placing.arrange(ROOM, layout, style="bohemian", seed=2)
        ground = Ground(ROOM, arrangement.view)
        assert all(ground.holds(s.bounds, s.foot) for s in arrangement.pieces), slug
        assert len(arrangement.pieces) >= 4, slug
