"""Are the figures that managers read those of the engine, with what each counts, and is there a way to its jobs?"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core import clock as core_clock
from core.analytics.filters import Dimension, Filter
from core.analytics.periods import Preset, preset
from core.analytics.summary import Summary
from core.auth.actors import Actor
from core.jobs import creation, refunds, sync
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundReason
from core.jobs.refunds import RefundRequest
from core.jobs.states import JobState
from core.models import AuditEntry
from core.runtime import Runtime
from pages.widgets import analytics_charts, analytics_jobs, formatting
from pages.widgets.analytics_jobs import Jobs
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.pages.conftest import SAFETY, Visit
from tests.pages.reading import metrics, words
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)
CHARTS = {
    "chart-success",
    "chart-volume",
    "chart-times-variant",
    "chart-distribution-end_to_end",
    "chart-credits",
    "chart-costs",
    "chart-failures",
    "chart-refund-reasons",
    "chart-settled",
    "chart-rhythm",
}


@pytest.fixture(autouse=True)
def _made(runtime: Runtime) -> Runtime:
    return runtime


@pytest.fixture
def told(runtime: Runtime) -> Callable[..., Summary]:
    """The engine's figures of a preset, as the page should have them."""
    zone = formatting.viewer_zone()

    def tell(name: Preset = Preset.LAST_30_DAYS, **wanted: str) -> Summary:
        period = preset(name, now=core_clock.now(), zone=zone)
        return runtime.figures().summary(factories.manager(), period, wanted=Filter(**wanted), compare=False)

    return tell


def charts(app: AppTest) -> dict[str, dict[str, Any]]:
    """What is drawn, by key without what it is of."""
    return {str(chart.key).partition("~")[0]: json.loads(chart.proto.spec) for chart in app.get("plotly_chart")}


def links(app: AppTest) -> list[dict[str, str]]:
    """The addresses to which the ways to jobs lead."""
    found = [link.proto for link in app.page_link if link.proto.label.startswith("Show jobs")]
    return [{name: one[0] for name, one in parse_qs(link.query_string).items()} for link in found]


# ---- figures -----------------------------------------------------------------------------------


def test_the_tiles_show_the_figures_of_the_engine(visit: Visit, ten_days: None, told: Callable[..., Summary]) -> None:
    shown, found = metrics(visit("analytics")), told().headline
    assert shown["Success rate"] == formatting.percent(found.success.success.rate) == "60.0\u202f%"
    assert shown["At first attempt"] == formatting.percent(found.success.first_attempt.rate)
    assert shown["Variant success"] == formatting.percent(found.success.variants.rate)
    assert shown["Variant time, p50"] == formatting.duration(found.variant_times.p50_seconds) == "4.0 s"
    assert shown["Variant time, p95"] == formatting.duration(found.variant_times.p95_seconds) == "1:00 min"
    assert shown["Jobs"] == "6"
    assert shown["Credits, net"] == formatting.number(found.credits.net) == "180"
    assert shown["Credits refunded"] == "25.0\u202f%"
    assert shown["Paid to Replicate"] == formatting.dollars(found.costs.spent_usd_micros)
    assert shown["Cost per job"] == formatting.dollars(found.costs.per_job_usd_micros)
    assert shown["Stuck now"] == "0"


def test_what_the_free_retry_saved_was_no_success_at_first(visit: Visit, desk: Desk, provider: FakeProvider) -> None:
    job_id, (first, second) = factories.ordered_job(desk)
    sync.apply(desk, factories.manager(), provider.finish(first))
    sync.apply(desk, factories.manager(), provider.finish(second, **SAFETY))
    creation.create_prediction(desk, factories.variants(desk.database, job_id)[1].id)
    sync.apply(desk, factories.manager(), provider.finish(provider.bought()[-1]))
    shown = metrics(visit("analytics"))
    assert (shown["Success rate"], shown["At first attempt"]) == ("100.0\u202f%", "0.0\u202f%")
    assert shown["Saved by free retry"] == "100.0\u202f%"


def test_a_share_stands_with_its_count_and_how_sure_it_is(visit: Visit, ten_days: None) -> None:
    said = words(visit("analytics"))
    assert "3 of 5 jobs" in said
    assert "95\u202f% sure: 23.1–88.2\u202f%" in said


def test_every_tile_says_what_it_means(visit: Visit, ten_days: None) -> None:
    tiles = visit("analytics").metric
    assert len(tiles) == 14
    assert all(len(tile.help) > 30 and tile.help.endswith(".") for tile in tiles)


def test_the_page_begins_with_the_sentence_and_a_mark_where_the_target_is_missed(
    visit: Visit, ten_days: None, told: Callable[..., Summary]
) -> None:
    app = visit("analytics")
    assert "Success 60.0 %" in words(app)
    (warning,) = [one.value for one in app.warning]
    assert "The target of more than 95 % is missed in this period, and on every day since" in warning


