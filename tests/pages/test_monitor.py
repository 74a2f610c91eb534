"""Does the Monitor tell support how jobs stand, and sync them by hand?"""

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import errors
from core.auth.actors import Actor
from core.jobs.desk import Desk
from core.jobs.states import JobState
from tests import factories
from tests.factories import BELLEVUE, People
from tests.fake_provider import FakeProvider
from tests.pages.conftest import SAFETY, Visit
from tests.pages.reading import SLIDER, button_by_label, drawings, metrics, refreshes, rows, words
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)

pytestmark = pytest.mark.usefixtures("runtime")


@pytest.fixture
def one_of_each(desk: Desk, end_job: Callable[..., str]) -> dict[str, str]:
    """A job in every state that there is, oldest first, by the state's word."""
    return {
        "Completed": end_job({}, {}),
        "Partial": end_job({}, SAFETY, number=1),
        "Failed": end_job(SAFETY, SAFETY, number=2),
        "Processing": factories.ordered_job(desk, number=3)[0],
        "Pending": factories.job(desk, number=4),
    }


def later(app: AppTest) -> AppTest:
    """The page at its next refresh, when the look that visitors share has grown old."""
    st.cache_data.clear()
    return app.run()


# ---- the list ----------------------------------------------------------------------------------


def test_an_empty_monitor_teaches_and_is_quiet(visit: Visit) -> None:
    app = visit("monitor")
    assert "No jobs yet." in words(app)
    assert [link.proto.label for link in app.page_link] == ["Stage a photo"]
    assert refreshes(app) == 0
    sync_all = button_by_label(app, "Sync all in flight")
    assert (sync_all.disabled, sync_all.help) == (True, "Nothing is in flight.")


def test_every_state_is_counted(visit: Visit, one_of_each: dict[str, str]) -> None:
    assert metrics(visit("monitor")) == {
        "Pending": "1",
        "Processing": "1",
        "Completed": "1",
        "Partial": "1",
        "Failed": "1",
        "Canceled": "0",
    }


def test_all_jobs_are_listed_newest_first_with_word_icon_and_credits(
    visit: Visit, one_of_each: dict[str, str]
) -> None:
    listed = rows(visit("monitor"))
    assert [(row["id"], row["state"]) for row in listed] == [
        (job_id, word) for word, job_id in reversed(one_of_each.items())
    ]
    assert len({row["icon"] for row in listed}) == len(listed)
    failed = listed[2]
    assert (failed["credits"], failed["returned"], failed["progress"]) == ("40", "40 returned", None)
    assert listed[1]["progress"] is not None


