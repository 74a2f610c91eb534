"""Does the ledger agree with a naive one, for any sequence of movements and any number of spenders?"""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core import errors
from core.credits import ledger
from core.db.session import Database
from core.jobs import audit
from core.jobs.desk import Desk
from core.models.base import new_id
from tests import factories
from tests.fake_provider import FakeProvider

movements = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.integers(1, 60), st.just(0)),
        st.tuples(st.just("charge"), st.just(40), st.just(0)),
        st.tuples(st.just("refund"), st.integers(1, 45), st.integers(0, 5)),
        st.tuples(st.just("refund again"), st.just(1), st.integers(0, 5)),
    ),
    max_size=15,
)


def _apply(desk: Desk, jobs: list[str], refunds: list[tuple[str, str]], movement: tuple[str, int, int]) -> Any:
    kind, amount, pick = movement
    if kind == "charge":
        jobs.append(factories.job(desk))
        return None
    with desk.database.write() as session:
        if kind == "grant":
            owner = factories.account_id(desk.database)
            key = f"grant:{new_id()}"
            return ledger.grant(session, key=key, account_id=owner, amount_credits=amount, reason="r", actor="a")
        job_id, key = (jobs[pick % len(jobs)], new_id()) if kind == "refund" else refunds[pick % len(refunds)]
        return ledger.refund(session, key=key, job_id=job_id, amount_credits=amount, reason="r", actor="a")


@settings(max_examples=25)
@given(movements=movements)
def test_balances_follow_a_naive_model(desk: Desk, movements: list[tuple[str, int, int]]) -> None:
    factories.set_balance(desk.database, 50 if factories.balance(desk.database) != 50 else 51)
    balance, jobs, left = factories.balance(desk.database), [], {}
    refunds: list[tuple[str, str]] = []
    for movement in movements:
        kind, amount, pick = movement
        if (kind == "refund" and not jobs) or (kind == "refund again" and not refunds):
            continue
        try:
            result = _apply(desk, jobs, refunds, movement)
        except (errors.InsufficientCredits, errors.StateConflict):
            # The model refuses the same.
            assert (kind == "charge" and balance < 40) or (kind == "refund" and left[jobs[pick % len(jobs)]] < amount)
            continue
        if kind == "grant":
            balance += amount
        elif kind == "charge":
            balance -= 40
            left[jobs[-1]] = 40
        elif kind == "refund":
            job_id = jobs[pick % len(jobs)]
            balance, left[job_id] = balance + amount, left[job_id] - amount
            refunds.append((job_id, factories.entries(desk.database, kind="refund")[-1].entry_key))
        else:
            assert result is None
        assert factories.balance(desk.database) == balance
        assert factories.entries(desk.database)[-1].balance_after == balance
    assert [one for one in audit.audit(desk) if "account" in one.subject or "ledger" in one.subject] == []


def test_twenty_spenders_at_once_get_exactly_what_was_paid_for(
    make_desk: Callable[..., Desk], provider: FakeProvider, database_url: str
) -> None:
    # Two pools, as two processes have them: locks of one process help nothing between them.
    desk, other = make_desk(provider), make_desk(provider, database=Database(database_url))
    factories.set_balance(desk.database, 7 * 40 + 39)

    outcomes = factories.at_once(*[lambda one=one: factories.job(one) for one in [desk, other] * 10])
    other.database.close()

    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert {type(one) for one in refused} == {errors.InsufficientCredits}
    assert len(refused) == 13
    assert factories.balance(desk.database) == 39
    assert len(factories.entries(desk.database, kind="charge")) == 7
    assert sum(one.amount for one in factories.entries(desk.database)) == 39 + 1_000
    balances = [one.balance_after for one in factories.entries(desk.database, kind="charge")]
    assert balances == sorted(balances, reverse=True)


def test_refunds_and_charges_at_once_leave_no_credit_behind(desk: Desk) -> None:
    factories.set_balance(desk.database, 200)
    jobs = [factories.job(desk) for _ in range(5)]

    def refund(job_id: str) -> None:
        with desk.database.write() as session:
            ledger.refund(session, key=f"k:{job_id}", job_id=job_id, amount_credits=40, reason="r", actor="a")

    calls: list[Callable[[], object]] = []
    for job_id in jobs:
        calls += [lambda job_id=job_id: refund(job_id)] * 2 + [lambda: factories.job(desk)]
    outcomes = factories.at_once(*calls)

    assert {type(one) for one in outcomes if isinstance(one, Exception)} <= {errors.InsufficientCredits}
    made = sum(isinstance(one, str) for one in outcomes)
    assert factories.balance(desk.database) == 200 - 40 * made
