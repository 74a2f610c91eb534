"""Whose picture is this? Results that carry the id of the prediction that drew them."""

import functools
import io
import struct

from PIL import Image

from tests import pictures_to_send

_START, _COMMENT = b"\xff\xd8", b"\xff\xfe"
# The photo's shape at half its size: small pictures are quick to check.
_SIZE = (pictures_to_send.WIDTH // 2, pictures_to_send.HEIGHT // 2)


@functools.cache
def _plain() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", _SIZE, (200, 190, 170)).save(buffer, "JPEG", quality=50)
    return buffer.getvalue()


def result_of(prediction_id: str) -> bytes:
    """A JPEG whose comment names the prediction."""
    comment = prediction_id.encode()
    return _START + _COMMENT + struct.pack(">H", len(comment) + 2) + comment + _plain()[len(_START) :]


def prediction_of(data: bytes) -> str | None:
    """The prediction that drew the picture, or None if it is no result."""
    head = len(_START) + len(_COMMENT)
    if not data.startswith(_START + _COMMENT):
        return None
    (length,) = struct.unpack(">H", data[head : head + 2])
    return data[head + 2 : head + length].decode()
