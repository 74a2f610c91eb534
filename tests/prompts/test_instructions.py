import contextlib
import time
from pathlib import Path

import pytest

from core import errors
from core.prompts import instructions

REFUSED = (Path(__file__).parent / "refused_wishes.txt").read_text(encoding="utf-8").splitlines()
ALLOWED = (Path(__file__).parent / "allowed_wishes.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("wish", REFUSED)
def test_a_wish_to_alter_the_property_is_refused_with_its_own_words(wish):
    with pytest.raises(errors.InstructionsRefused) as caught:
        instructions.require_allowed(wish)

    assert caught.value.subjects["words"] in instructions.normalize(wish)
    assert "nothing was charged" in caught.value.message.lower()


@pytest.mark.parametrize("wish", ALLOWED)
def test_a_wish_to_furnish_and_decorate_passes(wish):
    assert instructions.require_allowed(wish) == instructions.normalize(wish)


def test_the_tables_are_large_enough_to_mean_something():
    assert len(REFUSED) >= 300
    assert len(ALLOWED) >= 400
    assert not set(REFUSED) & set(ALLOWED)


def test_the_refusal_says_what_would_change_and_what_to_do():
    with pytest.raises(errors.InstructionsRefused) as caught:
        instructions.require_allowed("A blue sofa. Please repaint the walls in sage")

    assert caught.value.message == (
        "“repaint the walls” would alter the walls. Staging adds furniture and decor and leaves the property as it "
        "is. Take that part out and try again; nothing was charged."
    )


@pytest.mark.parametrize(
    "disguised",
    [
        "paint\nthe\twalls",
        "PAINT THE WALLS",
        "ｐａｉｎｔ ｔｈｅ ｗａｌｌｓ",
        "pa\u200bint the wa\u00adlls",
        "p\u0336aint the walls",
        "paint\x00the\x07walls",
        "re-paint the walls",
        "“paint” the 'walls'",
        "paint_the_walls",
    ],
)
def test_a_disguise_does_not_get_a_wish_past_the_guard(disguised):
    with pytest.raises(errors.InstructionsRefused):
        instructions.require_allowed(disguised)


def test_instructions_become_one_plain_line():
    assert instructions.normalize("  two  “red”\r\n chairs,\tit’s\x00 nice\u200b ") == "two 'red' chairs, it's nice"


def test_no_instructions_are_allowed():
    assert instructions.require_allowed(" \n ") == ""


def test_the_limit_counts_what_is_left_after_normalizing():
    assert len(instructions.require_allowed("a" * 250 + " \n " * 100 + "b" * 249)) == 500

    with pytest.raises(errors.InstructionsTooLong) as caught:
        instructions.require_allowed("a" * 501)
    assert "501" in caught.value.message
    assert "500" in caught.value.message


@pytest.mark.parametrize(
    "word", ["the ", "a ", "white ", "and walls ", "no ", "of ", "on the ", "color ", "paint ", ", "]
)
def test_a_repetitive_wish_is_judged_in_no_time(word):
    wish = (word * 500)[:500]
    started = time.perf_counter()
    with contextlib.suppress(errors.InstructionsRefused):
        instructions.require_allowed(wish)
    assert time.perf_counter() - started < 0.5
