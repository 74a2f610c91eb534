"""What do the tests of lists put into them? Jobs as they are some time after their submission."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core import clock
from core.jobs import search_text
from core.jobs.desk import Desk
from core.jobs.states import JobState, VariantState
from core.models import Job, Photo, Variant
from tests import factories
from tests.factories import BELLEVUE


def put(
    desk: Desk,
    *,
    account: str = BELLEVUE,
    file_name: str = "room.jpg",
    state: JobState = JobState.COMPLETED,
    created_at: datetime | None = None,
    **columns: Any,
) -> str:
    """A job with these columns; its id. What is over ended when it was submitted, if nothing else is said."""
    job_id, moment = factories.job(desk, account=account, charged=False), created_at or clock.now()
    if state.is_terminal:
        columns = {"completed_at": moment, **columns}
    elif state is JobState.PROCESSING:
        columns = {"started_at": moment, **columns}
    over = {"state": VariantState.CANCELED, "completed_at": moment, "next_due_at": None} if state.is_terminal else {}
    with desk.database.write() as session:
        session.execute(
            sa.update(Photo)
            .where(Photo.id == sa.select(Job.photo_id).where(Job.id == job_id).scalar_subquery())
            .values(file_name=file_name)
        )
        session.execute(
            sa.update(Job)
            .where(Job.id == job_id)
            .values(state=state, created_at=moment, search_name=search_text.folded(file_name), **columns)
        )
        session.execute(sa.update(Variant).where(Variant.job_id == job_id).values(created_at=moment, **over))
    return job_id
