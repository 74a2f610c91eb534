"""How is all of a listing stopped at once, as when the wrong photos were staged?"""

from concurrent.futures import ThreadPoolExecutor

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Action
from core.jobs import cancellation
from core.jobs.desk import Desk
from core.jobs.states import IN_FLIGHT_JOBS
from core.listings import sheet

# As many at once as the provider is asked elsewhere.
_PARALLEL_CALLS = 4


def cancel_listing(desk: Desk, actor: Actor, listing_id: str) -> int:
    """Cancel every job that is under way for the listing's photos; how many there were.

    Each is canceled as by itself (`core.jobs.cancellation`): what has no result by then is refunded, a faster result
    counts.

    Raises:
        PermissionDenied, ListingNotFound: who or what. Nothing was canceled.
    """
    actor.require(Action.CANCEL)
    with desk.database.read() as session:
        found = sheet.contact_sheet(session, actor, listing_id)
    under_way = [photo.job_id for photo in found.photos if photo.job_id and photo.job_state in IN_FLIGHT_JOBS]
    with ThreadPoolExecutor(_PARALLEL_CALLS) as pool:
        return sum(pool.map(lambda job_id: _cancel(desk, actor, job_id), under_way))


def _cancel(desk: Desk, actor: Actor, job_id: str) -> bool:
    try:
        cancellation.cancel_job(desk, actor, job_id=job_id)
    except errors.StateConflict:
        # It ended by itself meanwhile.
        return False
    return True
