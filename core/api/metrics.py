"""What does Prometheus read? `/metrics`, outside `/api`, shown to whoever may see it."""

import asyncio
import hmac
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core import logs
from core.runtime import Runtime
from core.settings import Settings

_log = logs.get(__name__)


def routes(find_runtime: Callable[[], Runtime | None], *, has_own_port: bool = False) -> list[Route]:
    """`/metrics` of the runtime that is found when it is asked for.

    With STAGING_METRICS_TOKEN it asks for that token. Without one it is open in development, and on a port that was
    opened for nothing else; production does not show it beside the API, where the world would see it too.
    """

    async def metrics(request: Request) -> Response:
        runtime = find_runtime()
        if runtime is None:
            return PlainTextResponse("The desk is starting. Ask again in a moment.\n", status_code=503)
        refusal = _refusal(runtime.settings, request.headers.get("authorization", ""), has_own_port=has_own_port)
        if refusal is not None:
            return refusal
        try:
            body, media_type = await asyncio.to_thread(runtime.metrics.exposition, request.headers.get("accept"))
        except Exception:
            _log.exception("the metrics could not be read")
            return PlainTextResponse("The metrics can't be read just now; the log says why.\n", status_code=503)
        return Response(body, media_type=media_type, headers={"Cache-Control": "no-store"})

    return [Route("/metrics", metrics)]


def _refusal(settings: Settings, authorization: str, *, has_own_port: bool) -> Response | None:
    if settings.metrics_token is not None:
        expected = f"Bearer {settings.metrics_token.get_secret_value()}"
        if hmac.compare_digest(authorization.encode(), expected.encode()):
            return None
        return PlainTextResponse(
            'These metrics need their token: send STAGING_METRICS_TOKEN as "Authorization: Bearer TOKEN".\n',
            status_code=401,
            headers={"WWW-Authenticate": "Bearer"},
        )
    if has_own_port or not settings.is_production:
        return None
    return PlainTextResponse(
        "In production, metrics are shown only once STAGING_METRICS_TOKEN is set.\n", status_code=403
    )
