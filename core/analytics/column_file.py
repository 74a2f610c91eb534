"""Where do the columns outlive the process? In one file, which is believed only if all of it fits the database.

The file is a line of JSON that tells where each column lies, and then the columns as they lie in memory. It is
written beside its place and then put there, so it is there as a whole or not at all.
"""

import contextlib
import json
import os
import secrets
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, logs
from core.analytics import columns
from core.analytics.columns import WORDS, Array, Codes, History, Table
from core.analytics.filters import Dimension
from core.models import LedgerEntry

# What a reader of another version would misunderstand.
_FORMAT = "staging-desk columns 1"
_HEADER_BYTES_MAX = 16_000_000
_ALIGNMENT = 64
# A process that was killed in the middle of writing left its unfinished file; nobody writes for so long.
_ABANDONED = timedelta(hours=1)
# Entries by which the database is known again, spread over the ledger.
_MARKS = 16
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_log = logs.get(__name__)
_SHAPES = {
    "jobs": (columns.JOB_SHAPE, columns.JOB_ORDER),
    "ledger": (columns.LEDGER_SHAPE, columns.LEDGER_ORDER),
}


def save(path: Path, history: History) -> None:
    """Put a copy of the columns there.

    Raises:
        OSError: if the disk does not take it; what was there before is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(path)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(6)}.new")
    try:
        with beside.open("xb") as file:
            _write(file, history)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()


def load(path: Path, session: Session) -> History | None:
    """The copy, read into memory, if it is whole and of this database; else None."""
    try:
        history = _read(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("the copy of the figures' columns is not used: it is torn", error=type(error).__name__)
        return None
    if history is None or not _is_of(session, history):
        _log.info("the copy of the figures' columns is not used: it is not of this version or this database")
        return None
    return history


def prove(path: Path) -> int:
    """Tell all processes that the copy was counted anew; gives what `proof` says from then on.

    Raises:
        OSError: if the disk does not take it.
    """
    mark = _mark(path)
    mark.touch()
    return mark.stat().st_mtime_ns


def proof(path: Path) -> int | None:
    """Another number after each time that a copy was counted anew; None if none ever was."""
    try:
        return _mark(path).stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _mark(path: Path) -> Path:
    return path.with_name(f"{path.name}.proven")


def _clear_abandoned(path: Path) -> None:
    before = (clock.now() - _ABANDONED).timestamp()
    for beside in path.parent.glob(f"{path.name}.*.new"):
        with contextlib.suppress(FileNotFoundError):
            if beside.stat().st_mtime < before:
                beside.unlink()


def _write(file: Any, history: History) -> None:
    tables = {"jobs": history.jobs, "ledger": history.ledger}
    parts = [(table, name, tables[table][name]) for table, (shape, _order) in _SHAPES.items() for name in shape]
    header = {
        "format": _FORMAT,
        "shapes": _shapes(),
        "lengths": {name: table.length for name, table in tables.items()},
        "words": {name: history.words[name].values for name in WORDS},
        "sums": [_checksum(part) for *_, part in parts],
    }
    line = json.dumps(header).encode()
    file.write(f"{len(line)} {zlib.crc32(line)}\n".encode() + line)
    for *_, part in parts:
        file.write(b"\0" * (-file.tell() % _ALIGNMENT))
        file.write(np.ascontiguousarray(part).data if len(part) else b"")


def _read(path: Path) -> History | None:
    with path.open("rb") as file:
        length, checksum = map(int, file.readline(64).split())
        line = file.read(length) if 0 <= length <= _HEADER_BYTES_MAX else b""
        if zlib.crc32(line) != checksum:
            raise ValueError("the header does not have its checksum")
        header = json.loads(line)
        if header["format"] != _FORMAT or header["shapes"] != _shapes():
            return None
        sums = iter(header["sums"])
        tables = {}
        for table, (shape, order) in _SHAPES.items():
            found = {}
            for name, (kind, width) in shape.items():
                file.seek(-file.tell() % _ALIGNMENT, os.SEEK_CUR)
                # Not mapped: whoever shortens the file must not end this process.
                part = np.fromfile(file, dtype=kind, count=header["lengths"][table] * width)
                if next(sums) != _checksum(part):
                    raise ValueError(f"the column {name} does not have its checksum")
                found[name] = part.reshape(-1, width) if width > 1 else part
            tables[table] = Table(shape, order, found)
    return History(
        jobs=tables["jobs"],
        ledger=tables["ledger"],
        words={name: Codes(values) for name, values in header["words"].items()},
    )


def _checksum(part: Array) -> int:
    return zlib.crc32(np.ascontiguousarray(part).data.cast("B")) if part.size else 0


def _shapes() -> Any:
    # As JSON gives it back.
    return json.loads(json.dumps({table: shape for table, (shape, _order) in _SHAPES.items()}))


def _is_of(session: Session, history: History) -> bool:
    """Whether entries of the file's ledger are in this database, the last of them included, just as they are there.

    The ledger only grows, so a database that has them has all before them. Those that have come since are then read.
    """
    ledger, accounts = history.ledger, history.words[Dimension.ACCOUNT.value].values
    if not ledger.length:
        return True
    spread = np.linspace(0, ledger.length - 1, num=min(_MARKS, ledger.length)).astype(np.int64)
    places = np.unique(np.append(spread, ledger["id"].argmax()))
    parts = [ledger[name][places].tolist() for name in ("id", "at", "amount", "account")]
    kept = {(entry, at, amount, accounts[code]) for entry, at, amount, code in zip(*parts, strict=True)}
    rows = session.execute(
        sa.select(LedgerEntry.id, LedgerEntry.at, LedgerEntry.amount, LedgerEntry.account_id).where(
            LedgerEntry.id.in_(parts[0])
        )
    )
    found = {(entry, (at - _EPOCH) // _MICROSECOND, amount, account) for entry, at, amount, account in rows}
    return found == kept
