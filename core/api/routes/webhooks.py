"""Where does the provider bring its news?"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from core import errors
from core.api.deps import RuntimeDep
from core.api.schemas import Problem
from core.webhooks.inbox import BODY_MAX_BYTES

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("/replicate", responses={413: {"model": Problem}})
async def replicate_webhook(
    runtime: RuntimeDep, request: Request, variant: Annotated[str | None, Query(max_length=64)] = None
) -> dict[str, bool]:
    """Keep a signed webhook; it is applied by the worker right after. `new` is false for a repetition."""
    body = await _read(request)
    headers = dict(request.headers)
    is_new = await run_in_threadpool(runtime.inbox.receive, body, headers, variant_id=variant)
    return {"new": is_new}


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX_BYTES:
            raise errors.WebhookTooLarge
    return bytes(body)
