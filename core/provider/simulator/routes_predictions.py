"""What does the API answer about predictions? Create, get, list and cancel."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from core.provider.simulator import bodies, catalog, faults, paging, problems, quality, refusals, views
from core.provider.simulator.assembly import Simulator, of, origin_of, require_bearer
from core.provider.simulator.faults import Fault
from core.provider.simulator.json_answer import JsonAnswer
from core.provider.simulator.orders import Order, read_order
from core.provider.simulator.paging import PAGE_SIZE
from core.provider.simulator.records import Record, digest
from core.provider.simulator.store import Filters

HELD_SECONDS = 120.0
FAULT_HEADER = "x-simulator-fault"

router = APIRouter(prefix="/v1", dependencies=[Depends(require_bearer)])


@router.post("/models/{owner}/{name}/predictions")
async def create_by_model(request: Request, owner: str, name: str) -> Response:
    """Create a prediction by its model's name."""

    def find_model(_body: dict[str, Any]) -> str:
        if f"{owner}/{name}" not in catalog.MODELS:
            raise problems.not_found()
        return f"{owner}/{name}"

    return await _create(request, find_model)


@router.post("/predictions")
async def create_by_version(request: Request) -> Response:
    """Create a prediction by `owner/name`, `owner/name:version` or a version id."""
    return await _create(request, _take_version)


@router.get("/predictions")
async def list_predictions(request: Request) -> Response:
    """A page of predictions, newest first."""
    simulator, cursor = of(request), paging.read_cursor(request)
    simulator.reads["lists"] += 1
    filters = _filters(request, simulator)
    pick = simulator.store.newer_than if cursor.direction == "newer" else simulator.store.older_than
    rows = pick(cursor.position, filters, limit=PAGE_SIZE) if _shows_api(request) else []
    has_older = bool(rows) and bool(simulator.store.older_than(rows[-1][0], filters, limit=1))
    has_newer = bool(rows) and bool(simulator.store.newer_than(rows[0][0], filters, limit=1))
    origin = origin_of(request)
    results = [views.prediction_view(simulator.engine.current(record), origin=origin) for _, record in rows]
    return JsonAnswer(
        {
            "next": paging.page_url(request, "older", rows[-1][0]) if has_older else None,
            "previous": paging.page_url(request, "newer", rows[0][0]) if has_newer else None,
            "results": results,
        }
    )


@router.get("/predictions/{prediction_id}")
async def get_prediction(request: Request, prediction_id: str) -> Response:
    """One prediction as it is now."""
    of(request).reads["gets"] += 1
    return _answer(request, of(request).engine.get(prediction_id))


@router.post("/predictions/{prediction_id}/cancel")
async def cancel_prediction(request: Request, prediction_id: str) -> Response:
    """End a prediction; a finished one is answered as it is."""
    of(request).store.count("cancels")
    return _answer(request, of(request).engine.cancel(prediction_id))


async def _create(request: Request, find_model: Callable[[dict[str, Any]], str]) -> Response:
    """Create a prediction.

    1. Count the call once it has arrived whole, and what it is refused with.
    2. Let the rate limit have its say, then the faults: a refused call buys nothing.
    3. Check the order and take it.
    4. Answer, unless the answer is to get lost.
    """
    simulator, data = of(request), await request.body()
    simulator.store.count("creates")
    try:
        _pass_rate_limit(simulator)
        order, record = _take(simulator, request, bodies.read_object(data), find_model)
    except problems.Problem as problem:
        simulator.store.count(refusals.counter_for(problem))
        raise
    if Fault.RESET_AFTER_ACCEPT in record.faults:
        await simulator.connections.reset(request.client and (request.client.host, request.client.port))
    if Fault.TIMEOUT_AFTER_ACCEPT in record.faults:
        await _hold(simulator, request)
    return await _created(simulator, request, order, record)


def _take(
    simulator: Simulator, request: Request, body: dict[str, Any], find_model: Callable[[dict[str, Any]], str]
) -> tuple[Order, Record]:
    struck = _strike(simulator, request, body)
    refusal = refusals.refusal_for(struck, simulator.plan)
    if refusal is not None:
        simulator.count_struck(struck)
        raise refusal
    order = read_order(
        body,
        model=find_model(body),
        headers=request.headers,
        allow_http_webhooks=simulator.config.allow_http_webhooks,
    )
    served = quality.serving(simulator.qualities, model=order.model, inputs=order.input)
    struck = faults.settled(forced=struck, rolled=simulator.plan.roll_at(served.faults))
    simulator.count_struck(struck)
    return order, simulator.engine.create(
        order,
        origin=origin_of(request),
        faults=struck,
        planned_error=simulator.plan.error_for(struck),
        seconds=served.seconds,
    )


async def _created(simulator: Simulator, request: Request, order: Order, record: Record) -> Response:
    status = 201
    if order.wait_seconds:
        record = await simulator.engine.wait(record.id, seconds=order.wait_seconds) or record
        status = 201 if record.status.is_terminal else 202
    view = views.prediction_view(record, origin=origin_of(request))
    return JsonAnswer(view, status_code=status, headers=simulator.bucket.headers())


def _pass_rate_limit(simulator: Simulator) -> None:
    wait_seconds = simulator.bucket.take()
    if wait_seconds:
        raise problems.throttled(wait_seconds, simulator.bucket.headers())


def _strike(simulator: Simulator, request: Request, body: dict[str, Any]) -> frozenset[Fault]:
    """The faults of this create."""
    given = body.get("input")
    inputs: dict[str, Any] = given if isinstance(given, dict) else {}
    prompt = inputs.get("prompt")
    marks, unknown = faults.marks_of(header=request.headers.get(FAULT_HEADER), prompt=prompt)
    if unknown:
        description = f"There is no fault called {', '.join(unknown)}"
        raise problems.invalid([{"type": "enum", "field": "X-Simulator-Fault", "description": description}])
    key = json.dumps([prompt, catalog.image_url(inputs)])
    return simulator.plan.roll(faults.forced_now(marks, nth=simulator.store.count_order(digest(key))))


async def _hold(simulator: Simulator, request: Request) -> None:
    """Say nothing until the client gives up, the simulator stops or two minutes are over."""
    waits = [asyncio.create_task(simulator.stopping.wait()), asyncio.create_task(_disconnected(request))]
    await asyncio.wait(waits, timeout=HELD_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)


def _take_version(body: dict[str, Any]) -> str:
    reference = body.pop("version", None)
    if not isinstance(reference, str):
        raise problems.invalid([{"type": "required", "field": "version", "description": "version is required"}])
    model = catalog.find_model(reference)
    if model is None and "/" in reference and ":" not in reference:
        raise problems.not_found()
    if model is None:
        description = "The specified version does not exist, or you are not permitted to use it"
        fields: list[problems.InvalidField] = [{"type": "enum", "field": "version", "description": description}]
        raise problems.invalid(fields, title="Invalid version or not permitted")
    return model


def _filters(request: Request, simulator: Simulator) -> Filters:
    return Filters(
        created_after=paging.read_time(request, "created_after"),
        created_before=paging.read_time(request, "created_before"),
        seen_at=simulator.clock(),
    )


def _shows_api(request: Request) -> bool:
    # Every prediction here comes from the API, so the one filter there is leaves none.
    source = request.query_params.get("source")
    if source not in (None, "web"):
        raise problems.invalid([{"type": "enum", "field": "source", "description": "Must be web"}])
    return source is None


def _answer(request: Request, record: Record | None) -> Response:
    if record is None:
        raise problems.not_found()
    return JsonAnswer(views.prediction_view(record, origin=origin_of(request)))
