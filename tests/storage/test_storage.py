"""Are files kept whole, found by their keys alone, and never outside their folder?"""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.storage import links
from core.storage.backend import ObjectStorage
from core.storage.contract import account_of, content_key, sha256
from tests import factories
from tests.settable_clock import NOON

DIGEST = sha256(b"room")
KEY = content_key(account_id=7, kind="originals", digest=DIGEST, extension="jpg")
SECRET = "a secret of the tests"


def test_what_is_put_is_got(storage: ObjectStorage) -> None:
    assert storage.exists(KEY) is False
    storage.put(KEY, b"room")
    storage.put(KEY, b"room")
    assert storage.exists(KEY) is True
    assert storage.get(KEY) == b"room"
    assert storage.is_reachable() is True


def test_what_is_missing_is_not_found(storage: ObjectStorage) -> None:
    storage.put(KEY, b"room")
    for key in ("accounts/7/originals/none", "accounts", "accounts/7/originals"):
        with pytest.raises(errors.FileNotFound):
            storage.get(key)
        assert storage.exists(key) is False


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
        "\x00",
    ],
)
def test_no_key_leads_out_of_the_folder(storage: ObjectStorage, tmp_path: Path, key: str) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    with pytest.raises((errors.FileNotFound, errors.StorageUnavailable)):
        storage.get(key)
    with suppress(errors.StagingError):
        storage.put(key, b"overwritten")
    assert (tmp_path / "outside").read_bytes() == b"secret"
    assert {path.name for path in tmp_path.iterdir()} <= {"outside", "files"}


def test_writers_at_once_leave_one_whole_file(storage: ObjectStorage) -> None:
    data = b"x" * 2_000_000
    assert factories.at_once(*[lambda: storage.put(KEY, data)] * 6) == [None] * 6
    assert storage.get(KEY) == data


def test_a_disk_that_refuses_is_unavailable(storage: ObjectStorage, tmp_path: Path) -> None:
    (tmp_path / "files" / "accounts").write_text("in the way")
    with pytest.raises(errors.StorageUnavailable):
        storage.put(KEY, b"room")


def test_a_folder_with_spaces_is_a_folder(tmp_path: Path) -> None:
    storage = ObjectStorage((tmp_path / "my files ü").as_uri())
    storage.put(KEY, b"room")
    assert (tmp_path / "my files ü" / KEY).read_bytes() == b"room"


@pytest.mark.parametrize(
    ("key", "account"),
    [
        (KEY, 7),
        (content_key(account_id=12, kind="results", digest=DIGEST), 12),
        (KEY + "\n", None),
        ("/" + KEY, None),
        (KEY.replace("originals", "secrets"), None),
        (KEY.replace("/7/", "/-7/"), None),
        (KEY.replace("/7/", "/٧/"), None),
        (KEY.replace(DIGEST, DIGEST[:-1]), None),
        (KEY.replace(DIGEST, DIGEST.upper()), None),
        (KEY + "/../../8/originals/" + DIGEST, None),
        ("", None),
    ],
)
def test_a_key_tells_its_account(key: str, account: int | None) -> None:
    assert account_of(key) == account


@given(st.text())
def test_no_other_text_is_a_key(text: str) -> None:
    assert account_of(text) is None


# ---- links ---------------------------------------------------------------------------------------


def parts(path: str) -> dict[str, str]:
    return dict(one.split("=") for one in path.split("?")[1].split("&"))


def opens(key: str, *, now: datetime, path: str, name: str = "", secret: str = SECRET) -> bool:
    found = parts(path)
    try:
        links.require_valid(
            key,
            expires=int(found["expires"]),
            signature=found["signature"],
            secret=secret,
            download_name=name,
            now=now,
        )
    except errors.LinkExpired:
        return False
    return True


def test_a_link_opens_its_file_for_six_to_twelve_hours() -> None:
    for minutes in range(0, 12 * 60, 47):
        made = NOON + timedelta(minutes=minutes)
        path = links.signed_path(KEY, secret=SECRET, now=made)
        assert path.startswith(links.path(KEY) + "?")
        hours = [hour for hour in range(14) if opens(KEY, now=made + timedelta(hours=hour), path=path)]
        assert 6 <= hours[-1] <= 12


@pytest.mark.parametrize(
    "change",
    [
        {"key": KEY + "x"},
        {"key": KEY + "\n1"},
        {"name": "a.jpg"},
        {"secret": SECRET + "x"},
        {"path": links.signed_path(KEY, secret=SECRET, now=NOON) + "0"},
    ],
    ids=lambda change: "".join(change),
)
def test_an_altered_link_opens_nothing(change: dict[str, str]) -> None:
    options = {"key": KEY, "path": links.signed_path(KEY, secret=SECRET, now=NOON), **change}
    assert opens(KEY, now=NOON, path=links.signed_path(KEY, secret=SECRET, now=NOON)) is True
    assert opens(options.pop("key"), now=NOON, **options) is False


@given(st.text(max_size=80))
def test_no_made_up_signature_opens_anything(signature: str) -> None:
    with pytest.raises(errors.LinkExpired):
        links.require_valid(KEY, expires=2**40, signature=signature, secret=SECRET, now=NOON)
