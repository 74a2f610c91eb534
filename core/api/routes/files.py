"""How are pictures opened? With a key that sees the account, or by a signed link."""

import mimetypes
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from core import errors
from core.api.deps import OptionalActorDep, RuntimeDep
from core.api.document import problems
from core.storage import contract, links

router = APIRouter(prefix="/files", tags=["files"])
_MEDIA_TYPES = {".heic": "image/heic", ".webp": "image/webp"}
# Files never change under their key. What an upload may hold besides a picture must never run in a browser.
_HEADERS = {
    "Cache-Control": "private, max-age=21600, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@router.get(
    "/{key:path}",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}}, **problems(503)},
    # A signed link needs no key.
    openapi_extra={"security": [{}]},
)
def get_file(
    runtime: RuntimeDep,
    actor: OptionalActorDep,
    key: str,
    expires: Annotated[int | None, Query(ge=0, le=2**40)] = None,
    signature: str | None = None,
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The bytes of a photo, result or thumbnail."""
    if signature is not None and expires is not None:
        secret = runtime.settings.signing_secret
        links.require_valid(key, expires=expires, signature=signature, secret=secret, download_name=name)
    elif actor is None:
        raise errors.NotAuthenticated
    else:
        account_id = contract.account_of(key)
        if account_id is None or not actor.sees(account_id):
            raise errors.FileNotFound
    data = runtime.storage.get(key)
    headers = dict(_HEADERS)
    if name:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(data, media_type=_media_type(key), headers=headers)


def _media_type(key: str) -> str:
    extension = key[key.rfind(".") :] if "." in key else ""
    return _MEDIA_TYPES.get(extension) or mimetypes.types_map.get(extension, "application/octet-stream")
