"""How much may be sent, and by whom? Decided while a request comes in, before anything of it is kept.

A request that names no key is refused before its body is read, except where none is needed. One that is too large is
read to its end and thrown away, since a client that is cut off while it sends never sees the answer.
"""

from collections.abc import Mapping
from http import HTTPMethod

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import errors
from core.api.error_handlers import problem
from core.images.validation import MAX_FILE_BYTES
from core.jobs.service import UPLOADS_MAX_BYTES
from core.webhooks.inbox import BODY_MAX_BYTES

_MEGABYTE = 1024 * 1024
_JSON_MAX_BYTES = _MEGABYTE
# The limit of each route that takes more than JSON, by the last part of its path.
_MAX_BYTES: Mapping[str, int] = {
    "stage": UPLOADS_MAX_BYTES + MAX_FILE_BYTES,
    "photos": UPLOADS_MAX_BYTES + MAX_FILE_BYTES,
    # The route itself has words for a webhook that is too large.
    "replicate": BODY_MAX_BYTES + _MEGABYTE,
}
_WITHOUT_KEY = ("/webhooks/", "/files/", "/openapi.json")


class RequestLimits:
    """ASGI middleware for the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on within its limits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, method = str(scope["path"]), scope["method"]
        needs_key = method == HTTPMethod.POST and not any(part in path for part in _WITHOUT_KEY)
        if needs_key and "authorization" not in Headers(scope=scope):
            await problem(errors.NotAuthenticated())(scope, receive, send)
            return
        counter = _Counter(receive, send, _MAX_BYTES.get(path.rstrip("/").rpartition("/")[2], _JSON_MAX_BYTES))
        await self._app(scope, counter.receive, counter.send)
        if counter.is_over:
            await problem(errors.RequestTooLarge())(scope, receive, send)


class _Counter:
    """Counts the body on its way in; once it is over the limit, nothing of it or of the answer gets through."""

    def __init__(self, receive: Receive, send: Send, max_bytes: int) -> None:
        self._receive, self._send, self._left = receive, send, max_bytes
        self.is_over = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            while self._left < 0 and message["type"] == "http.request":
                self.is_over = True
                if not message.get("more_body"):
                    return {"type": "http.request", "body": b"", "more_body": False}
                message = await self._receive()
        return message

    async def send(self, message: Message) -> None:
        if not self.is_over:
            await self._send(message)
