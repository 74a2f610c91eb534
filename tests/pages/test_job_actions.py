"""Does the Monitor sync, cancel, retry and refund, saying the effect first, or why it can't?"""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.actors import Actor
from core.auth.roles import Role
from core.credits import limits
from core.credits.limits import RefundLimit
from core.jobs import refund_queries
from core.jobs import refunds as refund_use_cases
from core.jobs.desk import Desk
from core.jobs.manual_retry import Retryable
from core.jobs.refund_queries import RefundReason, RefundState
from core.jobs.refunds import RefundRequest
from core.jobs.states import JobState
from pages.widgets import cancel_dialog, prediction_dialog, refund_dialog, retry_dialog, sync_dialog
from tests import factories
from tests.factories import People
from tests.fake_provider import FakeProvider
from tests.pages.conftest import SAFETY, Visit
from tests.pages.dialogs import inside
from tests.pages.reading import JOB_TABLE, button_by_label, drawings, words

ONE = Retryable(variants=1, price_credits=20, why_not="")
DATABASES = ("sqlite",)
RECORDS = "staging_desk.record_table"
ALICE = factories.manager()

pytestmark = pytest.mark.usefixtures("runtime")


def cells(app: Any) -> list[list[str]]:
    """The texts of the first table in a dialog."""
    return [[cell["text"] for cell in row["cells"]] for row in drawings(app, RECORDS)[0]["rows"]]


def refunds(desk: Desk) -> list[tuple[int, RefundReason, RefundState]]:
    with desk.database.read() as session:
        page = refund_queries.refunds(session, ALICE)
    return [(one.amount_credits, one.reason, one.state) for one in page.refunds]


# ---- which are offered -------------------------------------------------------------------------


def test_each_action_that_is_not_possible_is_disabled_with_the_reason(
    visit: Visit, desk: Desk, end_job: Callable[..., str]
) -> None:
    def offered(job_id: str) -> dict[str, str]:
        app = visit("monitor", job=job_id)
        buttons = {button.key: button for button in app.button if (button.key or "").startswith("action-")}
        return {key.removeprefix("action-"): one.help if one.disabled else "" for key, one in buttons.items()}

    running = offered(factories.ordered_job(desk)[0])
    assert (running["sync"], running["cancel"]) == ("", "")
    assert "still under way" in running["refund"]
    done = offered(end_job({}, {}, number=1))
    assert done["sync"] == "This job has ended: there is nothing to sync."
    assert done["retry"] == "Every variant has its result, here or in a retry."
    assert done["refund"] == ""
    failed = offered(end_job(SAFETY, SAFETY, number=2))
    assert failed["retry"] == ""
    assert "returned already" in failed["refund"]


def test_staff_see_why_they_can_not(
    visit: Visit, desk: Desk, people: People, sign_in: Callable[[Actor], None], end_job: Callable[..., str]
) -> None:
    running, failed = factories.job(desk), end_job({}, SAFETY, number=1)
    sign_in(people.bob)
    app = visit("monitor", job=running)
    for key, verb in (("action-sync", "sync"), ("action-cancel", "cancel"), ("action-refund", "refund")):
        assert (app.button(key).disabled, app.button(key).help) == (True, f"Your role can't {verb} jobs.")
    assert not drawings(app, JOB_TABLE)[0]["canSync"]
    retry = visit("monitor", job=failed).button("action-retry")
    assert (retry.disabled, retry.help) == (True, "Your role can't retry jobs.")


def test_what_is_needed_seldom_stands_behind_more(visit: Visit, end_job: Callable[..., str]) -> None:
    app = visit("monitor", job=end_job({}, {}))
    row = [button.key for button in app.button if (button.key or "").startswith("action-")]
    (more,) = [one for one in app.get("popover") if one.proto.popover.label == "More"]
    behind = [button.key for button in more.button]
    assert [key for key in row if key not in behind] == ["action-sync", "action-retry", "action-refund"]
    assert behind == ["action-replicate"]


def test_a_refund_that_waits_stands_beside_the_state(
    visit: Visit, desk: Desk, people: People, end_job: Callable[..., str]
) -> None:
    limits.set_refund_limit(
        desk.database, ALICE, RefundLimit(role=Role.SUPPORT, per_refund_credits=0, per_day_credits=None)
    )
    job_id = end_job({}, {})
    assert "waits for a manager" not in words(visit("monitor", job=job_id))
    request = RefundRequest(job_id=job_id, amount_credits=25, reason=RefundReason.GOODWILL)
    asked = refund_use_cases.refund_job(desk.database, people.dora, request)
    assert "Refund of 25 credits waits for a manager" in words(visit("monitor", job=job_id))
    refund_use_cases.decline(desk.database, ALICE, refund_id=asked.refund.id, note="No.")
    assert "waits for a manager" not in words(visit("monitor", job=job_id))


