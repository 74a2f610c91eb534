"""Which files did clients upload? Their bytes on disk, their facts in the database, and signed download links."""

import base64
import hashlib
import hmac
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode

from core.provider.simulator import views
from core.provider.simulator.records import new_id
from core.provider.simulator.store import Database, from_microseconds, microseconds

MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_NAME_BYTES = 255
_CHUNK_BYTES = 1024 * 1024
LIFETIME = timedelta(hours=24)
DEFAULT_CONTENT_TYPE = "application/octet-stream"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_us INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS files_created ON files (created_us);
"""
_COLUMNS = "id, name, content_type, size, sha256, metadata, created_us"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An uploaded file; `size` in bytes."""

    id: str
    name: str
    content_type: str
    size: int
    sha256: str
    metadata: Mapping[str, Any]
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When it will be gone."""
        return self.created_at + LIFETIME


class FileShelf:
    """Keeps uploads for a day; the folder holds one file per id."""

    def __init__(self, database: Database, folder: Path, *, signing_key: bytes) -> None:
        self._database = database
        self._folder = folder
        self._signing_key = signing_key
        folder.mkdir(parents=True, exist_ok=True)
        database.script(_SCHEMA)

    def write(self, content: BinaryIO) -> tuple[str, str]:
        """Copy an upload to disk, off the event loop; answers its new id and its SHA-256 in hexadecimal."""
        file_id, digest = new_id(), hashlib.sha256()
        content.seek(0)
        with self.path(file_id).open("wb") as target:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
                target.write(chunk)
        return file_id, digest.hexdigest()

    def add(self, file: StoredFile) -> None:
        """Put a file that was written on the shelf."""
        self._database.run(
            f"INSERT INTO files ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                file.id,
                file.name,
                file.content_type,
                file.size,
                file.sha256,
                json.dumps(file.metadata),
                microseconds(file.created_at),
            ),
        )

    def get(self, file_id: str, *, now: datetime) -> StoredFile | None:
        """The file of that id, unless it is gone."""
        sql = f"SELECT {_COLUMNS} FROM files WHERE id = ? AND created_us > ?"  # noqa: S608
        row = self._database.run(sql, (file_id, microseconds(now - LIFETIME))).fetchone()
        return None if row is None else _from_row(row)

    def page(self, *, now: datetime, skip: int, limit: int) -> list[StoredFile]:
        """Files, newest first, without the first `skip`."""
        sql = f"SELECT {_COLUMNS} FROM files WHERE created_us > ? ORDER BY seq DESC LIMIT ? OFFSET ?"  # noqa: S608
        return [_from_row(row) for row in self._database.run(sql, (microseconds(now - LIFETIME), limit, skip))]

    def delete(self, file_id: str) -> None:
        """Take a file off the shelf."""
        self._database.run("DELETE FROM files WHERE id = ?", (file_id,))
        self.path(file_id).unlink(missing_ok=True)

    def delete_expired(self, *, now: datetime) -> None:
        """Take every file off the shelf whose day is over."""
        sql = "SELECT id FROM files WHERE created_us <= ?"
        for (file_id,) in self._database.run(sql, (microseconds(now - LIFETIME),)).fetchall():
            self.delete(file_id)

    def path(self, file_id: str) -> Path:
        """Where a file's bytes are."""
        return self._folder / file_id

    def signature(self, file_id: str, *, owner: str, expiry: int) -> str:
        """The base64 HMAC-SHA256 of owner, id and expiry (seconds since 1970) that a download needs."""
        message = f"{owner} {file_id} {expiry}".encode()
        return base64.b64encode(hmac.digest(self._signing_key, message, "sha256")).decode()

    def is_signed(self, file_id: str, *, owner: str, expiry: str, signature: str, now: datetime) -> bool:
        """Whether a download link is ours and not over."""
        if not expiry.isdecimal() or int(expiry) < now.timestamp():
            return False
        expected = self.signature(file_id, owner=owner, expiry=int(expiry))
        return hmac.compare_digest(expected.encode(), signature.encode())

    def download_path(self, file_id: str, *, owner: str, expiry: int) -> str:
        """The path and query of a signed download link."""
        signature = self.signature(file_id, owner=owner, expiry=expiry)
        query = urlencode({"expiry": expiry, "owner": owner, "signature": signature})
        return f"/v1/files/{file_id}/download?{query}"


def file_view(file: StoredFile, *, origin: str) -> dict[str, Any]:
    """The file object that answers carry; the client also wants its name and an ETag."""
    return {
        "id": file.id,
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "etag": file.sha256[:32],
        "checksums": {"sha256": file.sha256},
        "metadata": file.metadata,
        "created_at": views.timestamp(file.created_at),
        "expires_at": views.timestamp(file.expires_at),
        "urls": {"get": f"{origin}/v1/files/{file.id}"},
    }


def content_type_of(name: str, given: str | None) -> str:
    """The content type given, or the one the name suggests."""
    return given or mimetypes.guess_type(name)[0] or DEFAULT_CONTENT_TYPE


def _from_row(row: tuple[str, str, str, int, str, str, int]) -> StoredFile:
    file_id, name, content_type, size, sha256, metadata, created_us = row
    return StoredFile(
        id=file_id,
        name=name,
        content_type=content_type,
        size=size,
        sha256=sha256,
        metadata=json.loads(metadata),
        created_at=from_microseconds(created_us),
    )
