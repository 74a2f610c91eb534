"""Does the whole thing start, stop and start again as one expects of it?"""

from collections.abc import Callable

from playwright.sync_api import Browser, expect

from tests import pictures_to_send
from tests.browser.conftest import OpenPage
from tests.browser.server import DeskServer, free_port

IN_FLIGHT = ("pending", "processing")
SLOW_SECONDS, SLOW_MS = 4.0, 90_000


def test_the_first_visitor_of_a_fresh_server_may_come_by_a_deep_link(
    serve: Callable[..., DeskServer], open_page: OpenPage
) -> None:
    page = open_page(f"{serve().url}/monitor")
    expect(page.get_by_role("heading", name="Monitor")).to_be_visible()
    # The frame is drawn by app.py alone: without it, the page would stand there by itself.
    expect(page.get_by_text("a simulator draws the pictures")).to_be_visible()
    for name in ("Stage", "Monitor", "Analytics"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_ctrl_c_while_a_job_is_in_flight_loses_nothing(serve: Callable[..., DeskServer]) -> None:
    first = serve(simulator_seconds=SLOW_SECONDS)
    (job_id,) = first.stage(pictures_to_send.photo(5))
    first.wait_for(job_id, "processing")
    first.interrupt()

    second = serve(simulator_seconds=SLOW_SECONDS)
    job = second.wait_for(job_id, "completed")
    assert [variant["state"] for variant in job["variants"]] == ["succeeded", "succeeded"]
    assert [len(variant["attempts"]) for variant in job["variants"]] == [1, 1]
    assert second.balance() == 960
    checked = second.run("check")
    assert (checked.returncode, checked.stderr) == (0, "")
    second.interrupt()


def test_an_open_page_follows_its_job_to_the_end_though_the_server_was_killed(
    browser: Browser, serve: Callable[..., DeskServer]
) -> None:
    port = free_port()
    # So slow that the page is there before its job ends, on any machine.
    first = serve(simulator_seconds=8 * SLOW_SECONDS, port=port)
    (job_id,) = first.stage(pictures_to_send.photo(6))
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{first.url}/?job={job_id}")
    expect(page.locator(".frame.pending")).to_have_count(2, timeout=SLOW_MS)
    first.kill()
    # Away for so long that Streamlit says so, in a dialog that is still there when the server is back.
    expect(page.get_by_role("dialog")).to_be_visible(timeout=SLOW_MS)
    serve(simulator_seconds=SLOW_SECONDS, port=port)
    # Nobody clicks or reloads.
    expect(page.locator(".frame:not(.pending)")).to_have_count(2, timeout=SLOW_MS)
    context.close()
