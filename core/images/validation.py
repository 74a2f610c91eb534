"""Can this upload be staged? Judged from its header, before anything is decoded."""

import unicodedata
from typing import Final

from core import errors
from core.images import headers
from core.images.formats import Format
from core.images.headers import PhotoHeader

__all__ = ["PhotoHeader", "inspect", "safe_file_name"]

MAX_FILE_BYTES: Final = 50 * 1024 * 1024
MIN_SHORT_SIDE_PIXELS: Final = 512
MAX_ASPECT: Final = 3
# A JPEG is decoded straight to a smaller size; the others have to be held whole.
MAX_PIXELS: Final[dict[Format, int]] = {
    "jpeg": 120_000_000,
    "png": 64_000_000,
    "webp": 64_000_000,
    "heic": 64_000_000,
}

MAX_NAME_CHARACTERS: Final = 120
_MAX_EXTENSION_CHARACTERS: Final = 12
_NAMELESS: Final = "photo"


def inspect(data: bytes, *, file_name: str = "") -> PhotoHeader:
    """What the file is and how large its picture, or the reason why it can't be staged.

    The content decides, not the name: `file_name` only appears in messages. Raises a subclass of `PhotoRefused`:
    `PhotoEmpty`, `PhotoTooLarge`, `PhotoUnsupported`, `PhotoAnimated`, `PhotoUnreadable`, `PhotoTooManyPixels`,
    `PhotoTooSmall` or `PhotoTooNarrow`. That the file also decodes is found out by `preparation.prepare`.
    """
    if not data:
        raise errors.PhotoEmpty()
    if len(data) > MAX_FILE_BYTES:
        raise errors.PhotoTooLarge(
            f"{_subject(file_name)} has {_megabytes(len(data))} MB; {MAX_FILE_BYTES // 1024**2} MB is the limit. "
            "Export a smaller copy and try again; nothing was charged."
        )
    header = headers.read(data)
    _check_size(header, subject=_subject(file_name))
    return header


def _check_size(header: PhotoHeader, *, subject: str) -> None:
    limit = MAX_PIXELS[header.format]
    shape = f"{subject} is {header.width} × {header.height}"
    if header.pixels > limit:
        raise errors.PhotoTooManyPixels(
            f"{shape}, {header.pixels / 1e6:.1f} megapixels; the limit for {header.format.upper()} is "
            f"{limit // 10**6}. Export a smaller copy; nothing was charged."
        )
    short, long = sorted((header.width, header.height))
    if short < MIN_SHORT_SIDE_PIXELS:
        raise errors.PhotoTooSmall(
            f"{shape}; the short side must be at least {MIN_SHORT_SIDE_PIXELS} pixels. "
            "Use a larger one; nothing was charged."
        )
    if long > MAX_ASPECT * short:
        raise errors.PhotoTooNarrow(
            f"{shape}; the long side may be at most {MAX_ASPECT} times the short one. "
            "Crop it and try again; nothing was charged."
        )


def _subject(file_name: str) -> str:
    return safe_file_name(file_name) if file_name.strip() else "This photo"


def _megabytes(size_bytes: int) -> str:
    """With one decimal, rounded up, so that a file just over the limit does not read as exactly at it."""
    return f"{-(-size_bytes * 10 // 1024**2) / 10:.1f}"


def safe_file_name(name: str) -> str:
    """The name for display: no folders, no control or direction-changing characters, 120 characters, never empty.

    A name that is too long keeps its extension. It is never used as a path.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip(". ")]
    last = unicodedata.normalize("NFC", parts[-1] if parts else "")
    # Categories C (control, format, surrogate, private, unassigned) and the line and paragraph separators go.
    kept = "".join(
        c for c in last if unicodedata.category(c)[0] != "C" and unicodedata.category(c) not in ("Zl", "Zp")
    )
    kept = " ".join(kept.split())
    stem, dot, extension = kept.rpartition(".")
    if not dot or not extension or len(extension) > _MAX_EXTENSION_CHARACTERS:
        stem, dot, extension = kept, "", ""
    stem = stem.strip(". ") or _NAMELESS
    return stem[: MAX_NAME_CHARACTERS - len(dot + extension)].rstrip(". ") + dot + extension
