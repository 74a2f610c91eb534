"""Does the Monitor tell all there is to know of one job, beside the list that it was chosen from?"""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core import errors
from core.auth.actors import Actor
from core.jobs import creation, manual_retry, sync
from core.jobs.desk import Desk
from core.models import Job
from tests import factories
from tests.factories import OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.pages.conftest import SAFETY, Visit, forget_all
from tests.pages.reading import JOB_TABLE, SLIDER, button_by_label, drawings, figures, records, rows, words
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)

pytestmark = pytest.mark.usefixtures("runtime")


def test_the_open_job_shows_why_it_failed_on_top_and_what_was_returned(
    visit: Visit, one_of_each: dict[str, str]
) -> None:
    job_id = one_of_each["Failed"]
    app = visit("monitor", job=job_id)
    assert drawings(app, JOB_TABLE)[0]["opened"] == job_id
    assert [error.value for error in app.error] == [
        "Neither variant could be made: the safety filter refused both. 40 credits were returned; other words may"
        " pass. (safety)"
    ]
    assert words(app).count("safety") == words(app).count("(safety)") + 1 == 2
    assert [(drawing["title"], drawing["detail"]) for drawing in drawings(app, SLIDER)] == [("No result", "")] * 2


def test_a_partial_job_says_which_variant_failed_and_why(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor", job=one_of_each["Partial"])
    assert [warning.value for warning in app.warning] == [f"Variant B: {errors.SafetyRefused().message} (safety)"]
    assert drawings(app, SLIDER)[1]["detail"] == ""


def test_variants_that_failed_for_different_reasons_tell_each_their_own(
    visit: Visit, end_job: Callable[..., str]
) -> None:
    app = visit("monitor", job=end_job(SAFETY, {"status": "failed", "error": "CUDA out of memory"}))
    assert [error.value for error in app.error] == [
        "Neither variant could be made, each for a reason of its own. 40 credits were returned."
    ]
    assert [drawing["detail"] for drawing in drawings(app, SLIDER)] == [
        errors.SafetyRefused().message,
        "Replicate could not draw this variant: CUDA out of memory. Its credits were returned; try again.",
    ]
    assert "code `safety`" in words(app)


def test_what_replicate_said_of_both_is_told_once_for_the_job(visit: Visit, end_job: Callable[..., str]) -> None:
    ending = {"status": "failed", "error": "CUDA out of memory"}
    (error,) = visit("monitor", job=end_job(ending, ending)).error
    assert error.value == (
        "Neither variant could be made: Replicate could not draw them: CUDA out of memory. 40 credits were returned;"
        " try again. (prediction_failed)"
    )


def test_the_open_job_comes_before_the_list_so_that_it_stands_above_on_a_phone(
    visit: Visit, one_of_each: dict[str, str]
) -> None:
    drawn = [
        element.proto.component_name for element in visit("monitor", job=one_of_each["Failed"]).get("bidi_component")
    ]
    assert drawn.index(SLIDER) < drawn.index(JOB_TABLE)


def test_every_prediction_is_shown_with_its_id_to_copy_and_what_was_said_of_it(
    visit: Visit, one_of_each: dict[str, str], desk: Desk
) -> None:
    job_id = one_of_each["Failed"]
    shown = records(visit("monitor", job=job_id), "Predictions")
    ordered = [attempt.prediction_id for attempt in factories.attempts(desk.database, job_id)]
    assert [row[1]["copy"] for row in shown] == ordered
    assert [(row[0]["text"], row[0]["below"]) for row in shown] == [
        ("Variant A", "try 1"),
        ("Variant A", "try 2"),
        ("Variant B", "try 1"),
        ("Variant B", "try 2"),
    ]
    assert shown[0][1]["below"] == f"failed: {SAFETY['error']}"


def test_a_job_and_its_retry_lead_to_each_other(
    visit: Visit, desk: Desk, end_job: Callable[..., str], people: People
) -> None:
    old = end_job(SAFETY, SAFETY)
    assert not [button for button in visit("monitor", job=old).button if "job " in button.label]
    new = manual_retry.retry_job(desk, people.dora, job_id=old).jobs[0].id
    forget_all()
    app = visit("monitor", job=old)
    button_by_label(app, f"Retried as job {new[-8:]} · pending").click().run()
    assert app.query_params["job"] in (new, [new])
    button_by_label(app, f"A retry of job {old[-8:]}").click().run()
    assert app.query_params["job"] in (old, [old])
    assert drawings(app, JOB_TABLE)[0]["opened"] == old


def test_what_the_customer_asked_for_stands_above_the_pictures(
    visit: Visit, desk: Desk, end_job: Callable[..., str]
) -> None:
    job_id = end_job(SAFETY, SAFETY)
    assert "Notes" not in words(visit("monitor", job=job_id))
    with desk.database.write() as session:
        session.execute(sa.update(Job).where(Job.id == job_id).values(instructions="A gun cabinet, *please*"))
    assert "Notes: “A gun cabinet, \\*please\\*”" in words(visit("monitor", job=job_id))


def test_what_replicate_refused_says_what_became_of_the_credits(
    visit: Visit, desk: Desk, provider: FakeProvider
) -> None:
    both = factories.job(desk)
    for variant in factories.variants(desk.database, both):
        provider.fail_next("create", errors.ProviderRefused("Replicate refused the request: prompt too long."))
        creation.create_prediction(desk, variant.id)
    (error,) = visit("monitor", job=both).error
    assert error.value == (
        "Neither variant could be made: Replicate refused the request: prompt too long. 40 credits were returned; "
        "other words or another photo may pass. (provider_refused)"
    )


def test_a_refusal_that_was_kept_without_a_word_on_the_credits_is_told_with_one(
    visit: Visit, desk: Desk, end_job: Callable[..., str]
) -> None:
    job_id = end_job({}, SAFETY)
    refused = {"error_code": "provider_refused", "error_message": "Replicate refused the request: prompt too long."}
    factories.move_variant(desk.database, factories.variants(desk.database, job_id)[1].id, **refused)
    (warning,) = visit("monitor", job=job_id).warning
    assert warning.value == (
        "Variant B: Replicate refused the request: prompt too long. Its credits were returned. (provider_refused)"
    )


def test_the_timeline_tells_the_whole_story_with_utc_on_hover(visit: Visit, one_of_each: dict[str, str]) -> None:
    shown = records(visit("monitor", job=one_of_each["Partial"]), "Timeline")
    told = "\n".join(cell["text"] + cell["below"] for row in shown for cell in row)
    for part in (
        "Variant A is being ordered",
        "Variant A is ready",
        "Variant B: The safety filter",
        "20 credits were",
    ):
        assert part in told
    assert "bob, on a page" in told
    assert all(row[0]["hover"].endswith(" UTC") for row in shown)


def test_a_free_retry_that_waits_is_ordered_once_more_and_not_at_its_beginning(
    visit: Visit, desk: Desk, provider: FakeProvider, clock: SettableClock
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    clock.forward(seconds=5)
    sync.apply(desk, factories.manager(), provider.finish(predictions[0], **SAFETY))
    again = drawings(visit("monitor", job=job_id), SLIDER)[0]
    assert again["title"] == "Ordered once more"
    assert "0:05 so far" in again["detail"]


def test_what_takes_longer_than_nearly_all_is_said_to_be_late(
    visit: Visit, desk: Desk, end_job: Callable[..., str], clock: SettableClock
) -> None:
    for number in range(10):
        end_job({}, {}, number=number)
    job_id, _ = factories.ordered_job(desk, number=10)
    clock.forward(seconds=40)
    assert "That is long. Usually" in drawings(visit("monitor", job=job_id), SLIDER)[0]["detail"]


def test_how_long_it_takes_is_told_from_twenty_variants_on_and_of_how_many(
    visit: Visit, desk: Desk, end_job: Callable[..., str], clock: SettableClock
) -> None:
    def replicate(app: AppTest) -> tuple[str, str]:
        (found,) = [one for one in figures(app) if one["label"] == "Replicate"]
        return found["detail"], found["hover"]

    running, _ = factories.ordered_job(desk)
    for number in range(9):
        end_job({}, {}, number=1 + number)
    app = visit("monitor", job=running)
    assert drawings(app, SLIDER)[0]["detail"] == "0:00 so far."
    assert replicate(app) == ("orders are taken", "")
    end_job({}, {}, number=10)
    forget_all()
    app = visit("monitor", job=running)
    assert drawings(app, SLIDER)[0]["detail"].endswith(", 19 of 20 within 0.0 s (last 20 variants).")
    assert "over the last 20 variants: 19 of 20 within" in replicate(app)[1]


def test_closing_a_job_leaves_the_list(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor", job=one_of_each["Failed"])
    app.button("job-close").click().run()
    assert "job" not in app.query_params
    assert not drawings(app, SLIDER)
    assert len(rows(app)) == len(one_of_each)


@pytest.mark.parametrize("job_id", ["no-such-job", "x" * 5_000])
def test_an_unknown_job_is_a_clear_warning(visit: Visit, one_of_each: dict[str, str], job_id: str) -> None:
    app = visit("monitor", job=job_id)
    assert [warning.value for warning in app.warning] == [errors.JobNotFound().message]
    assert len(rows(app)) == len(one_of_each)


def test_another_accounts_job_looks_like_none(
    visit: Visit, desk: Desk, people: People, sign_in: Callable[[Actor], None]
) -> None:
    factories.job(desk, account=OUTSIDER, number=1)
    sign_in(people.charlie)
    app = visit("monitor", job=factories.job(desk))
    assert [warning.value for warning in app.warning] == [errors.JobNotFound().message]


def test_the_open_job_stays_when_the_filter_leaves_it_out(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor", job=one_of_each["Failed"], state="canceled")
    assert "No job is like that." in words(app)
    assert len(drawings(app, SLIDER)) == 2
