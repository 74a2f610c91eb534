"""Does the Analytics page tell of what was chosen, keep it in its address, and say what it can't tell?"""

from datetime import timedelta

import pytest

from core.runtime import Runtime
from pages.widgets import formatting
from tests.factories import BELLEVUE, OUTSIDER
from tests.pages.conftest import Visit
from tests.pages.reading import metrics, records, words

DATABASES = ("sqlite",)


@pytest.fixture(autouse=True)
def _made(runtime: Runtime) -> Runtime:
    return runtime


def test_a_filter_in_the_address_narrows_everything(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", account=OUTSIDER)
    assert metrics(app)["Success rate"] == "0.0\u202f%"
    assert metrics(app)["Jobs"] == "1"
    app.selectbox("analytics-account").set_value(BELLEVUE).run()
    assert (metrics(app)["Jobs"], app.query_params["account"]) == ("5", BELLEVUE)
    app.button("analytics-clear").click().run()
    assert (metrics(app)["Jobs"], "account" in app.query_params) == ("6", False)


def test_what_the_address_asks_for_in_vain_is_said_and_not_guessed(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", period="yesteryear", by="moon", compare="maybe", **{"from": "2027-02-30"})
    said = " ".join(one.value for one in app.warning)
    for part in ("yesteryear", "moon", "maybe", "2027-02-30"):
        assert part in said
    assert metrics(app)["Jobs"] == "6"
    app.segmented_control("analytics-period").set_value("today").run()
    assert "yesteryear" not in words(app)


def test_days_in_the_wrong_order_are_swapped_and_too_many_refused(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", **{"from": "2027-03-01", "to": "2027-02-20"})
    assert "its days were swapped" in words(app)
    assert "20 Feb – 1 Mar 2027" in words(app)
    app = visit("analytics", **{"from": "2001-01-01", "to": "2027-03-01"})
    assert "at most 3,660 days" in words(app)


def test_a_filter_that_nothing_fits_can_be_taken_back(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", style="japandi")
    assert "No jobs are like that in this period." in words(app)
    app.button("analytics-clear").click().run()
    assert metrics(app)["Jobs"] == "6"


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"account": "nobody's"}, "no account"), ({"style": "modren"}, "style is not known")],
    ids=["account", "style"],
)
def test_a_filter_for_what_there_never_was_is_refused(
    visit: Visit, ten_days: None, asked: dict[str, str], told: str
) -> None:
    app = visit("analytics", **asked)
    (refusal,) = app.error
    assert told in refusal.value and "No figures are shown" in refusal.value
    app.button("analytics-clear").click().run()
    assert metrics(app)["Jobs"] == "6"


def test_figures_are_grouped_and_put_in_order(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", by="account", sort="success")
    names = [cells[0]["text"] for cells in records(app, "Figures by account")]
    assert names == [OUTSIDER, BELLEVUE]
    app.selectbox("analytics-sort").set_value("jobs").run()
    assert [cells[0]["text"] for cells in records(app, "Figures by account")] == [BELLEVUE, OUTSIDER]


def test_a_first_day_alone_is_up_to_today(visit: Visit, ten_days: None) -> None:
    begun = formatting.today() - timedelta(days=20)
    app = visit("analytics", **{"from": begun.isoformat()})
    assert (app.date_input("analytics-from").value, metrics(app)["Jobs"]) == (begun, "6")
