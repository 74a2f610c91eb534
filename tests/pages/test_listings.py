"""Does the Listings page take many photos, tell what each became, stage them for the price it said, and show all?"""

import io
import zipfile
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core import errors
from core.jobs import favorites
from core.jobs.desk import Desk
from core.jobs.photos import Upload
from core.listings import overview, service, staging
from core.listings.service import PhotoChange
from core.listings.staging import StageListing
from pages.widgets import listing_gallery
from pages.widgets.listing_intake import Intake
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE, CREDITS
from tests.fake_provider import FakeProvider
from tests.listings import desk_listings
from tests.pages.conftest import Visit
from tests.pages.reading import SLIDER, button_by_label, drawings, words

DATABASES = ("sqlite",)
ALICE = factories.manager()

pytestmark = pytest.mark.usefixtures("runtime")


def listings(desk: Desk) -> list[tuple[str, str, int]]:
    with desk.database.read() as session:
        return [(one.listing.reference, one.listing.style, one.photos) for one in overview.listings(session, ALICE)]


def drop(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files])
    return app.run()


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def zipped(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def test_without_listings_the_page_says_how_to_begin(visit: Visit) -> None:
    assert "No listings yet." in words(visit("listings"))


def test_a_listing_is_opened_by_its_address(visit: Visit, desk: Desk) -> None:
    app = visit("listings")
    app.text_input("new-reference").set_value("12 Elm Street")
    app.selectbox("new-account").set_value(BELLEVUE)
    app.selectbox("new-style").set_value("coastal")
    button_by_label(app, "Open the listing").click().run()
    assert listings(desk) == [("12 Elm Street", "coastal", 0)]
    assert app.title[0].value == "12 Elm Street"
    assert "No photos yet." in words(app)
    button_by_label(app, "All listings").click().run()
    assert app.title[0].value == "Listings"


def test_an_address_that_says_nothing_is_refused_beside_the_form(visit: Visit, desk: Desk) -> None:
    app = visit("listings")
    button_by_label(app, "Open the listing").click().run()
    assert "Nothing was changed" in app.error[0].value
    assert listings(desk) == []


def test_an_unknown_listing_is_told(visit: Visit) -> None:
    assert "There is no such listing" in visit("listings", listing="nothing").warning[0].value


def test_photos_and_a_zip_are_taken_each_with_its_own_word(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE)
    one, two, three = (pictures_to_send.photo(number) for number in range(3))
    app = drop(
        visit("listings", listing=listing_id),
        ("kitchen.jpg", one),
        ("all.zip", zipped(("bedroom.jpg", two), ("again.jpg", one), ("IMG_1.jpg", three))),
        ("broken.jpg", one[:2_000]),
    )
    assert [photo.room_type for photo in desk_listings.of(desk, listing_id).photos] == ["kitchen", "bedroom", None]
    told = words(app)
    assert "3 photos added, 1 here already, 1 refused" in told
    assert "photo_repeated" in told
    assert "photo_unreadable" in told
    assert factories.balance(desk.database) == CREDITS
    button_by_label(app, "Close").click().run()
    assert "photo_unreadable" not in words(app)


def test_a_damaged_zip_is_one_refusal(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE)
    app = drop(visit("listings", listing=listing_id), ("all.zip", b"PK\x03\x04 nothing"))
    assert "archive_damaged" in words(app)
    assert desk_listings.of(desk, listing_id).photos == ()


def test_a_photo_without_a_room_is_asked_for_and_then_staged_as_said(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0)
    app = drop(visit("listings", listing=listing_id), ("IMG_1.jpg", pictures_to_send.photo(1)))
    first, second = desk_listings.of(desk, listing_id).photos
    assert "Say which room IMG" in app.warning[0].value
    assert not any("Stage" in label for label in labels(app))
    app.selectbox(f"room-{second.id}").set_value("home_office").run()
    app.selectbox(f"style-{second.id}").set_value("coastal").run()
    app.checkbox(f"skip-{first.id}").set_value(True).run()
    button_by_label(app, "Stage 1 photo · 40 credits").click().run()
    assert app.toast[0].value == "1 photo ordered."
    detail = factories.detail(desk.database, desk_listings.of(desk, listing_id).photos[1].job_id or "")
    assert (detail.room_type, detail.style) == ("home_office", "coastal")
    assert factories.balance(desk.database) == CREDITS - 40


def test_what_the_balance_covers_is_told_and_chosen(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1, 2)
    factories.set_balance(desk.database, 100)
    app = visit("listings", listing=listing_id)
    assert "The credits cover 2 of 3 photos. Nothing is charged until you choose" in app.warning[0].value
    assert "or have 20 credits more granted" in app.warning[0].value
    button_by_label(app, "Stage those 2 · 80 credits").click().run()
    assert factories.balance(desk.database) == 20
    assert len(desk_listings.of(desk, listing_id).to_stage) == 1


def test_a_double_click_stages_once(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1)
    app, twin = visit("listings", listing=listing_id), visit("listings", listing=listing_id)
    button_by_label(app, "Stage 2 photos · 80 credits").click().run()
    button_by_label(twin, "Stage 2 photos · 80 credits").click().run()
    assert "0 of 2 done" in words(twin)
    assert factories.balance(desk.database) == CREDITS - 80


def add_a_photo(desk: Desk, listing_id: str) -> None:
    desk_listings.add(desk, ALICE, listing_id, desk_listings.uploads(1))


def change_the_style(desk: Desk, listing_id: str) -> None:
    service.change(desk.database, ALICE, listing_id=listing_id, style="coastal")


def skip_one_and_add_one(desk: Desk, listing_id: str) -> None:
    (photo,) = desk_listings.of(desk, listing_id).photos
    changes = {photo.id: PhotoChange(is_skipped=True)}
    service.change_photos(desk.database, ALICE, listing_id=listing_id, changes=changes)
    add_a_photo(desk, listing_id)


@pytest.mark.parametrize("change", [add_a_photo, change_the_style, skip_one_and_add_one])
def test_what_was_not_on_the_page_is_not_bought(
    visit: Visit, desk: Desk, change: Callable[[Desk, str], None]
) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0)
    app = visit("listings", listing=listing_id)
    change(desk, listing_id)
    button_by_label(app, "Stage 1 photo · 40 credits").click().run()
    assert "look at the sheet again" in app.error[0].value
    assert factories.balance(desk.database) == CREDITS
    sheet = desk_listings.of(desk, listing_id)
    shown = {photo.id: app.selectbox(f"style-{photo.id}") for photo in sheet.photos}
    assert {one.value for one in shown.values()} == {""}
    assert app.selectbox(f"style-{listing_id}").value == sheet.listing.style
    # Now it is what the page shows.
    next(one for one in app.button if one.label.startswith("Stage ")).click().run()
    assert factories.balance(desk.database) == CREDITS - 40 * len(sheet.to_stage)


