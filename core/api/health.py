"""Is this process alive, and can it work? The two questions that a supervisor asks, outside `/api`."""

import asyncio
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Checks = Callable[[], Mapping[str, bool]]


def routes(checks: Checks) -> list[Route]:
    """`/healthz`, which answers while the process lives, and `/readyz`, which asks each part by `checks`."""

    async def healthz(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> JSONResponse:
        found = dict(await asyncio.to_thread(checks))
        ready = all(found.values())
        content = {"status": "ready" if ready else "not ready", "checks": found}
        return JSONResponse(content, status_code=200 if ready else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
