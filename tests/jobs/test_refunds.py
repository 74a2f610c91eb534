"""Is a refund made once, never above what is left, and above the limit only by two people?"""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core import errors
from core.auth.actors import Actor
from core.auth.roles import Role
from core.credits import ledger, limits
from core.credits.limits import RefundLimit
from core.jobs import audit, refunds
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundReason, RefundState
from core.jobs.refunds import Refunded
from tests import factories
from tests.factories import CREDITS, People
from tests.fake_provider import FakeProvider
from tests.jobs.refunding import ask, finish, left, set_limit
from tests.settable_clock import SettableClock

CHARGED = CREDITS - 40


def key_of(person: Actor, name: str) -> Actor:
    """A key that the person has made."""
    return replace(
        person, name=f"key {name}", identity=f"key:{name}", made_by=person.name, made_by_identity=person.identity
    )


def test_all_that_is_left_comes_back_with_its_reason_and_who_gave_it(
    desk: Desk, people: People, finished: str
) -> None:
    made = ask(desk, people.dora, finished, reason=RefundReason.LATE_DELIVERY, note="Two days late")
    assert (made.refund.state, made.refund.amount_credits, made.balance, made.repeated) == (
        RefundState.REFUNDED,
        40,
        CREDITS,
        False,
    )
    (entry,) = factories.entries(desk.database, kind="refund")
    assert (entry.amount, entry.reason, entry.note, entry.actor) == (40, "late_delivery", "", "dora")
    assert factories.detail(desk.database, finished).credits_refunded == 40
    last = factories.detail(desk.database, finished).events[-1]
    assert (last.kind, last.actor, last.message) == ("refunded", "dora", "40 credits were refunded: too late.")
    assert audit.audit(desk) == []


def test_one_variant_comes_back_once(desk: Desk, people: People, finished: str) -> None:
    assert ask(desk, people.dora, finished, variant=1).balance == CHARGED + 20
    assert left(desk, finished) == (20, {0: 20, 1: 0})
    with pytest.raises(errors.StateConflict, match="Variant B was refunded already"):
        ask(desk, people.dora, finished, variant=1, note="again")
    assert ask(desk, people.dora, finished, variant=0).balance == CREDITS
    assert factories.balance(desk.database) == CREDITS


def test_a_variant_that_failed_was_returned_already(desk: Desk, people: People, provider: FakeProvider) -> None:
    job_id = finish(desk, provider, succeeded=1)
    assert left(desk, job_id) == (20, {0: 20, 1: 0})
    with pytest.raises(errors.StateConflict):
        ask(desk, people.dora, job_id, variant=1)
    assert ask(desk, people.dora, job_id).refund.amount_credits == 20
    assert factories.balance(desk.database) == CREDITS
    assert audit.audit(desk) == []


def test_amounts_come_back_up_to_what_is_left(desk: Desk, people: People, finished: str) -> None:
    ask(desk, people.dora, finished, 15)
    ask(desk, people.dora, finished, 20, note="and more")
    assert left(desk, finished) == (5, {0: 5, 1: 5})
    with pytest.raises(errors.StateConflict, match="more than the 5 credits left"):
        ask(desk, people.dora, finished, 6)
    assert ask(desk, people.dora, finished).refund.amount_credits == 5
    with pytest.raises(errors.StateConflict, match="was returned already"):
        ask(desk, people.dora, finished, 1)
    assert factories.balance(desk.database) == CREDITS


@pytest.mark.parametrize("amount", [0, -1, -40, 1.5, True])
def test_what_is_no_amount_is_refused(desk: Desk, people: People, finished: str, amount: int) -> None:
    with pytest.raises(errors.InvalidAmount):
        ask(desk, people.dora, finished, amount)
    assert factories.balance(desk.database) == CHARGED


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 5, "variant": 0},
        {"reason": RefundReason.OTHER},
        {"reason": RefundReason.OTHER, "note": "  \n"},
        {"note": "x" * 1_001},
        {"variant": 2},
        {"variant": -1},
        {"key": ""},
    ],
)
def test_an_unsound_request_changes_nothing(
    desk: Desk, people: People, finished: str, wrong: dict[str, object]
) -> None:
    with pytest.raises(errors.ValidationFailed):
        ask(desk, people.dora, finished, **wrong)  # type: ignore[arg-type]
    assert factories.balance(desk.database) == CHARGED
    assert left(desk, finished)[0] == 40


def test_a_job_under_way_is_not_refunded(desk: Desk, people: People) -> None:
    job_id, _ = factories.ordered_job(desk)
    with pytest.raises(errors.StateConflict, match="cancel it, or wait"):
        ask(desk, people.dora, job_id)
    assert factories.balance(desk.database) == CHARGED


def test_staff_may_not_refund_and_nobody_what_they_do_not_see(desk: Desk, people: People, finished: str) -> None:
    with pytest.raises(errors.PermissionDenied):
        ask(desk, people.bob, finished)
    with pytest.raises(errors.JobNotFound):
        ask(desk, replace(people.dora, account_id=people.charlie.account_id), finished)
    with pytest.raises(errors.JobNotFound):
        ask(desk, people.dora, "0190f000-0000-7000-8000-000000000000")


