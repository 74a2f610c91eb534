"""Do refunds go by who somebody is, whatever they are called, and is no request left without anybody to decide?"""

from dataclasses import replace

import pytest

from core import errors, spreadsheets
from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditFilter, AuditKind
from core.auth.roles import Role
from core.credits import exports, limits, queries
from core.credits.limits import RefundLimit
from core.jobs import refund_queries, refunds
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundFilter, RefundReason, RefundState
from core.jobs.refunds import Refunded, RefundRequest
from tests import factories
from tests.factories import BELLEVUE, CREDITS, People
from tests.fake_provider import FakeProvider
from tests.jobs.refunding import ask, finish, left, set_limit
from tests.settable_clock import SettableClock

MONA = replace(factories.manager("mona"), identity="user:1")


def key_of(person: Actor, name: str, *, role: Role = Role.SUPPORT) -> Actor:
    """A key that the person has made."""
    return replace(
        person,
        name=f"key {name}",
        role=role,
        identity=f"key:{name}",
        made_by=person.name,
        made_by_identity=person.identity,
    )


def deed(desk: Desk, kind: AuditKind) -> audit.AuditRecord:
    with desk.database.read() as session:
        (entry,) = audit.entries(session, MONA, AuditFilter(kind=kind)).entries
    return entry


# Who may decide.


def test_a_new_address_does_not_make_another_person(desk: Desk, people: People, finished: str) -> None:
    set_limit(desk, per_refund=0)
    dora = replace(people.dora, identity="user:7", name="dora@old.example")
    asked = ask(desk, dora, finished).refund
    promoted = replace(dora, name="dora@new.example", role=Role.MANAGER)
    with pytest.raises(errors.PermissionDenied, match="another manager"):
        refunds.approve(desk.database, promoted, refund_id=asked.id)
    # Whoever has the address now is somebody else.
    other = replace(promoted, name="dora@old.example", identity="user:8")
    assert refunds.approve(desk.database, other, refund_id=asked.id).refund.state is RefundState.REFUNDED


def test_the_day_of_a_person_goes_on_under_a_new_address(desk: Desk, people: People, provider: FakeProvider) -> None:
    set_limit(desk, per_day=40)
    jobs = [finish(desk, provider, number=number) for number in range(2)]
    assert ask(desk, people.dora, jobs[0]).refund.state is RefundState.REFUNDED
    assert ask(desk, replace(people.dora, name="new"), jobs[1], 1).refund.state is RefundState.REQUESTED


def test_a_person_and_each_key_of_theirs_have_a_day_of_their_own(
    desk: Desk, people: People, provider: FakeProvider, clock: SettableClock
) -> None:
    set_limit(desk, per_day=40)
    job_ids = [finish(desk, provider, number=number) for number in range(4)]
    actors = [replace(MONA, role=Role.SUPPORT), key_of(MONA, "web"), key_of(MONA, "app")]
    for actor, job_id in zip(actors, job_ids, strict=False):
        assert ask(desk, actor, job_id).refund.state is RefundState.REFUNDED
    for number, actor in enumerate(actors):
        assert ask(desk, actor, job_ids[3], 1 + number).refund.state is RefundState.REQUESTED


def test_refunds_of_one_key_at_once_stay_within_its_day(desk: Desk, other_desk: Desk, provider: FakeProvider) -> None:
    """Also while its role changes: the same key once as support and once as a manager."""
    set_limit(desk, per_day=40)
    limits.set_refund_limit(
        desk.database, MONA, RefundLimit(role=Role.MANAGER, per_refund_credits=None, per_day_credits=40)
    )
    jobs = [finish(desk, provider, number=number) for number in range(8)]
    roles = [Role.SUPPORT, Role.MANAGER] * 4
    outcomes = factories.at_once(
        *[
            lambda one=one, job_id=job_id, role=role: ask(one, key_of(MONA, "web", role=role), job_id)
            for one, job_id, role in zip([desk, other_desk] * 4, jobs, roles, strict=True)
        ]
    )
    states = [one.refund.state for one in outcomes if isinstance(one, Refunded)]
    assert (states.count(RefundState.REFUNDED), states.count(RefundState.REQUESTED)) == (1, 7), outcomes


