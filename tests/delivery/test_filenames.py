import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delivery import filenames
from core.prompts import presets


def name(file_name, **changes):
    ordered = {"room_type": "living_room", "style": "modern", "variant_index": 0, "labeled": True, **changes}
    return filenames.download_name(file_name, **ordered)


def test_the_name_says_the_photo_the_room_the_style_and_the_variant():
    assert name("IMG 1234.JPG") == "IMG-1234_living-room_modern_A_virtually-staged.jpg"
    assert name("IMG 1234.JPG", variant_index=1) == "IMG-1234_living-room_modern_B_virtually-staged.jpg"


def test_a_photo_named_like_its_room_does_not_say_it_twice():
    assert name("living-room.jpg") == "living-room_modern_A_virtually-staged.jpg"
    assert name("Living Room.heic") == "living-room_modern_A_virtually-staged.jpg"


def test_the_clean_copy_says_so_and_keeps_the_stored_kind():
    assert name("a.jpg", labeled=False) == "a_living-room_modern_A_clean.png"
    assert name("a.jpg", labeled=False, extension=".jpg") == "a_living-room_modern_A_clean.jpg"


@pytest.mark.parametrize(
    ("file_name", "stem"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\küche süd.jpeg", "kuche-sud"),
        ('a"b<c>:d|e?.png', "a-b-c-d-e"),
        ("12 Main St. front.jpg", "12-Main-St-front"),
        (".hidden", "hidden"),
        ("客厅.jpg", ""),
        ("", ""),
        ("\r\nSet-Cookie: x.jpg", "Set-Cookie-x"),
    ],
)
def test_only_safe_characters_of_the_stem_are_kept(file_name, stem):
    rest = "living-room_modern_A_virtually-staged.jpg"

    assert name(file_name) == (f"{stem}_{rest}" if stem else rest)


def test_a_long_stem_is_cut_but_never_what_was_ordered():
    result = name("x" * 300 + ".jpg", room_type="studio_apartment", style="mid_century")

    assert len(result) == 100
    assert result.endswith("x_studio-apartment_mid-century_A_virtually-staged.jpg")


@given(st.text(), st.sampled_from(sorted(presets.ROOM_TYPES)), st.sampled_from(sorted(presets.STYLES)), st.booleans())
def test_any_original_gives_a_safe_name(file_name, room_type, style, labeled):
    result = name(file_name, room_type=room_type, style=style, labeled=labeled)

    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*\.(jpg|png)", result)
    assert len(result) <= 100


@given(st.text(), st.text(), st.text(), st.text())
def test_even_odd_slugs_and_extensions_give_a_safe_name(file_name, room_type, style, extension):
    result = name(file_name, room_type=room_type, style=style, labeled=False, extension=extension)

    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*\.[a-z0-9-]{1,5}", result)
    assert len(result) <= 100


@pytest.mark.parametrize("variant_index", [-1, 26])
def test_a_variant_without_a_letter_is_an_error(variant_index):
    with pytest.raises(ValueError, match="variant"):
        name("a.jpg", variant_index=variant_index)


def test_a_name_is_taken_by_every_system() -> None:
    assert filenames.on_any_system('a<b>c:d"e/f\\g|h?i*.jpg') == "a-b-c-d-e-f-g-h-i-.jpg"
    assert filenames.on_any_system("Küche 2 (neu).jpg") == "Küche 2 (neu).jpg"
