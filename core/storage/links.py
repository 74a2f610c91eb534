"""How may a browser open a file without a key? By a link that names its end and is signed."""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

from core import clock, errors

ROUTE = "/api/files/"
# Links end on whole periods, so that the same file has the same link for a while and browsers can cache it.
_PERIOD_SECONDS = 6 * 3600


def path(key: str) -> str:
    """The path of a file at the API, which asks for a key of its own: `/api/files/accounts/7/…`."""
    return ROUTE + quote(key)


def period(moment: datetime) -> int:
    """The number of the period that the moment lies in: links that are made within one are the same."""
    return int(moment.timestamp()) // _PERIOD_SECONDS


def signed_path(key: str, *, secret: str, now: datetime | None = None, download_name: str = "") -> str:
    """A path that opens without a key for the next 6 to 12 hours, as a download where a name is given."""
    expires = (period(now or clock.now()) + 2) * _PERIOD_SECONDS
    query = {"expires": str(expires), "signature": _signature(key, expires, download_name, secret)}
    if download_name:
        query["name"] = download_name
    return f"{path(key)}?{urlencode(query)}"


def listing_zip_path(listing_id: str, *, favorites_only: bool = False) -> str:
    """The path at the API of all results of a listing in one ZIP, or of those that were picked."""
    path = f"/api/listings/{quote(listing_id, safe='')}/results.zip"
    return f"{path}?favorites=true" if favorites_only else path


def signed_listing_zip_path(
    listing_id: str, *, secret: str, favorites_only: bool = False, now: datetime | None = None
) -> str:
    """The same, to be opened without a key for the next 6 to 12 hours."""
    path = listing_zip_path(listing_id, favorites_only=favorites_only)
    expires = (period(now or clock.now()) + 2) * _PERIOD_SECONDS
    query = urlencode({"expires": str(expires), "signature": _signature(path, expires, "", secret)})
    return f"{path}{'&' if favorites_only else '?'}{query}"


def require_valid(
    key: str, *, expires: int, signature: str, secret: str, download_name: str = "", now: datetime | None = None
) -> None:
    """Go on only if the link is ours and has not ended.

    Raises:
        LinkExpired: otherwise.
    """
    expected = _signature(key, expires, download_name, secret)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise errors.LinkExpired
    if (now or clock.now()).timestamp() > expires:
        raise errors.LinkExpired


def _signature(key: str, expires: int, download_name: str, secret: str) -> str:
    message = f"{key}\n{expires}\n{download_name}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