@pytest.mark.parametrize("key", [None, "form-1"])
@pytest.mark.parametrize("options", [{"amount": 10}, {"variant": 0}, {}], ids=["amount", "variant", "all"])
def test_twenty_at_once_refund_once(
    desk: Desk, other_desk: Desk, people: People, finished: str, options: dict[str, int], key: str | None
) -> None:
    outcomes = factories.at_once(
        *[lambda one=one: ask(one, people.dora, finished, key=key, **options) for one in [desk, other_desk] * 10]
    )
    assert all(isinstance(one, Refunded) for one in outcomes), outcomes
    assert [one.repeated for one in outcomes].count(False) == 1  # type: ignore[attr-defined]
    assert len({one.refund.id for one in outcomes}) == 1  # type: ignore[attr-defined]
    assert len(factories.entries(desk.database, kind="refund")) == 1
    assert audit.audit(desk) == []


def test_the_same_without_a_key_is_meant_again_after_ten_minutes(
    desk: Desk, people: People, finished: str, clock: SettableClock
) -> None:
    first = ask(desk, people.dora, finished, 5)
    clock.forward(minutes=9)
    assert ask(desk, people.dora, finished, 5) == replace(first, repeated=True)
    clock.forward(minutes=2)
    assert ask(desk, people.dora, finished, 5).repeated is False
    assert ask(desk, people.alice, finished, 5).repeated is False
    assert left(desk, finished)[0] == 25


def test_the_same_without_its_key_is_not_refunded_again(desk: Desk, people: People, finished: str) -> None:
    first = ask(desk, people.dora, finished, 5, key="k")
    assert ask(desk, people.dora, finished, 5) == replace(first, repeated=True)
    assert left(desk, finished)[0] == 35


def test_a_key_stands_for_one_refund(desk: Desk, people: People, finished: str) -> None:
    ask(desk, people.dora, finished, 5, key="k")
    with pytest.raises(errors.IdempotencyConflict):
        ask(desk, people.dora, finished, 6, key="k")
    # Another person's key of the same name is another key.
    assert ask(desk, people.alice, finished, 6, key="k").repeated is False


def test_above_the_limit_it_waits_for_a_manager(desk: Desk, people: People, finished: str) -> None:
    set_limit(desk, per_refund=20)
    asked = ask(desk, people.dora, finished)
    assert (asked.refund.state, asked.balance) == (RefundState.REQUESTED, CHARGED)
    assert factories.balance(desk.database) == CHARGED
    assert audit.audit(desk) == []
    paid = refunds.approve(desk.database, people.alice, refund_id=asked.refund.id)
    assert (paid.refund.state, paid.refund.decided_by, paid.balance) == (RefundState.REFUNDED, "alice", CREDITS)
    again = refunds.approve(desk.database, people.alice, refund_id=asked.refund.id)
    assert (again.repeated, again.balance) == (True, CREDITS)
    with pytest.raises(errors.StateConflict, match="decided otherwise"):
        refunds.decline(desk.database, people.alice, refund_id=asked.refund.id, note="no")
    assert audit.audit(desk) == []


def test_the_limit_of_a_day_counts_what_a_person_refunded_alone(
    desk: Desk, people: People, provider: FakeProvider, clock: SettableClock
) -> None:
    set_limit(desk, per_day=50)
    jobs = [finish(desk, provider, number=number) for number in range(3)]
    assert ask(desk, people.dora, jobs[0]).refund.state is RefundState.REFUNDED
    waiting = ask(desk, people.dora, jobs[1], variant=0)
    assert waiting.refund.state is RefundState.REQUESTED
    refunds.approve(desk.database, people.alice, refund_id=waiting.refund.id)
    # What was approved is not her own; 10 more are within her 50.
    assert ask(desk, people.dora, jobs[1], 10).refund.state is RefundState.REFUNDED
    assert ask(desk, people.dora, jobs[2], 1).refund.state is RefundState.REQUESTED
    assert (
        ask(desk, replace(people.dora, name="emil", identity="user:9"), jobs[2], 2).refund.state
        is RefundState.REFUNDED
    )
    clock.forward(minutes=24 * 60 + 1)
    assert ask(desk, people.dora, jobs[2], 3).refund.state is RefundState.REFUNDED


def test_many_refunds_at_once_stay_within_the_day(
    desk: Desk, other_desk: Desk, people: People, provider: FakeProvider
) -> None:
    set_limit(desk, per_day=60)
    jobs = [finish(desk, provider, number=number) for number in range(6)]
    outcomes = factories.at_once(
        *[
            lambda one=one, job_id=job_id: ask(one, people.dora, job_id, variant=0)
            for job_id, one in zip(jobs, [desk, other_desk] * 3, strict=True)
        ]
    )
    states = [one.refund.state for one in outcomes if isinstance(one, Refunded)]
    assert (states.count(RefundState.REFUNDED), states.count(RefundState.REQUESTED)) == (3, 3), outcomes


