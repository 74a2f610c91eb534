"""Where does the provider bring its news?"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from core import errors
from core.api.deps import RuntimeDep
from core.api.document import problems
from core.metrics import Receipt
from core.webhooks.inbox import BODY_MAX_BYTES

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
# The signature is over the bytes as they came, so the framework must not read them; it has to be told of them.
_SIGNED_BODY = {
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ],
    "requestBody": {
        "description": "The prediction, as the provider tells it",
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
}
_REFUSALS: Mapping[type[Exception], Receipt] = {
    errors.WebhookRejected: Receipt.REJECTED,
    errors.ValidationFailed: Receipt.MALFORMED,
    errors.WebhookTooLarge: Receipt.TOO_LARGE,
}


@router.post("/replicate", responses=problems(401, 413, 422, 503), openapi_extra=_SIGNED_BODY)
async def replicate_webhook(
    runtime: RuntimeDep, request: Request, variant: Annotated[str | None, Query(max_length=64)] = None
) -> dict[str, bool]:
    """Keep a signed webhook; it is applied by the worker right after. `new` is false for a repetition."""
    try:
        body = await _read(request)
        is_new = await run_in_threadpool(runtime.inbox.receive, body, dict(request.headers), variant_id=variant)
    except Exception as exception:
        runtime.metrics.webhook_received(_receipt(exception))
        raise
    runtime.metrics.webhook_received(Receipt.NEW if is_new else Receipt.DUPLICATE)
    return {"new": is_new}


def _receipt(exception: Exception) -> Receipt:
    return next((receipt for kind, receipt in _REFUSALS.items() if isinstance(exception, kind)), Receipt.FAILED)


async def _read(request: Request) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_MAX_BYTES:
                raise errors.WebhookTooLarge
    except ClientDisconnect:
        # Nobody waits for the answer; whoever sent it will send it again.
        raise errors.ValidationFailed("The webhook broke off before its end. Nothing was changed.") from None
    return bytes(body)
