"""Where do results come from? Output files without a token, faulty on purpose where asked, and a page to look at."""

import asyncio
import html
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from core.provider.contract import PredictionStatus
from core.provider.simulator import problems, views
from core.provider.simulator.assembly import Simulator, of, origin_of
from core.provider.simulator.faults import Fault
from core.provider.simulator.records import Record

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
NOT_AN_IMAGE = b"<!doctype html><title>Error</title><p>The file could not be delivered.</p>"
SLOW_PARTS = 20
SLOW_SECONDS = 5.0

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Download:
    request: Request
    simulator: Simulator
    record: Record
    data: bytes

    @property
    def media_type(self) -> str:
        return CONTENT_TYPES[self.record.output_format]

    def whole(self) -> Response:
        return Response(self.data, media_type=self.media_type)

    def streamed(self, parts: AsyncIterator[bytes]) -> Response:
        headers = {"content-length": str(len(self.data))}
        return StreamingResponse(parts, media_type=self.media_type, headers=headers)


@router.api_route("/delivery/{prediction_id}/{name}", methods=["GET", "HEAD"])
async def download_output(request: Request, prediction_id: str, name: str) -> Response:
    """The picture of a succeeded prediction, for an hour."""
    download = await _find(request, prediction_id, name)
    return next(
        (answer(download) for fault, answer in _FAULTY.items() if fault in download.record.faults), download.whole()
    )


@router.get("/elsewhere/{prediction_id}/{name}")
async def download_elsewhere(request: Request, prediction_id: str, name: str) -> Response:
    """The same picture, whole, where the fault `output-redirect` leads; who comes here followed it."""
    of(request).store.count("redirects_followed")
    return (await _find(request, prediction_id, name)).whole()


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


async def _find(request: Request, prediction_id: str, name: str) -> _Download:
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
    return _Download(request=request, simulator=simulator, record=record, data=data)


def _not_an_image(download: _Download) -> Response:
    return Response(NOT_AN_IMAGE, media_type=download.media_type)


def _truncated(download: _Download) -> Response:
    # Cut off before it was served, so that the length announced fits and only a decoder notices.
    return Response(download.data[: len(download.data) // 2], media_type=download.media_type)


def _interrupted(download: _Download) -> Response:
    is_first = download.record.id not in download.simulator.interrupted
    if not is_first or download.request.method != "GET":
        return download.whole()
    download.simulator.interrupted.add(download.record.id)
    return download.streamed(_broken_off(download))


def _slow(download: _Download) -> Response:
    return download.streamed(_dribble(download))


def _redirected(download: _Download) -> Response:
    url = download.request.url
    # The picture is really there, so that only a client that does not follow is safe from it.
    other_host = "127.0.0.1" if url.hostname == "localhost" else "localhost"
    path = f"/elsewhere/{download.record.id}/{download.record.output_name}"
    return RedirectResponse(str(url.replace(hostname=other_host, path=path)), status_code=302)


_FAULTY: Mapping[Fault, Callable[[_Download], Response]] = {
    Fault.OUTPUT_REDIRECT: _redirected,
    Fault.OUTPUT_INTERRUPTED: _interrupted,
    Fault.OUTPUT_NOT_IMAGE: _not_an_image,
    Fault.OUTPUT_TRUNCATED: _truncated,
    Fault.OUTPUT_SLOW: _slow,
}


async def _broken_off(download: _Download) -> AsyncIterator[bytes]:
    yield download.data[: len(download.data) // 2]
    client = download.request.client
    await download.simulator.connections.reset(client and (client.host, client.port))


async def _dribble(download: _Download) -> AsyncIterator[bytes]:
    data, stopping = download.data, download.simulator.stopping
    size = max(1, -(-len(data) // SLOW_PARTS))
    for start in range(0, len(data), size):
        if start and not stopping.is_set():
            await asyncio.sleep(SLOW_SECONDS / SLOW_PARTS)
        yield data[start : start + size]
