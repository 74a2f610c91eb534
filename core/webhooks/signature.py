"""Is this webhook really from Replicate, and fresh? Standard Webhooks, with everything malformed refused alike."""

import base64
import binascii
from collections.abc import Iterable, Mapping

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError

from core import errors

_SIGNATURE = "webhook-signature"
_SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, not a secret
_VERSION = "v1"
# The scheme signs with one secret or, while it is rotated, a few; more entries are only work for us.
_ENTRIES_MAX = 20


def require_valid(body: bytes, headers: Mapping[str, str], secrets: Iterable[str]) -> None:
    """Go on only if any of the secrets signed the body within five minutes of now.

    The library raises various errors on malformed entries and gives up at the first one, so those are sifted out
    before it sees them.

    Raises:
        WebhookRejected: otherwise.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    entries = [entry for entry in lowered.get(_SIGNATURE, "").split()[:_ENTRIES_MAX] if _is_well_formed(entry)]
    if not entries:
        raise errors.WebhookRejected
    sifted = {**lowered, _SIGNATURE: " ".join(entries)}
    if not any(_is_signed_with(secret, body, sifted) for secret in secrets):
        raise errors.WebhookRejected


def require_well_formed(headers: Mapping[str, str]) -> None:
    """Go on only if there is a signature that could be valid, before anybody is asked for a secret.

    Raises:
        WebhookRejected: otherwise.
    """
    entries = {name.lower(): value for name, value in headers.items()}.get(_SIGNATURE, "").split()[:_ENTRIES_MAX]
    if not any(_is_well_formed(entry) for entry in entries):
        raise errors.WebhookRejected


def _is_well_formed(entry: str) -> bool:
    version, _, signature = entry.partition(",")
    return version == _VERSION and _decodes(signature)


def _decodes(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def _is_signed_with(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(_SECRET_PREFIX + secret.removeprefix(_SECRET_PREFIX)).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError, OverflowError):
        return False
    return True
