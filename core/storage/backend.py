"""How are bytes kept? One backend on obstore for folders (file://) and buckets (s3://)."""

import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from core import errors, logs

_T = TypeVar("_T")
_log = logs.get(__name__)


class ObjectStorage:
    """Files under a `file:///folder` or `s3://bucket/prefix` URL. Implements `Storage`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._store: Any
        if parts.scheme == "file":
            self._store = LocalStore(Path(unquote(parts.path)), mkdir=True)
        else:
            self._store = from_url(url)

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes under the key; an object that is there already is replaced by the same bytes."""
        self._ask(lambda: obstore.put(self._store, key, data))

    def get(self, key: str) -> bytes:
        """The bytes under the key.

        Raises:
            FileNotFound: if there are none.
        """
        return self._ask(lambda: bytes(obstore.get(self._store, key).bytes()))

    def exists(self, key: str) -> bool:
        """Whether there is anything under the key."""
        try:
            self._ask(lambda: obstore.head(self._store, key))
        except errors.FileNotFound:
            return False
        return True

    def is_reachable(self) -> bool:
        """Whether the storage answers; a missing object is an answer."""
        try:
            self.exists("reachable")
        except errors.StorageUnavailable:
            return False
        return True

    def _ask(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except (FileNotFoundError, NotADirectoryError) as exception:
            raise errors.FileNotFound from exception
        except (BaseError, OSError, builtins.ValueError) as exception:
            _log.warning("storage failed", error=str(exception))
            raise errors.StorageUnavailable from exception
