"""Is the provider never asked for more than the rate allows, whatever the pattern of asking?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.db.session import Database
from core.jobs import create_rate
from tests import factories

START = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def take(database: Database, wanted: int, after: float, *, per_minute: int = 60, burst: int = 3) -> int:
    now = START + timedelta(seconds=after)
    with database.write() as session:
        return create_rate.take(session, wanted=wanted, per_minute=per_minute, burst=burst, now=now)


def block(database: Database, until: float, *, per_minute: int = 60, burst: int = 3) -> None:
    with database.write() as session:
        create_rate.block(session, until=START + timedelta(seconds=until), per_minute=per_minute, burst=burst)


def test_a_clock_set_back_by_an_hour_does_not_stop_the_desk_for_an_hour(database: Database) -> None:
    assert take(database, 3, 3_600.0) == 3
    assert take(database, 3, 0.0) == 3
    assert take(database, 1, 0.5) == 0


def test_the_bucket_gives_out_its_burst_and_then_its_rate(database: Database) -> None:
    table = [
        # wanted, seconds after the start, granted
        (5, 0.0, 3),
        (1, 0.0, 0),
        (1, 0.99, 0),
        (5, 1.0, 1),
        (5, 1.5, 0),
        (5, 2.0, 1),
        (2, 60.0, 2),
        (5, 60.0, 1),
        (0, 90.0, 0),
    ]
    assert [take(database, wanted, after) for wanted, after, _ in table] == [granted for _, _, granted in table]


def test_a_blocked_bucket_starts_with_one_and_goes_on_at_its_rate(database: Database) -> None:
    block(database, 10)
    granted = [take(database, 5, after) for after in (0, 5, 9.99, 10, 10.5, 11, 12)]
    assert granted == [0, 0, 0, 1, 0, 1, 1]


def test_a_shorter_block_does_not_lift_a_longer_one(database: Database) -> None:
    block(database, 30)
    block(database, 10)
    assert take(database, 1, 29.9) == 0
    assert take(database, 1, 30) == 1


def test_a_clock_that_goes_back_gives_nothing_for_free(database: Database) -> None:
    assert take(database, 3, 100) == 3
    assert take(database, 3, 50) == 0


def test_takers_at_once_share_one_bucket(database: Database, database_url: str) -> None:
    other = Database(database_url)
    calls = [lambda opened=opened: take(opened, 1, 0, burst=5) for opened in [database, other] * 8]
    outcomes = factories.at_once(*calls)
    other.close()
    assert sorted(outcomes) == [0] * 11 + [1] * 5


asks = st.lists(st.tuples(st.integers(1, 8), st.floats(0, 5)), min_size=1, max_size=20)


@settings(max_examples=40)
@given(asks=asks, per_minute=st.integers(1, 1_000), burst=st.integers(1, 10))
def test_no_window_ever_exceeds_burst_and_rate(
    database: Database, asks: list[tuple[int, float]], per_minute: int, burst: int
) -> None:
    with database.write() as session:
        create_rate.lock(session)
        create_rate._store(session, 0)
    taken: list[tuple[float, int]] = []
    now = 0.0
    for wanted, pause in asks:
        now += pause
        granted = take(database, wanted, now, per_minute=per_minute, burst=burst)
        assert 0 <= granted <= wanted
        taken.append((now, granted))
    for start in range(len(taken)):
        for end in range(start, len(taken)):
            in_window = sum(granted for _, granted in taken[start : end + 1])
            seconds = taken[end][0] - taken[start][0]
            assert in_window <= burst + seconds * per_minute / 60 + 0.01


@pytest.mark.parametrize(
    ("burst", "per_minute", "safe"), [(60, 600, 57), (1, 120, 1), (2, 600, 1), (60, 60, 59), (600, 6_000, 570)]
)
def test_what_may_catch_up_on_its_way_is_left_out_of_the_burst(burst: int, per_minute: int, safe: int) -> None:
    assert create_rate.safe_burst(burst, per_minute=per_minute) == safe