def test_nobody_decides_on_what_they_asked_for_by_any_name(desk: Desk, people: People, finished: str) -> None:
    limits.set_refund_limit(
        desk.database,
        people.alice,
        RefundLimit(role=Role.MANAGER, per_refund_credits=0, per_day_credits=None),
    )
    own = ask(desk, people.alice, finished, 5).refund
    by_key = ask(desk, key_of(people.alice, "script"), finished, 6).refund
    # Of another person, who now has the address that Alice had.
    key_of_other = replace(key_of(people.alice, "robot"), made_by="alice", made_by_identity="user:9")
    renamed = replace(people.alice, name="alice.brandt@example.com")
    for refund in (own, by_key):
        for actor in (people.alice, renamed, key_of(people.alice, "another script")):
            with pytest.raises(errors.PermissionDenied, match="another manager"):
                refunds.approve(desk.database, actor, refund_id=refund.id)
        with pytest.raises(errors.PermissionDenied):
            refunds.approve(desk.database, people.dora, refund_id=refund.id)
        assert refunds.approve(desk.database, key_of_other, refund_id=refund.id).refund.decided_by == "key robot"


def test_a_declined_request_moves_nothing_and_says_why(desk: Desk, people: People, finished: str) -> None:
    set_limit(desk, per_refund=0)
    asked = ask(desk, people.dora, finished).refund
    with pytest.raises(errors.ValidationFailed, match="note"):
        refunds.decline(desk.database, people.alice, refund_id=asked.id, note=" ")
    refunds.decline(desk.database, people.alice, refund_id=asked.id, note="The picture is fine.")
    with pytest.raises(errors.StateConflict):
        refunds.approve(desk.database, people.alice, refund_id=asked.id)
    assert factories.balance(desk.database) == CHARGED
    last = factories.detail(desk.database, finished).events[-1]
    assert (last.kind, last.message) == (
        "refund_declined",
        "A refund of 40 credits was declined.",
    )
    # Turned down, it may be asked for again.
    assert ask(desk, people.dora, finished).repeated is False


def test_a_request_is_paid_only_as_far_as_there_is_something_left(desk: Desk, people: People, finished: str) -> None:
    set_limit(desk, per_refund=20)
    asked = ask(desk, people.dora, finished).refund
    with desk.database.write() as session:
        ledger.refund(session, key="refund:by hand", job_id=finished, amount_credits=1, reason="goodwill", actor="x")
    with pytest.raises(errors.StateConflict, match="Less than that is left"):
        refunds.approve(desk.database, people.alice, refund_id=asked.id)
    assert factories.balance(desk.database) == CHARGED + 1


def test_what_waits_for_a_decision_is_not_left(desk: Desk, people: People, finished: str) -> None:
    set_limit(desk, per_refund=0)
    first = ask(desk, people.dora, finished, variant=0).refund
    assert left(desk, finished) == (20, {0: 0, 1: 20})
    with pytest.raises(errors.StateConflict, match="or waits for it"):
        ask(desk, people.alice, finished, variant=0)
    with pytest.raises(errors.StateConflict, match="more than the 20 credits left"):
        ask(desk, people.alice, finished, 21)
    ask(desk, people.dora, finished, 20)
    with pytest.raises(errors.StateConflict, match="waits for a manager's decision"):
        ask(desk, people.alice, finished, 1)
    refunds.decline(desk.database, people.alice, refund_id=first.id, note="It is fine.")
    assert left(desk, finished) == (20, {0: 20, 1: 20})
    assert ask(desk, people.alice, finished, variant=0).refund.state is RefundState.REFUNDED


def test_an_unknown_refund_is_not_found(desk: Desk, people: People) -> None:
    with pytest.raises(errors.RefundNotFound):
        refunds.approve(desk.database, people.alice, refund_id="nothing")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE refunds SET amount = 1",
        "UPDATE refunds SET state = 'requested', decided_at = NULL",
        "DELETE FROM refunds",
    ],
)
def test_the_database_refuses_to_change_a_decided_refund(
    desk: Desk, people: People, finished: str, statement: str
) -> None:
    ask(desk, people.dora, finished)
    with pytest.raises(DBAPIError, match="refund"), desk.database.write() as session:
        session.execute(sa.text(statement))


def test_check_finds_refunds_and_ledger_that_disagree(desk: Desk, people: People, finished: str) -> None:
    with desk.database.write() as session:
        ledger.refund(session, key="refund:by hand", job_id=finished, amount_credits=3, reason="goodwill", actor="x")
    assert [finding.message for finding in audit.audit(desk)] == [
        "the ledger's refund:by hand is of no refund that was made"
    ]


def test_a_request_left_over_night_is_still_there(
    desk: Desk, people: People, finished: str, clock: SettableClock
) -> None:
    set_limit(desk, per_refund=0)
    asked = ask(desk, people.dora, finished).refund
    clock.forward(minutes=30 * 24 * 60)
    assert refunds.approve(desk.database, people.alice, refund_id=asked.id).balance == CREDITS
    assert clock() - asked.requested_at == timedelta(days=30)
