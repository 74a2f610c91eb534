"""Colour profiles made from primaries, and what they mean in sRGB."""

import struct

import numpy as np

# Chromaticities x, y of red, green and blue; the white of all three is D65.
PRIMARIES = {
    "srgb": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "wide": ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
    "adobe": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
}
GAMMA = 2.2
_D65 = np.array([0.9505, 1.0, 1.089])
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def _to_xyz(name: str) -> np.ndarray:
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in PRIMARIES[name]]).T
    return columns * np.linalg.solve(columns, _D65)


def in_srgb(name: str, rgb: tuple[int, int, int]) -> tuple[int, ...]:
    """What a pixel in this colour space is in sRGB, computed apart from any colour library."""
    linear = np.linalg.solve(_to_xyz("srgb"), _to_xyz(name) @ (np.array(rgb) / 255) ** GAMMA).clip(0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return tuple(int(value) for value in np.rint(255 * curved))


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _text(), b"wtpt": _xyz(_D50), **tags}
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += struct.pack(">4sII", tag, offset + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    header = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", header, 0, offset + len(body), b"lcms", 0x02400000, b"mntr", space, b"XYZ ")
    header[36:40] = b"acsp"
    header[68:80] = _fixed(_D50)
    return bytes(header) + table + body


def rgb(name: str) -> bytes:
    """An ICC profile for RGB pixels with these primaries and a plain gamma."""
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ _D65))
    matrix = np.linalg.solve(_BRADFORD, cones @ _BRADFORD) @ _to_xyz(name)
    columns = {tag: _xyz(matrix[:, index]) for index, tag in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    return _profile(b"RGB ", {**columns, **{tag: _curve(GAMMA) for tag in (b"rTRC", b"gTRC", b"bTRC")}})


def grey(gamma: float) -> bytes:
    """An ICC profile for grey pixels."""
    return _profile(b"GRAY", {b"kTRC": _curve(gamma)})


def _fixed(values: np.ndarray) -> bytes:
    return struct.pack(">3i", *(round(float(value) * 65536) for value in values))


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def _text() -> bytes:
    name = b"made for a test\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
