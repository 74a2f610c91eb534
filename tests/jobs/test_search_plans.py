"""Does a search stay within the index that was made for it? SQLite says so beforehand, however little there is."""

from typing import Any

import pytest
import sqlalchemy as sa

from core.db.session import Database
from core.jobs import reuse, search
from core.jobs.search import JobFilter
from core.jobs.search_order import Sort
from core.jobs.states import JobState
from tests.factories import BELLEVUE, People
from tests.settable_clock import NOON

# PostgreSQL plans by a table's size, and these are empty.
DATABASES = ("sqlite",)
WANTED = (
    JobFilter(),
    JobFilter(states=(JobState.COMPLETED,)),
    JobFilter(account=BELLEVUE, person="bob"),
    JobFilter(text="room"),
    JobFilter(text="abcdef12", error_code="safety", since=NOON),
)


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("sort", Sort)
def test_a_search_reads_the_jobs_from_their_index_alone(
    database: Database, people: People, sort: Sort, wanted: JobFilter
) -> None:
    """Row by row from the table, it would take three times as long, and the longer the prompts are, the longer."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as session:
        search.find(session, people.bob, wanted, sort=sort)
        (page,) = [one for one in asked if "ORDER BY" in one[0]]
        plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {page[0]}", page[1])]
    reads = [line for line in plan if "jobs" in line]
    assert reads
    assert all("COVERING INDEX ix_jobs_monitor" in line for line in reads), plan


def test_what_was_done_before_is_found_without_a_look_at_every_job(database: Database) -> None:
    keys = [f"key {number}" for number in range(60)]
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as session:
        reuse.finished(session, keys)
        (query,) = [one for one in asked if "reuse_key" in one[0]]
        plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query[0]}", query[1])]
    assert any("ix_jobs_reuse_key (reuse_key=? AND state=?)" in line for line in plan), plan
