"""What did the simulator see? Counts and links for audits from outside; the real API has none of this."""

from fastapi import APIRouter, Request, Response

from core.provider.simulator import problems
from core.provider.simulator.assembly import ACCOUNT, of, origin_of
from core.provider.simulator.json_answer import JsonAnswer

LINK_SECONDS = 3600

router = APIRouter(prefix="/simulator")


@router.get("/stats")
async def stats(request: Request) -> Response:
    """How many creates were asked for and what became of them, since the state folder was made."""
    simulator = of(request)
    counters = simulator.store.counters()
    by_status = simulator.store.count_by_status()
    return JsonAnswer(
        {
            "creates": counters.get("creates", 0),
            "creates_throttled": counters.get("creates_throttled", 0),
            "creates_failed": counters.get("creates_failed", 0),
            "predictions": sum(by_status.values()),
            "by_status": by_status,
            "drawings_pending": simulator.studio.pending,
            "webhooks_pending": simulator.outbox.count(),
            "webhooks_delivered": counters.get("webhooks_delivered", 0),
            "webhooks_given_up": counters.get("webhooks_given_up", 0),
        }
    )


@router.get("/files/{file_id}/link")
async def download_link(request: Request, file_id: str) -> Response:
    """A signed download link, as the owner of the Files API's signing secret could make one."""
    simulator = of(request)
    if simulator.files.get(file_id, now=simulator.clock()) is None:
        raise problems.not_found()
    expiry = int(simulator.clock().timestamp()) + LINK_SECONDS
    path = simulator.files.download_path(file_id, owner=ACCOUNT, expiry=expiry)
    return JsonAnswer({"url": f"{origin_of(request)}{path}"})
