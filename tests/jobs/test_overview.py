"""Does the Monitor's head count what there is, name what can be chosen, and see what has stopped moving?"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from core.auth.actors import Actor
from core.credits import service as credit_service
from core.db.session import Database
from core.jobs import creation, dispatch, queries, search, transitions
from core.jobs import overview as overviews
from core.jobs.desk import Desk
from core.jobs.overview import Overview
from core.jobs.search import JobFilter
from core.jobs.states import JobState, Priority, VariantState
from core.models import Attempt, Job
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.jobs.listed import put
from tests.settable_clock import NOON, SettableClock

MIGRATIONS = Path(__file__).parents[2] / "core/db/migrations"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
RUNNING, SUBMITTING = VariantState.RUNNING, VariantState.SUBMITTING


def overview(desk: Desk, actor: Actor) -> Overview:
    with desk.database.read() as session:
        return overviews.overview(session, actor, day_started_at=NOON - timedelta(hours=12))


def stuck(desk: Desk, actor: Actor) -> list[str]:
    """The ids of the stuck jobs, by the filter; the rows' marks and the count must say the same."""
    with desk.database.read() as session:
        filtered = [row.id for row in search.find(session, actor, JobFilter(stuck_only=True)).rows]
        marked = [row.id for row in search.find(session, actor, JobFilter()).rows if row.is_stuck]
    assert filtered == marked
    assert overview(desk, actor).stuck == len(marked)
    return marked


def test_an_empty_desk_has_nothing_of_each(desk: Desk, people: People) -> None:
    assert overview(desk, people.dora) == Overview(
        counts=dict.fromkeys(JobState, 0),
        oldest_in_flight_since=None,
        stuck=0,
        stale=0,
        failed_today=0,
        ended_today=0,
        queue_depth={"normal": 0, "rush": 0},
    )


def test_the_overview_counts_what_the_actor_sees(desk: Desk, people: People, clock: SettableClock) -> None:
    day_began = NOON - timedelta(hours=12)
    put(desk, state=JobState.FAILED, created_at=day_began - MINUTE, completed_at=day_began)
    put(desk, state=JobState.FAILED, created_at=day_began - MINUTE, completed_at=day_began - SECOND)
    put(desk, state=JobState.PARTIAL)
    put(desk, state=JobState.COMPLETED, account=OUTSIDER)
    put(desk, state=JobState.PENDING, created_at=NOON - 2 * MINUTE)
    put(desk, state=JobState.PENDING, created_at=NOON - MINUTE, account=OUTSIDER)
    factories.job(desk, priority=Priority.RUSH, charged=False)
    none = dict.fromkeys(JobState, 0)
    assert overview(desk, people.dora) == Overview(
        counts={**none, JobState.FAILED: 2, JobState.PARTIAL: 1, JobState.COMPLETED: 1, JobState.PENDING: 3},
        oldest_in_flight_since=NOON - 2 * MINUTE,
        stuck=0,
        stale=0,
        failed_today=1,
        ended_today=3,
        queue_depth={"normal": 4, "rush": 2},
    )
    assert overview(desk, people.charlie) == Overview(
        counts={**none, JobState.COMPLETED: 1, JobState.PENDING: 1},
        oldest_in_flight_since=NOON - MINUTE,
        stuck=0,
        stale=0,
        failed_today=0,
        ended_today=1,
        queue_depth={"normal": 2, "rush": 0},
    )


def test_what_can_be_chosen_is_what_the_actor_sees(desk: Desk, people: People) -> None:
    put(desk, state=JobState.FAILED, error_code="timed_out", created_by="erik")
    put(desk, state=JobState.PARTIAL, error_code="safety", created_by="Dora")
    put(desk, account=OUTSIDER, created_by="charlie")
    credit_service.grant(desk.database, people.alice, account="aardvark", amount_credits=1, reason="package")
    with desk.database.read() as session:
        every, own = (overviews.choices(session, actor) for actor in (people.dora, people.charlie))
    assert every.people == ("charlie", "Dora", "erik")
    assert every.error_codes == ("safety", "timed_out")
    chosen = [name for name in every.accounts if name in ("aardvark", BELLEVUE, OUTSIDER)]
    assert chosen == ["aardvark", BELLEVUE, OUTSIDER]
    assert (own.accounts, own.people, own.error_codes) == ((OUTSIDER,), ("charlie",), ())


