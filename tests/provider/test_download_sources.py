"""Can a hostile URL or name server lead a download to a place that results do not come from?"""

import socket
from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.provider import downloads
from core.provider.downloads import is_public
from tests.provider.wire import API, DELIVERED, PUBLIC, PUBLIC_V6, TOKEN, Names, Wire, downloading, fetch

# ---- what a URL may say --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (DELIVERED, "replicate.delivery"),
        ("https://pbxt.replicate.delivery/a/b.png?x=1&y=%2F", "pbxt.replicate.delivery"),
        ("https://a.b-2.replicate.delivery:443/out.png", "a.b-2.replicate.delivery"),
        ("HTTPS://PBXT.Replicate.Delivery/OUT.png", "pbxt.replicate.delivery"),
    ],
)
def test_results_come_from_the_delivery_host_and_its_subdomains_without_our_token(url: str, host: str) -> None:
    names, wire = Names(PUBLIC), Wire()
    assert fetch(downloading(names, wire), url) == b"picture"
    assert names.asked == [host]
    (request,) = wire.sent
    assert (request.url.scheme, request.url.host, request.url.port or 443) == ("https", PUBLIC, 443)
    assert str(request.url).endswith(url.partition("elivery")[2].removeprefix(":443"))
    assert request.headers["host"] == request.extensions["sni_hostname"] == host
    assert "authorization" not in request.headers


HOSTILE_URLS = [
    "http://replicate.delivery/a.png",
    "ftp://replicate.delivery/a.png",
    "file://replicate.delivery/etc/passwd",
    "file:///etc/passwd",
    "data:image/png;base64,iVBORw0KGgo=",
    "gopher://replicate.delivery/a.png",
    "https+unix://replicate.delivery/a.png",
    "//replicate.delivery/a.png",
    "replicate.delivery/a.png",
    "https:replicate.delivery/a.png",
    "https:/replicate.delivery/a.png",
    "https:///replicate.delivery/a.png",
    " https://replicate.delivery/a.png",
    "https://replicate.delivery/a.png\n",
    "https://replicate.delivery/a b.png",
    "https://repli\tcate.delivery/a.png",
    "https://replicate.delivery",
    "https://replicate.delivery?a.png",
    "https://replicate.delivery.evil.example/a.png",
    "https://replicate.delivery.evil.example:443/a.png",
    "https://evilreplicate.delivery/a.png",
    "https://evil-replicate.delivery/a.png",
    "https://replicate.delivery-evil.example/a.png",
    "https://evil.example/replicate.delivery/a.png",
    "https://evil.example/https://replicate.delivery/a.png",
    "https://evil.example?x=.replicate.delivery/a.png",
    "https://evil.example#.replicate.delivery/a.png",
    "https://evil.example\\.replicate.delivery/a.png",
    "https://replicate.delivery\\@evil.example/a.png",
    "https://replicate.delivery@evil.example/a.png",
    "https://replicate.delivery:443@evil.example/a.png",
    "https://user:password@replicate.delivery/a.png",
    "https://user@replicate.delivery/a.png",
    "https://@replicate.delivery/a.png",
    "https://replicate.delivery:80/a.png",
    "https://replicate.delivery:8443/a.png",
    "https://replicate.delivery:/a.png",
    "https://replicate.delivery:0443/a.png",
    "https://replicate.delivery:443:443/a.png",
    "https://replicate.delivery./a.png",
    "https://replicate.delivery.:443/a.png",
    "https://.replicate.delivery/a.png",
    "https://a..replicate.delivery/a.png",
    "https://-a.replicate.delivery/a.png",
    "https://a-.replicate.delivery/a.png",
    "https://*.replicate.delivery/a.png",
    "https://%61.replicate.delivery/a.png",
    "https://replicate%2Edelivery/a.png",
    "https://127.0.0.1%2f.replicate.delivery/a.png",
    "https://replicate.deliverу/a.png",
    "https://rерlicate.delivery/a.png",
    "https://replıcate.delivery/a.png",
    "https://REPLİCATE.delivery/a.png",
    "https://ſ.replicate.delivery/a.png",
    "https://\u212a.replicate.delivery/a.png",
    "https://replicate。delivery/a.png",
    "https://replicate\u2024delivery/a.png",
    "https://replicate\u00addelivery/a.png",
    "https://replicate.delivery\u2215.evil.example/a.png",
    "https://xn--replcate-q9a.delivery/a.png",
    "https://replicate\x00.delivery/a.png",
    "https://" + "a" * 64 + ".replicate.delivery/a.png",
    "https://" + "a." * 130 + "replicate.delivery/a.png",
    "https://replicate.delivery/" + "a" * 5_000,
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/a.png",
    "https://127.0.0.1/a.png",
    "https://2130706433/a.png",
    "https://0x7f.1/a.png",
    "https://[::1]/a.png",
    "https://[::ffff:127.0.0.1]/a.png",
    "http://[::1/a.png",
    "https://" + PUBLIC + "/a.png",
    "https://localhost/a.png",
    "http://127.0.0.1:1/a.png",
    API + "/v1/files/abc/download",
    "",
]


@pytest.mark.parametrize("url", HOSTILE_URLS, ids=ascii)
@pytest.mark.parametrize("base_url", [API, "http://127.0.0.1:9000"], ids=["Replicate", "on this machine"])
def test_an_address_that_results_do_not_come_from_is_not_even_looked_up(base_url: str, url: str) -> None:
    names, wire = Names(PUBLIC), Wire()
    with pytest.raises(errors.OutputInvalid) as refused:
        fetch(downloading(names, wire, base_url=base_url), url)
    assert (names.asked, wire.sent) == ([], [])
    assert refused.value.message.count("credits were returned") == 1


