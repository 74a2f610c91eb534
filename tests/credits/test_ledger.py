"""Do balances equal the sums of entries that nobody can change, whatever is asked for?"""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from core import clock, errors
from core.credits import ledger
from core.credits import service as credit_service
from core.db.session import Database
from core.jobs.desk import Desk
from core.models import Account, Job, LedgerEntry
from tests import factories
from tests.factories import BELLEVUE, CREDITS, OUTSIDER, People


def entry(database: Database, **values: object) -> dict[str, object]:
    return {
        "entry_key": "test",
        "account_id": factories.account_id(database),
        "at": clock.now(),
        "kind": "grant",
        "amount": 5,
        "balance_after": 5,
        "reason": "test",
        "actor": "alice",
        **values,
    }


def test_sqlite_does_not_let_an_entry_be_replaced(database: Database) -> None:
    if not database.is_sqlite:
        return
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(
            sa.text("INSERT OR REPLACE INTO ledger_entries SELECT * FROM ledger_entries ORDER BY id LIMIT 1")
        )


@pytest.mark.parametrize("statement", ["UPDATE ledger_entries SET amount = 1", "DELETE FROM ledger_entries"])
def test_the_database_refuses_to_change_entries(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(sa.text(statement))

    assert sum(one.amount for one in factories.entries(database)) == 2 * CREDITS


def test_the_database_refuses_to_empty_the_ledger(database: Database) -> None:
    statement = "DELETE FROM ledger_entries WHERE 1" if database.is_sqlite else "TRUNCATE ledger_entries"
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(sa.text(statement))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "gift"},
        {"amount": -5},
        {"amount": 0},
        {"kind": "charge", "amount": 5},
        {"kind": "charge", "amount": -5},
        {"kind": "refund", "amount": 5},
        {"kind": "adjustment", "amount": 0},
        {"balance_after": -1},
    ],
    ids=str,
)
def test_the_database_refuses_entries_that_can_not_be(database: Database, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(sa.insert(LedgerEntry).values(**entry(database, **wrong)))


def test_the_database_refuses_a_balance_below_zero(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(sa.update(Account).values(balance=-1))


def test_the_database_refuses_to_refund_more_than_was_charged(desk: Desk) -> None:
    factories.job(desk)
    with pytest.raises(IntegrityError), desk.database.write() as session:
        session.execute(sa.update(Job).values(credits_refunded=41))


def test_a_job_is_charged_once(desk: Desk) -> None:
    job_id = factories.job(desk)
    owner = factories.account_id(desk.database)

    with pytest.raises(IntegrityError), desk.database.write() as session:
        ledger.charge(session, account_id=owner, job_id=job_id, amount_credits=40, actor="bob")
    with pytest.raises(IntegrityError), desk.database.write() as session:
        values = entry(desk.database, entry_key="other", kind="charge", amount=-40, job_id=job_id)
        session.execute(sa.insert(LedgerEntry).values(**values))

    assert factories.balance(desk.database) == CREDITS - 40


def test_a_charge_beyond_the_balance_leaves_nothing(desk: Desk) -> None:
    factories.set_balance(desk.database, 39)
    before = len(factories.entries(desk.database))

    with pytest.raises(errors.InsufficientCredits) as refused:
        factories.job(desk)

    assert refused.value.subjects == {"account": BELLEVUE, "needed": 40, "balance": 39}
    assert "needs 40" in refused.value.message
    assert "has 39" in refused.value.message
    assert len(factories.entries(desk.database)) == before
    assert factories.balance(desk.database) == 39


def test_a_refund_happens_once_by_its_key(desk: Desk) -> None:
    job_id = factories.job(desk)

    def refund() -> int | None:
        with desk.database.write() as session:
            return ledger.refund(session, key="return:v", job_id=job_id, amount_credits=20, reason="r", actor="a")

    assert refund() == CREDITS - 20
    assert refund() is None
    assert factories.balance(desk.database) == CREDITS - 20
    assert len(factories.entries(desk.database, kind="refund")) == 1


def test_refunds_never_exceed_the_charge(desk: Desk) -> None:
    job_id = factories.job(desk)

    def refund(key: str, amount: int) -> None:
        with desk.database.write() as session:
            ledger.refund(session, key=key, job_id=job_id, amount_credits=amount, reason="r", actor="a")

    refund("a", 30)
    with pytest.raises(errors.StateConflict):
        refund("b", 11)
    refund("c", 10)
    with pytest.raises(errors.StateConflict):
        refund("d", 1)

    assert factories.balance(desk.database) == CREDITS
    assert factories.detail(desk.database, job_id).credits_refunded == 40


@pytest.mark.parametrize("amount", [0, -1, True, 1.5])
def test_amounts_are_whole_credits_above_zero(desk: Desk, amount: int) -> None:
    job_id, owner = factories.job(desk), factories.account_id(desk.database)
    before = factories.balance(desk.database)
    movements: list[Callable[[sa.orm.Session], object]] = [
        lambda s: ledger.grant(s, key="k", account_id=owner, amount_credits=amount, reason="r", actor="a"),
        lambda s: ledger.charge(s, account_id=owner, job_id="j", amount_credits=amount, actor="a"),
        lambda s: ledger.refund(s, key="k", job_id=job_id, amount_credits=amount, reason="r", actor="a"),
    ]
    for move in movements:
        with pytest.raises(errors.InvalidAmount), desk.database.write() as session:
            move(session)
    assert factories.balance(desk.database) == before


def test_only_a_manager_grants(database: Database, people: People) -> None:
    for actor in (people.bob, people.dora):
        with pytest.raises(errors.PermissionDenied):
            credit_service.grant(database, actor, account=BELLEVUE, amount_credits=1, reason="gift")

    balance = credit_service.grant(database, people.alice, account="New Client", amount_credits=70, reason="gift")

    assert balance == 70
    assert factories.balance(database, "New Client") == 70
    assert factories.entries(database)[-1].actor == "alice"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"amount_credits": 0}, errors.InvalidAmount),
        ({"amount_credits": 100_000_001}, errors.InvalidAmount),
        ({"reason": "  "}, errors.ValidationFailed),
        ({"account": " "}, errors.ValidationFailed),
        ({"account": "x" * 81}, errors.ValidationFailed),
        ({"account": "a\x00b"}, errors.ValidationFailed),
    ],
)
def test_a_grant_that_is_refused_writes_nothing(
    database: Database, people: People, wrong: dict[str, object], error: type[Exception]
) -> None:
    before = len(factories.entries(database))
    with pytest.raises(error):
        credit_service.grant(
            database, people.alice, **{"account": OUTSIDER, "amount_credits": 5, "reason": "gift", **wrong}
        )
    assert len(factories.entries(database)) == before


