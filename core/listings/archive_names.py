"""What is a file inside a ZIP called, is it meant for us, and may it be called that?"""

import re
import struct
import unicodedata
import zipfile
import zlib
from typing import Final

from core import errors

_UTF8_FLAG: Final = 0x800
# Info-ZIP's extra field with the name in UTF-8: a version byte, the CRC of the old name, the name.
_UNICODE_PATH: Final = 0x7075
_SEPARATORS: Final = re.compile(r"[/\\]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_SYSTEM_FOLDERS: Final = frozenset({"__macosx", "@eadir", "$recycle.bin"})
_SYSTEM_FILES: Final = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db"})


def decoded(entry: zipfile.ZipInfo) -> str:
    """The whole name of the entry as its maker saw it, in Unicode's composed form.

    By the entry's UTF-8 flag, else Info-ZIP's Unicode field, else as UTF-8 if it is that (macOS writes it without the
    flag, and text of another encoding is practically never valid UTF-8), else as cp437, which the format prescribes.
    """
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8_FLAG:
        raw = name.encode("cp437")
        name = _unicode_path(entry.extra, raw) or _utf8(raw) or name
    return unicodedata.normalize("NFC", name)


def is_folder(name: str) -> bool:
    """Whether the entry is a folder, which holds nothing itself."""
    return name.endswith(("/", "\\"))


def is_left_by_a_system(name: str) -> bool:
    """Whether a computer put the file there by itself: `__MACOSX`, dot files, `Thumbs.db` and the like."""
    *folders, file = (part.casefold() for part in _parts(name))
    return file in _SYSTEM_FILES or any(part.startswith(".") or part in _SYSTEM_FOLDERS for part in (*folders, file))


def checked(name: str) -> str:
    """The name with `/` between its folders.

    Raises `PhotoPathRefused` for one that is absolute, climbs out with `..`, is empty or holds control characters.
    """
    parts = _parts(name)
    climbs = ".." in parts
    is_absolute = name.startswith(("/", "\\")) or _DRIVE.match(name) is not None
    has_control = any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    if climbs or is_absolute or has_control or not "".join(parts).strip():
        raise errors.PhotoPathRefused()
    return "/".join(parts)


def _parts(name: str) -> list[str]:
    return [part for part in _SEPARATORS.split(name) if part not in ("", ".")] or [""]


def _utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name from Info-ZIP's field, if it still belongs to the old one (which a program may have changed since)."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(field) > 5 and field[0] == 1:
            (checksum,) = struct.unpack_from("<I", field, 1)
            return _utf8(field[5:]) if checksum == zlib.crc32(raw) else None
    return None
