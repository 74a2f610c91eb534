"""Does the Stage page say what will happen, and order it once?"""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import errors
from core.auth.actors import Actor
from core.delivery import labels
from core.jobs import queries, sync
from core.jobs.desk import Desk
from core.jobs.details import JobDetail
from core.jobs.states import JobState
from core.prompts import compose
from core.provider.simulator import stager
from core.runtime import Runtime
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE, CREDITS, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.pages.conftest import SAFETY, MakeRuntime, Visit
from tests.pages.reading import SLIDER, button_by_label, drawings, refreshes, words
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)

pytestmark = pytest.mark.usefixtures("runtime")


def jobs(desk: Desk) -> list[JobDetail]:
    with desk.database.read() as session:
        return queries.jobs(session, factories.manager()).jobs


def choose_photo(app: AppTest, number: int = 0) -> AppTest:
    app.file_uploader[0].set_value(("living.jpg", pictures_to_send.photo(number), "image/jpeg"))
    return app.run()


def prompt_of(app: AppTest) -> str:
    (expander,) = app.expander
    assert expander.label == "What the model is told"
    return str(expander.markdown[0].value)


def click_as_sent_before_the_page_changed(app: AppTest, key: str) -> AppTest:
    """A second click that left the browser before it heard that the button is disabled or gone."""
    button = app.button(key)
    button.proto.disabled = False
    button.click()
    return app.run()


# ---- before paying -----------------------------------------------------------------------------


def test_without_a_photo_the_button_is_disabled_and_says_why(visit: Visit) -> None:
    app = visit()
    assert app.button("stage").disabled
    assert app.button("stage").help == "Choose a photo first."
    assert "Choose a photo first." in words(app)


def test_price_and_balance_are_shown_before_anything_is_chosen(visit: Visit) -> None:
    app = visit()
    assert app.button("stage").label == "Stage · 2 variants · 40 credits"
    assert app.selectbox("account_id").options[0] == BELLEVUE
    assert "1\u202f000 credits now" in words(app)


def test_prompt_is_shown_before_paying_and_follows_room_style_and_notes(visit: Visit, desk: Desk) -> None:
    app = visit()
    seen = [prompt_of(app)]
    assert seen[0] == compose.compose(room_type="living_room", style="modern", instructions="").text
    app.pills("room_type").set_value("bedroom").run()
    seen.append(prompt_of(app))
    app.pills("style").set_value("industrial").run()
    seen.append(prompt_of(app))
    notes = "a reading corner by the window"
    app.text_area("instructions").set_value(notes).run()
    seen.append(prompt_of(app))
    assert seen[-1] == compose.compose(room_type="bedroom", style="industrial", instructions=notes).text
    assert len(set(seen)) == len(seen)
    assert factories.balance(desk.database) == CREDITS


def test_refused_notes_give_the_reason_and_disable_the_button(visit: Visit) -> None:
    notes = "Remove the window and paint the walls green"
    app = choose_photo(visit())
    assert not app.button("stage").disabled
    app.text_area("instructions").set_value(notes).run()
    with pytest.raises(errors.InstructionsRefused) as refused:
        compose.compose(room_type="living_room", style="modern", instructions=notes)
    assert [error.value for error in app.error] == [refused.value.message]
    assert app.button("stage").disabled
    assert app.button("stage").help == "Change the notes first."


def test_too_few_credits_are_said_with_both_figures(visit: Visit, desk: Desk) -> None:
    factories.set_balance(desk.database, 15)
    app = choose_photo(visit())
    assert [warning.value.split(".")[0] for warning in app.warning] == [
        f"Not enough credits: this needs 40, {BELLEVUE} has 15"
    ]
    assert app.button("stage").disabled
    assert app.button("stage").help == "The account has not enough credits."


def test_another_account_with_credits_may_pay(visit: Visit, desk: Desk) -> None:
    factories.set_balance(desk.database, 15)
    app = choose_photo(visit())
    outsider = factories.account_id(desk.database, factories.OUTSIDER)
    app.selectbox("account_id").set_value(outsider).run()
    assert not app.warning
    app.button("stage").click().run()
    assert [job.account for job in jobs(desk)] == [factories.OUTSIDER]


def test_credits_spent_elsewhere_meanwhile_make_a_refusal_with_figures(visit: Visit, desk: Desk) -> None:
    app = choose_photo(visit())
    factories.set_balance(desk.database, 39)
    app.button("stage").click().run()
    said = words(app)
    assert f"this needs 40, {BELLEVUE} has 39" in said
    assert jobs(desk) == []
    assert not app.exception


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "photo_empty"),
        (b"%PDF-1.7 is no photo", "photo_unsupported"),
        (pictures_to_send.photo(width=300, height=300), "photo_too_small"),
        (pictures_to_send.photo()[:5_000], "photo_unreadable"),
    ],
)
def test_a_photo_that_cannot_be_used_is_refused_before_the_button(visit: Visit, data: bytes, code: str) -> None:
    app = visit()
    app.file_uploader[0].set_value(("living.jpg", data, "image/jpeg"))
    app.run()
    (error,) = app.error
    assert code in error.value
    assert "nothing was charged" in error.value.lower()
    assert app.button("stage").disabled


