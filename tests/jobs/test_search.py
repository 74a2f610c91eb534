"""Does support find the jobs it looks for, all of them, none twice, and none that it must not see?"""

import itertools
import unicodedata
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import errors
from core.auth import roles
from core.auth.actors import Actor
from core.auth.roles import Role
from core.jobs import creation, manual_retry, overview, queries, search, service, sync
from core.jobs.desk import Desk
from core.jobs.photos import Upload
from core.jobs.search import JobFilter
from core.jobs.search_order import Sort
from core.jobs.service import StageRequest
from core.jobs.states import JobState, Priority
from core.models import Job
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.jobs.listed import put
from tests.settable_clock import NOON, SettableClock

FAILED, DONE, PENDING = JobState.FAILED, JobState.COMPLETED, JobState.PENDING
# What each job is, by the name of its file.
JOBS = {
    "a": {"state": FAILED, "error_code": "timed_out", "created_by": "erik", "created_at": NOON - timedelta(hours=3)},
    "b": {"room_type": "bedroom", "created_by": "erik", "created_at": NOON - timedelta(hours=2)},
    "c": {"style": "coastal", "account": OUTSIDER, "created_at": NOON - timedelta(hours=1)},
    "d": {"state": PENDING, "created_at": NOON - timedelta(minutes=40)},
    "e": {"state": PENDING, "room_type": "bedroom"},
}


def found(desk: Desk, actor: Actor, wanted: JobFilter | str = "", **options: object) -> list[str]:
    """The ids of the jobs that are found, in their order; a text is searched for."""
    wanted = JobFilter(text=wanted) if isinstance(wanted, str) else wanted
    with desk.database.read() as session:
        return [row.id for row in search.find(session, actor, wanted, **options).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (JobFilter(), "edcba"),
        (JobFilter(states=(FAILED,)), "a"),
        (JobFilter(states=(FAILED, DONE)), "cba"),
        (JobFilter(account=OUTSIDER), "c"),
        (JobFilter(account="Nobody"), ""),
        (JobFilter(person="erik"), "ba"),
        (JobFilter(person="eri"), ""),
        (JobFilter(room_type="bedroom"), "eb"),
        (JobFilter(style="coastal"), "c"),
        (JobFilter(error_code="timed_out"), "a"),
        (JobFilter(since=NOON - timedelta(hours=2)), "edcb"),
        (JobFilter(until=NOON - timedelta(hours=2)), "a"),
        (JobFilter(since=NOON - timedelta(hours=2), until=NOON - timedelta(hours=1)), "b"),
        (JobFilter(stuck_only=True), "d"),
        (JobFilter(person="erik", room_type="bedroom"), "b"),
        (JobFilter(states=(DONE,), account=BELLEVUE, text="B"), "b"),
        (JobFilter(stuck_only=True, room_type="bedroom"), ""),
        (JobFilter(person="er\0ik"), ""),
        (JobFilter(account="\ud800"), ""),
    ],
)
def test_each_filter_keeps_what_it_names_and_nothing_else(
    desk: Desk, people: People, clock: SettableClock, wanted: JobFilter, expected: str
) -> None:
    names = {put(desk, file_name=name, **values): name for name, values in JOBS.items()}
    for sort in Sort:
        rows = found(desk, people.dora, wanted, sort=sort)
        assert sorted(names[job_id] for job_id in rows) == sorted(expected), sort
    assert "".join(names[job_id] for job_id in found(desk, people.dora, wanted)) == expected


@pytest.mark.parametrize("sort", Sort)
def test_the_pages_of_every_order_hold_each_job_once_also_where_many_are_alike(
    desk: Desk, people: People, clock: SettableClock, sort: Sort
) -> None:
    moments = [NOON - timedelta(minutes=minutes) for minutes in (0, 0, 0, 5, 5, 9)]
    for state, moment in itertools.product((PENDING, JobState.PROCESSING, DONE), moments):
        put(desk, state=state, created_at=moment, credits_used=20 if moment == NOON else 40)
    seen, cursor, pages = [], None, 0
    while cursor is not None or not pages:
        with desk.database.read() as session:
            page = search.find(session, people.dora, JobFilter(), sort=sort, cursor=cursor, limit=4)
        seen += page.rows
        cursor, pages = page.next_cursor, pages + 1
        # What comes meanwhile is not on the pages that follow, and moves nothing that is.
        if sort in (Sort.NEWEST, Sort.MOST_CREDITS):
            put(desk, created_at=NOON + timedelta(seconds=pages), credits_used=60)
    assert (len(seen), pages) == (18, 5)
    order = {
        Sort.NEWEST: lambda row: (-row.created_at.timestamp(),),
        Sort.OLDEST: lambda row: (row.created_at.timestamp(),),
        Sort.LONGEST_IN_STATE: lambda row: (row.state.is_terminal, row.state_since),
        Sort.MOST_CREDITS: lambda row: (-row.credits_used, -row.created_at.timestamp()),
    }[sort]
    assert [order(row) for row in seen] == sorted(order(row) for row in seen)
    assert len({row.id for row in seen}) == len(seen)


