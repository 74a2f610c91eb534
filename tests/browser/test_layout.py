"""Do the pages fit a phone, and do light and dark look as they should?"""

import tomllib

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.server import ROOT, DeskServer

PHONE_WIDTH = 390
PAGES = {"": "Stage a photo", "monitor": "Monitor", "analytics": "Analytics", "admin": "Admin"}
# The document, and the part of the page that Streamlit scrolls instead of it.
OVERFLOWS = """() => [document.documentElement, ...document.querySelectorAll("[data-testid=stMain]")]
    .filter(one => one.scrollWidth > Math.min(one.clientWidth, innerWidth))
    .map(one => `${one.tagName} ${one.scrollWidth} > ${one.clientWidth}`)"""


def wait_until_drawn(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)


def background(scheme: str) -> str:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    red, green, blue = bytes.fromhex(config["theme"][scheme]["backgroundColor"].removeprefix("#"))
    return f"rgb({red}, {green}, {blue})"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_phone_needs_no_sideways_scroll(
    open_page: OpenPage, server: DeskServer, finished_job: str, path: str, scheme: str
) -> None:
    page = open_page(f"{server.url}/{path}?job={finished_job}", width=PHONE_WIDTH, height=844, color_scheme=scheme)
    wait_until_drawn(page, PAGES[path])
    if path in ("", "monitor"):
        expect(page.locator(".frame:not(.pending)")).to_have_count(2)
    assert page.evaluate(OVERFLOWS) == []
    shown = page.locator("[data-testid=stApp]").evaluate("app => getComputedStyle(app).backgroundColor")
    assert shown == background(scheme)