@pytest.mark.parametrize(
    "other", [{"amount_credits": 11}, {"account": OUTSIDER}, {"reason": "sale"}], ids=["amount", "account", "reason"]
)
@pytest.mark.parametrize("move", [credit_service.grant, credit_service.adjust], ids=["grant", "adjustment"])
def test_a_key_moves_credits_once_and_nothing_else(
    database: Database, people: People, move: Callable[..., int], other: dict[str, object]
) -> None:
    asked = {"account": BELLEVUE, "amount_credits": 10, "reason": "gift", "idempotency_key": "k"}
    assert move(database, people.alice, **asked) == CREDITS + 10
    assert move(database, people.alice, **asked) == CREDITS + 10
    with pytest.raises(errors.IdempotencyConflict):
        move(database, people.alice, **{**asked, **other})
    assert factories.balance(database) == CREDITS + 10
    assert factories.balance(database, OUTSIDER) == CREDITS


@pytest.mark.parametrize("move", [credit_service.grant, credit_service.adjust], ids=["grant", "adjustment"])
def test_one_key_for_two_accounts_at_once_moves_the_credits_of_one(
    database: Database, people: People, move: Callable[..., int]
) -> None:
    def attempt(account: str) -> int | str:
        try:
            asked = {"amount_credits": 10, "reason": "gift", "idempotency_key": "k"}
            return move(database, people.alice, account=account, **asked)
        except errors.IdempotencyConflict:
            return "conflict"

    outcomes = factories.at_once(*[lambda account=account: attempt(account) for account in (BELLEVUE, OUTSIDER) * 4])
    assert set(outcomes) == {CREDITS + 10, "conflict"}
    assert factories.balance(database) + factories.balance(database, OUTSIDER) == 2 * CREDITS + 10


def test_a_repeated_grant_opens_no_other_account(database: Database, people: People) -> None:
    asked = {"amount_credits": 10, "reason": "gift", "idempotency_key": "k"}
    credit_service.grant(database, people.alice, account=BELLEVUE, **asked)
    with pytest.raises(errors.IdempotencyConflict):
        credit_service.grant(database, people.alice, account="New Client", **asked)
    with database.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM accounts WHERE name = 'New Client'")) == 0


def test_two_first_grants_at_once_open_one_account(database: Database, people: People) -> None:
    def grant() -> int:
        return credit_service.grant(database, people.alice, account="New Client", amount_credits=10, reason="gift")

    balances = factories.at_once(*[grant] * 6)

    assert sorted(balances) == [10, 20, 30, 40, 50, 60]


def test_the_welcome_is_given_once_to_an_empty_desk_only(database: Database, people: People) -> None:
    assert credit_service.welcome(database, people.alice, account="Demo", amount_credits=10) is False
    assert len(factories.entries(database)) == 2


def test_desks_that_start_at_once_on_an_empty_database_give_one_welcome(empty_database: Database) -> None:
    alice = factories.manager()

    def welcome() -> bool:
        return credit_service.welcome(empty_database, alice, account="Demo", amount_credits=10)

    outcomes = factories.at_once(*[welcome] * 6)

    assert sorted(outcomes) == [False] * 5 + [True]
    assert factories.balance(empty_database, "Demo") == 10
