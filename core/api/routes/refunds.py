"""How does a program refund jobs, and decide on what was requested?"""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response, status

from core.api.deps import ActorDep, RuntimeDep
from core.api.document import problems
from core.api.schemas import DecisionBody, Refund, RefundBody, RefundList, RefundResult
from core.jobs import refund_queries, refunds
from core.jobs.refund_queries import RefundFilter, RefundReason, RefundState
from core.jobs.refunds import RefundRequest

router = APIRouter(tags=["refunds"])
_JSON_BODY = problems(400, 409, 413)


@router.post(
    "/jobs/{job_id}/refund",
    responses={
        202: {"model": RefundResult, "description": "Above the role's limit: it waits for a manager"},
        **_JSON_BODY,
    },
)
def refund_job(
    runtime: RuntimeDep,
    actor: ActorDep,
    response: Response,
    job_id: str,
    body: RefundBody,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> RefundResult:
    """Refund a job that has ended. The same again, within ten minutes or with its key, refunds nothing more."""
    outcome = refunds.refund_job(
        runtime.database,
        actor,
        RefundRequest(
            job_id=job_id,
            amount_credits=body.amount,
            variant_index=body.variant,
            reason=body.reason,
            note=body.note,
            idempotency_key=idempotency_key,
        ),
        expected_credits=body.expected_credits,
    )
    if outcome.refund.state is RefundState.REQUESTED:
        response.status_code = status.HTTP_202_ACCEPTED
    return RefundResult.of(outcome)


@router.get("/refunds")
def list_refunds(
    runtime: RuntimeDep,
    actor: ActorDep,
    state: RefundState | None = None,
    reason: RefundReason | None = None,
    account: str = "",
    person: str = "",
    limit: Annotated[int, Query(ge=1, le=refund_queries.PAGE_SIZE_MAX)] = refund_queries.PAGE_SIZE,
    cursor: str | None = None,
) -> RefundList:
    """What people refunded or asked for, newest first."""
    wanted = RefundFilter(state=state, reason=reason, account=account, person=person)
    with runtime.database.read() as session:
        page = refund_queries.refunds(session, actor, wanted, before_id=cursor, limit=limit)
    return RefundList(items=[Refund.of(one) for one in page.refunds], next_cursor=page.next_before_id)


@router.post("/refunds/{refund_id}/approve", responses=_JSON_BODY)
def approve_refund(
    runtime: RuntimeDep, actor: ActorDep, refund_id: str, body: DecisionBody | None = None
) -> RefundResult:
    """Refund what was requested; not by whoever asked for it."""
    note = body.note if body else ""
    return RefundResult.of(refunds.approve(runtime.database, actor, refund_id=refund_id, note=note))


@router.post("/refunds/{refund_id}/decline", responses=_JSON_BODY)
def decline_refund(runtime: RuntimeDep, actor: ActorDep, refund_id: str, body: DecisionBody) -> RefundResult:
    """Turn down what was requested, with a note; whoever asked for it withdraws it so, and needs none."""
    return RefundResult.of(refunds.decline(runtime.database, actor, refund_id=refund_id, note=body.note))
