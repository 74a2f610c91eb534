"""Pictures to test with, and the surgery that makes odd or hostile files of them."""

import functools
import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pillow_heif
from PIL import Image

# The corners of `room`, clockwise from the top left, so that any turn or mirroring shows.
CORNERS = {
    "top_left": (200, 40, 40),
    "top_right": (40, 180, 60),
    "bottom_right": (50, 70, 200),
    "bottom_left": (200, 180, 40),
}


@functools.lru_cache(maxsize=16)
def room(width: int = 640, height: int = 512) -> Image.Image:
    """Four plain corners and a busy middle: compresses like a photo, and its orientation can be seen."""
    pixels = np.zeros((height, width, 3), dtype=np.int16)
    half_height, half_width = height // 2, width // 2
    pixels[:half_height, :half_width] = CORNERS["top_left"]
    pixels[:half_height, half_width:] = CORNERS["top_right"]
    pixels[half_height:, half_width:] = CORNERS["bottom_right"]
    pixels[half_height:, :half_width] = CORNERS["bottom_left"]
    middle = (slice(height // 5, -height // 5), slice(width // 5, -width // 5))
    noise = np.random.default_rng(width * height).integers(-40, 40, pixels[middle].shape[:2])
    pixels[middle] += noise[..., None].astype(np.int16)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The picture in one of Pillow's formats."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(width: int = 640, height: int = 512, **options: object) -> bytes:
    return encoded(room(width, height), "JPEG", **{"quality": 85, **options})


def png(width: int = 640, height: int = 512, *, mode: str = "RGB", **options: object) -> bytes:
    return encoded(room(width, height).convert(mode), "PNG", **{"compress_level": 1, **options})


def webp(width: int = 640, height: int = 512, **options: object) -> bytes:
    return encoded(room(width, height), "WEBP", **{"method": 0, **options})


def heic(picture: Image.Image | None = None, **options: object) -> bytes:
    """As phones write it. An EXIF orientation given here is also written as the container's own rotation."""
    buffer = io.BytesIO()
    source = room() if picture is None else picture
    pillow_heif.from_pillow(source).save(buffer, **{"quality": 60, "enc_params": {"preset": "ultrafast"}, **options})
    return buffer.getvalue()


def tiff_block(*, orientation: int = 1, gps: bool = False, note: bytes = b"") -> bytes:
    """An EXIF block, as PNG and WebP hold it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if note:
        exif[0x010E] = note.decode()
    if gps:
        exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    return exif.tobytes().removeprefix(b"Exif\0\0")


def exif_block(*, orientation: int = 1, gps: bool = False, note: bytes = b"") -> bytes:
    """An EXIF block, as JPEG holds it."""
    return b"Exif\0\0" + tiff_block(orientation=orientation, gps=gps, note=note)


# ---- JPEG ------------------------------------------------------------------------------------


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def with_segments(data: bytes, *segments: bytes) -> bytes:
    """A JPEG with segments put right after its start."""
    return data[:2] + b"".join(segments) + data[2:]


def with_frame(data: bytes, *, width: int | None = None, height: int | None = None, precision: int = 8) -> bytes:
    """A JPEG whose header tells another size or precision than its data has."""
    start = next(data.find(bytes([0xFF, marker])) for marker in (0xC0, 0xC2) if bytes([0xFF, marker]) in data)
    real_height, real_width = struct.unpack_from(">HH", data, start + 5)
    told = struct.pack(">BHH", precision, real_height if height is None else height, width or real_width)
    return data[: start + 4] + told + data[start + 9 :]


def scan_start(data: bytes) -> int:
    """Where the compressed pixels of the first scan begin."""
    marker = data.find(b"\xff\xda")
    return marker + 2 + int.from_bytes(data[marker + 2 : marker + 4])


def overwritten(data: bytes, patch: bytes, *, share: float = 0.5) -> bytes:
    """The data with some bytes in its middle replaced."""
    position = int(len(data) * share)
    return data[:position] + patch + data[position + len(patch) :]


def without(data: bytes, size_bytes: int, *, share: float = 0.5) -> bytes:
    """The data with some bytes in its middle missing."""
    position = int(len(data) * share)
    return data[:position] + data[position + size_bytes :]


# ---- PNG -------------------------------------------------------------------------------------


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def raw_png(width: int, height: int, *, depth: int, color: int, rows: bytes, before: bytes = b"") -> bytes:
    """A PNG from rows of bytes (each led by its filter byte), for the kinds that no encoder here writes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(rows, 1))
    return b"\x89PNG\r\n\x1a\n" + header + before + pixels + chunk(b"IEND", b"")


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    """A PNG with chunks put right after its header."""
    return data[:33] + b"".join(chunks) + data[33:]


# ---- WebP and HEIC ---------------------------------------------------------------------------


def webp_canvas(data: bytes, width: int, height: int) -> bytes:
    """An extended WebP whose header tells another canvas."""
    return data[:24] + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little") + data[30:]


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and length of each box."""
    while start < end:
        length, kind = struct.unpack_from(">I4s", data, start)
        yield kind, start, length
        start += length


def heic_pair(*, group: bytes | None) -> bytes:
    """Two pictures in one HEIC, told to be a group of some kind: `ster` for two eyes, `brst` for a burst."""
    container = pillow_heif.from_pillow(room())
    container.add_from_pillow(room().transpose(Image.Transpose.ROTATE_180))
    buffer = io.BytesIO()
    container.save(buffer, quality=60, enc_params={"preset": "ultrafast"})
    data = buffer.getvalue()
    if group is None:
        return data
    _, start, length = next(box for box in boxes(data, 0, len(data)) if box[0] == b"meta")
    inner = {kind: (at, size) for kind, at, size in boxes(data, start + 12, start + length)}
    entities = struct.pack(">IIII", 1000, 2, 1, 2)
    groups = struct.pack(">I4sI4sI", 20 + len(entities), b"grpl", 12 + len(entities), group, 0) + entities
    head = bytearray(data[: start + length])
    struct.pack_into(">I", head, start, length + len(groups))
    # Each picture's data moves back by the bytes put in before it. Item: id, reference, base, one extent.
    items = inner[b"iloc"][0] + 16
    for item in range(2):
        base = items + 18 * item + 4
        struct.pack_into(">I", head, base, struct.unpack_from(">I", head, base)[0] + len(groups))
    return bytes(head) + groups + data[start + length :]
