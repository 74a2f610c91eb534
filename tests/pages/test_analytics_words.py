"""Does the Analytics page say what its figures leave out, what is not over, and what may be chance?"""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core import clock as core_clock
from core.analytics import definitions
from core.analytics.periods import Preset, preset
from core.analytics.success import Share
from core.analytics.summary import Figures, Summary
from core.jobs import cancellation
from core.jobs.desk import Desk
from core.runtime import Runtime
from pages.widgets import (
    analytics_charts,
    analytics_course,
    analytics_data,
    analytics_shapes,
    analytics_tiles,
    charts,
    formatting,
)
from tests import factories
from tests.factories import BELLEVUE
from tests.pages.conftest import Visit, forget_all
from tests.pages.reading import metrics, words
from tests.pages.test_analytics import charts as drawn_charts
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)


@pytest.fixture(autouse=True)
def _made(runtime: Runtime) -> Runtime:
    return runtime


@pytest.fixture
def found(runtime: Runtime, ten_days: None) -> Summary:
    """The figures of the last 30 days."""
    period = preset(Preset.LAST_30_DAYS, now=core_clock.now(), zone=formatting.viewer_zone())
    return runtime.figures().summary(factories.manager(), period, compare=False)


def tile(app: Any, label: str) -> Any:
    (one,) = [metric for metric in app.metric if metric.label == label]
    return one


# ---- what a link lists -------------------------------------------------------------------------


def test_a_link_says_which_jobs_it_lists_that_the_rate_leaves_out(found: Summary) -> None:
    success, today = analytics_charts.success(found), core_clock.now().date()
    assert success.jobs is not None and success.narrowed is not None
    assert success.jobs.label == "Show jobs: 1 in flight too"
    clicked = success.narrowed({"x": today.isoformat()})
    assert clicked is not None and clicked.label == "Show jobs: 1 Mar 2027, 1 in flight too"
    before = success.narrowed({"x": (today - timedelta(days=10)).isoformat()})
    assert before is not None and before.label == "Show jobs: 19 Feb 2027"


def test_canceled_jobs_are_said_as_well(visit: Visit, desk: Desk, ten_days: None) -> None:
    job_id = factories.job(desk, number=6)
    cancellation.cancel_job(desk, factories.manager(), job_id=job_id)
    labels = [link.proto.label for link in visit("analytics").page_link]
    assert "Show jobs: 1 canceled and 1 in flight too" in labels


# ---- what is not over --------------------------------------------------------------------------


def test_the_day_that_is_not_over_is_drawn_in_another_way_and_said(visit: Visit, ten_days: None) -> None:
    app = visit("analytics")
    drawn = drawn_charts(app)
    opacity = drawn["chart-volume"]["data"][0]["marker"]["opacity"]
    assert opacity[-1] < 1 and set(opacity[:-1]) == {1}
    dotted = [one for one in drawn["chart-success"]["data"] if one.get("line", {}).get("dash") == "dot"]
    assert [one["x"][-1] for one in dotted] == ["2027-03-01"]
    (line,) = [
        one
        for one in drawn["chart-success"]["data"]
        if one.get("showlegend") is not False and one["name"] == "Success rate"
    ]
    assert line["y"][-1] is None
    said = words(app)
    for part in ("today, not over yet, is dotted", "today, not over yet, is lighter", "of which today is not over"):
        assert part in said


def test_a_period_that_is_over_has_no_open_end(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", **{"from": "2027-02-10", "to": "2027-02-28"})
    assert "not over" not in words(app)
    assert "opacity" not in drawn_charts(app)["chart-volume"]["data"][0]["marker"]


def test_the_hour_under_way_is_the_open_one_of_today(runtime: Runtime, ten_days: None) -> None:
    period = preset(Preset.TODAY, now=core_clock.now(), zone=formatting.viewer_zone())
    today = runtime.figures().summary(factories.manager(), period, compare=False)
    number = analytics_course.unfinished(today)
    assert number is not None and today.steps[number].span.hour == today.read_at.hour


# ---- what may be chance ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "is_news"),
    [((96, 100), (97, 100), False), ((900, 1000), (970, 1000), True), ((1, 1), (0, 1), False)],
)
def test_only_a_change_beyond_chance_is_news(
    found: Summary, now: tuple[int, int], before: tuple[int, int], is_news: bool
) -> None:
    def of(counts: tuple[int, int]) -> Any:
        success = dataclasses.replace(found.headline.success, success=Share(*counts))
        return dataclasses.replace(found.headline, success=success)

    compared = dataclasses.replace(found, headline=of(now), before=of(before))
    assert analytics_tiles._is_news(analytics_tiles.TILES[0], compared) is is_news


def test_a_change_within_chance_has_no_color_and_is_said(
    visit: Visit, clock: SettableClock, end_job: Callable[..., str]
) -> None:
    end_job({}, {})
    clock.forward(minutes=60 * 24)
    end_job({"status": "failed"}, {"status": "failed"}, number=1)
    app = visit("analytics", period="today")
    assert "-100.0 points" in tile(app, "Success rate").delta
    assert tile(app, "Success rate").proto.color == tile(app, "Jobs").proto.color
    assert "change may be chance" in words(app)


def test_a_tile_draws_no_line_through_what_has_not_come(runtime: Runtime, ten_days: None) -> None:
    period = preset(Preset.TODAY, now=core_clock.now(), zone=formatting.viewer_zone())
    today = runtime.figures().summary(factories.manager(), period, compare=False)
    (jobs,) = [one for one in analytics_tiles.TILES if one.label == "Jobs"]
    assert len(analytics_tiles._course(jobs, today)) == today.read_at.hour


