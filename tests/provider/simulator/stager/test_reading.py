"""Claims about what the stager reads out of a prompt."""

import pytest

from core.prompts import compose, presets
from core.provider.simulator.stager import reading
from core.provider.simulator.stager.layouts import LAYOUTS
from core.provider.simulator.stager.palettes import LOOKS


@pytest.mark.parametrize("slug", LAYOUTS)
def test_every_word_for_a_room_names_it(slug: str) -> None:
    for word in reading.ROOM_WORDS[slug]:
        assert reading.read(f"Furnish this {word} nicely").room == slug, word


@pytest.mark.parametrize("slug", LOOKS)
def test_every_word_for_a_style_names_it(slug: str) -> None:
    for word in reading.STYLE_WORDS[slug]:
        assert reading.read(f"Use a {word} look").style == slug, word


def test_every_room_and_style_that_can_be_ordered_is_read_back_from_its_prompt() -> None:
    for room in presets.ROOM_TYPES:
        for style in presets.STYLES:
            prompt = compose.compose(room_type=room, style=style).text
            assert reading.read(prompt) == reading.Wish(room=room, style=style)


def test_a_wish_in_the_prompt_does_not_change_the_room_that_was_ordered() -> None:
    prompt = compose.compose(
        room_type="bedroom", style="coastal", instructions="add a small home office desk, rustic"
    ).text
    assert reading.read(prompt) == reading.Wish(room="bedroom", style="coastal")


def test_slugs_and_capitals_are_read_like_words() -> None:
    assert reading.read("HOME_OFFICE, Mid-Century") == reading.Wish(room="home_office", style="mid_century")
    assert reading.read("kid's room, art-deco") == reading.Wish(room="kids_room", style="art_deco")


def test_the_longer_name_wins_over_the_shorter_one_inside_it() -> None:
    assert reading.read("a mid-century modern guest bedroom").style == "mid_century"
    assert reading.read("the master bath").room == "bathroom"


def test_a_broad_style_gives_way_to_the_one_it_qualifies() -> None:
    assert reading.read("modern coastal living room").style == "coastal"
    assert reading.read("modern living room with one industrial lamp").style == "modern"


def test_a_prompt_without_room_or_style_means_a_modern_living_room() -> None:
    assert reading.read("make it nice") == reading.Wish(room="living_room", style="modern")
    assert reading.read("") == reading.Wish(room="living_room", style="modern")


def test_words_inside_other_words_are_not_read() -> None:
    assert reading.read("a gardener's hallmark") == reading.Wish(room="living_room", style="modern")
