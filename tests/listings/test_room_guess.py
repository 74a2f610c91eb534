"""Is the room read from a file's name where it is told, and not where it isn't?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.listings import room_guess
from core.listings.room_names import ROOM_NAMES
from core.prompts.presets import ROOM_TYPES

NAMES = {
    "IMG_12_master-bedroom.jpg": "bedroom",
    "wohnzimmer 2.heic": "living_room",
    "Wohnzimmer_Süd.JPG": "living_room",
    "LivingRoom-01.png": "living_room",
    "living room (3).jpeg": "living_room",
    "DSCLivingRoom.jpg": "living_room",
    "2ndFloorBathroom.jpg": "bathroom",
    "KITCHEN.JPG": "kitchen",
    "Küche.jpg": "kitchen",
    "Ku\u0308che.jpg": "kitchen",
    "KUECHE_03.jpg": "kitchen",
    "kuche.jpg": "kitchen",
    "cuisine ouverte.webp": "kitchen",
    "Cocina 1.jpg": "kitchen",
    "bed2.jpg": "bedroom",
    "Bed 2 - Front.jpg": "bedroom",
    "Gästezimmer.jpg": "bedroom",
    "chambre_1.jpg": "bedroom",
    "Chambre d’amis.jpg": "bedroom",
    "chambre d'enfant.jpg": "kids_room",
    "Chambre bébé.jpg": "nursery",
    "dormitorio-principal.jpg": "bedroom",
    "habitación 3.jpg": "bedroom",
    "salle_a_manger.jpg": "dining_room",
    "Salle de séjour.jpg": "living_room",
    "Sala de Estar.jpg": "living_room",
    "comedor.jpg": "dining_room",
    "Esszimmer01.jpg": "dining_room",
    "wohn- und esszimmer.jpg": "living_room",
    "salle-de-bains.jpg": "bathroom",
    "cuarto_de_baño.jpg": "bathroom",
    "Bad 1.jpg": "bathroom",
    "Gäste-WC.jpg": "bathroom",
    "master bath.jpg": "bathroom",
    "home office.jpg": "home_office",
    "Büro.jpg": "home_office",
    "buero.jpg": "home_office",
    "despacho.jpg": "home_office",
    "Kinderzimmer.jpg": "kids_room",
    "children's room.jpg": "kids_room",
    "nursery_final_v2.jpg": "nursery",
    "Flur EG.jpg": "entryway",
    "entrée.jpg": "entryway",
    "recibidor.jpg": "entryway",
    "Keller.jpg": "basement",
    "sous-sol.jpg": "basement",
    "sótano.jpg": "basement",
    "Waschküche.jpg": "laundry_room",
    "buanderie.jpg": "laundry_room",
    "family room.jpg": "family_room",
    "studio apartment.jpg": "studio_apartment",
    "Fitnessraum.jpg": "home_gym",
    "Balkon.jpg": "outdoor_patio",
    "terraza.jpg": "outdoor_patio",
    "Kitchen/IMG_2044.jpg": "kitchen",
    "12 High Street/Bedroom 2/IMG_2044.jpg": "bedroom",
    "Bedroom 2\\IMG_2044.jpg": "bedroom",
    "Kitchen/bathroom door.jpg": "bathroom",
}
NO_ROOM = [
    "DSC_0001.jpg",
    "IMG_2044.HEIC",
    "PXL_20240301_101500.jpg",
    "photo.jpg",
    "",
    "/",
    ".jpg",
    "12 Bathurst Road.jpg",
    "Kitchener 4.jpg",
    "Bedford House.jpg",
    "badge.jpg",
    "officer.jpg",
    "salonika.jpg",
    "decker.jpg",
    "12 Kitchen Lane/IMG_2044.jpg",
    "Bedroom/more/IMG_2044.jpg",
    "room.jpg",
    "寝室.jpg",
]
TWO_ROOMS = ["kitchen-dining.jpg", "bedroom with bathroom.jpg", "Küche und Esszimmer.jpg", "kitchen bed/IMG_1.jpg"]


@pytest.mark.parametrize("file_name", NAMES)
def test_the_room_is_read_from_the_name(file_name: str) -> None:
    assert room_guess.guess(file_name) == NAMES[file_name]


@pytest.mark.parametrize("file_name", NO_ROOM)
def test_a_name_without_a_room_gives_no_guess(file_name: str) -> None:
    assert room_guess.guess(file_name) is None


@pytest.mark.parametrize("file_name", TWO_ROOMS)
def test_a_name_with_two_rooms_gives_no_guess(file_name: str) -> None:
    assert room_guess.guess(file_name) is None


def test_every_room_type_has_names_and_there_is_no_other() -> None:
    assert set(ROOM_NAMES) == set(ROOM_TYPES)


def test_no_name_stands_for_two_rooms() -> None:
    owners: dict[str, set[str]] = {}
    for room, names in ROOM_NAMES.items():
        for name in names:
            for spelling in room_guess._spellings(name):
                owners.setdefault(spelling, set()).add(room)
    assert {spelling: rooms for spelling, rooms in owners.items() if len(rooms) > 1} == {}


@pytest.mark.parametrize("room", ROOM_TYPES)
def test_every_name_of_a_room_is_guessed_however_it_is_written(room: str) -> None:
    for name in (ROOM_TYPES[room].term, *ROOM_NAMES[room]):
        for written in (
            name,
            name.upper(),
            name.replace(" ", "_"),
            name.replace(" ", ""),
            name.title().replace(" ", ""),
        ):
            assert room_guess.guess(f"IMG_0012-{written}2.jpg") == room, written


@given(
    st.sampled_from([(room, name) for room, names in ROOM_NAMES.items() for name in names]),
    st.text("0123456789-_ .()", max_size=12),
    st.text("0123456789-_ .()", max_size=12),
)
def test_numbers_and_signs_around_a_room_change_nothing(named: tuple[str, str], before: str, after: str) -> None:
    room, name = named
    assert room_guess.guess(f"{before} {name} {after}.jpg") == room


@given(st.text(max_size=200))
def test_any_name_gives_a_room_that_there_is_or_none(file_name: str) -> None:
    assert room_guess.guess(file_name) in {None, *ROOM_TYPES}


def test_a_name_without_end_is_read_in_no_time() -> None:
    assert room_guess.guess("a" * 1_000_000 + " kitchen") is None
    assert room_guess.guess("kitchen " + "x" * 1_000_000) == "kitchen"