def test_today_is_compared_with_a_whole_day_and_that_is_said(
    visit: Visit, desk: Desk, clock: SettableClock, end_job: Callable[..., str]
) -> None:
    end_job({}, {})
    clock.forward(minutes=60 * 24)
    assert "2 Mar 2027, which is not over, compared with the whole day before: 1 Mar 2027" in words(
        visit("analytics", period="today")
    )


# ---- axes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "step"), [(0, 1), (1, 1), (5, 1), (6, 2), (11, 5), (26, 10), (51, 20), (140, 50), (8000, 2000)]
)
def test_counts_have_whole_ticks(most: int, step: int) -> None:
    assert charts.count_axis(most)["dtick"] == step


def test_the_band_of_what_is_sure_is_not_cut(found: Summary) -> None:
    figure = analytics_course.success(found).to_plotly_json()
    lows = [one.headline.success.success.interval[0] for one in found.steps if one.headline.success.success.interval]
    assert figure["layout"]["yaxis"]["range"][0] <= 100 * min(lows)


def test_a_single_rarer_reason_is_shown_and_more_are_counted(found: Summary) -> None:
    one = found.failures[0]

    def with_causes(count: int) -> Summary:
        return dataclasses.replace(
            found, failures=tuple(dataclasses.replace(one, code=f"c{n}") for n in range(count))
        )

    assert [len(analytics_shapes.shown_failures(with_causes(count))) for count in (8, 9, 10)] == [8, 9, 8]
    assert "not shown" not in analytics_charts.failures(with_causes(9)).count
    assert "2 rarer reasons not shown" in analytics_charts.failures(with_causes(10)).count


# ---- which days, and of which moment -----------------------------------------------------------


def test_the_last_month_is_compared_with_days_and_that_is_said(
    visit: Visit,
    clock: SettableClock,
    ten_days: None,
) -> None:
    clock.forward(minutes=60 * 24 * 70)
    app = visit("analytics", **{"from": "2027-04-01", "to": "2027-04-30"})
    assert "compared with the 30 days before: 2–31 Mar 2027, which is not the calendar month before" in words(app)
    app = visit("analytics", **{"from": "2027-04-02", "to": "2027-04-02"})
    assert "compared with the day before: 1 Apr 2027 ·" in words(app)


def test_all_that_a_page_shows_is_of_one_moment(
    visit: Visit,
    ten_days: None,
    clock: SettableClock,
    end_job: Callable[..., str],
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A part that is drawn anew later, by a click on it, tells what the rest told."""
    handed: list[Callable[[], Summary]] = []
    monkeypatch.setattr(analytics_charts, "draw_times", handed.append)
    app = visit("analytics")
    assert metrics(app)["Jobs"] == "6" and "all figures as of" in words(app)
    end_job({}, {}, number=7)
    clock.forward(minutes=2)
    forget_all()
    monkeypatch.setattr(runtime, "_figures", None)
    assert handed[0]().headline.success.jobs == 6
    assert metrics(visit("analytics"))["Jobs"] == "7"


def test_days_that_have_not_come_are_said_with_what_to_do(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", **{"from": "2027-05-01", "to": "2027-05-03"})
    assert "These days have not come yet." in words(app) and "up to today, 1 Mar 2027" in words(app)
    (back,) = [button for button in app.button if button.label == "Show the last 30 days"]
    back.click().run()
    assert metrics(app)["Jobs"] == "6"


def test_days_that_nothing_is_told_of_are_said_with_which_there_are(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", **{"from": "1990-01-01", "to": "2027-03-01"})
    assert "“1990-01-01”" in app.warning[0].value
    assert "from 2000 to 2099" in app.warning[0].value and "Other days" in app.warning[0].value


def test_a_target_that_was_never_met_is_missed_since_at_least_the_first_day(
    visit: Visit, ten_days: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ten days ago it was met.
    assert "on every day since 1 Mar 2027." in visit("analytics").warning[0].value
    assert "since at least 1 Mar 2027" in visit("analytics", period="last_7_days").warning[0].value
    monkeypatch.setattr(definitions, "SUCCESS_TARGET", 1.0)
    assert "since at least 19 Feb 2027" in visit("analytics").warning[0].value


def test_whose_credits_do_not_add_up_is_said(visit: Visit, ten_days: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "do not add up" not in words(visit("analytics"))
    monkeypatch.setattr(Figures, "_accounts_off", lambda *_: (BELLEVUE,))
    analytics_data._summary.clear()
    (refusal,) = visit("analytics").error
    assert f"The entries of {BELLEVUE} do not add up" in refusal.value


def test_every_menu_keeps_a_choice(visit: Visit, ten_days: None) -> None:
    every = visit("analytics", by="account").selectbox
    boxes = [box for box in every if str(box.key).startswith("analytics-")]
    assert len(boxes) == 8
    assert all(box.proto.required for box in boxes)


def test_of_one_kind_alone_its_name_is_there(visit: Visit, end_job: Callable[..., str]) -> None:
    end_job({}, {})
    drawn = drawn_charts(visit("analytics"))
    for key, name in (
        ("settled", "Something else 100.0\u202f%"),
        ("volume", "Completed"),
        ("costs", "With a result"),
    ):
        (only,) = drawn[f"chart-{key}"]["data"]
        assert (only["name"], only.get("showlegend", True)) == (name, True)
        assert drawn[f"chart-{key}"]["layout"]["showlegend"]
