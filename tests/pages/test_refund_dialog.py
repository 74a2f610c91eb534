"""Does the refund dialog say what is left and what its click does, and does the click do that and nothing else?"""

from collections.abc import Callable

import pytest

from core.auth.roles import Role
from core.credits import limits
from core.credits.limits import RefundLimit
from core.jobs import refund_queries, refundable, service, sync
from core.jobs import refunds as refund_use_cases
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundReason, RefundState
from core.jobs.refunds import RefundRequest
from pages.widgets import refund_dialog
from tests import factories
from tests.factories import People
from tests.fake_provider import FakeProvider
from tests.jobs.test_submit import request as submission
from tests.pages.conftest import Visit
from tests.pages.dialogs import inside
from tests.pages.reading import button_by_label, drawings, words

DATABASES = ("sqlite",)
RECORDS = "staging_desk.record_table"
ALICE = factories.manager()

pytestmark = pytest.mark.usefixtures("runtime")


def refunds(desk: Desk) -> list[tuple[int, RefundReason, RefundState]]:
    with desk.database.read() as session:
        page = refund_queries.refunds(session, ALICE)
    return [(one.amount_credits, one.reason, one.state) for one in page.refunds]


@pytest.mark.parametrize(
    ("part", "label", "amount", "left"),
    [
        ("all", "Refund 40 credits", 40, 0),
        ("1", "Refund 20 credits", 20, 20),
        ("amount", "Refund 15 credits", 15, 25),
    ],
)
def test_all_one_variant_or_an_amount_is_refunded(
    desk: Desk, end_job: Callable[..., str], part: str, label: str, amount: int, left: int
) -> None:
    job_id = end_job({}, {})
    app = inside(refund_dialog.draw, ALICE, factories.detail(desk.database, job_id))
    assert "**40 can be refunded**" in words(app)
    app.radio[0].set_value(part).run()
    if part == "amount":
        app.number_input[0].set_value(15)
    app.selectbox[0].set_value(RefundReason.GOODWILL).run()
    button_by_label(app, label).click()
    app.run()
    assert refunds(desk) == [(amount, RefundReason.GOODWILL, RefundState.REFUNDED)]
    assert factories.balance(desk.database) == factories.CREDITS - 40 + amount
    assert app.session_state["deed_notice"].startswith(f"{amount} credits refunded.")
    with desk.database.read() as session:
        assert refundable.of_job(session, ALICE, job_id=job_id).job_credits == left


def test_a_variant_that_was_refunded_in_part_says_what_is_left_of_it(desk: Desk, end_job: Callable[..., str]) -> None:
    job_id = end_job({}, {})
    request = RefundRequest(job_id=job_id, amount_credits=25, reason=RefundReason.GOODWILL)
    refund_use_cases.refund_job(desk.database, ALICE, request)
    app = inside(refund_dialog.draw, ALICE, factories.detail(desk.database, job_id))
    assert app.radio[0].options == [
        "All that is left: 15 credits",
        "15 credits of variant A are still refundable",
        "15 credits of variant B are still refundable",
        "Another amount",
    ]


def test_what_is_left_of_the_days_limit_is_said_and_beyond_it_it_is_a_request(
    desk: Desk, people: People, end_job: Callable[..., str]
) -> None:
    limits.set_refund_limit(
        desk.database, ALICE, RefundLimit(role=Role.SUPPORT, per_refund_credits=40, per_day_credits=50)
    )
    first, second = end_job({}, {}, number=1), end_job({}, {}, number=2)
    app = inside(refund_dialog.draw, people.dora, factories.detail(desk.database, first))
    assert "50 of 50 credits are left to you in these 24 hours" in words(app)
    request = RefundRequest(job_id=first, amount_credits=15, reason=RefundReason.GOODWILL)
    refund_use_cases.refund_job(desk.database, people.dora, request)
    app = inside(refund_dialog.draw, people.dora, factories.detail(desk.database, second))
    assert "35 of 50 credits are left to you in these 24 hours" in words(app)
    assert "This goes to a manager as a request" in app.info[0].value
    assert button_by_label(app, "Request a refund of 40 credits")
    app.radio[0].set_value("1").run()
    assert button_by_label(app, "Refund 20 credits")
    assert not app.info


