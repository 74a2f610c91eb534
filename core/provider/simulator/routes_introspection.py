"""What did the simulator see, and what does it do wrong? For audits from outside; the real API has none of this."""

from typing import Any

from fastapi import APIRouter, Request, Response

from core import errors, logs
from core.provider.simulator import bodies, problems, quality, views
from core.provider.simulator.assembly import ACCOUNT, STRUCK, of, origin_of
from core.provider.simulator.courier import POSTS
from core.provider.simulator.json_answer import JsonAnswer
from core.provider.simulator.records import Record

LINK_SECONDS = 3600
_READS = ("lists", "gets")
_COUNTERS = (
    "creates",
    "creates_throttled",
    "creates_failed",
    "creates_refused",
    "cancels",
    "webhooks_delivered",
    "webhooks_given_up",
    "redirects_followed",
)

_log = logs.get(__name__)
router = APIRouter(prefix="/simulator")


@router.get("/stats")
async def stats(request: Request) -> Response:
    """How many calls there were and what became of them, since the state folder was made; reads since the last start.

    Every create is a prediction, or was throttled (429), failed (5xx) or refused (any other). `faults` counts those
    that came true; `posts` counts every posting of a webhook by its kind (genuine, forged, wrong-id) and by the
    status it was answered with, or the name of the network error. `/simulator/predictions` has them one by one.
    """
    simulator = of(request)
    counters = simulator.store.counters()
    by_status = simulator.store.count_by_status()
    return JsonAnswer(
        {
            **{name: counters.get(name, 0) for name in _COUNTERS},
            **{name: simulator.reads[name] for name in _READS},
            "predictions": sum(by_status.values()),
            "by_status": by_status,
            "faults": _beginning_with(STRUCK, counters),
            "posts": _posts(counters),
            "drawings_pending": simulator.studio.pending,
            "webhooks_pending": simulator.outbox.count(),
        }
    )


@router.get("/predictions")
async def list_all(request: Request) -> Response:
    """Every prediction ever bought, oldest first, with what identifies its order even when its data is removed."""
    simulator = of(request)
    # Read to the end before any of them is brought up to date, for that writes to the same table.
    records = list(simulator.store.all())
    return JsonAnswer({"predictions": [_facts(simulator.engine.current(record)) for record in records]})


@router.get("/faults")
async def get_faults(request: Request) -> Response:
    """The rate of every fault there is."""
    return JsonAnswer(of(request).plan.rates)


@router.put("/faults")
async def replace_faults(request: Request) -> Response:
    """Replace all rates: a fault that is not named strikes no more by chance. A restart goes back to the switches."""
    rates = bodies.read_object(await request.body())
    plan = of(request).plan
    try:
        plan.replace_rates(rates)
    except errors.ConfigurationError as exception:
        raise problems.Problem(422, exception.message, title="Input validation failed") from exception
    _log.info("simulator faults replaced", rates={name: rate for name, rate in plan.rates.items() if rate})
    return JsonAnswer(plan.rates)


@router.get("/qualities")
async def get_qualities(request: Request) -> Response:
    """Which orders are served in another way than the rest."""
    return JsonAnswer({"qualities": [one.model_dump() for one in of(request).qualities]})


@router.put("/qualities")
async def replace_qualities(request: Request) -> Response:
    """Replace them all, by a body like the answer. A restart goes back to the switches."""
    body = bodies.read_object(await request.body())
    try:
        of(request).qualities[:] = quality.read(body.get("qualities"))
    except errors.ConfigurationError as exception:
        raise problems.Problem(422, exception.message, title="Input validation failed") from exception
    _log.info("simulator qualities replaced", number=len(of(request).qualities))
    return await get_qualities(request)


@router.get("/files/{file_id}/link")
async def download_link(request: Request, file_id: str) -> Response:
    """A signed download link, as the owner of the Files API's signing secret could make one."""
    simulator = of(request)
    if simulator.files.get(file_id, now=simulator.clock()) is None:
        raise problems.not_found()
    expiry = int(simulator.clock().timestamp()) + LINK_SECONDS
    path = simulator.files.download_path(file_id, owner=ACCOUNT, expiry=expiry)
    return JsonAnswer({"url": f"{origin_of(request)}{path}"})


def _facts(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "status": record.status.value,
        "prompt_sha256": record.prompt_sha256,
        "input_image": record.input_image,
        "seed": record.seed,
        "webhook": record.webhook,
        "faults": sorted(record.faults),
        "created_at": views.timestamp(record.created_at),
        "completed_at": None if record.completed_at is None else views.timestamp(record.completed_at),
    }


def _beginning_with(prefix: str, counters: dict[str, int]) -> dict[str, int]:
    return {name.removeprefix(prefix): value for name, value in counters.items() if name.startswith(prefix)}


def _posts(counters: dict[str, int]) -> dict[str, dict[str, int]]:
    posts: dict[str, dict[str, int]] = {}
    for name, value in _beginning_with(POSTS, counters).items():
        kind, _, outcome = name.partition(" ")
        posts.setdefault(kind, {})[outcome] = value
    return posts
