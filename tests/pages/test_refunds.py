"""Does the Refunds page bring requests to a decision, and tell what was given back and why?"""

from collections.abc import Callable

import pytest

from core.auth.actors import Actor
from core.auth.audit import AuditFilter, AuditKind, entries
from core.auth.roles import Role
from core.credits import limits
from core.credits.limits import RefundLimit
from core.jobs import refund_queries, refunds
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundDetail, RefundReason, RefundState
from core.jobs.refunds import RefundRequest
from pages.widgets import refund_requests
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.pages.conftest import Visit
from tests.pages.dialogs import inside
from tests.pages.reading import button_by_label, records, words
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)
ALICE, MONA = factories.manager(), factories.manager("mona")

pytestmark = pytest.mark.usefixtures("runtime")
Ask = Callable[..., RefundDetail]


@pytest.fixture
def ask(desk: Desk, people: People, end_job: Callable[..., str]) -> Ask:
    """Refunds a completed job of its own, by Dora, who may refund up to 20 credits by herself."""
    limits.set_refund_limit(
        desk.database, ALICE, RefundLimit(role=Role.SUPPORT, per_refund_credits=20, per_day_credits=None)
    )

    def make(
        amount: int | None = None,
        *,
        by: Actor = people.dora,
        reason: RefundReason = RefundReason.GOODWILL,
        **options: str,
    ) -> RefundDetail:
        job_id = end_job({}, {}, **options)
        request = RefundRequest(job_id=job_id, amount_credits=amount, reason=reason, note="On the phone.")
        return refunds.refund_job(desk.database, by, request).refund

    return make


def states(desk: Desk) -> list[RefundState]:
    with desk.database.read() as session:
        return [one.state for one in refund_queries.refunds(session, ALICE).refunds]


def test_an_empty_page_says_where_a_refund_begins(visit: Visit) -> None:
    app = visit("refunds")
    assert "No refunds by people yet." in words(app)
    assert [link.proto.label for link in app.page_link] == ["Open the Monitor"]


def test_what_waits_stands_on_top_with_what_it_would_do(visit: Visit, ask: Ask) -> None:
    ask(10)
    asked = ask()
    app = visit("refunds")
    assert [heading.value for heading in app.subheader] == ["Waiting for a manager · 1"]
    said = words(app)
    assert f"**40 credits**, an amount of the job · room.jpg · {BELLEVUE}" in said
    assert "Goodwill: “On the phone.” · asked by dora" in said
    assert f"job {asked.job_id[-8:]}" in said
    for label in ("Approve", "Decline"):
        assert not button_by_label(app, label).disabled


def test_who_asked_for_it_can_not_decide_and_is_told_so(
    visit: Visit, ask: Ask, people: People, desk: Desk, sign_in: Callable[[Actor], None]
) -> None:
    limits.set_refund_limit(
        desk.database, ALICE, RefundLimit(role=Role.MANAGER, per_refund_credits=0, per_day_credits=None)
    )
    ask(by=MONA)
    sign_in(MONA)
    app = visit("refunds")
    button = button_by_label(app, "Approve")
    assert (button.disabled, button.help) == (True, "You asked for it: another manager decides.")
    assert not button_by_label(app, "Withdraw").disabled
    sign_in(people.dora)
    button = button_by_label(visit("refunds"), "Approve")
    assert (button.disabled, button.help) == (True, "A manager decides on this.")


def test_approving_returns_the_credits(desk: Desk, ask: Ask) -> None:
    app = inside(refund_requests._draw_approval, ALICE, ask())
    assert f"40 credits return to {BELLEVUE} at once." in words(app)
    button_by_label(app, "Refund 40 credits").click()
    app.run()
    assert states(desk) == [RefundState.REFUNDED]
    assert factories.balance(desk.database) == factories.CREDITS
    assert app.session_state["deed_notice"] == f"40 credits refunded. {BELLEVUE} has 1\u202f000 credits."


def test_declining_needs_a_note_and_moves_nothing(desk: Desk, ask: Ask) -> None:
    app = inside(refund_requests._draw_decline, ALICE, ask())
    app.button("decline-now").click().run()
    assert app.text_area[0].label == "Why · say why first"
    assert states(desk) == [RefundState.REQUESTED]
    app.text_area[0].input("The pictures are as ordered.")
    app.button("decline-now").click().run()
    assert states(desk) == [RefundState.DECLINED]
    assert factories.balance(desk.database) == factories.CREDITS - 40


def test_who_asked_withdraws_without_a_reason_and_nothing_moves(desk: Desk, ask: Ask, people: People) -> None:
    app = inside(refund_requests._draw_withdrawal, people.dora, ask())
    app.button("withdraw-now").click().run()
    assert states(desk) == [RefundState.DECLINED]
    assert factories.balance(desk.database) == factories.CREDITS - 40


