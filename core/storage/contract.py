"""What do we ask of file storage, and how are files named?

Keys carry the account first, so that whether someone may see a file can be told from its key alone, and the
SHA-256 of the bytes, so that the same bytes are stored once and a stored file can be proven unchanged.
"""

import hashlib
import re
from typing import Protocol

_KEY = re.compile(
    r"accounts/(?P<account_id>[0-9]{1,18})/(originals|prepared|results|thumbnails)/[0-9a-f]{64}(\.[a-z0-9]{1,5})?"
)


class Storage(Protocol):
    """Bytes under keys. All calls block and raise only `FileNotFound` and `StorageUnavailable`."""

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes; afterwards they are either there as a whole or not at all."""

    def get(self, key: str) -> bytes:
        """The bytes under the key."""

    def is_reachable(self) -> bool:
        """Whether the storage answers at all."""


def sha256(data: bytes) -> str:
    """The hex digest by which bytes are named and proven."""
    return hashlib.sha256(data).hexdigest()


def content_key(*, account_id: int, kind: str, digest: str, extension: str = "") -> str:
    """The key of a file, for `results` and `png`: `accounts/7/results/<sha256>.png`."""
    return f"accounts/{account_id}/{kind}/{digest}" + (f".{extension}" if extension else "")


def account_of(key: str) -> int | None:
    """The account a key belongs to, or None if it is not one of our keys."""
    match = _KEY.fullmatch(key)
    return int(match["account_id"]) if match else None
