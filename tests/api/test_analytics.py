"""Does a program get the figures that the page shows, of what it may see, and clear words where it asks amiss?"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from core import clock as core_clock
from core.analytics.definitions import DEFINITIONS
from core.analytics.filters import Dimension, Filter
from core.analytics.periods import Period
from core.analytics.summary import Headline, Summary
from core.api import deps
from core.api.app import build_api
from tests import factories
from tests.api_client import Api, problem
from tests.factories import BELLEVUE, OUTSIDER

SUMMARY = "/analytics/summary"


@pytest.fixture
def history(api: Api) -> None:
    """Of Bellevue a completed job and a failed one; of the outsider one under way."""
    factories.completed_job(api.desk, api.provider)
    _job_id, predictions = factories.ordered_job(api.desk, number=1)
    for prediction_id in predictions:
        factories.fail(api.desk, api.provider, prediction_id)
    factories.ordered_job(api.desk, account=OUTSIDER, number=2)


@pytest.fixture
def told(api: Api) -> Callable[..., Summary]:
    """The engine's figures of the last days in a zone."""

    def tell(days: int = 30, *, zone: str = "UTC", by: Dimension | None = None, **wanted: str) -> Summary:
        last = core_clock.now().astimezone(ZoneInfo(zone)).date()
        period = Period(last - timedelta(days=days - 1), last, ZoneInfo(zone))
        return api.runtime.figures().summary(factories.manager(), period, wanted=Filter(**wanted), by=by)

    return tell


def require_same(answer: dict[str, Any], headline: Headline) -> None:
    success, credits, costs = headline.success, headline.credits, headline.costs
    assert (answer["jobs"], answer["inFlight"], answer["completed"]) == (
        success.jobs,
        success.in_flight,
        success.completed,
    )
    assert (answer["success"]["part"], answer["success"]["whole"]) == (success.success.part, success.success.whole)
    interval = success.success.interval or (None, None)
    assert (answer["success"]["low"], answer["success"]["high"]) == interval
    assert answer["jobTimes"]["p95Seconds"] == headline.job_times.p95_seconds
    assert (answer["creditsCharged"], answer["creditsNet"]) == (credits.charged, credits.net)
    assert (answer["spentUsdMicros"], answer["wastedUsdMicros"]) == (costs.spent_usd_micros, costs.wasted_usd_micros)


def test_the_answer_is_the_engines(api: Api, history: None, told: Callable[..., Summary]) -> None:
    answer = api.get("alice", SUMMARY).json()
    found = told()
    require_same(answer["total"], found.headline)
    assert (answer["total"]["jobs"], answer["total"]["completed"], answer["total"]["inFlight"]) == (3, 1, 1)
    assert (answer["from"], answer["to"]) == (found.period.first.isoformat(), found.period.last.isoformat())
    assert len(answer["days"]) == 30
    require_same(answer["days"][-1], found.days[-1].headline)
    assert answer["before"] is None  # the desk is younger than that
    assert answer["accountsOff"] == []
    assert (answer["by"], answer["groups"]) == (None, [])
    assert answer["sentence"].startswith("Success 50.0 %")
    assert (answer["targetMissed"], answer["missedSince"]) == (True, found.period.last.isoformat())
    assert sum(map(sum, answer["rhythm"])) == 3
    assert {one["door"] for one in answer["settled"]} == {"webhook", "sweep", "manual_sync", "other"}
    assert [one["reason"] for one in answer["refundReasons"]] == ["system"]


def test_filters_and_groups_are_the_pages(api: Api, history: None, told: Callable[..., Summary]) -> None:
    answer = api.get("alice", SUMMARY, params={"by": "account", "zone": "Asia/Tokyo"}).json()
    assert [group["name"] for group in answer["groups"]] == [BELLEVUE, OUTSIDER]
    require_same(answer["groups"][0], told(zone="Asia/Tokyo", account=BELLEVUE).headline)
    one = api.get("alice", SUMMARY, params={"account": BELLEVUE, "style": "modern", "priority": "normal"}).json()
    assert one["total"]["jobs"] == 2
    assert api.get("alice", SUMMARY, params={"room_type": "kitchen"}).json()["total"]["jobs"] == 0


def test_without_comparison_nothing_stands_beside_the_figures(api: Api, history: None) -> None:
    assert api.get("alice", SUMMARY, params={"compare": False}).json()["before"] is None


def test_an_actor_of_one_account_is_told_of_that_account_alone(api: Api, history: None) -> None:
    application: Any = build_api(api.runtime)
    bound = replace(factories.manager(), account_id=factories.account_id(api.desk.database, OUTSIDER))
    application.dependency_overrides[deps.get_actor] = lambda: bound
    client = TestClient(application)
    assert client.get(SUMMARY).json()["total"]["jobs"] == 1
    problem(client.get(SUMMARY, params={"account": BELLEVUE}), 404, "account_not_found")
    groups = client.get(SUMMARY, params={"by": "account"}).json()["groups"]
    assert [group["name"] for group in groups] == [OUTSIDER]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"zone": "Mars/Olympus"}, "unknown_time_zone"),
        ({"zone": "../../etc"}, "unknown_time_zone"),
        ({"zone": ""}, "unknown_time_zone"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "period_reversed"),
        ({"from": "2010-01-01", "to": "2026-02-01"}, "period_too_long"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "period_too_long"),
        ({"to": "0001-01-02"}, "period_too_long"),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "period_too_long"),
        ({"from": "2026-02-30"}, "validation_failed"),
        ({"by": "moon"}, "validation_failed"),
        ({"priority": "soon"}, "validation_failed"),
        ({"compare": "maybe"}, "validation_failed"),
        ({"account": "x" * 300}, "validation_failed"),
        ({"style": "modren"}, "unknown_style"),
        ({"room_type": "cellar bar"}, "unknown_room_type"),
        ({"zone": "Factory"}, "unknown_time_zone"),
        ({"zone": "right/UTC"}, "unknown_time_zone"),
        ({"roomType": "kitchen"}, "validation_failed"),
    ],
)
def test_what_can_not_be_told_is_refused_by_a_stable_code(api: Api, asked: dict[str, str], code: str) -> None:
    problem(api.get("alice", SUMMARY, params=asked), 422, code)


def test_a_day_that_a_zone_left_out_is_empty(api: Api) -> None:
    asked = {"zone": "Pacific/Apia", "from": "2011-12-30", "to": "2011-12-30"}
    assert api.get("alice", SUMMARY, params=asked).json()["total"]["jobs"] == 0


def test_only_managers_are_told(api: Api) -> None:
    for who in ("bob", "dora"):
        problem(api.get(who, SUMMARY), 403, "permission_denied")
        # Nor are others told what would be wrong with what they ask.
        problem(api.get(who, SUMMARY, params={"zone": "Mars/Olympus"}), 403, "permission_denied")


def test_every_figure_is_defined_in_the_document() -> None:
    document = build_api(None).openapi()  # type: ignore[arg-type]
    described = document["paths"][SUMMARY]["get"]["description"]
    assert all(words in described for words in DEFINITIONS.values())
    assert (
        DEFINITIONS["success_rate"]
        in document["components"]["schemas"]["Headline"]["properties"]["success"]["description"]
    )


def test_an_api_that_nobody_asks_for_figures_does_not_load_what_they_are_made_with() -> None:
    program = (
        "import sys; from core.api.app import build_alone; from core import server, runtime; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # numpy itself comes with the client for Replicate.
    heavy = {"pandas", "plotly", "core.analytics.columns", "core.analytics.summary"}
    assert not heavy & set(done.stdout.split())
