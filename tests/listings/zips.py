"""ZIP files byte by byte, so that they can lie as no packing program would."""

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

UTF8 = 0x800
ENCRYPTED = 0x1
STORED, DEFLATED, BZIP2, LZMA, AES = 0, 8, 12, 14, 99


def deflated(data: bytes, *, level: int = 9) -> bytes:
    stream = zlib.compressobj(level, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file. What is told of it is true unless said otherwise."""

    name: bytes
    data: bytes = b""
    method: int = STORED
    flags: int = 0
    extra: bytes = b""
    packed: bytes | None = None
    told_size: int | None = None
    told_packed_size: int | None = None
    told_crc: int | None = None
    told_offset: int | None = None
    needs_version: int = 20

    @property
    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.data) if self.method == DEFLATED else self.data

    @property
    def told(self) -> tuple[int, int, int]:
        crc = zlib.crc32(self.data) if self.told_crc is None else self.told_crc
        packed = len(self.body) if self.told_packed_size is None else self.told_packed_size
        return crc, packed, len(self.data) if self.told_size is None else self.told_size


def zipped(entries: Sequence[Entry], *, comment: bytes = b"") -> io.BytesIO:
    """The entries as a ZIP file."""
    file, directory = io.BytesIO(), io.BytesIO()
    for entry in entries:
        offset = file.tell() if entry.told_offset is None else entry.told_offset
        common = (entry.needs_version, entry.flags, entry.method, 0, 0x21, *entry.told, len(entry.name))
        if entry.told_offset is None:
            file.write(struct.pack("<4s5H3I2H", b"PK\3\4", *common, 0) + entry.name + entry.body)
        directory.write(struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, *common, len(entry.extra), 0, 0, 0, 0, offset))
        directory.write(entry.name + entry.extra)
    start, size = file.tell(), directory.tell()
    file.write(directory.getvalue())
    count = len(entries)
    file.write(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, start, len(comment)) + comment)
    return file


def unicode_path(name: str, raw: bytes, *, crc: int | None = None) -> bytes:
    """Info-ZIP's extra field that tells a name in UTF-8."""
    text = name.encode()
    return struct.pack("<HHBI", 0x7075, 5 + len(text), 1, zlib.crc32(raw) if crc is None else crc) + text