def test_a_shorter_period_leaves_out_what_was_before_it(visit: Visit, ten_days: None) -> None:
    app = visit("analytics")
    app.segmented_control("analytics-period").set_value(Preset.LAST_7_DAYS.value).run()
    assert metrics(app)["Success rate"] == "50.0\u202f%"
    assert app.query_params["period"] == "last_7_days"


def test_a_period_is_compared_with_the_one_before_only_where_there_was_one(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", period="today")
    (rate,) = [tile for tile in app.metric if tile.label == "Success rate"]
    assert rate.delta == ""
    app = visit("analytics", period="custom", **{"from": "2027-02-22", "to": "2027-03-01"})
    assert "compared with 14–21 Feb 2027" not in words(app)
    assert "not compared, as the first job came later" in words(app)
    app = visit("analytics", period="last_7_days", compare="no")
    assert "compared with" not in words(app)


def test_the_page_says_in_which_zone_days_begin(visit: Visit, ten_days: None) -> None:
    assert "days as in UTC" in words(visit("analytics"))


# ---- what there may be little of ---------------------------------------------------------------


def test_without_jobs_the_page_teaches_instead_of_drawing(visit: Visit) -> None:
    app = visit("analytics")
    assert "No jobs in this period." in words(app)
    assert [link.proto.label for link in app.page_link] == ["Stage a photo"]
    assert not app.metric
    assert not charts(app)


@pytest.mark.parametrize("period", ["today", "last_7_days", "last_12_months", "all"])
def test_one_job_is_drawn_without_an_empty_chart(visit: Visit, end_job: Callable[..., str], period: str) -> None:
    end_job({}, {})
    app = visit("analytics", period=period)
    drawn = charts(app)
    assert CHARTS - set(drawn) == {"chart-failures", "chart-refund-reasons"}
    assert "No variant failed in this period." in words(app)
    assert "No credits were refunded in this period." in words(app)
    assert metrics(app)["Success rate"] == "100.0\u202f%"
    assert "95\u202f% sure: 20.7–100.0\u202f%" in words(app)


def test_credits_that_move_without_a_job_are_told(
    visit: Visit, desk: Desk, end_job: Callable[..., str], clock: SettableClock
) -> None:
    job_id = end_job({}, {})
    clock.forward(minutes=60 * 24 * 3)
    request = RefundRequest(job_id=job_id, amount_credits=15, reason=RefundReason.GOODWILL)
    refunds.refund_job(desk.database, factories.manager(), request)
    app = visit("analytics", period="today")
    assert "No jobs in this period." not in words(app)
    assert "15 refunded" in words(app)


def test_a_chart_of_another_filter_is_another_chart(visit: Visit, ten_days: None) -> None:
    """What was clicked in the one is not chosen in the other, where the same place means something else."""

    def keys(**filters: str) -> set[str]:
        return {str(chart.key) for chart in visit("analytics", **filters).get("plotly_chart")}

    shared = keys(period="last_7_days") & keys(period="last_7_days", account=BELLEVUE)
    assert shared <= {"chart-refund-reasons"}
    assert keys(period="last_7_days") == keys(period="last_7_days")


def test_one_day_is_told_by_hours(visit: Visit, ten_days: None) -> None:
    drawn = charts(visit("analytics", period="today"))
    (completed, *_rest) = drawn["chart-volume"]["data"]
    assert len(completed["x"]) == 24
    assert completed["x"][0].endswith("T00:00")
    assert "Success rate by hour" in words(visit("analytics", period="today"))


def test_a_long_period_is_told_by_weeks(visit: Visit, ten_days: None) -> None:
    drawn = charts(visit("analytics", period="last_12_months"))
    assert 52 <= len(drawn["chart-volume"]["data"][0]["x"]) <= 54


def test_every_chart_is_there_and_small(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", period="last_12_months")
    assert set(charts(app)) == CHARTS
    assert sum(len(chart.proto.spec) for chart in app.get("plotly_chart")) < 80_000
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))


def test_the_target_and_what_is_expected_are_lines(visit: Visit, ten_days: None) -> None:
    drawn = charts(visit("analytics"))
    levels = {
        (trace["name"], *trace["y"])
        for chart in drawn.values()
        for trace in chart["data"]
        if trace.get("line", {}).get("dash") == "dash"
    }
    assert levels == {
        ("Target: above 95 %", 95.0, 95.0),
        ("Expected: 30 to 90 s", 30, 30),
        ("Expected: 30 to 90 s", 90, 90),
    }


def test_times_are_told_of_jobs_as_well_and_lead_to_those_completed(visit: Visit, ten_days: None) -> None:
    app = visit("analytics")
    assert "completed" not in [link.get("state") for link in links(app)]
    app.segmented_control("analytics-timed").set_value("job").run()
    app.segmented_control("analytics-stage").set_value("queue_wait").run()
    assert {"chart-times-job", "chart-distribution-queue_wait"} <= set(charts(app))
    assert "completed" in [link.get("state") for link in links(app)]
    assert "How times are spread: waiting for an order" in words(app)


