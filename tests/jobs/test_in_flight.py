"""Does an account with a limit have no more under way than that, and does nobody else wait for it?"""

from collections import Counter
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from core.credits import terms
from core.credits.terms import Terms
from core.db.session import Database
from core.jobs import creation, dispatch, sync
from core.jobs.desk import Desk
from core.models import Account, Job, Variant
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock


@pytest.fixture
def desk(make_desk: Callable[..., Desk], provider: FakeProvider) -> Desk:
    desk = make_desk(provider, create_burst=40, creates_per_minute=6_000)
    limit_to(desk, 3)
    return desk


def limit_to(desk: Desk, most: int | None, account: str = BELLEVUE) -> None:
    wanted = Terms(rush_variant_credits=None, in_flight_max=most)
    terms.set_terms(desk.database, factories.manager(), account=account, terms=wanted)


def released(desk: Desk) -> Counter[str]:
    """Whose variants are released now."""
    ids: list[str] = []
    dispatch.release(desk, lambda variant_id, turn: ids.append(variant_id))
    with desk.database.read() as session:
        query = (
            sa.select(Account.name).join(Job, Job.account_id == Account.id).join(Variant, Variant.job_id == Job.id)
        )
        return Counter(session.scalars(query.where(Variant.id == one)).one() for one in ids)


def test_no_more_than_the_limit_is_under_way(desk: Desk, provider: FakeProvider, clock: SettableClock) -> None:
    jobs = [factories.job(desk) for _ in range(3)]
    assert released(desk) == {BELLEVUE: 3}
    assert released(desk) == {}
    with desk.database.read() as session:
        due = session.scalars(sa.select(Variant.id).where(Variant.next_due_at > clock()))
        first, *others = list(due)
    for variant_id in (first, *others):
        creation.create_prediction(desk, variant_id)
    clock.forward(minutes=1)
    assert released(desk) == {}
    predictions = [one.prediction_id or "" for job_id in jobs for one in factories.attempts(desk.database, job_id)]
    sync.apply(desk, factories.manager(), provider.finish(predictions[0]))
    assert released(desk) == {BELLEVUE: 1}


def test_nobody_else_waits_for_it(desk: Desk) -> None:
    for _ in range(5):
        factories.job(desk)
    for _ in range(3):
        factories.job(desk, account=OUTSIDER)
    assert released(desk) == {BELLEVUE: 3, OUTSIDER: 6}


def test_a_limit_that_is_lifted_lets_all_go(desk: Desk) -> None:
    for _ in range(3):
        factories.job(desk)
    assert released(desk) == {BELLEVUE: 3}
    limit_to(desk, None)
    assert released(desk) == {BELLEVUE: 3}


def test_two_processes_keep_the_limit_together(desk: Desk, provider: FakeProvider, database_url: str) -> None:
    for _ in range(10):
        factories.job(desk)
    other = Database(database_url)
    second = Desk(**{name: getattr(desk, name) for name in desk.__dataclass_fields__} | {"database": other})
    ids: list[str] = []
    calls = [
        lambda one=one: dispatch.release(one, lambda variant_id, turn: ids.append(variant_id))
        for one in (desk, second) * 3
    ]
    factories.at_once(*calls)
    other.close()
    assert len(ids) == 3