def test_the_sheet_shows_what_somebody_else_changed(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1)
    first, second = desk_listings.of(desk, listing_id).photos
    app = visit("listings", listing=listing_id)
    changes = {first.id: PhotoChange(room_type="nursery", style="bohemian"), second.id: PhotoChange(is_skipped=True)}
    service.change_photos(desk.database, ALICE, listing_id=listing_id, changes=changes)
    app.run()
    assert (app.selectbox(f"room-{first.id}").value, app.selectbox(f"style-{first.id}").value) == (
        "nursery",
        "bohemian",
    )
    assert app.checkbox(f"skip-{second.id}").value is True


def test_one_answer_does_for_all_photos_without_a_room(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE)
    files = [Upload(file_name=f"IMG_{n}.jpg", data=pictures_to_send.photo(n)) for n in range(3)]
    desk_listings.add(desk, ALICE, listing_id, files)
    app = visit("listings", listing=listing_id)
    app.selectbox("room-of-all").set_value("bedroom")
    button_by_label(app, "Say so of all of them").click().run()
    assert {photo.room_type for photo in desk_listings.of(desk, listing_id).photos} == {"bedroom"}
    assert button_by_label(app, "Stage 3 photos · 120 credits")


def test_a_listing_is_renamed_unless_another_is_called_so(visit: Visit, desk: Desk) -> None:
    desk_listings.opened(desk, ALICE, reference="7 Oak Road")
    listing_id = desk_listings.opened(desk, ALICE, reference="12 Elm Stret")
    app = visit("listings", listing=listing_id)
    app.text_input(f"rename-{listing_id}").set_value("7 OAK road")
    button_by_label(app, "Rename").click().run()
    assert "another listing of that name" in app.error[0].value
    app.text_input(f"rename-{listing_id}").set_value("12 Elm Street")
    button_by_label(app, "Rename").click().run()
    assert desk_listings.of(desk, listing_id).listing.reference == "12 Elm Street"


