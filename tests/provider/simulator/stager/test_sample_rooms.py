"""Claims about the sample rooms, and about finding the floor in them."""

from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageChops

from core.provider.simulator import stager
from core.provider.simulator.stager import floor
from core.provider.simulator.stager.rooms import drawing
from core.provider.simulator.stager.rooms.designs import DESIGNS

SIZE = (624, 416)


def test_a_sample_room_is_the_same_every_time() -> None:
    assert stager.sample_room(4, SIZE).tobytes() == stager.sample_room(4, SIZE).tobytes()


def test_rooms_differ_by_seed() -> None:
    rooms = [stager.sample_room(seed, (312, 208)) for seed in range(2 * len(DESIGNS))]
    for first, second in combinations(rooms, 2):
        difference = np.asarray(ImageChops.difference(first, second)).max(axis=2)
        assert (difference > 12).mean() > 0.05


def test_a_room_comes_in_the_usual_size_unless_told_otherwise() -> None:
    assert stager.sample_room(1).size == (1248, 832)


@pytest.mark.parametrize("size", [(832, 1248), (1568, 672), (513, 700)])
def test_a_room_comes_in_any_size(size: tuple[int, int]) -> None:
    room = stager.sample_room(2, size)
    assert (room.size, room.mode) == (size, "RGB")


@pytest.mark.parametrize("seed", [-3, 10**12])
def test_any_seed_has_a_room(seed: int) -> None:
    assert stager.sample_room(seed, SIZE).size == SIZE


def test_a_room_has_light_and_shade_and_grain_like_a_photograph() -> None:
    for seed in range(len(DESIGNS)):
        gray = np.asarray(stager.sample_room(seed, SIZE).convert("L"), dtype=float)
        assert gray.std() > 20
        assert np.percentile(gray, 99) > 215
        patch = gray[:40, 200:320]
        assert 0.5 < np.abs(np.diff(patch, axis=1)).mean() < 8


@pytest.mark.parametrize("seed", range(len(DESIGNS)))
def test_the_floor_is_found_where_it_was_drawn(seed: int) -> None:
    found = floor.find(stager.sample_room(seed, SIZE))
    assert found.is_certain
    columns = np.linspace(0.1, 0.9, 15) * SIZE[0]
    drawn = drawing.floor_rows(seed, size=SIZE, columns=columns)
    rows = found.rows_at(columns)
    in_picture = drawn < 0.95 * SIZE[1]
    assert np.median(np.abs(rows - drawn)[in_picture]) < 0.03 * SIZE[1]


def test_a_blank_picture_has_no_certain_floor_but_a_usable_one() -> None:
    for color in ("black", "white"):
        found = floor.find(Image.new("RGB", (600, 400), color))
        assert not found.is_certain
        assert 0.5 * 400 < found.rows_at(np.array([300.0]))[0] < 0.8 * 400
