"""Does every kind of storage keep files whole, find them by their keys alone, and stay within its own bounds?"""

import threading
from contextlib import suppress

import pytest

from core import errors
from core.storage.backend import ObjectStorage
from core.storage.contract import content_key, sha256
from tests import factories
from tests.storage.conftest import Site

KEY = content_key(account_id=7, kind="originals", digest=sha256(b"room"), extension="jpg")
# More than a bucket takes in one piece.
LARGE = bytes(range(256)) * 50_000


def test_what_is_put_is_got(storage: ObjectStorage) -> None:
    storage.put(KEY, b"room")
    storage.put(KEY, b"room")
    assert storage.get(KEY) == b"room"
    assert storage.is_reachable() is True


@pytest.mark.parametrize("data", [b"", b"\0", LARGE], ids=["nothing", "a byte", "12.8 MB"])
def test_files_of_any_size_come_back_as_they_were(site: Site, data: bytes) -> None:
    site.storage.put(KEY, data)
    assert site.storage.get(KEY) == data
    # Nothing that was of use while it was written is left beside it.
    assert site.names() == {site.prefix + KEY}


def test_another_process_finds_what_this_one_kept(site: Site) -> None:
    site.storage.put(KEY, b"room")
    assert site.around.get(site.prefix + KEY) == b"room"


def test_what_is_missing_is_not_found(storage: ObjectStorage) -> None:
    storage.put(KEY, b"room")
    for key in ("accounts/7/originals/none", "accounts", "accounts/7/originals"):
        with pytest.raises(errors.FileNotFound):
            storage.get(key)


@pytest.mark.parametrize(
    "key",
    [
        "../outside",
        "a/../../outside",
        "/../outside",
        "..",
        "a/../../../outside",
        "%2e%2e/outside",
        "a//b",
        "",
        "/",
        ".",
        "\x00",
        "\\..\\outside",
    ],
)
def test_no_key_leads_out_of_the_storage(site: Site, key: str) -> None:
    site.around.put("outside", b"secret")
    with pytest.raises((errors.FileNotFound, errors.StorageUnavailable)):
        site.storage.get(key)
    with suppress(errors.StagingError):
        site.storage.put(key, b"overwritten")
    assert site.around.get("outside") == b"secret"
    assert {name for name in site.names() if not name.startswith(site.prefix)} == {"outside"}


def test_writers_at_once_leave_one_whole_file(site: Site) -> None:
    data = b"x" * 2_000_000
    assert factories.at_once(*[lambda: site.storage.put(KEY, data)] * 6) == [None] * 6
    assert site.storage.get(KEY) == data
    assert site.names() == {site.prefix + KEY}


def test_nobody_ever_reads_half_a_file(storage: ObjectStorage) -> None:
    versions = [bytes([number]) * 3_000_000 for number in range(3)]
    storage.put(KEY, versions[0])
    written = threading.Event()

    def write() -> None:
        for data in versions:
            storage.put(KEY, data)
        written.set()

    def read() -> list[bytes]:
        found = [storage.get(KEY)]
        while not written.is_set():
            found.append(storage.get(KEY))
        return found

    _, *readings = factories.at_once(write, read, read)
    assert all(data in versions for reading in readings for data in reading)
    assert storage.get(KEY) == versions[-1]