@pytest.fixture
def finished(desk: Desk, provider: FakeProvider) -> str:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1)
    made = staging.stage(desk, ALICE, StageListing(listing_id=listing_id))
    desk_listings.finish(desk, provider, made)
    return listing_id


def test_results_are_shown_picked_and_rated(visit: Visit, desk: Desk, finished: str) -> None:
    app = visit("listings", listing=finished)
    assert "2 of 2 done" in words(app)
    assert len(drawings(app, SLIDER)) == 4
    job_id = desk_listings.of(desk, finished).photos[0].job_id or ""
    key = f"favorite-{factories.variants(desk.database, job_id)[1].id}"
    assert app.button(key).label == "Pick Variant B"
    app.button(key).click().run()
    app.feedback[0].set_value(3).run()
    with desk.database.read() as session:
        opinion = favorites.opinions(session, [job_id])[job_id]
    assert (opinion.favorite, opinion.stars) == (1, {0: 4})
    assert app.button(key).label == "Variant B is the favorite"
    app.button(key).click().run()
    with desk.database.read() as session:
        assert favorites.opinions(session, [job_id])[job_id].favorite is None


def test_chosen_photos_are_staged_again_in_another_look(visit: Visit, desk: Desk, finished: str) -> None:
    photo = desk_listings.of(desk, finished).photos[0]
    app = visit("listings", listing=finished)
    app.selectbox(f"style-{photo.id}").set_value("coastal").run()
    assert "Next time: Kitchen · Coastal" in words(app)
    app.checkbox(f"again-{photo.job_id}").set_value(True).run()
    button_by_label(app, "Stage 1 photo again · 40 credits").click().run()
    again = desk_listings.of(desk, finished).photos[0]
    assert again.job_id != photo.job_id
    assert factories.detail(desk.database, again.job_id or "").style == "coastal"
    assert (photo.earlier_job_ids, again.earlier_job_ids) == ((), (photo.job_id,))


def test_going_back_to_a_look_that_is_there_costs_nothing(
    visit: Visit, desk: Desk, provider: FakeProvider, finished: str
) -> None:
    first, second = desk_listings.of(desk, finished).photos
    change = {first.id: PhotoChange(style="coastal")}
    service.change_photos(desk.database, ALICE, listing_id=finished, changes=change)
    made = staging.stage(desk, ALICE, StageListing(listing_id=finished, photo_ids=[first.id]))
    desk_listings.finish(desk, provider, made)
    app = visit("listings", listing=finished)
    app.selectbox(f"style-{first.id}").set_value("").run()
    for job_id in (made.jobs[0].id, second.job_id):
        app.checkbox(f"again-{job_id}").set_value(True).run()
    assert "With new seeds: " in words(app)
    assert "In another look: " in words(app)
    assert "1 of them you have already, at no charge." in words(app)
    button_by_label(app, "Stage 2 photos again · 40 credits").click().run()
    assert app.toast[0].value == "1 photo ordered. 1 photo given again at no charge."
    assert desk_listings.of(desk, finished).photos[0].job_id == first.job_id
    assert not any(box.value for box in app.checkbox if str(box.key).startswith("again-"))


def test_a_finished_listing_sent_again_costs_nothing(visit: Visit, desk: Desk, finished: str) -> None:
    other = desk_listings.opened(desk, ALICE, 0, 1, reference="again")
    app = visit("listings", listing=other)
    assert "2 of them you have already, at no charge." in words(app)
    button_by_label(app, "Stage 2 photos · 0 credits").click().run()
    assert app.toast[0].value == "Nothing had to be ordered. 2 photos given again at no charge."
    assert factories.balance(desk.database) == CREDITS - 80
    told = words(visit("analytics", period="today"))
    assert "2 photos given again at no charge: 80 credits not taken" in told


def test_progress_is_shown_while_photos_are_drawn(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1)
    staging.stage(desk, ALICE, StageListing(listing_id=listing_id))
    told = words(visit("listings", listing=listing_id))
    assert "0 of 2 done" in told
    assert "2 waiting" in told


