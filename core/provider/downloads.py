"""From where may a result be fetched, and how, so that nothing on the way can lead anywhere else?

The URL comes from outside. What it may name is written as a pattern, the name is resolved once, and the connection
goes to the very address that was checked: a name that is asked for twice may answer differently the second time.
"""

import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import httpx

from core import errors, logs

CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 15.0
ADDRESSES_TRIED_MAX = 3
_URL_MAX_LENGTH = 4096
_HOST_MAX_LENGTH = 253
_LOGGED_MAX = 200
_GONE = (403, 404, 410)

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PATH = r"(?P<path>/[!-~]*)"
# One pattern from end to end: no user, other port, trailing dot, look-alike letter or address can be part of it.
_DELIVERY_URL = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)*replicate\.delivery)(?::443)?{_PATH}", re.ASCII | re.IGNORECASE
)
_ANY_PATH = re.compile(_PATH)

# What `is_global` lets through, or does in some Python versions: addresses that belong to nobody's delivery.
_NOT_PUBLIC = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")))
_GIVEN_OUT = ip_network("2000::/3")
# Networks without IPv4 reach it by these; what counts is the address inside.
_NAT64 = ip_network("64:ff9b::/96")

_log = logs.get(__name__)


@dataclass(frozen=True)
class Source:
    """A server that results may come from, and the path of one there."""

    scheme: str
    host: str
    port: int
    path: str
    is_own: bool

    @property
    def authority(self) -> str:
        """Host and port as the Host header names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if (self.scheme, self.port) in (("https", 443), ("http", 80)) else f"{host}:{self.port}"


def resolve(host: str) -> Sequence[str]:
    """The addresses of a host name, as this machine's resolver has them now."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)))


class ResultDownloads:
    """Fetches results from replicate.delivery, and from the provider itself where that is on this machine.

    Proxies that the environment names are not used: they would resolve the name again, and reach what they like.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        tls: ssl.SSLContext,
        resolve: Callable[[str], Sequence[str]] = resolve,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._own = _loopback_origin(base_url)
        self._token = token
        self._resolve = resolve
        self._client = httpx.Client(
            timeout=httpx.Timeout(READ_TIMEOUT_SECONDS, connect=CONNECT_TIMEOUT_SECONDS),
            follow_redirects=False,
            trust_env=False,
            # An idle connection is known by its address alone. Kept, it could serve a name it was not verified for.
            transport=transport or httpx.HTTPTransport(verify=tls, limits=httpx.Limits(max_keepalive_connections=0)),
        )

    @contextmanager
    def open(self, url: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a result, in chunks; whole if the iteration ends without an error.

        Raises:
            OutputInvalid: if it lies where results do not come from, or is sent on to elsewhere.
            OutputExpired: if the file is gone.
            ProviderUnavailable: if it can't be fetched just now.
        """
        source = self._source(url)
        addresses = self._addresses(source)
        try:
            answer = self._ask(source, addresses)
            try:
                _require_result(answer, source)
                yield answer.iter_raw()
            finally:
                answer.close()
        except httpx.HTTPError as exception:
            raise errors.ProviderUnavailable(
                f"Replicate's result can't be fetched just now ({type(exception).__name__}); it is tried again."
            ) from exception

    def _source(self, url: str) -> Source:
        if len(url) <= _URL_MAX_LENGTH:
            delivered = _DELIVERY_URL.fullmatch(url)
            if delivered and len(delivered["host"]) <= _HOST_MAX_LENGTH:
                return Source("https", delivered["host"].lower(), 443, delivered["path"], is_own=False)
            if self._own:
                path = url.removeprefix(f"{self._own.scheme}://{self._own.authority}")
                if path != url and _ANY_PATH.fullmatch(path):
                    return Source(self._own.scheme, self._own.host, self._own.port, path, is_own=True)
        raise _refused(url, "Replicate's result lies at an address that results do not come from")

    def _addresses(self, source: Source) -> Sequence[str]:
        try:
            addresses = self._resolve(source.host)
        except (OSError, UnicodeError) as exception:
            raise errors.ProviderUnavailable(
                f"{source.host} can't be found just now; the result is fetched as soon as it can."
            ) from exception
        allowed = is_loopback if source.is_own else is_public
        # One that is not allowed condemns them all: it shows that the name is not in the right hands.
        if not all(map(allowed, addresses)):
            raise _refused(source.host, "Replicate's result lies at a name that leads into a private network")
        if not addresses:
            raise errors.ProviderUnavailable(f"{source.host} has no address just now; the result is fetched later.")
        return addresses[:ADDRESSES_TRIED_MAX]

    def _ask(self, source: Source, addresses: Sequence[str]) -> httpx.Response:
        *others, last = addresses
        for address in others:
            # A network may have IPv6 addresses and no way to them; the next one is as good.
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return self._ask_at(address, source)
        return self._ask_at(last, source)

    def _ask_at(self, address: str, source: Source) -> httpx.Response:
        # Compressed, a small answer could unfold into more than memory holds.
        headers = {"Host": source.authority, "Accept-Encoding": "identity"}
        if source.is_own:
            headers["Authorization"] = f"Bearer {self._token}"
        url = httpx.URL(scheme=source.scheme, host=address, port=source.port, raw_path=source.path.encode())
        # The certificate must be the host's own, though the connection is to an address.
        request = self._client.build_request("GET", url, headers=headers, extensions={"sni_hostname": source.host})
        return self._client.send(request, stream=True)


def is_public(address: str) -> bool:
    """Whether the address is one of the public Internet's, so that no service of our own network can be behind it."""
    found = _parsed(address)
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
        elif found not in _GIVEN_OUT:
            return False
    if found is None or any(found in network for network in _NOT_PUBLIC):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved)


def is_loopback(address: str) -> bool:
    """Whether the address is this machine's own."""
    found = _parsed(address)
    return found is not None and found.is_loopback


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _loopback_origin(base_url: str) -> Source | None:
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not (host == "localhost" or is_loopback(host)):
        return None
    return Source(parts.scheme, host, parts.port or {"http": 80, "https": 443}[parts.scheme], "/", is_own=True)


def _require_result(answer: httpx.Response, source: Source) -> None:
    if answer.status_code in _GONE:
        raise errors.OutputExpired
    if answer.is_redirect:
        raise _refused(source.host, "Replicate's result was moved to another address, which was not followed")
    if answer.status_code != 200:
        raise errors.ProviderUnavailable(
            f"Replicate's result can't be fetched just now (HTTP {answer.status_code}); it is tried again by itself."
        )
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise _refused(source.host, "Replicate's result is packed in a way that was not asked for")


def _refused(where: str, what: str) -> errors.OutputInvalid:
    # A query may hold a signature, and the rest of a hostile text anything.
    _log.warning("result refused", where=ascii(where.partition("?")[0][:_LOGGED_MAX]), reason=what)
    return errors.OutputInvalid(f"{what}. It was not fetched.")