# Withdrawing.


def test_whoever_asked_withdraws_it_without_a_manager(desk: Desk, people: People, finished: str) -> None:
    set_limit(desk, per_refund=0)
    asked = ask(desk, people.dora, finished).refund
    with pytest.raises(errors.PermissionDenied):
        refunds.decline(desk.database, replace(people.dora, identity="user:3"), refund_id=asked.id, note="no")
    done = refunds.decline(desk.database, people.dora, refund_id=asked.id, note="")
    assert (done.refund.state, done.refund.is_withdrawn, done.balance) == (RefundState.DECLINED, True, CREDITS - 40)
    assert refunds.decline(desk.database, people.dora, refund_id=asked.id, note="").repeated is True
    last = factories.detail(desk.database, finished).events[-1]
    assert (last.kind, last.message) == (
        "refund_declined",
        "The request for a refund of 40 credits was withdrawn.",
    )
    assert deed(desk, AuditKind.REFUND_WITHDRAWN).actor == "dora"
    with pytest.raises(errors.StateConflict, match="dora withdrew it"):
        refunds.approve(desk.database, people.alice, refund_id=asked.id)
    assert left(desk, finished)[0] == 40


def test_who_made_the_key_that_asked_may_withdraw_and_not_approve(desk: Desk, finished: str) -> None:
    set_limit(desk, per_refund=0)
    for number, actor in enumerate((MONA, key_of(MONA, "other", role=Role.MANAGER))):
        asked = ask(desk, key_of(MONA, "web"), finished, 10 + number).refund
        with pytest.raises(errors.PermissionDenied, match="withdraw"):
            refunds.approve(desk.database, actor, refund_id=asked.id)
        assert refunds.decline(desk.database, actor, refund_id=asked.id, note="").refund.is_withdrawn


def test_what_a_manager_turns_down_is_not_withdrawn(desk: Desk, people: People, finished: str) -> None:
    set_limit(desk, per_refund=0)
    asked = ask(desk, people.dora, finished).refund
    done = refunds.decline(desk.database, MONA, refund_id=asked.id, note="It is fine.")
    assert (done.refund.is_withdrawn, done.refund.decision_note) == (False, "It is fine.")
    with pytest.raises(errors.StateConflict, match="mona declined it"):
        refunds.approve(desk.database, people.alice, refund_id=asked.id)


# What the account's own staff read.


def test_notes_stay_with_the_refund(desk: Desk, people: People, finished: str) -> None:
    ask(desk, people.dora, finished, 5, note="They threatened to leave")
    set_limit(desk, per_refund=0)
    asked = ask(desk, people.dora, finished, 6, note="And so they did").refund
    refunds.approve(desk.database, MONA, refund_id=asked.id, note="Poor things")
    asked = ask(desk, people.dora, finished, 7).refund
    refunds.decline(desk.database, MONA, refund_id=asked.id, note="No more for them")
    with desk.database.read() as session:
        shown = repr(queries.statement(session, people.bob, name=BELLEVUE))
        kept = [(one.note, one.decision_note) for one in refund_queries.refunds(session, people.dora).refunds]
    shown += exports.statement_csv(desk.database, people.bob, account=BELLEVUE).decode()
    shown += repr(factories.detail(desk.database, finished).events)
    assert "poor_realism" in shown
    for words in ("threatened", "so they did", "Poor things", "No more"):
        assert words not in shown
    assert kept == [("", "No more for them"), ("And so they did", "Poor things"), ("They threatened to leave", "")]


# What the person was shown.