def test_a_failed_photo_is_on_the_sheet_again_and_a_staged_one_can_be_skipped(
    visit: Visit, desk: Desk, provider: FakeProvider
) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1)
    good, bad = staging.stage(desk, ALICE, StageListing(listing_id=listing_id)).jobs
    desk_listings.finish_job(desk, provider, good.id)
    for prediction_id in factories.order_queued(desk, bad.id):
        factories.fail(desk, provider, prediction_id)
    first, second = desk_listings.of(desk, listing_id).photos
    service.change_photos(
        desk.database, ALICE, listing_id=listing_id, changes={first.id: PhotoChange(is_skipped=True)}
    )
    app = visit("listings", listing=listing_id)
    assert "1 failed" in words(app)
    assert "Its last staging has no result; the credits were returned." in words(app)
    assert [one.key for one in app.checkbox] == [f"skip-{second.id}", f"again-{good.id}"]
    button_by_label(app, "Stage 1 photo · 40 credits").click().run()
    assert desk_listings.of(desk, listing_id).photos[1].job_state == "pending"


def test_a_change_of_what_is_gone_is_told(visit: Visit, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0)
    (photo,) = desk_listings.of(desk, listing_id).photos
    app = visit("listings", listing=listing_id)

    def refuses(*_: object, **__: object) -> None:
        raise errors.PhotoNotFound

    monkeypatch.setattr(service, "change_photos", refuses)
    app.checkbox(f"skip-{photo.id}").set_value(True).run()
    assert "photo_not_found" in app.error[0].value


def test_photos_that_are_there_already_are_told_in_one_line(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1)
    again = [(one.file_name, one.data) for one in desk_listings.uploads(0, 1)]
    app = drop(visit("listings", listing=listing_id), *again)
    assert "On the sheet already, and not added twice: kitchen.jpg, bedroom.jpg." in words(app)


def test_a_drop_that_a_click_broke_off_goes_on(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE)
    left = service.add_photos(desk, ALICE, listing_id=listing_id, uploads=desk_listings.uploads(0, 1, 2))
    begun = Intake(left=left, outcomes=[next(left)])
    app = visit("listings", listing=listing_id)
    app.session_state[f"intake-pending-{listing_id}"] = begun
    app.run()
    assert "3 photos added" in words(app)
    assert len(desk_listings.of(desk, listing_id).photos) == 3


def test_the_second_click_on_an_order_that_was_taken_says_so(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0)
    app = visit("listings", listing=listing_id)
    button_by_label(app, "Stage 1 photo · 40 credits").click().run()
    # As where the page broke off before it noted that the order was taken.
    app.session_state[f"orders-sent-{listing_id}"] = 0
    desk_listings.add(desk, ALICE, listing_id, desk_listings.uploads(1))
    app.run()
    button_by_label(app, "Stage 1 photo · 40 credits").click().run()
    assert app.toast[0].value == "This order was taken before; nothing was charged again."
    button_by_label(app, "Stage 1 photo · 40 credits").click().run()
    assert factories.balance(desk.database) == CREDITS - 80


def test_checks_for_another_staging_outlive_a_leaf_of_the_gallery(
    visit: Visit, desk: Desk, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_gallery, "_PHOTOS_A_PAGE", 1)
    first, second = desk_listings.of(desk, finished).photos
    app = visit("listings", listing=finished)
    app.checkbox(f"again-{first.job_id}").set_value(True).run()
    app.session_state[f"gallery-page-{finished}"] = 2
    app.run()
    app.checkbox(f"again-{second.job_id}").set_value(True).run()
    assert button_by_label(app, "Stage 2 photos again · 80 credits")


def test_what_is_under_way_is_canceled_after_its_effect_was_told(visit: Visit, desk: Desk) -> None:
    listing_id = desk_listings.opened(desk, ALICE, 0, 1)
    staging.stage(desk, ALICE, StageListing(listing_id=listing_id))
    app = visit("listings", listing=listing_id)
    button_by_label(app, "Cancel what is under way").click().run()
    assert "2 photos under way" in words(app)
    found = desk_listings.of(desk, listing_id)

    def dialog(draw, actor, found):  # type: ignore[no-untyped-def]
        draw.__wrapped__(actor, found, 2)

    # The inside of the dialog by itself: it is a fragment, and clicks in it come from a browser alone.
    page = AppTest.from_function(dialog, args=(listing_gallery._ask_to_cancel, ALICE, found)).run()
    page.button(key="cancel-listing-now").click().run()
    assert factories.balance(desk.database) == CREDITS
