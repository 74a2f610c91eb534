"""Where do results come from? Output files without a token, faulty on purpose where asked, and a page to look at."""

import asyncio
import html
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from core.provider.contract import PredictionStatus
from core.provider.simulator import problems, views
from core.provider.simulator.assembly import Simulator, of, origin_of
from core.provider.simulator.faults import Fault

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg"}
NOT_AN_IMAGE = b"<!doctype html><title>Error</title><p>The file could not be delivered.</p>"
SLOW_PARTS = 20
SLOW_SECONDS = 5.0

router = APIRouter()


@router.api_route("/delivery/{prediction_id}/{name}", methods=["GET", "HEAD"])
async def download_output(request: Request, prediction_id: str, name: str) -> Response:
    """The picture of a succeeded prediction, for an hour."""
    simulator = of(request)
    record = simulator.engine.get(prediction_id)
    is_there = (
        record is not None
        and record.status is PredictionStatus.SUCCEEDED
        and not record.data_removed
        and record.output_name == name
        and Fault.OUTPUT_EXPIRED not in record.faults
    )
    if record is None or not is_there:
        raise problems.not_found("The file does not exist, or has expired.")
    data = await asyncio.to_thread(simulator.studio.output_path(record).read_bytes)
    media_type = CONTENT_TYPES[record.output_format]
    if Fault.OUTPUT_NOT_IMAGE in record.faults:
        return Response(NOT_AN_IMAGE, media_type=media_type)
    if Fault.OUTPUT_TRUNCATED in record.faults:
        # Cut off before it was served, so that the length announced fits and only a decoder notices.
        return Response(data[: len(data) // 2], media_type=media_type)
    if Fault.OUTPUT_SLOW in record.faults:
        headers = {"content-length": str(len(data))}
        return StreamingResponse(_dribble(simulator, data), media_type=media_type, headers=headers)
    return Response(data, media_type=media_type)


@router.get("/p/{prediction_id}")
async def show_prediction(request: Request, prediction_id: str) -> Response:
    """A prediction for a person to look at."""
    record = of(request).engine.get(prediction_id)
    if record is None:
        raise problems.not_found()
    url = views.output_url(record, origin=origin_of(request))
    picture = f'<img src="{html.escape(url)}" alt="Output" style="max-width:100%">' if url else ""
    prompt = html.escape(str(record.input.get("prompt", "(removed)")))
    status = record.status.value
    return HTMLResponse(f"<!doctype html><title>{record.id}</title><h1>{status}</h1><p>{prompt}</p>{picture}")


async def _dribble(simulator: Simulator, data: bytes) -> AsyncIterator[bytes]:
    size = max(1, -(-len(data) // SLOW_PARTS))
    for start in range(0, len(data), size):
        if start and not simulator.stopping.is_set():
            await asyncio.sleep(SLOW_SECONDS / SLOW_PARTS)
        yield data[start : start + size]