def test_a_simulated_prediction_is_not_looked_for_at_replicate(visit: Visit, end_job: Callable[..., str]) -> None:
    button = visit("monitor", job=end_job({}, {})).button("action-replicate")
    assert (button.disabled, button.help) == (True, "A simulator draws: there is nothing at Replicate.")


def test_all_ids_of_a_job_are_there_to_copy(visit: Visit, desk: Desk) -> None:
    job_id, predictions = factories.ordered_job(desk)
    assert [code.value for code in visit("monitor", job=job_id).code] == [job_id, *predictions]


def test_a_button_opens_its_dialog(visit: Visit, desk: Desk) -> None:
    app = visit("monitor", job=factories.job(desk))
    app.button("action-cancel").click().run()
    assert button_by_label(app, "Cancel this job")


# ---- sync --------------------------------------------------------------------------------------


def test_a_sync_first_tells_what_it_would_change_and_changes_nothing(desk: Desk, provider: FakeProvider) -> None:
    job_id, predictions = factories.ordered_job(desk)
    for prediction_id in predictions:
        provider.finish(prediction_id)
    app = inside(sync_dialog.draw, ALICE, [job_id])
    assert "1 job would change" in words(app)
    (row,) = cells(app)
    assert row[:3] == ["room.jpg", "Processing", "Completed"]
    assert factories.states(desk.database, job_id)[0] == "processing"
    button_by_label(app, "Apply to 1 job").click()
    app.run()
    assert factories.states(desk.database, job_id) == ("completed", ["succeeded", "succeeded"])
    assert [success.value for success in app.success] == ["1 job synced, 1 changed."]
    assert cells(app)[0][:3] == ["room.jpg", "Processing", "Completed"]


def test_a_sync_without_news_says_so_for_each_job_and_has_nothing_to_apply(desk: Desk) -> None:
    job_id, _ = factories.ordered_job(desk)
    app = inside(sync_dialog.draw, ALICE, [job_id])
    assert "None would change." in words(app)
    (row,) = cells(app)
    assert row[2] == "the same"
    assert "still drawing" in row[3]
    apply = button_by_label(app, "Nothing to apply")
    assert (apply.disabled, apply.help) == (True, "Replicate says nothing that we don't know.")


def test_only_the_jobs_that_would_change_are_synced(desk: Desk, provider: FakeProvider) -> None:
    made = [factories.ordered_job(desk, number=number) for number in range(3)]
    for prediction_id in made[1][1]:
        provider.finish(prediction_id, status="canceled")
    app = inside(sync_dialog.draw, ALICE, [job_id for job_id, _ in made])
    assert len(cells(app)) == 3
    button_by_label(app, "Apply to 1 job").click()
    app.run()
    assert len(cells(app)) == 1
    assert [factories.states(desk.database, job_id)[0] for job_id, _ in made] == [
        "processing",
        "failed",
        "processing",
    ]


def test_a_sync_of_what_is_stale_asks_about_nothing_else(desk: Desk) -> None:
    factories.ordered_job(desk)
    app = inside(sync_dialog.draw, ALICE, None)
    assert [info.value for info in app.info] == ["No job is stale: there is nothing to ask about."]


def test_a_sync_without_an_answer_says_that_nothing_is_lost_and_can_be_asked_again(
    desk: Desk, provider: FakeProvider
) -> None:
    job_id, _ = factories.ordered_job(desk)
    provider.is_silent = True
    app = inside(sync_dialog.draw, ALICE, [job_id])
    assert "Nothing is lost" in app.error[0].value
    provider.is_silent = False
    button_by_label(app, "Ask again").click()
    app.run()
    assert "None would change." in words(app)


# ---- what can't be undone ----------------------------------------------------------------------


