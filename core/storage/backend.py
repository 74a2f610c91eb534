"""Where are bytes kept, and what does a failure there mean? Folders and buckets behind one class."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from core import errors, logs
from core.storage.bucket import Bucket
from core.storage.folder import Folder

_T = TypeVar("_T")
_LOGGED_MAX = 300
_log = logs.get(__name__)


class Place(Protocol):
    """In what folders and buckets differ. Calls raise OSError, ValueError and obstore's errors."""

    @property
    def store(self) -> ObjectStore:
        """What obstore reads from."""

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes for good, as a whole or not at all."""

    def is_there(self) -> bool:
        """Whether the folder or bucket itself exists."""

    def is_writable(self) -> bool:
        """Whether it takes files, as far as can be told without writing one."""


class ObjectStorage:
    """Files under a `file:///folder` or `s3://bucket/prefix` URL. Implements `Storage`; safe for many threads.

    Raises:
        ConfigurationError: if the URL, or for a bucket the AWS variables, can't be used.
    """

    def __init__(self, url: str) -> None:
        self._place = _open(url)

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes under the key; an object that is there already is replaced by the same bytes.

        Raises:
            StorageUnavailable: if they can't be kept just now.
        """
        try:
            self._ask(lambda: self._place.put(_named(key), data))
        except FileNotFoundError as nowhere:
            _log.warning("storage failed", kind="missing", error="There is no folder or bucket to put files into.")
            raise errors.StorageUnavailable from nowhere

    def get(self, key: str) -> bytes:
        """The bytes under the key.

        Raises:
            FileNotFound: if there are none.
            StorageUnavailable: if that can't be told just now.
        """
        return self._find(lambda: bytes(obstore.get(self._place.store, _named(key)).bytes()))

    def is_reachable(self) -> bool:
        """Whether the storage answers, its folder or bucket is there, and nothing forbids writing."""
        try:
            return self._ask(lambda: self._place.is_there() and self._place.is_writable())
        except errors.StorageUnavailable:
            return False

    def _find(self, call: Callable[[], _T]) -> _T:
        try:
            return self._ask(call)
        except FileNotFoundError as missing:
            # A folder that is not mounted, or a bucket that was renamed, has lost no file: it must not read as lost.
            if not self._ask(self._place.is_there):
                raise errors.StorageUnavailable from missing
            raise errors.FileNotFound from missing

    def _ask(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except (FileNotFoundError, NotADirectoryError) as missing:
            raise FileNotFoundError from missing
        except (BaseError, OSError, ValueError) as exception:
            # The first line says it; the rest is obstore's own state and the answer's body.
            said = str(exception).partition("\n")[0][:_LOGGED_MAX]
            _log.warning("storage failed", kind=type(exception).__name__, error=said)
            raise errors.StorageUnavailable from exception


def _named(key: str) -> str:
    if not key.strip("/"):
        # To a bucket, no name at all is the prefix itself, which lies beside our files.
        raise ValueError("A file must have a name.")
    return key


def _open(url: str) -> Place:
    try:
        parts = urlsplit(url)
        if parts.scheme == "file" and not parts.netloc and parts.path.strip("/"):
            return Folder(Path(unquote(parts.path)))
        if parts.scheme == "s3" and parts.hostname == parts.netloc:
            return Bucket(parts.netloc, prefix=unquote(parts.path).strip("/"))
    except (BaseError, OSError, ValueError) as exception:
        raise errors.ConfigurationError(
            f"The storage that STAGING_STORAGE_URL names can't be used: {str(exception).partition(chr(10))[0]}"
        ) from exception
    raise errors.ConfigurationError(
        "STAGING_STORAGE_URL must be file:///folder or s3://bucket/prefix; credentials go into the AWS variables."
    )
