"""What do the tests of downloads hold in their hands? The name server, and the wire to whatever it names."""

import ssl
from collections.abc import Sequence

import httpx

from core.provider.downloads import ResultDownloads
from tests.provider.stranger import Stranger

TOKEN = "r8_token_of_these_tests"
PUBLIC = "151.101.3.8"
PUBLIC_V6 = "2a04:4e42::8"
DELIVERED = "https://replicate.delivery/pbxt/a/out.png"
API = "https://api.replicate.com"
# Reading the authorities that the machine trusts takes longer than most tests.
TLS = ssl.create_default_context()


class Names:
    """A name server that says what it is told, and remembers what it was asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses: Sequence[str] = addresses
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.addresses


class Wire(httpx.BaseTransport):
    """What is sent, and to which address. With a server, it is carried there, TLS and all, whatever the address."""

    def __init__(self, server: Stranger | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.sent: list[httpx.Request] = []
        self._server = server
        self._tls = tls or TLS

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if self._server is None:
            return httpx.Response(200, stream=httpx.ByteStream(b"picture"))
        url = request.url.copy_with(host="127.0.0.1", port=self._server.port)
        carried = httpx.Request(request.method, url, headers=request.headers, extensions=request.extensions)
        return httpx.HTTPTransport(verify=self._tls).handle_request(carried)


def downloading(names: Names, wire: Wire | None = None, *, base_url: str = API) -> ResultDownloads:
    return ResultDownloads(base_url=base_url, token=TOKEN, tls=TLS, resolve=names, transport=wire)


def fetch(source: ResultDownloads, url: str) -> bytes:
    with source.open(url) as chunks:
        return b"".join(chunks)
