"""Is exactly what Replicate signed within five minutes let in, and everything else refused alike?"""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime

import pytest
import standardwebhooks.webhooks
from hypothesis import given, settings
from hypothesis import strategies as st

from core import errors
from core.webhooks import signature
from tests.fake_provider import SECRET
from tests.webhooks.signing import headers
from tests.webhooks.signing import signature as sign

BODY = b'{"id": "p1", "status": "succeeded"}'
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret of ours!!").decode()
DAY_SECONDS = 86_400


def is_accepted(body: bytes, given: dict[str, str], *secrets: str) -> bool:
    """Whether it is let in; anything but WebhookRejected is a failure of the test."""
    try:
        signature.require_valid(body, given, secrets or (SECRET,))
    except errors.WebhookRejected:
        return False
    return True


def good() -> str:
    return headers(BODY)["webhook-signature"]


ACCEPTED: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "as it should be": ({}, (SECRET,)),
    "four minutes old": ({"age": "240"}, (SECRET,)),
    "four minutes ahead": ({"age": "-240"}, (SECRET,)),
    "signed with the older of two secrets": ({}, (OTHER_SECRET, SECRET)),
    "signed with the newer of two secrets": ({}, (SECRET, OTHER_SECRET)),
    "a broken secret is configured too": ({}, ("whsec_!!!", "", SECRET)),
    "a secret without its prefix": ({}, (SECRET.removeprefix("whsec_"),)),
    "another entry before": ({"before": "v1," + base64.b64encode(b"x" * 32).decode()}, (SECRET,)),
    "an entry of another version before": ({"before": "v2,abc"}, (SECRET,)),
    "a malformed entry before": ({"before": "v1,***"}, (SECRET,)),
    "an entry with two commas before": ({"before": "v1,a,b"}, (SECRET,)),
    "an entry without a comma before": ({"before": "nonsense"}, (SECRET,)),
    "an empty entry before": ({"before": " v1, "}, (SECRET,)),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_replicate_signed_is_accepted(case: str) -> None:
    change, secrets = ACCEPTED[case]
    given = headers(BODY, age_seconds=int(change.get("age", 0)))
    if "before" in change:
        given["webhook-signature"] = f"{change['before']} {given['webhook-signature']}"
    assert is_accepted(BODY, given, *secrets)
    assert is_accepted(BODY, {name.title(): value for name, value in given.items()}, *secrets)


REFUSED: dict[str, dict[str, str]] = {
    "replayed after thirty days": {"age": str(30 * DAY_SECONDS)},
    "six minutes old": {"age": "360"},
    "an hour ahead": {"age": "-3600"},
    "another version": {"webhook_signature": "v2," + good().partition(",")[2]},
    "version without a comma": {"webhook_signature": "v1" + good().partition(",")[2]},
    "bad base64": {"webhook_signature": "v1,%%%%"},
    "half a signature": {"webhook_signature": good()[:20]},
    "empty signature": {"webhook_signature": ""},
    "only a version": {"webhook_signature": "v1,"},
    "only spaces": {"webhook_signature": "   "},
    "huge": {"webhook_signature": "v1," + "A" * 1_000_000},
    "many entries": {"webhook_signature": "v1,QUJD " * 10_000},
    "not ascii": {"webhook_signature": "v1,ü€ß"},
    "no time": {"webhook_timestamp": ""},
    "time in words": {"webhook_timestamp": "yesterday"},
    "time is not a number": {"webhook_timestamp": "nan"},
    "time is infinite": {"webhook_timestamp": "inf"},
    "time is minus infinite": {"webhook_timestamp": "-inf"},
    "time is enormous": {"webhook_timestamp": "9" * 400},
    "time is beyond all calendars": {"webhook_timestamp": "1e18"},
    "another time": {"webhook_timestamp": str(int(time.time()) - 7)},
    "another id": {"webhook-id": "msg_2"},
    "no id": {"webhook-id": ""},
}


@pytest.mark.parametrize("case", REFUSED)
def test_everything_else_is_refused(case: str) -> None:
    change = dict(REFUSED[case])
    given = headers(BODY, age_seconds=int(change.pop("age", 0)), **change)
    assert not is_accepted(BODY, given)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_without_one_of_the_headers_it_is_refused(missing: str) -> None:
    given = headers(BODY)
    del given[missing]
    assert not is_accepted(BODY, given)


def test_a_body_of_which_one_byte_changed_is_refused() -> None:
    assert not is_accepted(BODY + b" ", headers(BODY))
    assert not is_accepted(b"", headers(BODY))
    assert not is_accepted(b"\xff\xfe", headers(b"\xff\xfe"))


def test_another_secret_is_refused_and_no_secret_lets_nothing_in() -> None:
    assert not is_accepted(BODY, headers(BODY, secret=OTHER_SECRET))
    assert not is_accepted(BODY, headers(BODY), "")
    with pytest.raises(errors.WebhookRejected):
        signature.require_valid(BODY, headers(BODY), [])


def test_the_published_example_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vector that does not come from this code: the one in the scheme's reference implementations."""
    secret, webhook_id, timestamp = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
    )
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    key = base64.b64decode(secret.removeprefix("whsec_"))
    by_hand = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    assert expected == "v1," + base64.b64encode(by_hand).decode()
    assert expected == sign(body, secret=secret, webhook_id=webhook_id, timestamp=str(timestamp))

    class Then(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Then":
            return cls.fromtimestamp(timestamp + 10, tz=UTC)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Then)
    given = {"webhook-id": webhook_id, "webhook-timestamp": str(timestamp), "webhook-signature": expected}
    assert is_accepted(body, given, secret)


@settings(max_examples=200)
@given(
    body=st.binary(max_size=60),
    given=st.dictionaries(
        st.sampled_from(["webhook-id", "Webhook-Timestamp", "WEBHOOK-SIGNATURE", "other"]),
        st.one_of(st.text(max_size=40), st.floats().map(str), st.binary(max_size=20).map(lambda b: f"v1,{b!r}")),
    ),
    secret=st.text(max_size=30),
)
def test_no_headers_whatever_do_anything_but_get_refused(body: bytes, given: dict[str, str], secret: str) -> None:
    assert not is_accepted(body, given, SECRET)
    assert not is_accepted(body, given, secret)
