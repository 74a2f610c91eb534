"""Does the Monitor tell support how jobs stand, find the one that is asked about, and keep what was chosen?"""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.auth.actors import Actor
from core.jobs import manual_retry, search, sync
from core.jobs.desk import Desk
from core.jobs.search import JobFilter
from core.jobs.search_order import Sort
from core.jobs.states import JobState
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.pages.conftest import SAFETY, Visit, forget_all
from tests.pages.reading import (
    FIGURES,
    JOB_TABLE,
    button_by_label,
    drawings,
    figures,
    refreshes,
    rows,
    words,
)
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)

pytestmark = pytest.mark.usefixtures("runtime")


def later(app: AppTest) -> AppTest:
    """The page at its next refresh, when the look that visitors share has grown old."""
    forget_all()
    return app.run()


def head(app: AppTest) -> dict[str, tuple[str, str]]:
    """The figures of the head: value and detail by label."""
    return {one["label"]: (one["value"], one["detail"]) for one in figures(app)}


def freshness(app: AppTest) -> str:
    (drawn,) = drawings(app, FIGURES)
    assert drawn["reading"]
    return str(drawn["note"])


def listed(app: AppTest) -> list[str]:
    return [row["id"] for row in rows(app)]


def leaves(app: AppTest) -> tuple[bool, bool]:
    """Whether there is a page before the one that is shown, and one behind it."""
    (table,) = drawings(app, JOB_TABLE)
    return table["goesBack"], table["goesOn"]


# ---- the head ----------------------------------------------------------------------------------


def test_an_empty_monitor_teaches_and_is_quiet(visit: Visit) -> None:
    app = visit("monitor")
    assert "No jobs yet." in words(app)
    assert [link.proto.label for link in app.page_link] == ["Stage a photo"]
    assert refreshes(app) == 0
    assert "quiet while nothing is in flight" in freshness(app)