@pytest.mark.parametrize("sort", Sort)
def test_a_cursor_that_is_not_ours_is_refused(desk: Desk, people: People, clock: SettableClock, sort: Sort) -> None:
    for _ in range(2):
        put(desk)
    with desk.database.read() as session:
        good = search.find(session, people.dora, JobFilter(), sort=sort, limit=1).next_cursor or ""
        other = next(one for one in Sort if one is not sort)
        wrong = ["", "~", sort, f"{sort}~~", f"{sort}~1~2~3~4", good[:-1], f"{good}~", good.replace(sort, other)]
        wrong += [f"{sort}~9999999999999999999999~x", f"{sort}~\0", good.replace("2027", "99999")]
        for cursor in wrong:
            with pytest.raises(errors.ValidationFailed):
                search.find(session, people.dora, JobFilter(), sort=sort, cursor=cursor)
        assert len(search.find(session, people.dora, JobFilter(), sort=sort, cursor=good).rows) == 1


def test_a_job_is_found_by_its_id_its_beginning_or_its_ending(desk: Desk, people: People) -> None:
    job_id, _ = put(desk), put(desk)
    with desk.database.write() as session:
        session.execute(sa.update(Job).where(Job.id != job_id).values(created_by="somebody"))
    for text in (
        job_id,
        job_id.upper(),
        f" {job_id} ",
        job_id.replace("-", ""),
        job_id[-8:],
        job_id[-8:-2],
        job_id[-6:].upper(),
    ):
        assert found(desk, people.dora, text) == [job_id], text
    assert job_id in found(desk, people.dora, job_id[:6])
    assert job_id in found(desk, people.dora, job_id[:13].upper())
    nothing = (
        job_id[:5],
        job_id[-5:],
        job_id[-9:-2],
        f"{job_id[:-1]}{'1' if job_id[-1] == '0' else '0'}",
        f"{job_id}0",
        "g" * 6,
    )
    for text in nothing:
        assert found(desk, people.dora, text) == [], text


def test_a_job_is_found_by_any_of_its_predictions_but_not_by_a_part_of_its_id(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    job_id, (first, _) = factories.ordered_job(desk)
    factories.ordered_job(desk, number=1)
    sync.apply(desk, people.dora, provider.finish(first, status="failed", error="broken"))
    second = factories.order_queued(desk, job_id)[0]
    assert second != first
    assert found(desk, people.dora, first) == found(desk, people.dora, second) == [job_id]
    assert found(desk, people.dora, first[:-1]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kitchen", "IMG_0042 Kitchen.JPG"),
        ("42 KITCH", "IMG_0042 Kitchen.JPG"),
        ("KÜCHE", "Küche 100%.heic"),
        ("strasse", "GROẞE STRAẞE.png"),
        ("0%", "Küche 100%.heic"),
        ("g_0", "IMG_0042 Kitchen.JPG"),
        ("/", None),
        ("'; --", None),
        ("kitchen\0", "IMG_0042 Kitchen.JPG"),
        ("кухня", "КУХНЯ.jpg"),
        ("x" * 1_000, None),
    ],
)
def test_a_job_is_found_by_any_part_of_its_files_name(
    desk: Desk, people: People, text: str, expected: str | None
) -> None:
    for name in ("IMG_0042 Kitchen.JPG", "Küche 100%.heic", "GROẞE STRAẞE.png", "КУХНЯ.jpg", "img00421000.jpg"):
        put(desk, file_name=name)
    with desk.database.read() as session:
        rows = search.find(session, people.dora, JobFilter(text=text)).rows
    assert [row.file_name for row in rows] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("stored", "pasted"),
    [
        ("Screenshot 9.14 PM.png", "Screenshot 9.14\u202fPM.png"),
        ("Küche.jpg", unicodedata.normalize("NFD", "Küche")),
        ("two rooms.jpg", "two\u00a0\u200brooms\x00"),
        ("d41d8cd98f00b204e9800998ecf8427e.jpg", "d41d8cd98f00b204e9800998ecf8427e"),
    ],
)
def test_a_name_is_found_as_another_system_writes_it(desk: Desk, people: People, stored: str, pasted: str) -> None:
    job_id = put(desk, file_name=stored)
    assert found(desk, people.dora, pasted) == [job_id]


