"""How does a program look at jobs?"""

from typing import Annotated

from fastapi import APIRouter, Query

from core.api.deps import ActorDep, RuntimeDep
from core.api.schemas import Job, JobList
from core.jobs import queries
from core.jobs.states import JobState

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("")
def list_jobs(
    runtime: RuntimeDep,
    actor: ActorDep,
    status: Annotated[list[JobState] | None, Query(description="Only jobs in these states")] = None,
    account: str | None = None,
    limit: Annotated[int, Query(ge=1, le=queries.PAGE_SIZE_MAX)] = queries.PAGE_SIZE,
    cursor: str | None = None,
) -> JobList:
    """The jobs that this key sees, newest first."""
    with runtime.database.read() as session:
        page = queries.jobs(session, actor, states=status or (), account=account, limit=limit, cursor=cursor)
    return JobList(items=[Job.of(job) for job in page.jobs], next_cursor=page.next_cursor)


@router.get("/{job_id}")
def get_job(runtime: RuntimeDep, actor: ActorDep, job_id: str) -> Job:
    """One job, with its variants and events."""
    with runtime.database.read() as session:
        return Job.of(queries.job(session, actor, job_id=job_id))
