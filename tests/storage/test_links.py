"""Does a key tell its account, and does a link open its own file for its own time and nothing else?"""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.storage import links
from core.storage.contract import account_of, content_key, sha256
from tests.settable_clock import NOON

DIGEST = sha256(b"room")
KEY = content_key(account_id=7, kind="originals", digest=DIGEST, extension="jpg")
SECRET = "a secret of the tests"


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