def test_the_head_counts_what_is_under_way_late_and_failed(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor")
    shown = head(app)
    assert shown["In flight"] == ("2", "1 pending · 1 processing")
    assert shown["Queued variants"] == ("2", "2 normal")
    assert shown["Stuck"] == ("0", "none is late")
    assert shown["Failed today"] == ("1", "33.3\u202f% of 3")
    assert shown["Oldest in flight"][1].startswith("since ")
    assert shown["Replicate"][0] == "Ready"
    assert freshness(app).endswith("1 completed · 1 partial · 1 failed · 0 canceled")


def test_the_head_says_that_webhooks_are_not_asked_for_only_to_those_who_may_sync(
    visit: Visit, people: People, sign_in: Callable[[Actor], None]
) -> None:
    assert head(visit("monitor"))["Webhooks"] == ("Off", "we ask instead")
    sign_in(people.bob)
    assert "Webhooks" not in head(visit("monitor"))


def test_a_stuck_job_is_counted_marked_and_found(visit: Visit, desk: Desk, clock: SettableClock) -> None:
    stuck, _ = factories.ordered_job(desk)
    clock.forward(minutes=10)
    factories.job(desk, number=1)
    app = visit("monitor")
    assert head(app)["Stuck"][0] == "1"
    assert [row["id"] for row in rows(app) if row["isStuck"]] == [stuck]
    assert listed(visit("monitor", stuck="yes")) == [stuck]


def test_the_monitor_refreshes_itself_while_something_is_in_flight_and_then_stops(
    visit: Visit, desk: Desk, provider: FakeProvider
) -> None:
    factories.ordered_job(desk)
    app = visit("monitor")
    assert refreshes(app) == 1
    for prediction_id in provider.bought():
        sync.apply(desk, factories.manager(), provider.finish(prediction_id))
    assert refreshes(later(app)) == 0


def test_the_refresh_can_be_paused_and_that_is_said(visit: Visit, desk: Desk) -> None:
    factories.ordered_job(desk)
    app = visit("monitor")
    app.toggle("monitor-paused").set_value(True).run()
    assert refreshes(app) == 0
    assert freshness(app).startswith(", refresh paused")
    app.toggle("monitor-paused").set_value(False).run()
    assert refreshes(app) == 1


# ---- the list ----------------------------------------------------------------------------------


def test_all_jobs_are_listed_newest_first_with_word_icon_and_credits(
    visit: Visit, one_of_each: dict[str, str]
) -> None:
    found = rows(visit("monitor"))
    assert [(row["id"], row["state"]) for row in found] == [
        (job_id, word) for word, job_id in reversed(one_of_each.items())
    ]
    assert len({row["icon"] for row in found}) == len(found)
    failed = found[2]
    assert (failed["credits"], failed["returned"], failed["progress"]) == ("40", "40 returned", None)
    assert failed["why"] == "The safety filter refused a variant."
    assert found[1]["progress"] is not None


def test_only_jobs_in_flight_can_be_checked_and_only_by_those_who_may_sync(
    visit: Visit, one_of_each: dict[str, str], people: People, sign_in: Callable[[Actor], None]
) -> None:
    app = visit("monitor")
    in_flight = [row["id"] for row in rows(app) if row["isInFlight"]]
    assert in_flight == [one_of_each["Pending"], one_of_each["Processing"]]
    assert drawings(app, JOB_TABLE)[0]["canSync"]
    sign_in(people.bob)
    assert not drawings(visit("monitor"), JOB_TABLE)[0]["canSync"]


def test_all_stale_are_offered_for_a_sync_while_there_are_any(visit: Visit, desk: Desk, clock: SettableClock) -> None:
    factories.ordered_job(desk)
    app = visit("monitor")
    assert drawings(app, JOB_TABLE)[0]["stale"] == 0
    clock.forward(minutes=10)
    assert drawings(later(app), JOB_TABLE)[0]["stale"] == 1


def test_a_row_tells_the_end_of_its_jobs_id_and_whether_it_is_a_retry(
    visit: Visit, desk: Desk, end_job: Callable[..., str], people: People
) -> None:
    failed = end_job(SAFETY, SAFETY)
    again = manual_retry.retry_job(desk, people.dora, job_id=failed).jobs[0].id
    assert [row["name"] for row in rows(visit("monitor"))] == [f"{again[-8:]} · retry", failed[-8:]]


def test_the_state_filter_is_kept_in_the_address(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor")
    app.segmented_control("monitor-state").set_value(JobState.FAILED).run()
    assert listed(app) == [one_of_each["Failed"]]
    assert app.query_params["state"] == ["failed"] or app.query_params["state"] == "failed"
    assert listed(visit("monitor", state="failed")) == [one_of_each["Failed"]]
    app.segmented_control("monitor-state").set_value("all").run()
    assert len(rows(app)) == len(one_of_each)
    assert "state" not in app.query_params


@pytest.mark.parametrize(
    ("name", "value", "others"),
    [
        ("account", OUTSIDER, BELLEVUE),
        ("person", "bob", "nobody"),
        ("room", "living_room", "kitchen"),
        ("style", "modern", "coastal"),
        ("code", "safety", "timed_out"),
        ("q", "room.jpg", "garden"),
        ("from", "2020-01-01", "2099-01-01"),
        ("to", "2099-01-01", "2020-01-01"),
    ],
)
def test_every_filter_is_read_from_the_address_and_stays_in_it(
    visit: Visit, desk: Desk, end_job: Callable[..., str], name: str, value: str, others: str
) -> None:
    job_id = end_job(SAFETY, SAFETY, account=OUTSIDER)
    app = visit("monitor", **{name: value})
    assert listed(app) == [job_id]
    kept = app.query_params[name]
    assert kept in (value, [value])
    assert button_by_label(app, "Clear")
    assert listed(visit("monitor", **{name: others})) == []


def test_clear_takes_every_filter_back(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor", state="failed", q="room", account=BELLEVUE, stuck="yes")
    assert "No job is like that." in words(app)
    app.button("monitor-clear").click().run()
    assert len(rows(app)) == len(one_of_each)
    assert not app.query_params
    assert not [button for button in app.button if button.label == "Clear"]


def test_a_mistyped_address_shows_all(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor", state="nonsense", sort="sideways", cursor="torn~off", **{"from": "yesterday"})
    assert len(rows(app)) == len(one_of_each)


def test_the_order_is_kept_in_the_address(visit: Visit, one_of_each: dict[str, str]) -> None:
    app = visit("monitor")
    app.selectbox("monitor-sort").set_value(Sort.OLDEST).run()
    assert listed(app) == list(one_of_each.values())
    assert listed(visit("monitor", sort="oldest")) == list(one_of_each.values())


def test_a_page_is_found_again_by_the_address(visit: Visit, desk: Desk) -> None:
    made = [factories.job(desk, charged=False) for _ in range(51)]
    with desk.database.read() as session:
        cursor = search.find(session, factories.manager(), JobFilter(), limit=50).next_cursor
    assert listed(visit("monitor")) == made[:0:-1]
    assert leaves(visit("monitor")) == (False, True)
    last = visit("monitor", cursor=cursor or "")
    assert listed(last) == made[:1]
    assert leaves(last) == (True, False)


def test_another_filter_begins_at_its_first_page(visit: Visit, desk: Desk) -> None:
    for _ in range(51):
        factories.job(desk, charged=False)
    with desk.database.read() as session:
        cursor = search.find(session, factories.manager(), JobFilter(), limit=50).next_cursor
    app = visit("monitor", cursor=cursor or "")
    assert len(rows(app)) == 1
    app.text_input("monitor-q").input("room").run()
    assert len(rows(app)) == 50
    assert "cursor" not in app.query_params


def test_staff_see_their_own_accounts_jobs_alone(
    visit: Visit, desk: Desk, people: People, sign_in: Callable[[Actor], None]
) -> None:
    factories.job(desk)
    theirs = factories.job(desk, account=OUTSIDER, number=1)
    visit("monitor")
    # The look that was just taken by a manager is not shown to them.
    sign_in(people.charlie)
    app = visit("monitor")
    assert listed(app) == [theirs]
    assert head(app)["In flight"][0] == "1"


def test_times_in_the_list_are_relative_and_exact_on_hover(visit: Visit, desk: Desk, clock: SettableClock) -> None:
    factories.job(desk)
    clock.forward(minutes=5)
    (row,) = rows(visit("monitor"))
    assert (row["age"], row["inState"]) == ("5 min", "5 min")
    assert "12:00:00 UTC" in row["created"]


def test_all_visitors_share_one_look_for_a_moment(visit: Visit, desk: Desk) -> None:
    factories.job(desk)
    visit("monitor")
    factories.job(desk, number=1)
    # Within half a second all visitors share one look; only then is there another.
    assert len(rows(visit("monitor"))) == 1
    forget_all()
    assert len(rows(visit("monitor"))) == 2
