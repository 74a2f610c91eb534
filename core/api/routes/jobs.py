"""How does a program look at jobs, cancel them and try them again?"""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response, status

from core.api.deps import ActorDep, RuntimeDep
from core.api.document import problems
from core.api.schemas import Job, JobList, Staged
from core.jobs import cancellation, manual_retry, queries
from core.jobs.states import JobState

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("")
def list_jobs(
    runtime: RuntimeDep,
    actor: ActorDep,
    states: Annotated[list[JobState] | None, Query(alias="status", description="Only jobs in these states")] = None,
    account: str | None = None,
    limit: Annotated[int, Query(ge=1, le=queries.PAGE_SIZE_MAX)] = queries.PAGE_SIZE,
    cursor: str | None = None,
) -> JobList:
    """The jobs that this key sees, newest first."""
    with runtime.database.read() as session:
        page = queries.jobs(session, actor, states=states or (), account=account, limit=limit, cursor=cursor)
    return JobList(items=[Job.of(job) for job in page.jobs], next_cursor=page.next_cursor)


@router.get("/{job_id}")
def get_job(runtime: RuntimeDep, actor: ActorDep, job_id: str) -> Job:
    """One job, with its variants and events."""
    with runtime.database.read() as session:
        return Job.of(queries.job(session, actor, job_id=job_id))


@router.post("/{job_id}/cancel", responses=problems(409))
def cancel_job(runtime: RuntimeDep, actor: ActorDep, job_id: str) -> Job:
    """End a job that is under way; what has no result by then is refunded. Asking again changes nothing."""
    return Job.of(cancellation.cancel_job(runtime.desk, actor, job_id=job_id))


@router.post(
    "/{job_id}/retry",
    status_code=status.HTTP_202_ACCEPTED,
    responses={200: {"model": Staged, "description": "The Idempotency-Key repeats"}, **problems(402, 409)},
)
def retry_job(
    runtime: RuntimeDep,
    actor: ActorDep,
    response: Response,
    job_id: str,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Staged:
    """Stage again, as a new job, the variants of an ended job that have no result: 20 credits each."""
    submission = manual_retry.retry_job(runtime.desk, actor, job_id=job_id, idempotency_key=idempotency_key)
    if submission.repeated:
        response.status_code = status.HTTP_200_OK
    return Staged.of_one(submission)
