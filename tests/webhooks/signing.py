"""How is a webhook signed? By hand, after the published scheme, so that the code is not checked against itself."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from tests.fake_provider import SECRET


def signature(body: bytes, *, secret: str = SECRET, webhook_id: str, timestamp: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([webhook_id.encode(), timestamp.encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(
    body: bytes, *, secret: str = SECRET, webhook_id: str = "msg_1", age_seconds: int = 0, **changed: str
) -> dict[str, str]:
    """The three headers of a webhook; `changed` replaces some after signing."""
    timestamp = str(int(time.time()) - age_seconds)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(body, secret=secret, webhook_id=webhook_id, timestamp=timestamp),
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }


def body_of(prediction: dict[str, Any]) -> bytes:
    return json.dumps(prediction).encode()