def test_only_what_the_person_was_shown_is_refunded(desk: Desk, people: People, finished: str) -> None:
    request = RefundRequest(job_id=finished, reason=RefundReason.GOODWILL)
    ask(desk, people.alice, finished, 15)
    with pytest.raises(errors.StateConflict, match="25 credits would be refunded by now, not 40") as refused:
        refunds.refund_job(desk.database, people.dora, request, expected_credits=40)
    assert "Nothing was refunded now; look again" in refused.value.message
    assert factories.balance(desk.database) == CREDITS - 25
    made = refunds.refund_job(desk.database, people.dora, request, expected_credits=25)
    assert (made.balance, made.repeated) == (CREDITS, False)
    # The same, sent twice, is still the same.
    assert refunds.refund_job(desk.database, people.dora, request, expected_credits=25).repeated is True


@pytest.mark.parametrize(
    ("limit", "shown", "words"),
    [(0, "refunded", "needs a manager by now"), (40, "requested", "needs no manager any more")],
)
def test_a_refund_and_a_request_for_one_are_not_exchanged(
    desk: Desk, people: People, finished: str, limit: int, shown: str, words: str
) -> None:
    set_limit(desk, per_refund=limit)
    request = RefundRequest(job_id=finished, reason=RefundReason.GOODWILL)
    with pytest.raises(errors.StateConflict, match=words):
        refunds.refund_job(desk.database, people.dora, request, expected_state=RefundState(shown))
    assert left(desk, finished)[0] == 40


# What is asked about the list.


@pytest.mark.parametrize("text", ["a\x00", "\ud800", "\n"])
def test_text_that_no_database_can_hold_finds_nothing(desk: Desk, people: People, finished: str, text: str) -> None:
    made = ask(desk, people.dora, finished, 5).refund
    with desk.database.read() as session:
        for wanted in (RefundFilter(person=text), RefundFilter(account=text)):
            assert refund_queries.refunds(session, people.dora, wanted).refunds == ()
            assert refund_queries.totals_by_reason(session, people.dora, wanted) == []
        assert refund_queries.refunds(session, people.dora, before_id=text).refunds == ()
    refund_queries.export_csv(desk.database, people.dora, RefundFilter(person=text))
    for call in (refunds.approve, refunds.decline):
        with pytest.raises(errors.RefundNotFound):
            call(desk.database, MONA, refund_id=made.id + text, note="no")
    with pytest.raises(errors.JobNotFound):
        ask(desk, people.dora, finished + text)
    assert factories.balance(desk.database) == CREDITS - 35


@pytest.mark.parametrize("note", ["a\x00b", "\ud800"])
def test_a_note_that_no_database_can_hold_is_refused(desk: Desk, people: People, finished: str, note: str) -> None:
    with pytest.raises(errors.ValidationFailed, match="characters"):
        ask(desk, people.dora, finished, 5, note=note)


def test_a_person_is_found_by_any_of_their_parts_in_any_case(desk: Desk, finished: str) -> None:
    by_key = ask(desk, key_of(MONA, "Web"), finished, 5).refund
    for name, found in (("MONA", True), ("Key web", True), ("mon", False)):
        with desk.database.read() as session:
            page = refund_queries.refunds(session, MONA, RefundFilter(person=name))
        assert [one.id for one in page.refunds] == ([by_key.id] if found else []), name


def test_an_export_of_refunds_says_what_was_exported(desk: Desk, people: People, finished: str) -> None:
    ask(desk, people.dora, finished, 5)
    wanted = RefundFilter(state=RefundState.REFUNDED, account=BELLEVUE, person="dora")
    refund_queries.export_csv(desk.database, people.dora, wanted)
    entry = deed(desk, AuditKind.EXPORT)
    assert (entry.target, entry.detail, entry.account) == (
        "refunds",
        f"1 line, state refunded, account {BELLEVUE}, person dora",
        BELLEVUE,
    )


def test_an_export_that_was_cut_tells_how_much_of_it_left(
    desk: Desk, people: People, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 1)
    for amount in (5, 6):
        ask(desk, people.dora, finished, amount)
    refund_queries.export_csv(desk.database, people.dora)
    assert deed(desk, AuditKind.EXPORT).detail == "1 line"
