"""How does a bucket keep files? Over S3, with the usual AWS variables, and with waits that end."""

import os
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.store import S3Store

from core import errors, logs

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

# What S3 tools read, the most particular first. obstore reads the credentials and the region by itself.
_ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_SECRET_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_TOKEN")

# obstore would go on for three minutes. Here a dead bucket must be an answer while a person waits, and before a
# claim on a result ends. No retry begins after RETRY_SECONDS, and the last may still take a connection and a
# silence: 10 s at the worst.
RETRY_SECONDS = 2
RETRIES_MAX = 3
CONNECT_TIMEOUT_SECONDS = 2
SILENCE_TIMEOUT_SECONDS = 6
# A read may take this long while bytes keep coming.
TOTAL_TIMEOUT_SECONDS = 60
# To obstore, sending is silence too. So large files go in parts, one after the other: 7 Mbit/s will do.
_PART_BYTES = 5 * 1024 * 1024
_PARTS_AT_ONCE = 1


class Bucket:
    """Files under a prefix of an S3 bucket. Implements `Place`."""

    def __init__(self, name: str, *, prefix: str) -> None:
        for variable in _SECRET_VARIABLES:
            logs.protect(os.environ.get(variable))
        endpoint = next(filter(None, map(os.environ.get, _ENDPOINT_VARIABLES)), None)
        if endpoint:
            _require_safe(endpoint)
        self.store = S3Store(
            name,
            prefix=prefix or None,
            config={"endpoint": endpoint} if endpoint else {},
            client_options=_client_options(allow_http=endpoint is not None and endpoint.startswith("http://")),
            retry_config=_retry_config(),
        )

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes. S3 shows an object when it has all of it; parts of an unfinished one are never seen.

        Raises:
            OSError, BaseError: if they can't be kept.
        """
        obstore.put(self.store, key, data, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    def is_there(self) -> bool:
        """Whether the bucket exists, so that a missing object is the object's own absence."""
        try:
            obstore.get(self.store, "reachable")
        except FileNotFoundError as missing:
            # One status stands for a missing object, a missing bucket, and an address that is not S3's at all.
            return "<Code>NoSuchKey</Code>" in str(missing)
        return True

    def is_writable(self) -> bool:
        """True: only a write could tell, and being asked must leave nothing behind."""
        return True


def _client_options(*, allow_http: bool) -> "ClientConfig":
    return {
        # Named even where it is False: an AWS_ALLOW_HTTP in the environment must not open what is closed here.
        "allow_http": allow_http,
        "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_SECONDS),
        "read_timeout": timedelta(seconds=SILENCE_TIMEOUT_SECONDS),
        "timeout": timedelta(seconds=TOTAL_TIMEOUT_SECONDS),
    }


def _retry_config() -> "RetryConfig":
    return {
        "max_retries": RETRIES_MAX,
        "retry_timeout": timedelta(seconds=RETRY_SECONDS),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
    }


def _require_safe(endpoint: str) -> None:
    # The address is not repeated in the message: it may hold a password.
    parts = urlsplit(endpoint)
    if parts.username is not None or parts.password is not None:
        raise errors.ConfigurationError(
            "The S3 endpoint must not hold a user name or password: use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise errors.ConfigurationError("AWS_ENDPOINT_URL must be an address such as https://s3.example.com.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise errors.ConfigurationError(
            "AWS_ENDPOINT_URL must use https: photos would cross the network in the clear. "
            "Plain http is for a server on this machine only."
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
