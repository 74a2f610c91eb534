"""Is a photo staged as a whole or not at all, and once however often it is sent?"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from core import errors
from core.db.session import Database
from core.jobs import service
from core.jobs.desk import Desk
from core.jobs.new_job import Submission
from core.jobs.photos import Upload
from core.jobs.service import StageRequest
from core.jobs.states import VariantState
from core.models import Attempt, Job, JobEvent, LedgerEntry, Photo, Variant
from core.storage.contract import sha256
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE, CREDITS, OUTSIDER, People
from tests.fake_provider import FakeProvider


def request(*numbers: int, **options: object) -> StageRequest:
    uploads = [Upload(file_name=f"room-{n}.jpg", data=pictures_to_send.photo(n)) for n in numbers or (0,)]
    return StageRequest(**{"uploads": uploads, "room_type": "living_room", "style": "modern", **options})


def rows(database: Database) -> dict[str, int]:
    tables = (Job, Variant, Photo, JobEvent, LedgerEntry, Attempt)
    with database.read() as session:
        return {one.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(one)) for one in tables}


def files(folder: Path) -> list[Path]:
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


def test_a_submission_charges_and_stores_everything_at_once(desk: Desk, people: People, tmp_path: Path) -> None:
    factories.allow_rush(desk.database, variant_credits=30)
    before = rows(desk.database)

    made = service.submit(desk, people.bob, request(priority="rush", instructions=" a blue sofa "))

    job = made.jobs[0]
    assert (made.balance, made.repeated) == (CREDITS - 60, False)
    assert (job.state, job.credits_used, job.account, job.priority) == ("pending", 60, BELLEVUE, "rush")
    assert job.instructions == "a blue sofa"
    assert [variant.state for variant in job.variants] == ["queued", "queued"]
    assert len({variant.seed for variant in job.variants}) == 2
    assert [(event.kind, event.source, event.actor) for event in job.events] == [("submitted", "page", "bob")]
    added = {table: count - before[table] for table, count in rows(desk.database).items()}
    assert added == {
        "jobs": 1,
        "variants": 2,
        "photos": 1,
        "job_events": 1,
        "ledger_entries": 1,
        "attempts": 0,
    }
    assert desk.storage.get(job.photo.original_key) == pictures_to_send.photo()
    assert job.photo.original_key.endswith(f"/{sha256(pictures_to_send.photo())}.jpeg")
    assert len(files(tmp_path)) == 3
    assert desk.wake.is_set()


def test_without_credits_nothing_is_written(desk: Desk, people: People, tmp_path: Path) -> None:
    factories.set_balance(desk.database, 79)
    before = rows(desk.database)
    with pytest.raises(errors.InsufficientCredits):
        service.submit(desk, people.bob, request(1, 2))
    assert rows(desk.database) == before
    assert files(tmp_path) == []


REFUSED: dict[str, tuple[dict[str, object], type[errors.StagingError]]] = {
    "no photo": ({"uploads": []}, errors.ValidationFailed),
    "unknown room": ({"room_type": "garage_band"}, errors.UnknownRoomType),
    "unknown style": ({"style": "brutalist_disco"}, errors.UnknownStyle),
    "unknown priority": ({"priority": "urgent"}, errors.ValidationFailed),
    "altering wish": ({"instructions": "remove the wall"}, errors.InstructionsRefused),
    "long wish": ({"instructions": "a sofa " * 2_000}, errors.InstructionsTooLong),
    "unknown account": ({"account": "Nobody"}, errors.AccountNotFound),
    "account of others": ({"account": OUTSIDER}, errors.AccountNotFound),
    "empty key": ({"idempotency_key": " "}, errors.ValidationFailed),
    "long key": ({"idempotency_key": "k" * 201}, errors.ValidationFailed),
    "key with a control character": ({"idempotency_key": "a\x00"}, errors.ValidationFailed),
    "empty photo": ({"uploads": [Upload(file_name="a.jpg", data=b"")]}, errors.PhotoEmpty),
    "no picture": ({"uploads": [Upload(file_name="a.jpg", data=b"hello" * 99)]}, errors.PhotoUnsupported),
    "small photo": (
        {"uploads": [Upload(file_name="a.jpg", data=pictures_to_send.photo(width=600, height=400))]},
        errors.PhotoTooSmall,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_request_writes_and_charges_nothing(desk: Desk, people: People, tmp_path: Path, case: str) -> None:
    wrong, error = REFUSED[case]
    before = rows(desk.database)
    with pytest.raises(error):
        service.submit(desk, people.bob, replace(request(), **wrong))
    assert rows(desk.database) == before
    assert files(tmp_path) == []
    assert factories.balance(desk.database) == CREDITS


def test_several_photos_are_staged_together_or_not_at_all(desk: Desk, people: People, tmp_path: Path) -> None:
    before = rows(desk.database)
    broken = Upload(file_name="broken.jpg", data=pictures_to_send.photo(2)[:2_000])
    with pytest.raises(errors.PhotoRefused):
        service.submit(desk, people.bob, replace(request(), uploads=[*request(1).uploads, broken]))
    assert rows(desk.database) == before
    assert files(tmp_path) == []

    made = service.submit(desk, people.bob, request(1, 2, 3))

    assert [job.photo.file_name for job in made.jobs] == ["room-1.jpg", "room-2.jpg", "room-3.jpg"]
    assert made.balance == CREDITS - 120


def test_a_manager_names_the_account(desk: Desk, people: People) -> None:
    with pytest.raises(errors.AccountRequired):
        service.submit(desk, people.alice, request())
    made = service.submit(desk, people.alice, request(account=OUTSIDER))
    assert made.jobs[0].account == OUTSIDER
    assert factories.balance(desk.database, OUTSIDER) == CREDITS - 40


def test_a_repetition_answers_with_the_first_job(desk: Desk, people: People) -> None:
    first = service.submit(desk, people.bob, request(1, 2, idempotency_key="k"))
    service.submit(desk, people.bob, request(5))
    for variant in factories.variants(desk.database, first.jobs[0].id):
        service_fail(desk, variant.id)
    before = rows(desk.database)

    again = service.submit(desk, people.bob, request(1, 2, idempotency_key=" k "))

    assert again.repeated
    assert again.jobs == first.jobs
    assert again.balance == first.balance
    assert rows(desk.database) == before


def service_fail(desk: Desk, variant_id: str) -> None:
    from core.auth.actors import Source, system
    from core.jobs import endings

    with desk.database.write() as session:
        endings.end_without_result(
            session,
            system(Source.SWEEP),
            variant_id=variant_id,
            failure=errors.TimedOut(),
            allowed=(VariantState.QUEUED, VariantState.RUNNING),
        )


def test_a_repetition_needs_no_balance(desk: Desk, people: People) -> None:
    first = service.submit(desk, people.bob, request(idempotency_key="k"))
    factories.set_balance(desk.database, 1)
    assert service.submit(desk, people.bob, request(idempotency_key="k")).jobs == first.jobs


@pytest.mark.parametrize(
    "other",
    [
        {"style": "industrial"},
        {"room_type": "kitchen"},
        {"instructions": "plants"},
        {"priority": "rush"},
        {"uploads": request(9).uploads},
        {"uploads": request(0, 1).uploads},
    ],
    ids=str,
)
def test_the_same_key_for_something_else_is_a_conflict(desk: Desk, people: People, other: dict[str, object]) -> None:
    service.submit(desk, people.bob, request(idempotency_key="k"))
    before = rows(desk.database)
    with pytest.raises(errors.IdempotencyConflict):
        service.submit(desk, people.bob, replace(request(idempotency_key="k"), **other))
    assert rows(desk.database) == before


def test_equal_keys_of_different_callers_are_different_keys(desk: Desk, people: People) -> None:
    bob, charlie = (service.submit(desk, one, request(idempotency_key="k")) for one in (people.bob, people.charlie))
    assert bob.jobs[0].id != charlie.jobs[0].id
    # Not even when a name and a key together look like another name and another key.
    callers = [(replace(people.bob, name="team:a"), "b"), (replace(people.bob, name="team"), "a:b")]
    made = [service.submit(desk, caller, request(idempotency_key=key)) for caller, key in callers]
    assert [one.repeated for one in made] == [False, False]


def test_the_same_key_at_once_makes_one_job(
    make_desk: Callable[..., Desk], provider: FakeProvider, database_url: str, people: People
) -> None:
    desks = [make_desk(provider), make_desk(provider, database=Database(database_url))]
    wanted = request(1, 2, idempotency_key="k")

    outcomes = factories.at_once(*[lambda desk=desk: service.submit(desk, people.bob, wanted) for desk in desks * 3])
    desks[1].database.close()

    assert all(isinstance(one, Submission) for one in outcomes), outcomes
    assert sorted(one.repeated for one in outcomes) == [False] + [True] * 5
    assert len({tuple(job.id for job in one.jobs) for one in outcomes}) == 1
    assert factories.balance(desks[0].database) == CREDITS - 80


def test_the_same_key_at_once_for_different_photos_makes_one_and_a_conflict(desk: Desk, people: People) -> None:
    wanted = [request(number, idempotency_key="k") for number in (1, 2)]
    outcomes = factories.at_once(*[lambda one=one: service.submit(desk, people.bob, one) for one in wanted])
    assert {type(one) for one in outcomes} == {Submission, errors.IdempotencyConflict}
    assert factories.balance(desk.database) == CREDITS - 40


def test_only_what_is_left_can_be_spent_at_once(desk: Desk, people: People) -> None:
    factories.set_balance(desk.database, 100)
    outcomes = factories.at_once(*[lambda: service.submit(desk, people.bob, request())] * 6)
    assert sorted(type(one).__name__ for one in outcomes) == ["InsufficientCredits"] * 4 + ["Submission"] * 2
    assert factories.balance(desk.database) == 20