@pytest.mark.parametrize(
    ("columns", "limit"),
    [
        ({"deadline_at": NOON, "next_due_at": NOON + timedelta(hours=1)}, MINUTE),
        ({"deadline_at": NOON + timedelta(hours=1), "next_due_at": NOON}, MINUTE),
        ({"deadline_at": NOON, "next_due_at": NOON, "settling_until": NOON + timedelta(hours=1)}, MINUTE),
    ],
    ids=["past its deadline", "looked at by nobody", "past its deadline while its result is fetched"],
)
def test_a_running_variant_is_stuck_from_its_limit_on(
    desk: Desk, people: People, clock: SettableClock, columns: dict[str, Any], limit: timedelta
) -> None:
    job_id, _ = factories.ordered_job(desk)
    variant = factories.variants(desk.database, job_id)[1]
    for one in factories.variants(desk.database, job_id):
        later = NOON + timedelta(hours=2)
        factories.move_variant(desk.database, one.id, deadline_at=later, next_due_at=later)
    factories.move_variant(desk.database, variant.id, **columns)
    clock.time = NOON + limit
    assert stuck(desk, people.dora) == []
    clock.forward(seconds=1)
    assert stuck(desk, people.dora) == stuck(desk, people.bob) == [job_id]
    assert stuck(desk, people.charlie) == []


def test_what_runs_for_twice_as_long_as_usual_is_stale_before_it_is_stuck(
    desk: Desk, people: People, clock: SettableClock
) -> None:
    job_id, _ = factories.ordered_job(desk)
    for one in factories.variants(desk.database, job_id):
        later = NOON + timedelta(hours=2)
        factories.move_variant(desk.database, one.id, deadline_at=later, next_due_at=later)
    clock.time = NOON + 2 * timedelta(seconds=queries.FIRST_ESTIMATE_SECONDS)
    assert overview(desk, people.dora).stale == 0
    clock.forward(seconds=1)
    seen = overview(desk, people.dora)
    assert (seen.stale, seen.stuck) == (1, 0)
    assert overview(desk, people.charlie).stale == 0


def test_a_variant_whose_result_is_being_fetched_is_not_stuck_for_want_of_a_look(
    desk: Desk, people: People, clock: SettableClock
) -> None:
    job_id, _ = factories.ordered_job(desk)
    for variant in factories.variants(desk.database, job_id):
        factories.move_variant(
            desk.database,
            variant.id,
            next_due_at=NOON,
            settling_until=NOON + 3 * MINUTE,
            deadline_at=NOON + 9 * MINUTE,
        )
    clock.time = NOON + 2 * MINUTE
    assert stuck(desk, people.dora) == []
    clock.time = NOON + 3 * MINUTE + SECOND
    assert stuck(desk, people.dora) == [job_id]


def test_a_queued_variant_is_stuck_when_it_waits_for_longer_than_the_queue_lets_it(
    desk: Desk, people: People, clock: SettableClock
) -> None:
    waiting, retried = factories.job(desk), factories.job(desk, number=1)
    clock.forward(minutes=10)
    for variant in factories.variants(desk.database, retried):
        factories.move_variant(desk.database, variant.id, retried_at=clock())
    clock.time = NOON + dispatch.QUEUE_TIMEOUT
    assert stuck(desk, people.dora) == []
    clock.forward(seconds=1)
    assert stuck(desk, people.dora) == [waiting]
    clock.forward(minutes=10)
    assert set(stuck(desk, people.dora)) == {retried, waiting}


def test_an_order_without_an_answer_is_stuck_after_five_minutes_of_its_own(
    desk: Desk, people: People, clock: SettableClock
) -> None:
    job_id = factories.job(desk)
    first, second = factories.variants(desk.database, job_id)
    creation.create_prediction(desk, second.id)
    factories.move_variant(
        desk.database, second.id, deadline_at=NOON + timedelta(hours=1), next_due_at=NOON + timedelta(hours=1)
    )
    # Its first order was struck off long ago; what counts is the one that is out.
    clock.time = NOON + 10 * MINUTE
    with desk.database.write() as session:
        transitions.begin_attempt(session, people.dora, variant_id=first.id, input={}, seed=1)
    factories.move_variant(desk.database, first.id, started_at=NOON)
    clock.forward(minutes=5)
    assert stuck(desk, people.dora) == []
    clock.forward(seconds=1)
    assert stuck(desk, people.dora) == [job_id]
    with desk.database.write() as session:
        session.execute(sa.update(Attempt).values(status="abandoned"))
    assert stuck(desk, people.dora) == []


def test_a_job_that_is_over_is_not_stuck(desk: Desk, people: People, clock: SettableClock) -> None:
    put(desk, created_at=NOON)
    clock.forward(minutes=600)
    assert stuck(desk, people.dora) == []


def test_jobs_from_before_the_search_are_found_too(database: Database, desk: Desk, people: People) -> None:
    names = {put(desk, file_name=name): name for name in ("GROẞE Küche.JPG", "Room 7.jpg")}
    with database.engine.execution_options(writes=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
        command.upgrade(config, "head")
    with database.read() as session:
        kept = {row.id: row.search_name for row in session.execute(sa.select(Job.id, Job.search_name))}
    assert kept == {job_id: name.casefold() for job_id, name in names.items()}
