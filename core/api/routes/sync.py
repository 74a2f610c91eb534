"""How does a program sync jobs by hand?"""

from fastapi import APIRouter

from core.api.deps import ActorDep, RuntimeDep
from core.api.document import problems
from core.api.schemas import SyncRequest, SyncResult
from core.jobs import manual_sync

router = APIRouter(tags=["sync"])


@router.post("/sync-staging", responses=problems(400, 413, 502, 503))
def sync_staging(runtime: RuntimeDep, actor: ActorDep, request: SyncRequest | None = None) -> SyncResult:
    """Ask Replicate about one job, or about all in flight, and apply what it says; or only tell (`dryRun`)."""
    request = request or SyncRequest()
    report = manual_sync.sync_jobs(runtime.desk, actor, job_id=request.job_id, dry_run=request.dry_run)
    return SyncResult.of(report)
