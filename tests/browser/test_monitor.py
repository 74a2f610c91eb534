"""Does the Monitor keep itself up to date in a real browser, and only as long as there is something to see?"""

from collections.abc import Callable

from playwright.sync_api import expect

from tests import pictures_to_send
from tests.browser.conftest import OpenPage
from tests.browser.server import DeskServer

BATCH = 6
REFRESH = "iframe[title^='streamlit_autorefresh']"


def test_the_monitor_follows_jobs_to_their_end_by_itself_and_then_rests(
    open_page: OpenPage, server: DeskServer, finished_job: str
) -> None:
    page = open_page(f"{server.url}/monitor")
    expect(page.get_by_role("heading", name="Monitor")).to_be_visible()
    photos = [pictures_to_send.photo(90 + number) for number in range(BATCH)]
    ids = server.stage(*photos, name="followed.jpg")
    page.reload()
    expect(page.locator(REFRESH)).to_have_count(1)
    rows = page.locator(".row", has_text="followed.jpg")
    expect(rows).to_have_count(BATCH)
    expect(rows.filter(has_text="Completed")).to_have_count(BATCH, timeout=40_000)
    expect(page.locator(REFRESH)).to_have_count(0)
    expect(page.get_by_text("quiet while nothing is in flight")).to_be_visible()
    assert {server.job(job_id)["status"] for job_id in ids} == {"completed"}


def test_a_click_on_a_row_opens_its_job(open_page: OpenPage, server: DeskServer, finished_job: str) -> None:
    page = open_page(f"{server.url}/monitor?state=completed")
    page.locator(f".line[data-id='{finished_job}'] .row").click()
    expect(page.get_by_role("heading", name="finished.jpg")).to_be_visible()
    expect(page.locator(".frame:not(.pending)")).to_have_count(2)
    assert f"job={finished_job}" in page.url
    expect(page.locator(".row[aria-pressed='true']")).to_have_count(1)
    expect(page.get_by_role("button", name="Sync", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".frame")).to_have_count(0)


def test_what_is_checked_stays_so_and_is_synced_together(
    open_page: OpenPage, server: DeskServer, finished_job: str
) -> None:
    photos = [pictures_to_send.photo(80 + number) for number in range(2)]
    ids = server.stage(*photos, name="hanging.jpg", instructions="[fault:hang]")
    for job_id in ids:
        server.wait_for(job_id, "processing")
    page = open_page(f"{server.url}/monitor")
    for job_id in ids:
        page.locator(f".line[data-id='{job_id}'] input").check()
    # Another place for the list, and a refresh: neither takes away what was checked.
    page.locator(f".line[data-id='{finished_job}'] .row").click()
    expect(page.locator(".frame:not(.pending)")).to_have_count(2)
    expect(page.locator(".check input:checked")).to_have_count(2)
    page.get_by_role("button", name="Sync selected").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("2 jobs asked about at Replicate")).to_be_visible()
    # The list behind the dialog is renewed meanwhile, and the dialog stays.
    before = page.locator(".figures p").inner_text()
    expect(page.locator(".figures p")).not_to_have_text(before, timeout=10_000)
    page.wait_for_function("document.querySelectorAll('[role=dialog]').length === 1")
    expect(dialog.get_by_text("Replicate is still drawing it").first).to_be_visible()
    for job_id in ids:
        server.client.post(f"/jobs/{job_id}/cancel").raise_for_status()
        server.wait_for(job_id, "canceled")


def test_pages_are_leafed_to_and_fro(open_page: OpenPage, serve: Callable[..., DeskServer]) -> None:
    server = serve()
    assert server.run("demo-data", "--jobs", "51").returncode == 0
    page = open_page(f"{server.url}/monitor?sort=oldest")
    rows, back, more = (page.locator(".line"), *(page.get_by_role("button", name=name) for name in ("Back", "More")))
    expect(rows).to_have_count(50)
    expect(page.get_by_text("50 jobs on this page")).to_be_visible()
    expect(back).to_be_disabled()
    first = rows.first.get_attribute("data-id")
    more.click()
    expect(rows).to_have_count(1)
    expect(more).to_be_disabled()
    assert "cursor=" in page.url
    page.reload()
    expect(rows).to_have_count(1)
    back.click()
    expect(rows).to_have_count(50)
    expect(rows.first).to_have_attribute("data-id", str(first))
    expect(back).to_be_disabled()