def test_chosen_photo_is_shown_with_its_measures(visit: Visit) -> None:
    app = choose_photo(visit())
    assert len(app.image) == 1
    assert f"living.jpg · {pictures_to_send.WIDTH} × {pictures_to_send.HEIGHT}" in words(app)
    assert not app.button("stage").disabled


def test_a_sample_room_can_be_staged_like_a_photo(visit: Visit, desk: Desk) -> None:
    app = visit()
    app.pills("sample").set_value("Bedroom").run()
    width, height = stager.sample_room(2).size
    assert f"sample-bedroom.jpg · {width} × {height}" in words(app)
    app.button("stage").click().run()
    (job,) = jobs(desk)
    stored = Image.open(io.BytesIO(desk.storage.get(job.photo.original_key)))
    assert (stored.format, stored.size) == ("JPEG", (width, height))


def test_without_any_account_the_page_says_how_to_open_one(
    visit: Visit, desk: Desk, people: People, sign_in: Callable[[Actor], None]
) -> None:
    sign_in(Actor(name="new", role=people.bob.role, source=people.bob.source, account_id=0))
    app = choose_photo(visit())
    assert "core grant --account" in words(app)
    assert app.button("stage").disabled


# ---- ordering ----------------------------------------------------------------------------------


def test_staging_orders_what_was_chosen_and_charges_it(visit: Visit, desk: Desk) -> None:
    app = visit()
    app.pills("room_type").set_value("bedroom")
    app.pills("style").set_value("coastal")
    app.text_area("instructions").set_value("two armchairs")
    choose_photo(app)
    app.button("stage").click().run()
    (job,) = jobs(desk)
    assert (job.room_type, job.style, job.instructions) == ("bedroom", "coastal", "two armchairs")
    assert (job.account, job.credits_used, job.photo.file_name) == (BELLEVUE, 40, "living.jpg")
    assert factories.balance(desk.database) == CREDITS - 40
    assert app.query_params["job"] == job.id
    assert "960 credits now, 920 after this job." in words(app)


def test_double_click_on_stage_makes_one_job(visit: Visit, desk: Desk) -> None:
    app = choose_photo(visit())
    app.button("stage").click().run()
    assert app.button("stage").disabled
    click_as_sent_before_the_page_changed(app, "stage")
    assert len(jobs(desk)) == 1
    assert factories.balance(desk.database) == CREDITS - 40
    assert app.query_params["job"] == jobs(desk)[0].id


def test_a_changed_look_can_be_staged_at_once(visit: Visit, desk: Desk) -> None:
    app = choose_photo(visit())
    app.button("stage").click().run()
    app.pills("style").set_value("farmhouse").run()
    assert not app.button("stage").disabled
    app.button("stage").click().run()
    assert sorted(job.style for job in jobs(desk)) == ["farmhouse", "modern"]


def test_stage_offers_nothing_for_a_look_that_was_staged_before(visit: Visit, desk: Desk) -> None:
    app = choose_photo(visit())
    app.button("stage").click().run()
    app.pills("style").set_value("farmhouse").run()
    app.button("stage").click().run()
    app.pills("style").set_value("modern").run()
    assert app.button("stage").disabled
    assert "This is staged already." in app.button("stage").help
    assert len(jobs(desk)) == 2


def test_what_was_staged_just_so_before_is_shown_at_no_charge_or_anew_if_wanted(
    visit: Visit, desk: Desk, provider: FakeProvider
) -> None:
    choose_photo(visit()).button("stage").click().run()
    (job,) = jobs(desk)
    for prediction_id in factories.order_queued(desk, job.id):
        sync.apply(desk, factories.manager(), provider.finish(prediction_id))
    app = choose_photo(visit())
    assert "was staged with just this look before" in app.info[0].value
    assert app.button("stage").label == "Show its variants · 0 credits"
    app.button("stage").click().run()
    assert app.query_params["job"] == job.id
    anew = choose_photo(visit())
    anew.toggle("new-seeds").set_value(True).run()
    assert "40 credits" in anew.button("stage").label
    anew.button("stage").click().run()
    assert len(jobs(desk)) == 2
    assert factories.balance(desk.database) == CREDITS - 80
    other = choose_photo(visit())
    other.pills("style").set_value("farmhouse").run()
    assert "40 credits" in other.button("stage").label


def test_double_click_on_stage_again_makes_one_more_job_with_new_seeds(
    visit: Visit, desk: Desk, end_job: Callable[..., str]
) -> None:
    first = end_job({}, {})
    app = visit(job=first)
    app.button("again").click().run()
    second = app.query_params["job"]
    assert second != first
    stale = visit(job=first)
    stale.session_state["session_token"] = app.session_state["session_token"]
    stale.button("again").click().run()
    assert stale.query_params["job"] == second
    assert len(jobs(desk)) == 2
    seeds = {job.id: {variant.seed for variant in job.variants} for job in jobs(desk)}
    assert not seeds[first] & seeds[str(second)]


# ---- following a job ---------------------------------------------------------------------------


