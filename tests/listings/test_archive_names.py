"""Are names inside a ZIP read as their maker saw them?"""

import io
import zipfile

import pytest

from core.jobs.photos import Upload
from core.listings import archive
from tests import pictures_to_send
from tests.listings.zips import UTF8, Entry, unicode_path, zipped

PHOTO = pictures_to_send.photo()
OLD_NAME = b"K?che.jpg"


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (Entry(name="Küche 日本.jpg".encode(), flags=UTF8), "Küche 日本.jpg"),
        (Entry(name="Küche.jpg".encode("cp437")), "Küche.jpg"),
        (Entry(name="Señor ½.jpg".encode("cp437")), "Señor ½.jpg"),
        (Entry(name="Küche.jpg".encode()), "Küche.jpg"),
        (Entry(name="Ku\u0308che.jpg".encode(), flags=UTF8), "K\u00fcche.jpg"),
        (Entry(name=OLD_NAME, extra=unicode_path("Küche 日本.jpg", OLD_NAME)), "Küche 日本.jpg"),
        (Entry(name=OLD_NAME, extra=unicode_path("Küche.jpg", b"renamed since")), "K?che.jpg"),
        (Entry(name=OLD_NAME, extra=b"\x55\x54\1\0\1" + unicode_path("Küche.jpg", OLD_NAME)), "Küche.jpg"),
        (Entry(name=b"house\\upstairs\\bed.jpg"), "house/upstairs/bed.jpg"),
        (Entry(name=b"./house//bed.jpg"), "house/bed.jpg"),
    ],
    ids=["flag", "cp437", "cp437 signs", "macOS", "decomposed", "extra", "stale extra", "extras", "Windows", "dots"],
)
def test_a_name_is_decoded_as_it_was_meant(entry: Entry, name: str) -> None:
    told = {"name": entry.name, "flags": entry.flags, "extra": entry.extra}
    (found,) = archive.photos(zipped([Entry(data=PHOTO, **told)]))
    assert found == Upload(file_name=name, data=PHOTO)


def test_names_that_differ_only_in_composition_are_the_same_name() -> None:
    names = ["K\u00fcche.jpg", "Ku\u0308che.jpg"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as writer:
        for name in names:
            writer.writestr(name, PHOTO)
    first, second = archive.photos(packed)
    assert isinstance(first, Upload)
    assert not isinstance(second, Upload)
    assert second.code == "photo_name_repeated"
