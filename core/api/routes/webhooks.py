"""Where does the provider bring its news?"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from core import errors
from core.api.deps import RuntimeDep
from core.api.schemas import Problem
from core.metrics import Receipt
from core.webhooks.inbox import BODY_MAX_BYTES

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
_REFUSALS: Mapping[type[Exception], Receipt] = {
    errors.WebhookRejected: Receipt.REJECTED,
    errors.ValidationFailed: Receipt.MALFORMED,
    errors.WebhookTooLarge: Receipt.TOO_LARGE,
}


@router.post("/replicate", responses={413: {"model": Problem}})
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
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX_BYTES:
            raise errors.WebhookTooLarge
    return bytes(body)