def test_a_refund_does_not_turn_into_a_request_under_the_click(
    desk: Desk, people: People, end_job: Callable[..., str]
) -> None:
    job_id = end_job({}, {})
    app = inside(refund_dialog.draw, people.dora, factories.detail(desk.database, job_id))
    app.selectbox[0].set_value(RefundReason.GOODWILL).run()
    limits.set_refund_limit(
        desk.database, ALICE, RefundLimit(role=Role.SUPPORT, per_refund_credits=10, per_day_credits=None)
    )
    button_by_label(app, "Refund 40 credits").click().run()
    assert "what you may refund by yourself has changed. Nothing was refunded here" in app.warning[0].value
    assert factories.refunds(desk.database, job_id) == []
    with desk.database.read() as opened:
        assert refund_queries.refunds(opened, ALICE).refunds == ()
    button_by_label(app, "Request a refund of 40 credits").click().run()
    with desk.database.read() as opened:
        assert [one.state for one in refund_queries.refunds(opened, ALICE).refunds] == ["requested"]


def test_another_refund_of_theirs_wakes_nobody_who_has_no_limit(
    desk: Desk, people: People, end_job: Callable[..., str]
) -> None:
    first, second = end_job({}, {}, number=1), end_job({}, {}, number=2)
    limits.set_refund_limit(
        desk.database, ALICE, RefundLimit(role=Role.SUPPORT, per_refund_credits=None, per_day_credits=None)
    )
    app = inside(refund_dialog.draw, people.dora, factories.detail(desk.database, first))
    app.selectbox[0].set_value(RefundReason.GOODWILL).run()
    request = RefundRequest(job_id=second, amount_credits=15, reason=RefundReason.GOODWILL)
    refund_use_cases.refund_job(desk.database, people.dora, request)
    button_by_label(app, "Refund 40 credits").click().run()
    assert factories.refunds(desk.database, first) == [40]


def test_a_rush_variant_is_told_by_its_own_price(desk: Desk, provider: FakeProvider) -> None:
    factories.allow_rush(desk.database, variant_credits=30)
    job_id = service.submit(desk, ALICE, submission(priority="rush", account=factories.BELLEVUE)).jobs[0].id
    for prediction_id in factories.order_queued(desk, job_id):
        sync.apply(desk, ALICE, provider.finish(prediction_id))
    request = RefundRequest(job_id=job_id, amount_credits=38, reason=RefundReason.GOODWILL)
    refund_use_cases.refund_job(desk.database, ALICE, request)
    app = inside(refund_dialog.draw, ALICE, factories.detail(desk.database, job_id))
    assert app.radio[0].options == [
        "All that is left: 22 credits",
        "22 credits of variant A are still refundable",
        "22 credits of variant B are still refundable",
        "Another amount",
    ]


def test_an_amount_is_changed_by_one_credit_a_click(desk: Desk, end_job: Callable[..., str]) -> None:
    app = inside(refund_dialog.draw, ALICE, factories.detail(desk.database, end_job({}, {})))
    app.radio[0].set_value("amount").run()
    field = app.number_input[0]
    assert (field.min, field.value, field.step, field.max) == (1, 10, 1, 40)


def test_a_refund_without_a_reason_or_other_without_a_note_is_refused_beside_the_field(
    desk: Desk, end_job: Callable[..., str]
) -> None:
    app = inside(refund_dialog.draw, ALICE, factories.detail(desk.database, end_job({}, {})))
    assert app.selectbox[0].label == "Reason"
    app.button("refund-now").click().run()
    assert app.selectbox[0].label == "Reason · choose one first"
    app.selectbox[0].set_value(RefundReason.OTHER).run()
    assert app.selectbox[0].label == "Reason"
    app.button("refund-now").click().run()
    assert app.text_area[0].label == "Note · say what happened"
    assert "Nothing was changed" in words(app)
    assert refunds(desk) == []
    # What is typed and the click that leaves the field arrive as one: the click counts.
    app.text_area[0].input("Agreed on the phone.")
    app.button("refund-now").click().run()
    assert refunds(desk) == [(40, RefundReason.OTHER, RefundState.REFUNDED)]


