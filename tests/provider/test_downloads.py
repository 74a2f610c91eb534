"""Does a download reach the server it was meant for and no other, and does it end whole or as an error?"""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import errors
from core.provider import downloads
from core.provider.downloads import ResultDownloads
from tests.provider.certificates import Authority
from tests.provider.stranger import Stranger
from tests.provider.wire import DELIVERED, PUBLIC, Names, Wire, downloading, fetch


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    started = Stranger()
    yield started
    started.close()


# ---- whom we talk to -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("certified", "trusted", "succeeds"),
    [
        ("replicate.delivery", True, True),
        ("evil.example", True, False),
        ("replicate.delivery", False, False),
        (PUBLIC, True, False),
    ],
)
def test_the_server_at_the_checked_address_must_prove_the_hosts_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certified: str, trusted: bool, succeeds: bool
) -> None:
    authority = Authority(tmp_path)
    server = Stranger(authority.server(certified))
    server.answer(200, b"picture")
    looked_up: list[object] = []
    getaddrinfo = socket.getaddrinfo

    def watched(host: object, *args: object, **options: object) -> object:
        looked_up.append(host)
        return getaddrinfo(host, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", watched)
    wire = Wire(server, tls=authority.client() if trusted else ssl.create_default_context())
    source = downloading(Names(PUBLIC), wire)
    if succeeds:
        assert fetch(source, DELIVERED) == b"picture"
        assert server.asked[0][1] == "/pbxt/a/out.png"
        assert server.asked[0][2]["host"] == "replicate.delivery"
    else:
        with pytest.raises(errors.ProviderUnavailable):
            fetch(source, DELIVERED)
        assert server.asked == []
    server.close()
    assert [request.url.host for request in wire.sent] == [PUBLIC]
    # The one look-up is the resolver's, which this test replaced: nothing below may ask for the name again.
    assert "replicate.delivery" not in map(str, looked_up)


def test_an_address_that_takes_no_connection_is_followed_by_the_next(stranger: Stranger) -> None:
    stranger.answer(200, b"picture")
    base_url = f"http://localhost:{stranger.port}"
    source = downloading(Names("127.0.0.2", "127.0.0.1"), base_url=base_url)
    assert fetch(source, f"{base_url}/out.png") == b"picture"
    assert stranger.asked[0][2]["host"] == f"localhost:{stranger.port}"
    with pytest.raises(errors.ProviderUnavailable):
        fetch(downloading(Names("127.0.0.2"), base_url=base_url), f"{base_url}/out.png")


def test_neither_a_proxy_nor_a_password_file_of_the_environment_is_used(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy would look the name up again, at a place where our network may be reachable."""
    passwords = tmp_path / "netrc"
    passwords.write_text("default login someone password the-password\n")
    monkeypatch.setenv("NETRC", str(passwords))
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, stranger.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    stranger.answer(200, b"from the proxy")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(errors.ProviderUnavailable):
            fetch(downloading(Names("127.0.0.1"), base_url=base_url), f"{base_url}/out.png")
    assert stranger.asked == []
    wire = Wire()
    fetch(downloading(Names(PUBLIC), wire), DELIVERED)
    assert "authorization" not in wire.sent[0].headers


# ---- what may be answered ------------------------------------------------------------------------


def own(stranger: Stranger) -> ResultDownloads:
    return downloading(Names("127.0.0.1"), base_url=stranger.url)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location", ["{url}/elsewhere", "/elsewhere", "https://replicate.delivery/out.png", "//10.0.0.1/"]
)
def test_a_redirect_is_never_followed(stranger: Stranger, status: int, location: str) -> None:
    stranger.answer(status, b"", location=location.format(url=stranger.url))
    with pytest.raises(errors.OutputInvalid, match="not followed"):
        fetch(own(stranger), f"{stranger.url}/out.png")
    assert len(stranger.asked) == 1


STATUSES: list[tuple[int, type[errors.StagingError]]] = [
    (403, errors.OutputExpired),
    (404, errors.OutputExpired),
    (410, errors.OutputExpired),
    (206, errors.ProviderUnavailable),
    (400, errors.ProviderUnavailable),
    (429, errors.ProviderUnavailable),
    (500, errors.ProviderUnavailable),
    (503, errors.ProviderUnavailable),
]


@pytest.mark.parametrize(("status", "error"), STATUSES)
def test_a_result_that_is_gone_is_not_one_that_is_late(
    stranger: Stranger, status: int, error: type[errors.StagingError]
) -> None:
    stranger.answer(status, b"")
    with pytest.raises(error):
        fetch(own(stranger), f"{stranger.url}/out.png")


BROKEN: dict[str, tuple[bytes, dict[str, str]]] = {
    "fewer bytes than announced": (b"half", {"content_length": "1000"}),
    "none of the bytes announced": (b"", {"content_length": "1000"}),
    "a chunk that breaks off": (b"5\r\nha", {"transfer_encoding": "chunked"}),
    "chunks without the last": (b"4\r\nhalf\r\n", {"transfer_encoding": "chunked"}),
    "a length that is none": (b"half", {"content_length": "many"}),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_download_that_breaks_off_is_tried_again(stranger: Stranger, how: str) -> None:
    content, headers = BROKEN[how]
    stranger.answer(200, content, **headers)
    with pytest.raises(errors.ProviderUnavailable):
        fetch(own(stranger), f"{stranger.url}/out.png")
    stranger.answers = [(200, {}, b"whole")]
    assert fetch(own(stranger), f"{stranger.url}/out.png") == b"whole"


def test_a_server_that_hangs_up_or_says_nothing_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "READ_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        source = downloading(Names("127.0.0.1"), base_url=base_url)
        with pytest.raises(errors.ProviderUnavailable):
            fetch(source, f"{base_url}/out.png")
    with pytest.raises(errors.ProviderUnavailable):
        fetch(source, f"{base_url}/out.png")


def test_a_packed_answer_is_not_unpacked(stranger: Stranger) -> None:
    """A megabyte can unfold into a gigabyte; pictures are packed already."""
    stranger.answer(200, b"\x1f\x8b", content_encoding="gzip")
    with pytest.raises(errors.OutputInvalid):
        fetch(own(stranger), f"{stranger.url}/out.png")
    assert stranger.asked[0][2]["accept-encoding"] == "identity"


def test_the_readers_own_error_stays_its_own(stranger: Stranger) -> None:
    stranger.answer(200, b"picture")
    with pytest.raises(KeyError), own(stranger).open(f"{stranger.url}/out.png"):
        raise KeyError


def test_bytes_are_handed_on_as_they_come_so_that_their_reader_can_look_at_the_clock(stranger: Stranger) -> None:
    # The answer announces more than it sends, and then says nothing: what came must be there all the same.
    stranger.answer(200, b"drip", content_length="1000000")
    with own(stranger).open(f"{stranger.url}/out.png") as chunks:
        assert next(iter(chunks)) == b"drip"
