"""Who is at the other end of this page? What the sign-in says of them, or whether they sit at this machine."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from core import clock
from core.auth.users import Identity

SIGN_IN_LASTS = timedelta(hours=12)
# The issuer's clock may be ahead of ours by this much.
_CLOCK_MARGIN = timedelta(minutes=5)
# Set by programs that pass on the requests of others: whoever asks is then not at this machine.
_PASSED_ON = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")
_LOCAL_NAME = "localhost"
# A Host or an Origin header: only the name in it is of interest.
_HOST = re.compile(r"(?:https?://)?(?:(?P<name>[\w.-]+)|\[(?P<ipv6>[\da-fA-F:.]+)\])(?::\d+)?", re.ASCII)


class Stranger(StrEnum):
    """Why there is nobody who may see a page."""

    SIGNED_OUT = "signed out"
    EXPIRED = "expired"
    NO_ROLE = "no role"
    NOT_LOCAL = "not local"


def identify(claims: Mapping[str, Any]) -> Identity | Stranger:
    """The person whom a verified sign-in names, from the claims of its ID token (OpenID Connect Core, section 2).

    An e-mail counts as verified only if the issuer says so, and a sign-in without its time is as good as an old one.
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    if claims.get("is_logged_in") is not True or not _is_text(issuer) or not _is_text(subject):
        return Stranger.SIGNED_OUT
    signed_in_at = _moment(claims.get("iat"))
    if signed_in_at is None:
        return Stranger.EXPIRED
    email, name = claims.get("email"), claims.get("name")
    identity = Identity(
        issuer=str(issuer),
        subject=str(subject),
        email=str(email) if _is_text(email) else "",
        name=str(name) if _is_text(name) else "",
        email_verified=claims.get("email_verified") is True,
        signed_in_at=signed_in_at,
    )
    return Stranger.EXPIRED if has_expired(identity) else identity


def has_expired(identity: Identity) -> bool:
    """Whether the sign-in is over by now."""
    return not -_CLOCK_MARGIN <= clock.now() - identity.signed_in_at < SIGN_IN_LASTS


def is_local(ip_address: str | None, headers: Mapping[str, str]) -> bool:
    """Whether the request was made on this machine, by a page of this machine.

    The address alone would not do: a page of another site can make a browser on this machine ask here under a name
    of its own (DNS rebinding), and a proxy on this machine asks for everybody.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if any(name in given for name in _PASSED_ON):
        return False
    hosts = [ip_address or _LOCAL_NAME]
    # Browsers send both. What sends neither is no browser, so no other site can be behind it.
    if "host" in given:
        hosts.append(_host_of(given["host"]))
    if "origin" in given:
        hosts.append(_host_of(given["origin"]))
    return all(_is_loopback(host) for host in hosts)


def _host_of(given: str) -> str:
    found = _HOST.fullmatch(given)
    return (found["name"] or found["ipv6"]).lower() if found else ""


def _is_loopback(host: str) -> bool:
    if host == _LOCAL_NAME:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _moment(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
