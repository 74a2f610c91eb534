"""Do figures leave the Analytics page as they stand on it: of the same filter and days, and for those who may?"""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st

from core import errors
from core.auth.roles import PERMISSIONS, Action, Role
from core.db.session import Database
from core.models import AuditEntry
from core.runtime import Runtime
from pages.widgets import record_table
from tests.factories import BELLEVUE, OUTSIDER
from tests.pages.conftest import Visit
from tests.pages.reading import words

DATABASES = ("sqlite",)
Download = Callable[[str], list[dict[str, str]]]


@pytest.fixture(autouse=True)
def _made(runtime: Runtime) -> Runtime:
    return runtime


@pytest.fixture
def download(monkeypatch: pytest.MonkeyPatch) -> Download:
    """The lines that the page's button of this label hands out."""
    offered: dict[str, Callable[[], bytes]] = {}
    draw = st.download_button

    def noted(label: str, *, data: Callable[[], bytes], **options: Any) -> bool:
        offered[label] = data
        return bool(draw(label, data=data, **options))

    monkeypatch.setattr(st, "download_button", noted)
    return lambda label: list(csv.DictReader(io.StringIO(offered[label]().decode("utf-8-sig"))))


def test_the_csv_of_a_page_keeps_its_filter(
    visit: Visit, ten_days: None, download: Download, database: Database
) -> None:
    visit("analytics", account=BELLEVUE)
    assert sum(int(line["jobs"]) for line in download("Figures by day")) == 5
    assert {BELLEVUE in line.values() for line in download("Credits by account and day")} == {True}
    with database.read() as opened:
        noted = opened.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()[-2:]
    assert all(f"account {BELLEVUE}" in entry.detail for entry in noted)


def test_the_csv_of_credits_is_of_the_days_that_were_chosen(visit: Visit, ten_days: None, download: Download) -> None:
    visit("analytics", period="today")
    lines = download("Credits by account and day")
    assert {line["day"] for line in lines} == {"2027-03-01"}
    assert list(lines[0]) == ["account", "day", "credits_charged", "credits_refunded", "credits_net"]


def test_the_csv_of_groups_has_a_line_for_each_group(visit: Visit, ten_days: None, download: Download) -> None:
    visit("analytics", by="account")
    jobs = {line["account"]: line["jobs"] for line in download("Figures by account")}
    assert jobs == {BELLEVUE: "5", OUTSIDER: "1"}
    assert {"day", "jobs"} <= set(download("Figures by day")[0])


@pytest.mark.parametrize("label", ["Figures by day", "Figures by account", "Credits by account and day"])
def test_without_the_permission_no_csv_leaves_the_page(
    visit: Visit, ten_days: None, download: Download, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    visit("analytics", by="account")
    monkeypatch.setitem(PERMISSIONS, Role.MANAGER, frozenset(Action) - {Action.EXPORT})
    with pytest.raises(errors.PermissionDenied, match="export figures"):
        download(label)


def test_a_picture_says_what_it_shows_of_which_days_and_of_whom(visit: Visit, ten_days: None) -> None:
    app = visit("analytics", account=BELLEVUE, style="modern")
    told = [json.loads(chart.proto.spec)["layout"]["meta"] for chart in app.get("plotly_chart")]
    assert "Success rate by day" in {one["title"] for one in told}
    for one in told:
        assert f"**{one['title']}**" in words(app)
        count, of = one["lines"]
        assert any(letter.isdigit() for letter in count)
        for part in ("31 Jan – 1 Mar 2027", "UTC", f"Account: {BELLEVUE}", "Style: Modern", "as of 1 Mar 2027"):
            assert part in of
        assert one["file"].endswith("2027-01-31-to-2027-03-01")


@pytest.mark.parametrize("place", [0, 1])
def test_a_click_on_a_group_leads_to_its_jobs(
    visit: Visit, ten_days: None, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    clicks = [place]
    draw = record_table.draw

    def clicked(title: str, columns: Any, rows: Any, *, key: str, **options: Any) -> str | None:
        found = draw(title, columns, rows, key=key, **options)
        return rows[clicks.pop()].cells[0].action if key == "groups" and clicks else found

    monkeypatch.setattr(record_table, "draw", clicked)
    app = visit("analytics", by="account", style="modern", period="today")
    wanted = (BELLEVUE, OUTSIDER)[place]
    assert app.session_state["monitor-account"] == wanted
    assert app.session_state["monitor-style"] == "modern"
    assert str(app.session_state["monitor-from"]) == str(app.session_state["monitor-to"]) == "2027-03-01"
