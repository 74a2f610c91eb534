"""Claims about staged photos."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageChops

from core.provider.simulator import stager
from core.provider.simulator.stager.layouts import LAYOUTS
from core.provider.simulator.stager.palettes import LOOKS

SIZE = (624, 416)
ROOM = stager.sample_room(1, SIZE)
PROMPT = "a living room in modern style"


def changed_share(first: Image.Image, second: Image.Image) -> float:
    """The share of pixels that visibly differ."""
    difference = np.asarray(ImageChops.difference(first, second).reduce(2)).max(axis=2)
    return float((difference > 8).mean())


def test_importing_the_stager_loads_neither_pillow_nor_numpy() -> None:
    code = "import sys, core.provider.simulator.stager as _; print([n for n in ('PIL', 'numpy') if n in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def words(slug: str) -> str:
    """A slug as it is written in a prompt."""
    return slug.replace("_", " ")


def test_the_same_photo_prompt_and_seed_give_the_same_picture() -> None:
    first = stager.stage(ROOM, prompt=PROMPT, seed=5)
    stager.stage(ROOM, prompt="a bedroom in coastal style", seed=6)
    assert stager.stage(ROOM, prompt=PROMPT, seed=5).tobytes() == first.tobytes()


def test_staging_leaves_the_photo_it_was_given_alone() -> None:
    before = ROOM.tobytes()
    stager.stage(ROOM, prompt=PROMPT, seed=1)
    assert ROOM.tobytes() == before


def test_seeds_arrange_the_room_differently() -> None:
    pictures = [stager.stage(ROOM, prompt=PROMPT, seed=seed) for seed in range(5)]
    for first, second in combinations(pictures, 2):
        assert changed_share(first, second) > 0.02


def test_each_style_looks_different_from_each_other() -> None:
    pictures = {style: stager.stage(ROOM, prompt=f"living room, {words(style)} style", seed=3) for style in LOOKS}
    for (first, a), (second, b) in combinations(pictures.items(), 2):
        assert changed_share(a, b) > 0.05, (first, second)


def test_each_room_type_is_furnished_and_different_from_each_other() -> None:
    pictures = {room: stager.stage(ROOM, prompt=f"{words(room)}, modern style", seed=3) for room in LAYOUTS}
    for room, picture in pictures.items():
        assert changed_share(ROOM, picture) > 0.03, room
    for (first, a), (second, b) in combinations(pictures.items(), 2):
        assert changed_share(a, b) > 0.02, (first, second)


def test_the_ceiling_is_untouched_but_for_the_mark() -> None:
    for room in ("living room", "dining room", "home office", "kids room", "outdoor patio"):
        staged = stager.stage(ROOM, prompt=f"{room}, bohemian style", seed=2)
        band = (SIZE[0] // 3, 0, SIZE[0], SIZE[1] // 8)
        assert staged.crop(band).tobytes() == ROOM.crop(band).tobytes(), room


def test_most_of_the_photo_is_left_as_it_was() -> None:
    staged = stager.stage(ROOM, prompt=PROMPT, seed=4)
    untouched = np.asarray(ImageChops.difference(ROOM, staged)).max(axis=2) == 0
    assert untouched.mean() > 0.55


def test_the_upper_left_corner_says_that_the_picture_is_simulated() -> None:
    staged = np.asarray(stager.stage(ROOM, prompt=PROMPT, seed=1).convert("L"), dtype=int)
    white = np.asarray(stager.stage(Image.new("RGB", SIZE, "white"), prompt=PROMPT, seed=1).convert("L"), dtype=int)
    for corner in (staged[8:26, 8:100], white[8:26, 8:100]):
        assert corner.min() < 130
        assert corner.max() > 200


@pytest.mark.parametrize("size", [(513, 700), (1600, 520), (512, 512), (700, 1050), (520, 1560)])
def test_odd_sizes_come_back_in_their_own_size(size: tuple[int, int]) -> None:
    photo = stager.sample_room(3, size)
    staged = stager.stage(photo, prompt=PROMPT, seed=9)
    assert (staged.size, staged.mode) == (size, "RGB")
    assert changed_share(photo, staged) > 0.01


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_photos_in_any_mode_come_back_as_rgb(mode: str) -> None:
    staged = stager.stage(ROOM.convert(mode), prompt=PROMPT, seed=2)
    assert (staged.size, staged.mode) == (SIZE, "RGB")


@pytest.mark.parametrize("color", ["black", "white", (90, 90, 90)])
def test_a_photo_without_anything_to_see_is_furnished_all_the_same(color: str | tuple[int, int, int]) -> None:
    blank = Image.new("RGB", SIZE, color)
    for room in ("living room", "bedroom", "dining room", "entryway", "patio"):
        assert changed_share(blank, stager.stage(blank, prompt=room, seed=1)) > 0.01, room


def test_noise_is_furnished_all_the_same() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (416, 624, 3), dtype=np.uint8))
    assert changed_share(noise, stager.stage(noise, prompt=PROMPT, seed=1)) > 0.03


def test_furniture_is_darker_in_a_dark_room() -> None:
    dark = ROOM.point(lambda value: value // 3)
    bright_sofa = np.asarray(stager.stage(ROOM, prompt="minimalist living room", seed=1).convert("L"))[
        250:330, 220:400
    ]
    dark_sofa = np.asarray(stager.stage(dark, prompt="minimalist living room", seed=1).convert("L"))[250:330, 220:400]
    assert dark_sofa.mean() < 0.6 * bright_sofa.mean()
