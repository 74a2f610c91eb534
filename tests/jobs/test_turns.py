"""Does everybody have their turn: shares between accounts, rush before normal, and nobody for ever behind?"""

from collections import Counter
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core import clock as core_clock
from core.db.session import Database
from core.jobs import dispatch, turns
from core.jobs.desk import Desk
from core.jobs.states import Priority, VariantState
from core.models import Account, Job, RateLimit, Variant
from core.models.base import new_id
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER
from tests.fake_provider import FakeProvider

MANY = 400
Submit = Callable[..., str]


@pytest.fixture
def desk(make_desk: Callable[..., Desk], provider: FakeProvider) -> Desk:
    return make_desk(provider)


@pytest.fixture
def submit(desk: Desk) -> Submit:
    """Lets so many variants of an account wait, as jobs of two; the first job's id."""
    photos: dict[str, str] = {}

    def submit(account: str, variants: int, *, priority: Priority = Priority.NORMAL) -> str:
        if account not in photos:
            sample = factories.job(desk, account=account)
            with desk.database.write() as session:
                photos[account] = session.scalars(sa.select(Job.photo_id).where(Job.id == sample)).one()
                _end(session, sample)
        owner = factories.account_id(desk.database, account)
        with desk.database.write() as session:
            ids = [
                _queued_job(session, owner, photos[account], priority=priority, count=min(2, variants - start))
                for start in range(0, variants, 2)
            ]
        return ids[0]

    return submit


def _queued_job(session: Session, owner: int, photo_id: str, *, priority: Priority, count: int) -> str:
    job_id, now = new_id(), core_clock.now()
    words = dict.fromkeys(("room_type", "style", "instructions", "prompt", "prompt_version", "model"), "")
    session.add(
        Job(
            id=job_id,
            account_id=owner,
            photo_id=photo_id,
            state="pending",
            priority=priority,
            created_by="bob",
            credits_used=0,
            created_at=now,
            **words,
        )
    )
    session.flush()
    for index, turn in enumerate(turns.take(session, account_id=owner, priority=priority, count=count)):
        session.add(
            Variant(
                id=new_id(),
                job_id=job_id,
                variant_index=index,
                state=VariantState.QUEUED,
                seed=1,
                price_credits=20,
                turn=turn,
                created_at=now,
                next_due_at=now,
            )
        )
    session.flush()
    return job_id


def _end(session: Session, job_id: str) -> None:
    session.execute(sa.update(Variant).where(Variant.job_id == job_id).values(state="canceled", next_due_at=None))


def served(desk: Desk, limit: int) -> list[tuple[str, Priority]]:
    """Whose variants are released next, in order; they are on their way then."""
    order: list[str] = []
    with desk.database.write() as session:
        # There is a token for everybody: nothing but turns decides.
        session.execute(sa.delete(RateLimit))
        session.execute(
            sa.update(Variant).where(Variant.state == VariantState.QUEUED).values(next_due_at=core_clock.now())
        )
    one_by_one = Desk(**{name: getattr(desk, name) for name in desk.__dataclass_fields__} | {"create_burst": limit})
    dispatch.release(one_by_one, lambda variant_id, turn: order.append(variant_id))
    with desk.database.write() as session:
        session.execute(sa.update(Variant).where(Variant.id.in_(order)).values(state=VariantState.SUBMITTING))
        rows = session.execute(
            sa.select(Variant.id, Account.name, Job.priority)
            .join(Job, Job.id == Variant.job_id)
            .join(Account, Account.id == Job.account_id)
            .where(Variant.id.in_(order))
        )
        owners = {variant_id: (name, Priority(priority)) for variant_id, name, priority in rows}
    return [owners[variant_id] for variant_id in order]


def accounts(found: list[tuple[str, Priority]]) -> Counter[str]:
    return Counter(name for name, _priority in found)


def test_ten_jobs_of_one_are_not_behind_two_hundred_of_another(desk: Desk, submit: Submit) -> None:
    submit(BELLEVUE, MANY)
    served(desk, 6)
    submit(OUTSIDER, 20)
    assert accounts(served(desk, 42))[OUTSIDER] == 20


