"""What do the tests of refunds do? Bring a job to its end, ask for refunds of it, and look at what is left."""

from core.auth.actors import Actor
from core.auth.roles import Role
from core.credits import limits
from core.credits.limits import RefundLimit
from core.jobs import refundable, refunds, sync
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundReason
from core.jobs.refunds import Refunded, RefundRequest
from tests import factories
from tests.fake_provider import FakeProvider


def finish(desk: Desk, provider: FakeProvider, *, succeeded: int = 2, number: int = 0) -> str:
    job_id, predictions = factories.ordered_job(desk, number=number)
    for index, prediction_id in enumerate(predictions):
        if index < succeeded:
            sync.apply(desk, factories.manager(), provider.finish(prediction_id))
        else:
            factories.fail(desk, provider, prediction_id)
    return job_id


def ask(
    desk: Desk,
    actor: Actor,
    job_id: str,
    amount: int | None = None,
    *,
    variant: int | None = None,
    reason: RefundReason = RefundReason.POOR_REALISM,
    note: str = "",
    key: str | None = None,
) -> Refunded:
    return refunds.refund_job(
        desk.database,
        actor,
        RefundRequest(
            job_id=job_id,
            amount_credits=amount,
            variant_index=variant,
            reason=reason,
            note=note,
            idempotency_key=key,
        ),
    )


def set_limit(desk: Desk, *, per_refund: int | None = None, per_day: int | None = None) -> None:
    limit = RefundLimit(role=Role.SUPPORT, per_refund_credits=per_refund, per_day_credits=per_day)
    limits.set_refund_limit(desk.database, factories.manager(), limit)


def left(desk: Desk, job_id: str) -> tuple[int, dict[int, int]]:
    with desk.database.read() as session:
        found = refundable.of_job(session, factories.manager(), job_id=job_id)
    return found.job_credits, dict(found.variant_credits)
