"""Does a chart's picture carry what the page has around it?"""

import struct
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.server import DeskServer
from tests.browser.test_layout import PHONE_WIDTH, wait_until_drawn
from tests.waiting import eventually

# What the picture was made of, beside the picture.
WATCHED = """() => {
  const make = window.Plotly.toImage;
  window.Plotly.toImage = (figure, options) => { window.pictured = figure.layout; return make(figure, options); };
}"""


def jobs_that_ended(server: DeskServer) -> int:
    """How many jobs of the style the page will tell of."""
    answer = server.client.get("/analytics/summary", params={"style": "modern"}).raise_for_status()
    return int(answer.json()["total"]["success"]["whole"])


def test_a_chart_saved_on_a_phone_is_wide_and_says_its_title_days_and_filter(
    open_page: OpenPage, server: DeskServer, finished_job: str, tmp_path: Path
) -> None:
    # Figures may be some seconds older than the job's end.
    eventually(lambda: jobs_that_ended(server), within_seconds=60, what="the job in the figures")
    page = open_page(f"{server.url}/analytics?period=today&style=modern", width=PHONE_WIDTH, height=844)
    wait_until_drawn(page, "Analytics")
    chart = page.locator("[class*=st-key-chart-success] .js-plotly-plot")
    expect(chart.locator(".main-svg").first).to_be_visible()
    page.evaluate(WATCHED)
    chart.hover()
    with page.expect_download() as saved:
        chart.locator(".modebar-btn").first.click()
    assert saved.value.suggested_filename.startswith("success-20")
    saved.value.save_as(tmp_path / "chart.png")
    width, height = struct.unpack(">II", (tmp_path / "chart.png").read_bytes()[16:24])
    title = page.evaluate("pictured.title")
    assert title["text"] == "<b>Success rate by hour</b>"
    assert "Style: Modern" in title["subtitle"]["text"] and "1 job that ended" in title["subtitle"]["text"]
    assert width >= 2 * 900
    assert height >= 2 * (296 + 80)