def test_rush_goes_before_two_hundred_normal_jobs_of_the_same_account(desk: Desk, submit: Submit) -> None:
    submit(BELLEVUE, MANY)
    served(desk, 6)
    submit(BELLEVUE, 2, priority=Priority.RUSH)
    assert [priority for _name, priority in served(desk, 3)] == [Priority.RUSH, Priority.RUSH, Priority.NORMAL]


def test_rush_of_two_accounts_takes_turns_as_well(desk: Desk, submit: Submit) -> None:
    submit(BELLEVUE, 40, priority=Priority.RUSH)
    submit(OUTSIDER, 10, priority=Priority.RUSH)
    assert accounts(served(desk, 20)) == {BELLEVUE: 10, OUTSIDER: 10}


def test_normal_jobs_move_however_much_rush_comes(
    desk: Desk, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(turns._LEADS, Priority.RUSH, 20)
    submit(OUTSIDER, 2)
    overtaken_by = 0
    for _ in range(100):
        submit(BELLEVUE, 4, priority=Priority.RUSH)
        found = served(desk, 4)
        overtaken_by += accounts(found)[BELLEVUE]
        if accounts(found)[OUTSIDER]:
            break
    # The lead, and what came with the last of them.
    assert overtaken_by <= 20 + 4


def test_who_sent_nothing_for_long_has_saved_up_nothing(desk: Desk, submit: Submit) -> None:
    submit(OUTSIDER, 2)
    served(desk, 2)
    submit(BELLEVUE, 300)
    served(desk, 200)
    submit(OUTSIDER, 100)
    share = accounts(served(desk, 100))
    assert abs(share[BELLEVUE] - share[OUTSIDER]) <= 2


def test_what_was_canceled_does_not_push_its_account_back(desk: Desk, submit: Submit) -> None:
    submit(BELLEVUE, MANY)
    with desk.database.write() as session:
        session.execute(
            sa.update(Variant).where(Variant.state == "queued").values(state="canceled", next_due_at=None)
        )
    submit(OUTSIDER, 40)
    submit(BELLEVUE, 2)
    assert accounts(served(desk, 4))[BELLEVUE] == 2


def test_a_free_retry_keeps_its_turn_and_pulls_nobody_forward(desk: Desk, submit: Submit) -> None:
    job_id = submit(BELLEVUE, 2)
    submit(OUTSIDER, 100)
    served(desk, 60)
    with desk.database.write() as session:
        session.execute(
            sa.update(Variant)
            .where(Variant.job_id == job_id)
            .values(state=VariantState.QUEUED, retried_at=core_clock.now(), next_due_at=core_clock.now())
        )
    submit(BELLEVUE, 20)
    found = served(desk, 22)
    assert [name for name, _priority in found[:2]] == [BELLEVUE, BELLEVUE]
    share = accounts(found[2:])
    assert abs(share[BELLEVUE] - share[OUTSIDER]) <= 2


def test_the_queue_never_goes_back(database: Database, desk: Desk, submit: Submit) -> None:
    submit(BELLEVUE, 10)
    reached = []
    for _ in range(5):
        served(desk, 2)
        with database.read() as session:
            reached.append(turns.serving(session))
    submit(OUTSIDER, 2, priority=Priority.RUSH)
    served(desk, 2)
    with database.read() as session:
        reached.append(turns.serving(session))
    assert reached == sorted(reached)
    assert reached[0] < reached[4]


def test_two_that_always_have_work_get_the_same_share(
    make_desk: Callable[..., Desk], provider: FakeProvider, submit: Submit, desk: Desk
) -> None:
    @hypothesis_settings(max_examples=15)
    @given(st.lists(st.tuples(st.sampled_from([BELLEVUE, OUTSIDER]), st.integers(1, 30)), min_size=1, max_size=12))
    def holds(arrivals: list[tuple[str, int]]) -> None:
        with desk.database.write() as session:
            session.execute(
                sa.update(Variant).where(Variant.state != "canceled").values(state="canceled", next_due_at=None)
            )
        for name in (BELLEVUE, OUTSIDER):
            submit(name, 60)
        share: Counter[str] = Counter()
        for name, size in arrivals:
            submit(name, size)
            share += accounts(served(desk, 4))
            # By more than the variants of one job, nobody is ever ahead.
            assert abs(share[BELLEVUE] - share[OUTSIDER]) <= 2

    holds()
