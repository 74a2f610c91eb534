"""How does a person end a job that is under way? What is queued at once, what runs through the provider."""

import sqlalchemy as sa

from core import clock, errors, logs
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import attempts, endings, events, queries, sync
from core.jobs.desk import Desk
from core.jobs.details import JobDetail
from core.jobs.events import EventKind
from core.jobs.states import IN_FLIGHT_JOBS, VariantState
from core.models import Job, Variant

_log = logs.get(__name__)


def cancel_job(desk: Desk, actor: Actor, *, job_id: str) -> JobDetail:
    """Cancel a job; what has no result by then is refunded. Asking again changes nothing.

    1. In one transaction: note the request; what is still queued ends here, refunded.
    2. Have the provider cancel what runs, and apply its answer like all its news: a result that was faster counts.
    3. What is being ordered just now, or could not be reached, is canceled by the sweep as soon as it can be.

    Returns the job as it is then, which in the third case is still under way.

    Raises:
        PermissionDenied, JobNotFound: who or what.
        StateConflict: the job had ended before anybody asked. Nothing was changed.
    """
    actor.require(Action.CANCEL)
    with desk.database.write() as session:
        job = queries.job(session, actor, job_id=job_id)
        requested = session.execute(
            sa.update(Job)
            .where(Job.id == job.id, Job.state.in_(IN_FLIGHT_JOBS), Job.cancel_requested_at.is_(None))
            .values(cancel_requested_at=clock.now())
        )
        if requested.rowcount == 1:  # type: ignore[attr-defined]
            events.add(
                session, actor, job_id=job.id, kind=EventKind.CANCEL_REQUESTED, message="The job is to be canceled."
            )
            for variant in job.variants:
                endings.end_without_result(
                    session,
                    actor,
                    variant_id=variant.id,
                    failure=errors.PredictionCanceled(),
                    allowed=(VariantState.QUEUED,),
                )
        else:
            # Read again: it may have ended while we waited for its row.
            now = session.execute(sa.select(Job.state, Job.cancel_requested_at).where(Job.id == job.id)).one()
            if now.cancel_requested_at is None:
                raise errors.StateConflict(f"The job has ended already: it is {now.state}. Nothing was changed.")
    _cancel_running(desk, actor, job.id)
    with desk.database.read() as session:
        return queries.job(session, actor, job_id=job_id)


def _cancel_running(desk: Desk, actor: Actor, job_id: str) -> None:
    with desk.database.read() as session:
        running = session.scalars(
            sa.select(attempts.followed_prediction_id()).where(
                Variant.job_id == job_id, Variant.state == VariantState.RUNNING
            )
        ).all()
    for prediction_id in filter(None, running):
        try:
            prediction = desk.provider.cancel(prediction_id)
        except errors.ProviderError as failed:
            _log.warning("cancel left to the sweep", job_id=job_id, prediction_id=prediction_id, code=failed.code)
            return
        sync.apply(desk, actor, prediction)