def test_every_chart_is_saved_as_a_picture_by_a_name_of_its_own(visit: Visit, ten_days: None) -> None:
    configs = [json.loads(chart.proto.config) for chart in visit("analytics").get("plotly_chart")]
    pictures = [config["toImageButtonOptions"] for config in configs]
    assert len({picture["filename"] for picture in pictures}) == len(CHARTS)
    assert {(picture["format"], picture["scale"]) for picture in pictures} == {("png", 2)}
    assert all("sendDataToCloud" not in json.dumps(config["modeBarButtons"]) for config in configs)


# ---- the way to the jobs -----------------------------------------------------------------------


def test_each_chart_leads_to_its_jobs_on_the_monitor(visit: Visit, ten_days: None) -> None:
    found = links(visit("analytics", period="last_7_days", account=BELLEVUE, style="modern"))
    wanted = {"from": "2027-02-23", "to": "2027-03-01", "account": BELLEVUE, "style": "modern"}
    # Not of credits, which move on other days as well, nor of failures before one reason was clicked.
    assert found.count(wanted) == 4


def test_a_click_narrows_the_way_to_what_was_clicked(ten_days: None, told: Callable[..., Summary]) -> None:
    found, today = told(), core_clock.now().date()
    volume, failures = analytics_charts.volume(found), analytics_charts.failures(found)
    assert volume.narrowed is not None
    assert failures.narrowed is not None
    # As Plotly tells it: of a stack the second part, which is the partial jobs, and of a cell its row and column.
    partial = volume.narrowed({"curve_number": 1, "x": f"{today} 00:00"})
    assert partial == Jobs(
        today, today, found.wanted, state=JobState.PARTIAL, called=f"partial, {today.day} {today:%b %Y}"
    )
    cell = failures.narrowed({"curve_number": 1, "y": "Safety", "x": today.isoformat()})
    assert cell is not None
    assert (cell.code, cell.first, cell.last) == ("safety", today, today)
    bar = failures.narrowed({"curve_number": 0, "y": "Safety", "x": 2})
    assert bar is not None
    assert (bar.code, bar.first, bar.last) == ("safety", found.period.first, found.period.last)
    under_way = volume.narrowed({"curve_number": 3, "x": today.isoformat()})
    assert under_way is not None
    assert "apart" in analytics_jobs.refusal(under_way)
    assert volume.narrowed({"curve_number": 0, "x": "2001-01-01"}) is None


def test_the_monitor_lists_just_the_jobs_that_were_counted(visit: Visit, ten_days: None) -> None:
    address = analytics_jobs.address(
        Jobs(core_clock.now().date(), core_clock.now().date(), Filter(account=OUTSIDER), code="safety")
    )
    monitor = visit("monitor", **address)
    assert monitor.session_state["monitor-code"] == "safety"
    assert monitor.session_state["monitor-account"] == OUTSIDER


@pytest.mark.parametrize("wanted", [Filter(priority="rush"), Filter(model="a/b")])
def test_no_way_leads_to_other_jobs_than_those_counted(wanted: Filter) -> None:
    today = core_clock.now().date()
    assert "would list other jobs as well" in analytics_jobs.refusal(Jobs(today, today, wanted))


def test_where_the_monitor_cannot_follow_the_way_is_closed_with_a_reason(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", priority="normal")
    ways = [link.proto for link in app.page_link if link.proto.label.startswith("Show jobs")]
    assert ways
    assert all(way.disabled for way in ways)
    why = ("priority", "can't list", "on another day", "Click on a reason")
    assert all(any(words in way.help for words in why) for way in ways)


# ---- who, and what leaves the desk -------------------------------------------------------------


@pytest.mark.parametrize("person", ["bob", "dora"])
def test_without_the_role_no_figure_is_shown_and_whom_to_ask(
    visit: Visit, people: People, sign_in: Callable[[Actor], None], ten_days: None, person: str
) -> None:
    sign_in(getattr(people, person))
    app = visit("analytics")
    assert "it can't see analytics (permission denied, 403)" in app.warning[0].value
    assert not app.metric
    assert not charts(app)


def test_an_export_is_noted_with_what_it_was_narrowed_by(
    visit: Visit, ten_days: None, desk: Desk, runtime: Runtime, told: Callable[..., Summary]
) -> None:
    from core.analytics import exports

    app = visit("analytics", by="account", account=BELLEVUE)
    assert len(app.get("download_button")) == 3
    found = told(account=BELLEVUE)
    assert exports.days_csv(desk.database, factories.manager(), found).count(b"\r\n") == 31
    moved = runtime.figures().credit_days(factories.manager(), found.period, by=Dimension.ACCOUNT)
    exports.credit_days_csv(desk.database, factories.manager(), moved, found.period, found.wanted)
    with desk.database.read() as opened:
        noted = opened.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()[-2:]
    assert [entry.target for entry in noted] == ["figures by day", "credits by day"]
    assert f"days 2027-01-31 to 2027-03-01, UTC, account {BELLEVUE}" in noted[0].detail