def test_a_job_is_found_again_by_its_address_in_a_new_session(visit: Visit, desk: Desk) -> None:
    first = choose_photo(visit())
    first.button("stage").click().run()
    app = visit(job=first.query_params["job"])
    assert "living.jpg" in [heading.value for heading in app.subheader]
    assert "Pending" in words(app)
    assert [drawing["title"] for drawing in drawings(app, SLIDER)] == ["Waiting for its turn"] * 2


def test_a_job_under_way_is_asked_for_again_until_it_has_ended(
    visit: Visit, desk: Desk, end_job: Callable[..., str]
) -> None:
    job_id, _predictions = factories.ordered_job(desk)
    app = visit(job=job_id)
    assert refreshes(app) == 1
    assert all(drawing["after"] is None for drawing in drawings(app, SLIDER))
    assert refreshes(visit(job=end_job({}, {}, number=1))) == 0


def test_a_finished_job_shows_two_comparisons_and_their_downloads(visit: Visit, end_job: Callable[..., str]) -> None:
    app = visit(job=end_job({}, {}))
    sliders = drawings(app, SLIDER)
    assert [slider["name"] for slider in sliders] == ["Variant A", "Variant B"]
    assert all(slider["before"] and slider["after"] for slider in sliders)
    assert "Both variants are ready. 40 credits used." in words(app)
    assert [button.label for button in app.download_button] == ["Download", "Clean copy, no label"] * 2


def test_a_failed_job_shows_the_reason_and_the_refund(visit: Visit, desk: Desk, end_job: Callable[..., str]) -> None:
    app = visit(job=end_job(SAFETY, SAFETY))
    said = words(app)
    assert "Neither variant could be made. 40 credits were returned." in said
    assert "code `safety`" in said
    reasons = [drawing["detail"] for drawing in drawings(app, SLIDER)]
    assert reasons == [errors.SafetyRefused().message] * 2
    assert not app.download_button
    assert app.selectbox("account_id").options[0] == BELLEVUE
    assert "1\u202f000 credits now" in words(app)


def test_a_partial_job_shows_its_one_result_and_the_refund_of_the_other(
    visit: Visit, end_job: Callable[..., str]
) -> None:
    app = visit(job=end_job({}, SAFETY))
    ready, refused = drawings(app, SLIDER)
    assert ready["after"]
    assert (refused["after"], refused["title"], refused["ended"]) == (None, "No result", True)
    assert "One variant is ready, the other failed. 20 credits were returned." in words(app)


def test_without_its_label_no_copy_of_a_result_is_handed_out(
    visit: Visit, end_job: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_data: bytes) -> labels.LabeledPicture:
        raise errors.LabelFailed

    monkeypatch.setattr(labels, "label", refuse)
    app = visit(job=end_job({}, {}))
    assert not app.download_button
    assert [error.value for error in app.error] == [f"{errors.LabelFailed().message} (label_failed)"] * 2


@pytest.mark.parametrize("job_id", ["no-such-job", "x" * 5_000, "'; DROP TABLE jobs; --", "<b>bold</b>"])
def test_an_unknown_job_is_a_clear_warning(visit: Visit, job_id: str) -> None:
    app = visit(job=job_id)
    assert [warning.value for warning in app.warning] == [errors.JobNotFound().message]
    assert not app.exception


def test_another_accounts_job_looks_like_none(
    visit: Visit, desk: Desk, people: People, sign_in: Callable[[Actor], None]
) -> None:
    sign_in(people.charlie)
    app = visit(job=factories.job(desk))
    assert [warning.value for warning in app.warning] == [errors.JobNotFound().message]
    assert [option.split(" · ")[0] for option in app.selectbox("account_id").options] == [factories.OUTSIDER]


def test_a_job_past_its_time_limit_is_no_longer_asked_for(visit: Visit, desk: Desk, clock: SettableClock) -> None:
    job_id, _predictions = factories.ordered_job(desk)
    clock.forward(minutes=90)
    app = visit(job=job_id)
    assert refreshes(app) == 0
    assert "Nothing is lost" in words(app)
    assert button_by_label(app, "Look again")
    assert factories.states(desk.database, job_id)[0] == JobState.PROCESSING


# ---- demo --------------------------------------------------------------------------------------


def test_in_a_demo_every_page_says_that_a_simulator_draws(visit: Visit) -> None:
    for page in ("stage", "monitor", "analytics"):
        assert "a simulator draws" in words(visit(page)), page


def test_with_a_token_no_page_speaks_of_a_simulator(visit: Visit, make_runtime: MakeRuntime) -> None:
    made: Runtime = make_runtime(replicate_api_token="r8_test")
    assert not made.settings.is_demo
    for page in ("stage", "monitor", "analytics"):
        assert "simulator" not in words(visit(page)), page


def test_the_account_charged_last_is_chosen_at_first(
    visit: Visit, desk: Desk, sign_in: Callable[[Actor], None]
) -> None:
    factories.job(desk, account=OUTSIDER)
    sign_in(factories.manager("bob"))
    assert visit().selectbox("account_id").value == factories.account_id(desk.database, OUTSIDER)
