"""What is to be seen in a made-up history? A few drawn rooms that many jobs share, stored for each account."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from core.images import results, thumbnails
from core.images.results import CheckedResult
from core.provider.simulator import stager
from core.storage.contract import Storage, content_key, sha256

_ROOM_SEEDS = (1, 2, 3)
EACH_ACCOUNT = len(_ROOM_SEEDS)
_PER_ROOM = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What the rows of a photo and of its variants say of their files."""

    photo: dict[str, Any]
    variants: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Drawn:
    width: int
    height: int
    original: bytes
    small: bytes
    staged: tuple[tuple[CheckedResult, bytes], ...]


def stored(storage: Storage, account_ids: Iterable[int]) -> list[Pictures]:
    """The pictures of each account, `EACH_ACCOUNT` of them one after the other, drawn and stored."""
    drawn = [_draw(seed) for seed in _ROOM_SEEDS]
    return [_store(storage, account_id, one) for account_id in account_ids for one in drawn]


def _draw(seed: int) -> _Drawn:
    room = stager.sample_room(seed)
    original = _encoded(room, "JPEG")
    staged = []
    for number in range(_PER_ROOM):
        picture = stager.stage(room, prompt="a living room in modern style", seed=seed * 10 + number)
        checked = results.check(_encoded(picture, "JPEG"), photo_width=room.width, photo_height=room.height)
        staged.append((checked, thumbnails.thumbnail(checked.data)))
    return _Drawn(room.width, room.height, original, thumbnails.thumbnail(original), tuple(staged))


def _store(storage: Storage, account_id: int, drawn: _Drawn) -> Pictures:
    photo = {
        "sha256": sha256(drawn.original),
        "media_type": "image/jpeg",
        "size_bytes": len(drawn.original),
        "width": drawn.width,
        "height": drawn.height,
        "original_key": _put(storage, account_id, "originals", drawn.original, "jpeg"),
        "prepared_key": _put(storage, account_id, "prepared", drawn.original, "jpg"),
        "prepared_width": drawn.width,
        "prepared_height": drawn.height,
        "thumbnail_key": _put(storage, account_id, "thumbnails", drawn.small, thumbnails.EXTENSION),
    }
    return Pictures(photo=photo, variants=tuple(_store_staged(storage, account_id, drawn.staged)))


def _store_staged(
    storage: Storage, account_id: int, staged: Sequence[tuple[CheckedResult, bytes]]
) -> Iterable[dict[str, Any]]:
    for picture, small in staged:
        yield {
            "result_key": _put(storage, account_id, "results", picture.data, picture.extension),
            "result_thumbnail_key": _put(storage, account_id, "thumbnails", small, thumbnails.EXTENSION),
            "result_sha256": picture.sha256,
            "result_media_type": picture.media_type,
            "result_width": picture.width,
            "result_height": picture.height,
            "result_size_bytes": len(picture.data),
        }


def _put(storage: Storage, account_id: int, kind: str, data: bytes, extension: str) -> str:
    key = content_key(account_id=account_id, kind=kind, digest=sha256(data), extension=extension)
    storage.put(key, data)
    return key


def _encoded(picture: Image.Image, file_format: str) -> bytes:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, file_format, quality=92)
    return buffer.getvalue()
