"""What kind of file is this, judged by its first bytes and never by its name?"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from core import errors

Format: TypeAlias = Literal["jpeg", "png", "webp", "heic"]

MEDIA_TYPES: Final[dict[Format, str]] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "heic": "image/heic",
}
EXTENSIONS: Final[dict[Format, str]] = {"jpeg": "jpg", "png": "png", "webp": "webp", "heic": "heic"}

# Still pictures coded with HEVC, and the brands of HEVC sequences (bursts, animations).
HEIC_STILL_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis"})
HEIC_SEQUENCE_BRANDS: Final = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})

# What people send by mistake, so that the refusal can name it. First match wins.
_FOREIGN: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "a PDF"),
    (b"GIF8", "a GIF"),
    (b"II*\0", "a TIFF or camera raw file"),
    (b"MM\0*", "a TIFF or camera raw file"),
    (b"FUJIFILMCCD-RAW", "a camera raw file"),
    (b"8BPS", "a Photoshop document"),
    (b"BM", "a BMP"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
)
_FOREIGN_BRANDS: Final[dict[bytes, str]] = {
    b"avif": "an AVIF picture",
    b"avis": "an AVIF picture",
    b"crx ": "a camera raw file",
    b"qt  ": "a video",
    b"isom": "a video",
    b"mp41": "a video",
    b"mp42": "a video",
    b"M4V ": "a video",
}
_TEXT_LEAD: Final = b"\xef\xbb\xbf\xff\xfe \t\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a file's header says about its picture, before any limit is applied.

    `width` and `height` are in pixels as stored, before `orientation` (the EXIF value 1 to 8 that
    is still to be applied to the decoded pixels). `progressive` means that the decoder has to hold
    the whole picture at full size, whatever size is asked of it.
    """

    width: int
    height: int
    orientation: int = 1
    has_gps: bool = False
    progressive: bool = False


def sniff(data: bytes) -> Format:
    """The format of a photo that we take.

    Raises `PhotoUnsupported`, naming what the file is if that is known.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if brands(data) & (HEIC_STILL_BRANDS | HEIC_SEQUENCE_BRANDS):
        return "heic"
    what = _foreign_name(data)
    if what is None:
        raise errors.PhotoUnsupported()
    raise errors.PhotoUnsupported(
        f"This is {what}, not a JPEG, PNG, WebP or HEIC photo. Export it as JPEG and try again; nothing was charged."
    )


def brands(data: bytes) -> frozenset[bytes]:
    """The brands in the `ftyp` box that opens HEIC files and their relatives; empty for anything else."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4]), 512, len(data) - len(data) % 4)
    return frozenset({data[8:12], *(data[start : start + 4] for start in range(16, end, 4))})


def _foreign_name(data: bytes) -> str | None:
    for signature, name in _FOREIGN:
        if data.startswith(signature):
            return name
    for brand, name in _FOREIGN_BRANDS.items():
        if brand in brands(data):
            return name
    return "a text, web page or drawing" if data[:512].lstrip(_TEXT_LEAD).startswith(b"<") else None