def test_the_request_that_waits_the_longest_comes_first_and_all_are_counted(
    ask: Ask, desk: Desk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refund_queries, "PAGE_SIZE_MAX", 1)
    first, second = ask(), ask()
    with desk.database.read() as session:
        waiting = refund_queries.waiting(session, ALICE)
    assert ([one.id for one in waiting.requests], waiting.count) == ([first.id], 2)
    app = visit("refunds")
    assert "Waiting for a manager · 2" in words(app)
    assert [button.key for button in app.button if button.label == "Approve"] == [f"approve-{first.id}"]
    refunds.approve(desk.database, ALICE, refund_id=first.id)
    assert f"approve-{second.id}" in [button.key for button in visit("refunds").button]


def test_a_decision_that_came_too_late_is_told_in_words(desk: Desk, ask: Ask) -> None:
    request = ask()
    app = inside(refund_requests._draw_approval, ALICE, request)
    refunds.decline(desk.database, MONA, refund_id=request.id, note="No.")
    app.button("approve-now").click().run()
    assert "decided otherwise: mona declined it" in app.error[0].value


def test_all_refunds_are_listed_newest_first_each_linked_to_its_job(
    visit: Visit, ask: Ask, clock: SettableClock
) -> None:
    paid = ask(10)
    clock.forward(minutes=1)
    asked = ask()
    listed = records(visit("refunds"), "Refunds")
    assert [(row[0]["action"], row[0]["href"]) for row in listed] == [
        (one.job_id, f"monitor?job={one.job_id}") for one in (asked, paid)
    ]
    assert [(row[0]["text"], row[0]["below"]) for row in listed] == [
        ("room.jpg", f"{one.job_id[-8:]} · {BELLEVUE} · an amount of the job") for one in (asked, paid)
    ]
    assert [[cell["text"] for cell in row[1:]] for row in listed] == [
        ["Requested", "40", "Goodwill", "12:01", ""],
        ["Refunded", "10", "Goodwill", "12:00", "12:00"],
    ]
    assert [row[4]["below"] for row in listed] == ["by dora", "by dora"]
    assert listed[0][4]["hover"].endswith(" UTC")


def test_a_request_that_was_withdrawn_is_not_told_as_declined(
    visit: Visit, ask: Ask, desk: Desk, people: People
) -> None:
    declined, withdrawn = ask(), ask()
    refunds.decline(desk.database, MONA, refund_id=declined.id, note="No.")
    refunds.decline(desk.database, people.dora, refund_id=withdrawn.id, note="")
    app = visit("refunds", state="declined")
    assert [row[1]["text"] for row in records(app, "Refunds")] == ["Withdrawn", "Declined"]


def test_the_totals_by_reason_are_folded_away_from_the_list_and_their_sum_is_not(visit: Visit, ask: Ask) -> None:
    ask(10)
    ask(5)
    (totals,) = visit("refunds").expander
    assert (totals.label, totals.proto.expanded) == ("2 refunds of 15 credits, by reason", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "requested"),
        ("reason", "late_delivery"),
        ("account", OUTSIDER),
        ("person", "mona"),
        ("from", "2099-01-01"),
        ("to", "2020-01-01"),
    ],
)
def test_every_filter_is_read_from_the_address_and_can_be_cleared(
    visit: Visit, ask: Ask, name: str, value: str
) -> None:
    ask(10)
    wanted = {"requested": lambda: ask(), "late_delivery": lambda: ask(5, reason=RefundReason.LATE_DELIVERY)}
    wanted |= {OUTSIDER: lambda: ask(5, account=OUTSIDER), "mona": lambda: ask(5, by=MONA)}
    found = [wanted[value]().id] if value in wanted else []
    app = visit("refunds", **{name: value})
    assert len(records(app, "Refunds")) == len(found)
    button_by_label(app, "Clear").click()
    app.run()
    assert len(records(app, "Refunds")) == 1 + len(found)
    assert not app.query_params


def test_a_mistyped_address_shows_all(visit: Visit, ask: Ask) -> None:
    ask(10)
    assert len(records(visit("refunds", state="x", reason="y", **{"from": "z"}), "Refunds")) == 1


def test_totals_by_reason_count_what_was_paid(visit: Visit, ask: Ask) -> None:
    ask(10)
    ask(5)
    ask(20, reason=RefundReason.LATE_DELIVERY)
    ask()
    totals = records(visit("refunds"), "Refunded credits by reason")
    assert [[cell["text"] for cell in row] for row in totals] == [
        ["Too late", "1", "20"],
        ["Goodwill", "2", "15"],
        ["All reasons", "3", "35"],
    ]


def test_more_than_a_page_is_loaded_on_a_click(visit: Visit, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refund_queries, "PAGE_SIZE_MAX", 1)
    ask(10)
    ask(5)
    app = visit("refunds")
    assert len(records(app, "Refunds")) == 1
    app.button("refunds-more").click().run()
    assert len(records(app, "Refunds")) == 2
    assert not [button for button in app.button if button.key == "refunds-more"]


def test_the_csv_is_made_only_when_it_is_asked_for(visit: Visit, ask: Ask, desk: Desk) -> None:
    ask(10)
    assert [one.proto.label for one in visit("refunds").get("download_button")] == ["CSV"]
    with desk.database.read() as session:
        assert not entries(session, ALICE, AuditFilter(kind=AuditKind.EXPORT)).entries
