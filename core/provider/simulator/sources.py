"""Where do an input image's bytes come from? Uploaded files, earlier outputs, data URLs and loopback addresses."""

import base64
import binascii
import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

import httpx

MAX_INPUT_BYTES = 100 * 1024 * 1024
FETCH_TIMEOUT_SECONDS = 10.0
_UPLOADED = re.compile(r"/v1/files/([a-z2-7]{26})(?:/download)?")
_DELIVERED = re.compile(r"/delivery/([a-z2-7]{26})/output\.(png|jpg|webp)")


class InputUnavailable(Exception):
    """The input image can't be had; the text says why."""


class InputSources:
    """Reads input images by their URL, in the drawing threads; the network is used for loopback only."""

    def __init__(self, *, files_dir: Path, outputs_dir: Path) -> None:
        self._files_dir = files_dir
        self._outputs_dir = outputs_dir

    def read(self, url: str) -> bytes:
        """The bytes behind an input URL.

        Raises:
            InputUnavailable: when there are none, or the address is not one of those allowed.
        """
        parts = urlsplit(url)
        if parts.scheme == "data":
            return _decode_data_url(url)
        own = self._own_file(parts)
        if own is not None and own.exists():
            return own.read_bytes()
        if not is_loopback(parts.hostname):
            raise InputUnavailable(
                f"Could not fetch the input image from {parts.hostname}: the simulator reads its own files, "
                "data URLs and loopback addresses only."
            )
        return _fetch(url)

    def _own_file(self, parts: SplitResult) -> Path | None:
        # Matched by path alone: ids are unguessable, and after a restart the port may be another.
        if match := _UPLOADED.fullmatch(parts.path):
            return self._files_dir / match[1]
        if match := _DELIVERED.fullmatch(parts.path):
            return self._outputs_dir / f"{match[1]}.{match[2]}"
        return None


def is_loopback(host: str | None) -> bool:
    """Whether the host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _decode_data_url(url: str) -> bytes:
    head, separator, payload = url.partition(",")
    if not separator:
        raise InputUnavailable("The input image's data URL has no data.")
    raw = unquote_to_bytes(payload)
    if not head.endswith(";base64"):
        return raw
    try:
        return base64.b64decode(raw, validate=True)
    except binascii.Error as exception:
        raise InputUnavailable("The input image's data URL is not valid base64.") from exception


def _fetch(url: str) -> bytes:
    data = bytearray()
    try:
        with (
            httpx.Client(timeout=FETCH_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise InputUnavailable(f"Could not fetch the input image: status {response.status_code}.")
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_INPUT_BYTES:
                    raise InputUnavailable("The input image is too large.")
    except (httpx.HTTPError, httpx.InvalidURL) as exception:
        raise InputUnavailable("Could not fetch the input image: no answer.") from exception
    return bytes(data)