def test_jobs_are_found_by_a_part_of_their_accounts_name(desk: Desk, people: People) -> None:
    put(desk)
    theirs = put(desk, account=OUTSIDER)
    assert found(desk, people.dora, "SIDER l") == [theirs]
    assert found(desk, people.bob, "SIDER l") == []


def test_what_was_submitted_or_retried_is_found_by_its_files_name(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    upload = Upload(file_name="Küche_7.JPG", data=pictures_to_send.photo(1))
    request = StageRequest(uploads=[upload], room_type="kitchen", style="modern")
    job = service.submit(desk, people.bob, request).jobs[0]
    for variant in job.variants:
        creation.create_prediction(desk, variant.id)
    for prediction_id in provider.bought():
        factories.fail(desk, provider, prediction_id, error="NSFW")
    again = manual_retry.retry_job(desk, people.dora, job_id=job.id).jobs[0]
    assert found(desk, people.dora, "KÜCHE_7") == [again.id, job.id]


def test_staff_find_nothing_of_another_account(desk: Desk, provider: FakeProvider, people: People) -> None:
    ours, (prediction_id, _) = factories.ordered_job(desk)
    for text in (ours, ours[:8], ours[-8:], prediction_id, "room", "bellevue", ""):
        assert found(desk, people.charlie, text) == [], text
        assert found(desk, people.bob, text) == [ours], text
    assert found(desk, people.charlie, JobFilter(account=BELLEVUE)) == []
    assert found(desk, people.charlie, JobFilter(account=OUTSIDER)) == []


def test_who_may_not_see_jobs_finds_none(desk: Desk, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(roles.PERMISSIONS, Role.STAFF, frozenset())
    with desk.database.read() as session:
        for call in (
            lambda: search.find(session, people.bob, JobFilter()),
            lambda: overview.overview(session, people.bob, day_started_at=NOON),
            lambda: overview.choices(session, people.bob),
        ):
            with pytest.raises(errors.PermissionDenied):
                call()


def test_a_row_says_what_the_jobs_own_page_says(
    desk: Desk, provider: FakeProvider, people: People, clock: SettableClock
) -> None:
    running, (first, _) = factories.ordered_job(desk, priority=Priority.RUSH)
    clock.forward(seconds=2)
    sync.apply(desk, people.dora, provider.finish(first))
    clock.forward(seconds=2)
    over, predictions = factories.ordered_job(desk, number=1)
    for prediction_id in predictions:
        factories.fail(desk, provider, prediction_id, error="NSFW")
    waiting = factories.job(desk, number=2)
    clock.forward(seconds=1)
    with desk.database.read() as session:
        rows = {row.id: row for row in search.find(session, people.dora, JobFilter()).rows}
        jobs = {job.id: job for job in queries.load_jobs(session, [running, over, waiting])}
    assert set(rows) == set(jobs)
    for job_id, job in jobs.items():
        row = rows[job_id]
        assert (row.thumbnail_key, row.file_name) == (job.photo.thumbnail_key, job.photo.file_name)
        assert row.error_code == (job.failure.code if job.failure else None)
        for name in ("state", "account", "room_type", "style", "priority", "created_by", "created_at"):
            assert getattr(row, name) == getattr(job, name), name
        for name in ("state_since", "progress", "credits_used", "credits_refunded"):
            assert getattr(row, name) == getattr(job, name), name
    assert 50 < rows[running].progress < 100
    assert (rows[over].progress, rows[over].credits_refunded, rows[waiting].progress) == (100, 40, 0)


def test_a_page_takes_a_handful_of_queries_however_long_it_is(desk: Desk, people: People) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    for number in range(12):
        put(desk, state=PENDING if number % 2 else DONE)
    sa.event.listen(desk.database.engine, "before_cursor_execute", note)
    assert len(found(desk, people.dora, JobFilter(account=BELLEVUE, text="room"), limit=12)) == 12
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 7


def test_no_more_are_listed_at_once_than_a_page_holds(desk: Desk, people: People) -> None:
    for _ in range(3):
        put(desk)
    assert len(found(desk, people.dora, limit=0)) == 1
    assert len(found(desk, people.dora, limit=10**9)) == 3