def test_a_button_for_what_nothing_undoes_is_told_apart(desk: Desk, end_job: Callable[..., str]) -> None:
    def marked(app: AppTest) -> list[str]:
        return [str(block.key) for block in app.main if str(getattr(block, "key", "")).startswith("undone-")]

    running = factories.detail(desk.database, factories.job(desk))
    done = factories.detail(desk.database, end_job({}, SAFETY, number=1))
    assert marked(inside(cancel_dialog.draw, ALICE, running)) == ["undone-cancel-now"]
    assert marked(inside(refund_dialog.draw, ALICE, done)) == ["undone-refund-now"]
    assert marked(inside(retry_dialog.draw, ALICE, done, ONE)) == []


# ---- cancel and retry --------------------------------------------------------------------------


def test_cancel_says_what_ends_and_refunds_a_queued_job(desk: Desk, provider: FakeProvider) -> None:
    job_id = factories.job(desk)
    app = inside(cancel_dialog.draw, ALICE, factories.detail(desk.database, job_id))
    assert "2 variants not ordered yet: canceled at once." in words(app)
    assert "Every variant without a result is refunded." in words(app)
    app.button("cancel-now").click().run()
    assert factories.states(desk.database, job_id) == ("canceled", ["canceled", "canceled"])
    assert factories.balance(desk.database) == factories.CREDITS
    assert app.session_state["deed_notice"] == "The job is canceled. 40 credits were returned."
    assert provider.calls == []


def test_cancel_that_waits_for_replicate_says_so(visit: Visit, desk: Desk, provider: FakeProvider) -> None:
    job_id, _ = factories.ordered_job(desk)
    provider.is_silent = True
    app = inside(cancel_dialog.draw, ALICE, factories.detail(desk.database, job_id))
    assert "2 variants at Replicate: canceled there." in words(app)
    app.button("cancel-now").click().run()
    assert "The cancel is on its way" in app.session_state["deed_notice"]
    cancel = visit("monitor", job=job_id).button("action-cancel")
    assert (cancel.disabled, cancel.help) == (True, "It is being canceled: Replicate has yet to confirm.")


def test_retry_says_its_price_and_shows_the_new_job(visit: Visit, desk: Desk, end_job: Callable[..., str]) -> None:
    old = end_job({}, SAFETY)
    app = inside(retry_dialog.draw, ALICE, factories.detail(desk.database, old), ONE)
    assert "980 → **960** credits" in words(app)
    assert "It keeps room, style and notes" in words(app)
    button_by_label(app, "Retry for 20 credits").click()
    app.run()
    shown = app.query_params["job"]
    made = factories.detail(desk.database, shown if isinstance(shown, str) else shown[0])
    assert (made.retry_of, made.credits_used, [one.index for one in made.variants]) == (old, 20, [1])
    assert button_by_label(visit("monitor", job=made.id), f"A retry of job {old[-8:]}")


def test_a_retry_that_is_clicked_twice_is_made_once(desk: Desk, end_job: Callable[..., str]) -> None:
    old = end_job({}, SAFETY)
    app = inside(retry_dialog.draw, ALICE, factories.detail(desk.database, old), ONE)
    for _ in range(2):
        app.button("retry-now").click().run()
    assert not app.error
    assert factories.balance(desk.database) == factories.CREDITS - 40 + 20 - 20


def test_a_retry_beyond_the_balance_is_disabled_with_the_reason(desk: Desk, end_job: Callable[..., str]) -> None:
    old = end_job({}, SAFETY)
    factories.set_balance(desk.database, 19)
    app = inside(retry_dialog.draw, ALICE, factories.detail(desk.database, old), ONE)
    assert app.button("retry-now").disabled


# ---- one prediction ----------------------------------------------------------------------------


def test_a_predictions_own_answer_is_asked_for_only_on_demand(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    job = factories.detail(desk.database, job_id)
    assert job.state is JobState.PROCESSING
    before = len(provider.calls)
    app = inside(prediction_dialog.draw, people.bob, job, predictions[1])
    assert "**Variant B, try 1** of room.jpg" in words(app)
    assert [row[0] for row in cells(app)[:2]] == ["Ordered by us", "Taken by Replicate"]
    assert not app.json
    assert len(provider.calls) == before
    app.button("ask-replicate").click().run()
    assert len(provider.calls) == before + 1
    assert predictions[1] in app.json[0].value


def test_a_prediction_of_another_job_is_not_shown(desk: Desk) -> None:
    job_id, _ = factories.ordered_job(desk)
    app = inside(prediction_dialog.draw, ALICE, factories.detail(desk.database, job_id), "elsewhere")
    assert [warning.value for warning in app.warning] == ["This prediction belongs to another job."]