@given(st.text(max_size=30), st.sampled_from(["https://{}replicate.delivery/", "https://replicate.delivery{}/"]))
def test_no_text_around_the_host_leads_to_another(text: str, shape: str) -> None:
    names, wire = Names(PUBLIC), Wire()
    try:
        fetch(downloading(names, wire), shape.format(text))
    except errors.OutputInvalid:
        assert (names.asked, wire.sent) == ([], [])
    else:
        assert all(f".{name}".endswith(".replicate.delivery") for name in names.asked)


# ---- what a name may mean ------------------------------------------------------------------------

NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "127.1",
    "0177.0.0.1",
    "localhost",
    "",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
@pytest.mark.parametrize("also", [(), (PUBLIC,)], ids=["alone", "after a public one"])
def test_a_name_that_leads_into_a_private_network_is_refused_before_a_byte_is_sent(
    address: str, also: tuple[str, ...]
) -> None:
    wire = Wire()
    with pytest.raises(errors.OutputInvalid, match="private network"):
        fetch(downloading(Names(*also, address), wire), DELIVERED)
    assert wire.sent == []


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "223.255.255.1", PUBLIC_V6, f"64:ff9b::{PUBLIC}"])
def test_public_addresses_are_taken(address: str) -> None:
    wire = Wire()
    fetch(downloading(Names(address), wire), DELIVERED)
    assert [ip_address(request.url.host) for request in wire.sent] == [ip_address(address)]


@given(st.ip_addresses(v=4))
def test_an_address_is_no_more_public_for_being_written_as_ipv6(address: object) -> None:
    for form in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(form) is is_public(str(address))
    for form in (f"::{address}", f"::ffff:0:{address}", f"64:ff9b:1::{address}"):
        assert is_public(form) is False


def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked() -> None:
    """A name server under somebody's control answers a public address to the check and ours to the connection."""

    class Rebinding(Names):
        def __call__(self, host: str) -> Sequence[str]:
            super().__call__(host)
            return [PUBLIC] if len(self.asked) == 1 else ["127.0.0.1"]

    names, wire = Rebinding(), Wire()
    fetch(downloading(names, wire), DELIVERED)
    assert names.asked == ["replicate.delivery"]
    assert [request.url.host for request in wire.sent] == [PUBLIC]


def unknown(host: str) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def unspeakable(host: str) -> Sequence[str]:
    # What a name with too long a part really raises, which is no OSError.
    return downloads.resolve("a" * 64)


@pytest.mark.parametrize("names", [unknown, unspeakable, Names()], ids=["unknown", "unspeakable", "no address"])
def test_a_name_that_can_not_be_found_is_tried_again(names: Names) -> None:
    wire = Wire()
    with pytest.raises(errors.ProviderUnavailable):
        fetch(downloading(names, wire), DELIVERED)
    assert wire.sent == []


def test_this_machines_resolver_is_asked_for_every_address() -> None:
    assert "127.0.0.1" in downloads.resolve("localhost")
    assert list(downloads.resolve(PUBLIC_V6)) == [PUBLIC_V6]
    with pytest.raises(OSError, match=r".+"):
        downloads.resolve("no-such-name.invalid")


# ---- the provider on this machine ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("http://10.0.0.5:9000", "http://10.0.0.5:9000/out.png"),
        ("https://staging.example.com", "https://staging.example.com/out.png"),
        ("http://localhost.example.com:9000", "http://localhost.example.com:9000/out.png"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9001/out.png"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:90000/out.png"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000.evil.example/out.png"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000@evil.example/out.png"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://127.0.0.1:9000", "https://127.0.0.1:9000/out.png"),
        ("http://127.0.0.1:9000", "http://localhost:9000/out.png"),
        ("http://127.0.0.1:9000", "http://127.0.0.2:9000/out.png"),
        ("http://127.0.0.1:9000", "http://[::1]:9000/out.png"),
        ("http://127.0.0.1:9000", "http://user@127.0.0.1:9000/out.png"),
        ("http://127.0.0.1", "http://127.0.0.1:9000/out.png"),
    ],
)
def test_only_the_providers_own_origin_on_this_machine_is_an_exception(base_url: str, url: str) -> None:
    names, wire = Names("127.0.0.1"), Wire()
    with pytest.raises(errors.OutputInvalid):
        fetch(downloading(names, wire, base_url=base_url), url)
    assert (names.asked, wire.sent) == ([], [])


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost", "https://127.8.8.8"]
)
def test_our_token_goes_to_the_providers_own_origin_on_this_machine(base_url: str) -> None:
    wire = Wire()
    assert fetch(downloading(Names("127.0.0.1"), wire, base_url=base_url), f"{base_url}/files/out.png") == b"picture"
    (request,) = wire.sent
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["host"] == base_url.partition("://")[2]


def test_a_localhost_that_is_not_this_machine_gets_nothing() -> None:
    wire = Wire()
    with pytest.raises(errors.OutputInvalid):
        fetch(downloading(Names("10.0.0.5"), wire, base_url="http://localhost:9000"), "http://localhost:9000/out.png")
    assert wire.sent == []


def test_what_is_refused_is_logged_without_its_query(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(errors.OutputInvalid):
        fetch(downloading(Names()), "https://evil.example/a\u202e.png?key=the-password")
    assert "evil.example/a\\u202e.png" in caplog.text.replace("\\\\", "\\")
    assert "the-password" not in caplog.text
