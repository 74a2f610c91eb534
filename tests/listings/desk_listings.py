"""Listings as tests need them: opened, filled and finished in a line."""

from collections.abc import Sequence

from core.auth.actors import Actor
from core.jobs import sync
from core.jobs.desk import Desk
from core.jobs.new_job import Submission
from core.jobs.photos import Upload
from core.listings import service, sheet
from core.listings.refusals import Refusal
from core.listings.service import Added
from core.listings.sheet import ContactSheet
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE
from tests.fake_provider import FakeProvider

NAMES = ("kitchen.jpg", "bedroom.jpg", "bathroom.jpg", "living-room.jpg", "nursery.jpg")


def uploads(*numbers: int) -> list[Upload]:
    """A photo for each number, called after a room."""
    return [Upload(file_name=NAMES[n % len(NAMES)], data=pictures_to_send.photo(n)) for n in numbers]


def opened(desk: Desk, actor: Actor, *numbers: int, reference: str = "12 Elm Street", account: str = BELLEVUE) -> str:
    """The id of a listing with these photos."""
    one = service.open_listing(desk.database, actor, account=account, reference=reference)
    add(desk, actor, one.id, uploads(*numbers))
    return one.id


def add(desk: Desk, actor: Actor, listing_id: str, files: Sequence[Upload | Refusal]) -> list[Added | Refusal]:
    return list(service.add_photos(desk, actor, listing_id=listing_id, uploads=files))


def of(desk: Desk, listing_id: str) -> ContactSheet:
    """The contact sheet as it is now."""
    with desk.database.read() as session:
        return sheet.contact_sheet(session, factories.manager(), listing_id)


def finish(desk: Desk, provider: FakeProvider, made: Submission) -> None:
    """Order and complete every variant of the jobs that were made."""
    for number, job in enumerate(made.jobs):
        if number not in made.reused:
            finish_job(desk, provider, job.id)


def finish_job(desk: Desk, provider: FakeProvider, job_id: str) -> None:
    """Order and complete every variant of the job."""
    for prediction_id in factories.order_queued(desk, job_id):
        sync.apply(desk, factories.manager(), provider.finish(prediction_id))