def test_a_double_click_refunds_once(desk: Desk, end_job: Callable[..., str]) -> None:
    app = inside(refund_dialog.draw, ALICE, factories.detail(desk.database, end_job({}, {})))
    app.radio[0].set_value("amount")
    app.selectbox[0].set_value(RefundReason.GOODWILL).run()
    for _ in range(2):
        app.button("refund-now").click().run()
    assert len(refunds(desk)) == 1
    assert not app.error


def test_above_the_limit_it_is_a_request_and_the_words_say_so(
    desk: Desk, people: People, end_job: Callable[..., str]
) -> None:
    limits.set_refund_limit(
        desk.database, ALICE, RefundLimit(role=Role.SUPPORT, per_refund_credits=20, per_day_credits=None)
    )
    app = inside(refund_dialog.draw, people.dora, factories.detail(desk.database, end_job({}, {})))
    assert "By yourself you refund up to 20 credits at a time." in app.info[0].value
    app.selectbox[0].set_value(RefundReason.GOODWILL).run()
    button_by_label(app, "Request a refund of 40 credits").click()
    app.run()
    assert refunds(desk) == [(40, RefundReason.GOODWILL, RefundState.REQUESTED)]
    assert "Nothing has moved yet." in app.session_state["deed_notice"]
    assert factories.balance(desk.database) == factories.CREDITS - 40


def test_a_refund_stands_in_the_jobs_timeline(visit: Visit, desk: Desk, end_job: Callable[..., str]) -> None:
    job_id = end_job({}, {})
    app = inside(refund_dialog.draw, ALICE, factories.detail(desk.database, job_id))
    app.selectbox[0].set_value(RefundReason.POOR_REALISM).run()
    app.button("refund-now").click().run()
    told = drawings(visit("monitor", job=job_id), RECORDS)[-1]
    assert told["title"] == "Timeline"
    assert told["rows"][0]["cells"][1]["text"] == "40 credits were refunded: not realistic enough."


def test_a_click_does_what_its_button_said_or_nothing(desk: Desk, end_job: Callable[..., str]) -> None:
    job_id = end_job({}, {})
    app = inside(refund_dialog.draw, ALICE, factories.detail(desk.database, job_id))
    app.radio[0].set_value("1")
    app.selectbox[0].set_value(RefundReason.GOODWILL).run()
    assert app.button("refund-now").label == "Refund 20 credits"
    other = RefundRequest(job_id=job_id, variant_index=1, reason=RefundReason.GOODWILL)
    refund_use_cases.refund_job(desk.database, factories.manager("zed"), other)
    app.button("refund-now").click().run()
    assert "Meanwhile somebody else refunded part of this job" in app.warning[0].value
    assert refunds(desk) == [(20, RefundReason.GOODWILL, RefundState.REFUNDED)]
    # Seen once, the choices that are left can be taken.
    app.run()
    assert not app.warning
    assert app.button("refund-now").label == "Refund 20 credits"


def test_an_amount_that_was_typed_is_not_replaced_by_another(desk: Desk, end_job: Callable[..., str]) -> None:
    job_id = end_job({}, {})
    app = inside(refund_dialog.draw, ALICE, factories.detail(desk.database, job_id))
    app.radio[0].set_value("amount").run()
    app.number_input[0].set_value(20)
    app.selectbox[0].set_value(RefundReason.GOODWILL).run()
    other = RefundRequest(job_id=job_id, amount_credits=30, reason=RefundReason.GOODWILL)
    refund_use_cases.refund_job(desk.database, factories.manager("zed"), other)
    app.button("refund-now").click().run()
    assert refunds(desk) == [(30, RefundReason.GOODWILL, RefundState.REFUNDED)]