def test_the_filter_shows_one_state_and_is_kept_in_the_address(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor")
    app.segmented_control("monitor-filter").set_value(JobState.FAILED).run()
    assert [row["id"] for row in rows(app)] == [one_of_each["Failed"]]
    assert app.query_params["state"] == "failed"
    assert [row["id"] for row in rows(visit("monitor", state="failed"))] == [one_of_each["Failed"]]
    app.segmented_control("monitor-filter").set_value("all").run()
    assert len(rows(app)) == len(one_of_each)
    assert "state" not in app.query_params


def test_a_filter_without_jobs_says_so(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor", state="canceled")
    assert [info.value for info in app.info] == ["No job is canceled."]


def test_a_mistyped_filter_in_the_address_shows_all(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor", state="nonsense")
    assert not app.exception
    assert len(rows(app)) == len(one_of_each)


def test_only_the_newest_fifty_are_listed_and_that_is_said(visit: Visit, desk: Desk) -> None:
    for _ in range(51):
        factories.job(desk, charged=False)
    app = visit("monitor")
    assert len(rows(app)) == 50
    assert "The newest 50 are shown." in words(app)
    assert metrics(app)["Pending"] == "51"


def test_the_monitor_refreshes_itself_while_something_is_in_flight_and_then_stops(
    visit: Visit, desk: Desk, provider: FakeProvider
) -> None:
    factories.ordered_job(desk)
    app = visit("monitor")
    assert refreshes(app) == 1
    for prediction_id in provider.bought():
        provider.finish(prediction_id)
    button_by_label(app, "Sync all in flight").click()
    app.run()
    assert refreshes(later(app)) == 0
    assert "this page is quiet" in words(app)


def test_staff_see_their_own_accounts_jobs_alone(
    visit: Visit, desk: Desk, people: People, sign_in: Callable[[Actor], None]
) -> None:
    factories.job(desk)
    theirs = factories.job(desk, account=factories.OUTSIDER, number=1)
    sign_in(people.charlie)
    app = visit("monitor")
    assert [row["id"] for row in rows(app)] == [theirs]
    assert metrics(app)["Pending"] == "1"


# ---- one job -----------------------------------------------------------------------------------


def test_the_selected_job_shows_why_it_failed_and_what_was_returned(
    visit: Visit, one_of_each: dict[str, str]
) -> None:
    job_id = one_of_each["Failed"]
    app = visit("monitor", job=job_id)
    assert [row["id"] for row in rows(app) if row["selected"]] == [job_id]
    assert [error.value for error in app.error] == [f"{errors.SafetyRefused().message} (safety)"]
    assert "Neither variant could be made. 40 credits were returned." in words(app)
    assert [code.value for code in app.code] == [job_id]
    assert [drawing["title"] for drawing in drawings(app, SLIDER)] == ["No result"] * 2


def test_the_timeline_tells_the_whole_story(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor", job=one_of_each["Partial"])
    (timeline,) = app.expander
    told = "\n".join(line.value for line in timeline.markdown)
    for part in (
        "Variant A is being ordered",
        "Variant A is ready",
        "Variant B: The safety filter",
        "20 credits were",
    ):
        assert part in told


def test_closing_a_job_leaves_the_list(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor", job=one_of_each["Failed"])
    button_by_label(app, "Close").click()
    app.run()
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
    factories.job(desk, account=factories.OUTSIDER, number=1)
    sign_in(people.charlie)
    app = visit("monitor", job=factories.job(desk))
    assert [warning.value for warning in app.warning] == [errors.JobNotFound().message]


# ---- sync --------------------------------------------------------------------------------------


def test_sync_now_applies_what_the_provider_says_and_tells_what_changed(
    visit: Visit, desk: Desk, provider: FakeProvider
) -> None:
    job_id, predictions = factories.ordered_job(desk)
    other, _ = factories.ordered_job(desk, number=1)
    for prediction_id in predictions:
        provider.finish(prediction_id)
    app = visit("monitor", job=job_id)
    app.button(f"sync-{job_id}").click().run()
    (report,) = [info.value for info in app.info]
    assert report.startswith("1 job checked, 1 changed.")
    assert f"`{job_id[-8:]}` processing → completed" in report
    assert factories.states(desk.database, job_id) == ("completed", ["succeeded", "succeeded"])
    assert factories.states(desk.database, other)[0] == "processing"
    assert all(slider["after"] for slider in drawings(app, SLIDER))
    assert metrics(app)["Completed"] == "1"


def test_sync_of_a_job_without_news_says_that_nothing_changed(visit: Visit, desk: Desk) -> None:
    job_id, _ = factories.ordered_job(desk)
    app = visit("monitor", job=job_id)
    app.button(f"sync-{job_id}").click().run()
    assert [info.value for info in app.info] == ["1 job checked, 0 changed."]
    app.run()
    assert not app.info


def test_sync_all_brings_every_job_in_flight_up_to_date(visit: Visit, desk: Desk, provider: FakeProvider) -> None:
    made = [factories.ordered_job(desk, number=number) for number in range(3)]
    for prediction_id in made[0][1]:
        provider.finish(prediction_id)
    for prediction_id in made[1][1]:
        provider.finish(prediction_id, status="canceled")
    app = visit("monitor")
    button_by_label(app, "Sync all in flight").click()
    app.run()
    (report,) = [info.value for info in app.info]
    assert report.startswith("3 jobs checked, 2 changed.")
    assert [factories.states(desk.database, job_id)[0] for job_id, _ in made] == ["completed", "failed", "processing"]
    assert factories.balance(desk.database, BELLEVUE) == factories.CREDITS - 80


def test_sync_without_an_answer_says_that_nothing_is_lost(visit: Visit, desk: Desk, provider: FakeProvider) -> None:
    job_id, _ = factories.ordered_job(desk)
    app = visit("monitor", job=job_id)
    provider.is_silent = True
    app.button(f"sync-{job_id}").click().run()
    (error,) = app.error
    assert "Nothing is lost" in error.value
    assert error.value.endswith("(provider_unavailable)")
    assert factories.states(desk.database, job_id)[0] == "processing"


def test_sync_is_disabled_with_the_reason_when_the_job_has_ended(visit: Visit, end_job: Callable[..., str]) -> None:
    job_id = end_job({}, {})
    button = visit("monitor", job=job_id).button(f"sync-{job_id}")
    assert (button.disabled, button.help) == (True, "This job has ended: there is nothing to sync.")


def test_sync_is_disabled_with_the_reason_for_staff(
    visit: Visit, desk: Desk, people: People, sign_in: Callable[[Actor], None]
) -> None:
    job_id, _ = factories.ordered_job(desk)
    sign_in(people.bob)
    app = visit("monitor", job=job_id)
    for button in (app.button(f"sync-{job_id}"), button_by_label(app, "Sync all in flight")):
        assert (button.disabled, button.help) == (True, "Your role can't sync jobs.")


def test_support_may_sync(visit: Visit, desk: Desk, people: People, sign_in: Callable[[Actor], None]) -> None:
    job_id, _ = factories.ordered_job(desk)
    sign_in(people.dora)
    app = visit("monitor", job=job_id)
    assert not app.button(f"sync-{job_id}").disabled
    assert not button_by_label(app, "Sync all in flight").disabled


def test_times_in_the_list_are_relative_and_exact_on_hover(visit: Visit, desk: Desk, clock: SettableClock) -> None:
    factories.job(desk)
    clock.forward(minutes=5)
    (row,) = rows(visit("monitor"))
    assert (row["age"], row["inState"]) == ("5 min", "5 min")
    assert "12:00:00 UTC" in row["created"]
