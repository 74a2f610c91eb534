"""Are the figures that managers read the figures that the queries give, each with what it counts?"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core import clock as core_clock
from core.analytics import queries
from core.analytics.queries import Summary
from core.auth.actors import Actor
from core.jobs import sync
from core.jobs.desk import Desk
from pages.widgets import formatting
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.pages.conftest import SAFETY, Visit, forget_all
from tests.pages.reading import metrics, words
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)
CHARTS = {"success", "credits", "times", "failures"}

pytestmark = pytest.mark.usefixtures("runtime")


@pytest.fixture
def history(desk: Desk, provider: FakeProvider, clock: SettableClock, end_job: Callable[..., str]) -> None:
    """Ten days ago one completed job; today two completed, one partial, one failed and one under way."""
    start = clock.time
    clock.time = start - timedelta(days=10)
    end_job({}, {})
    clock.time = start
    for number, seconds in ((1, 4), (2, 60)):
        _job_id, predictions = factories.ordered_job(desk, number=number)
        clock.forward(seconds=seconds)
        for prediction_id in predictions:
            sync.apply(desk, factories.manager(), provider.finish(prediction_id))
    end_job({}, SAFETY, number=3)
    end_job(SAFETY, SAFETY, number=4, account=OUTSIDER)
    factories.ordered_job(desk, number=5)


def summary(desk: Desk, *, days: int = 30, account: str | None = None) -> Summary:
    last = core_clock.now().date()
    with desk.database.read() as session:
        return queries.summary(
            session, factories.manager(), first=last - timedelta(days=days - 1), last=last, account=account
        )


def charts(app: AppTest) -> set[str | None]:
    return {chart.key for chart in app.get("plotly_chart")}


def test_without_jobs_the_page_teaches_instead_of_drawing(visit: Visit) -> None:
    app = visit("analytics")
    assert "No jobs in this period." in words(app)
    assert [link.proto.label for link in app.page_link] == ["Stage a photo"]
    assert not app.metric
    assert not charts(app)


def test_the_tiles_show_the_figures_of_the_queries(visit: Visit, desk: Desk, history: None) -> None:
    app = visit("analytics")
    found = summary(desk)
    assert metrics(app) == {
        "Success rate": formatting.percent(found.success.rate),
        "Time per variant, p50": formatting.duration(found.variant_times.p50_seconds),
        "Time per job, p50": formatting.duration(found.job_times.p50_seconds),
        "Credits, net": formatting.number(found.credits.net),
    }
    assert (found.variant_times.p50_seconds, found.variant_times.p95_seconds) == (4.0, 60.0)


def test_the_tiles_say_what_can_be_counted_by_hand(visit: Visit, history: None) -> None:
    app = visit("analytics")
    assert metrics(app)["Success rate"] == "60.0\u202f%"
    assert metrics(app)["Credits, net"] == "180"
    said = words(app)
    for part in (
        "3 of 5 jobs",
        "p95 1:00 min · 7 variants",
        "p95 1:00 min · 3 jobs",
        "240 charged, 60 refunded",
        "1 job still in flight",
        "31 Jan 2027 to 01 Mar 2027",
    ):
        assert part in said, part


def test_every_tile_says_what_it_counts(visit: Visit, history: None) -> None:
    tiles = visit("analytics").metric
    assert len(tiles) == 4
    assert all(len(tile.help) > 30 and tile.help.endswith(".") for tile in tiles)
    assert len({tile.help for tile in tiles}) == 4


def test_every_chart_has_a_title_with_its_count(visit: Visit, history: None) -> None:
    app = visit("analytics")
    assert charts(app) == CHARTS
    said = words(app)
    for title in (
        "Success rate by day (n = 5 jobs)",
        "Time per variant by day (n = 7 variants)",
        "Credits by day (240 charged)",
        "Jobs with a failed variant, by cause (n = 2)",
    ):
        assert title in said


def test_a_shorter_period_leaves_out_what_was_before_it(visit: Visit, desk: Desk, history: None) -> None:
    app = visit("analytics")
    app.segmented_control("period").set_value("7 days").run()
    assert metrics(app)["Success rate"] == formatting.percent(summary(desk, days=7).success.rate) == "50.0\u202f%"
    assert "2 of 4 jobs" in words(app)


def test_one_account_is_counted_alone(visit: Visit, desk: Desk, history: None) -> None:
    app = visit("analytics")
    assert list(app.selectbox("analytics-account").options) == ["All accounts", BELLEVUE, OUTSIDER]
    app.selectbox("analytics-account").set_value(OUTSIDER).run()
    assert metrics(app)["Success rate"] == formatting.percent(summary(desk, account=OUTSIDER).success.rate)
    assert metrics(app)["Success rate"] == "0.0\u202f%"
    assert "0 of 1 job" in words(app)


def test_figures_are_at_most_as_old_as_the_page_says(visit: Visit, desk: Desk, end_job: Callable[..., str]) -> None:
    end_job({}, {})
    app = visit("analytics")
    assert "1 of 1 job" in words(app)
    end_job({}, {}, number=1)
    assert "1 of 1 job" in words(app.run())
    assert "at most 30 s old" in words(app)
    forget_all()
    assert "2 of 2 jobs" in words(app.run())


@pytest.mark.parametrize("person", ["bob", "dora"])
def test_without_the_role_no_figure_is_shown_and_whom_to_ask(
    visit: Visit, people: People, sign_in: Callable[[Actor], None], history: None, person: str
) -> None:
    sign_in(getattr(people, person))
    app = visit("analytics")
    assert "it can't see analytics (permission denied, 403)" in app.warning[0].value
    assert not app.metric
    assert not charts(app)
