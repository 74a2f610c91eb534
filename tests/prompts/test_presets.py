import pytest
from streamlit.material_icon_names import ALL_MATERIAL_ICONS

from core import errors
from core.prompts import instructions, presets

DESIGNED_ROOM_TYPES = {
    "living_room",
    "bedroom",
    "kitchen",
    "dining_room",
    "bathroom",
    "home_office",
    "nursery",
    "entryway",
    "basement",
    "outdoor_patio",
}
DESIGNED_STYLES = {
    "modern",
    "scandinavian",
    "industrial",
    "mid_century",
    "farmhouse",
    "coastal",
    "traditional",
    "contemporary",
    "bohemian",
    "minimalist",
    "luxury",
}


def test_every_slug_the_design_promises_is_there():
    assert set(presets.ROOM_TYPES) >= DESIGNED_ROOM_TYPES
    assert set(presets.STYLES) >= DESIGNED_STYLES
    assert len(presets.ROOM_TYPES) >= 12
    assert len(presets.STYLES) >= 12


def test_every_icon_is_one_streamlit_can_draw():
    assert {room.icon for room in presets.ROOM_TYPES.values()} <= set(ALL_MATERIAL_ICONS)


def test_names_read_as_labels_and_terms_as_parts_of_a_sentence():
    assert presets.room_type("living_room").name == "Living room"
    assert presets.style("mid_century").name == "Mid-century modern"
    assert presets.style("scandinavian").term == "Scandinavian"


@pytest.mark.parametrize(
    "preset", [*presets.ROOM_TYPES.values(), *presets.STYLES.values()], ids=lambda preset: preset.slug
)
def test_no_preset_asks_for_what_a_person_may_not_ask_for(preset):
    phrases = preset.furniture if isinstance(preset, presets.RoomType) else preset.phrases

    assert instructions.require_allowed(phrases) == phrases


def test_an_unknown_room_type_is_named_with_what_is_allowed():
    with pytest.raises(errors.UnknownRoomType) as caught:
        presets.room_type("ballroom")

    assert "'ballroom'" in caught.value.message
    assert "living_room, bedroom" in caught.value.message


def test_an_unknown_style_is_named_with_what_is_allowed():
    with pytest.raises(errors.UnknownStyle) as caught:
        presets.style("Modern")

    assert "'Modern'" in caught.value.message
    assert "modern, scandinavian" in caught.value.message


def test_a_hostile_slug_is_shown_short_and_escaped():
    with pytest.raises(errors.UnknownStyle) as caught:
        presets.style("\x1b[31m\n" + "мodern" * 1_000)

    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 600
