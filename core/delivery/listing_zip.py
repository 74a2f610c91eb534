"""How are all results of a listing handed out at once? As a ZIP that is made while it is sent, a picture at a time.

1. Every result with its label burned in and proven; one that can't be labeled is left out, and told in a note.
2. The untouched photos beside them, for listings that have to show both.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import errors
from core.delivery import filenames, labels
from core.listings.results import PhotoResult
from core.storage.contract import Storage

RESULTS_FOLDER: Final = "Virtually staged"
ORIGINALS_FOLDER: Final = "Originals"
NOTE_NAME: Final = "Not included.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipEntry:
    """A file of the ZIP: its path there, the key of what it is made from, and whether that gets its label."""

    path: str
    key: str
    is_labeled: bool


class _Sink(io.RawIOBase):
    """Takes what the ZIP writer writes, and hands it on; it can't be sought, so nothing is kept of what has gone."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It is written to."""
        return True

    def write(self, data: object) -> int:
        """Keep the bytes until they are taken."""
        self._parts.append(bytes(data))  # type: ignore[call-overload]
        return len(self._parts[-1])

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken


def entries(photos: Sequence[PhotoResult], *, favorites_only: bool = False) -> list[ZipEntry]:
    """What the ZIP of these photos holds, in the sheet's order; with `favorites_only`, no result that was not picked.

    The number of the photo on the sheet leads each name, so that no two are the same.
    """
    found: list[ZipEntry] = []
    for photo in photos:
        wanted = [result for result in photo.results if result.is_favorite or not favorites_only]
        number = f"{photo.photo.position:02d}_"
        for result in wanted:
            name = filenames.download_name(
                photo.photo.file_name,
                room_type=result.job.room_type,
                style=result.job.style,
                variant_index=result.variant.index,
                labeled=True,
            )
            key = result.variant.result_key or ""
            found.append(ZipEntry(path=f"{RESULTS_FOLDER}/{number}{name}", key=key, is_labeled=True))
        if wanted:
            path = f"{ORIGINALS_FOLDER}/{number}{filenames.on_any_system(photo.photo.file_name)}"
            found.append(ZipEntry(path=path, key=photo.photo.original_key, is_labeled=False))
    return found


def stream(storage: Storage, wanted: Sequence[ZipEntry], *, at: datetime) -> Iterator[bytes]:
    """The bytes of the ZIP, part by part, with one picture in memory at a time; `at` stands beside its files.

    What can't be read or labeled is left out; the note in the ZIP names it and says why.
    """
    sink, left_out = _Sink(), list[str]()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for entry in wanted:
            try:
                data = storage.get(entry.key)
                picture = labels.label(data).data if entry.is_labeled else data
            except errors.StagingError as error:
                left_out.append(f"{entry.path}: {error.message} ({error.code})")
                continue
            archive.writestr(_info(entry.path, at), picture)
            yield sink.take()
        if left_out:
            archive.writestr(_info(NOTE_NAME, at), "\r\n".join([*left_out, ""]))
    yield sink.take()


def _info(path: str, at: datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(path, date_time=at.timetuple()[:6])
