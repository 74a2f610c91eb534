"""Do the pages fit a phone, and do light and dark look as they should?"""

import re
import tomllib
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.credits import service
from core.db.session import Database
from core.settings import Settings
from tests import factories
from tests.browser.conftest import OpenPage
from tests.browser.server import ROOT, DeskServer
from tests.test_config import TEXT, contrast

PHONE_WIDTH = 390
PAGES = {
    "": "Stage a photo",
    "listings": "Listings",
    "library": "Library",
    "monitor": "Monitor",
    "credits": "Credits",
    "analytics": "Analytics",
    "experiments": "Experiments",
    "admin": "Admin",
}
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_chosen_can_be_read(open_page: OpenPage, server: DeskServer, scheme: str) -> None:
    page = open_page(f"{server.url}/admin?section=People", color_scheme=scheme)
    wait_until_drawn(page, "Admin")
    chosen = page.get_by_role("radio", name="People")
    expect(chosen).to_be_checked()
    shown = chosen.locator("p").evaluate("text => getComputedStyle(text).color")
    tint = chosen.evaluate("button => getComputedStyle(button).backgroundColor")
    assert contrast(hexadecimal(shown), over(tint, background(scheme))) >= TEXT


def over(tint: str, ground: str) -> str:
    """What is seen of a color that lets its ground through, both as browsers tell them."""
    *above, share = [float(part) for part in re.findall(r"[\d.]+", tint)]
    below = [float(part) for part in re.findall(r"[\d.]+", ground)]
    mixed = [round(one * share + other * (1 - share)) for one, other in zip(above, below, strict=True)]
    return f"#{bytes(mixed).hex()}"


def hexadecimal(color: str) -> str:
    return f"#{bytes(int(part) for part in re.findall(r'[0-9]+', color)[:3]).hex()}"


def test_the_actions_of_a_job_stand_in_one_row(open_page: OpenPage, server: DeskServer, finished_job: str) -> None:
    page = open_page(f"{server.url}/monitor?job={finished_job}", width=1280)
    wait_until_drawn(page, "Monitor")
    first = page.locator(".st-key-action-sync").bounding_box()
    last = page.locator(".st-key-job-panel [data-testid=stPopover]", has_text="More").bounding_box()
    assert first is not None
    assert last is not None
    assert first["y"] == last["y"]


def test_a_phone_shows_the_statement_that_was_chosen_in_a_long_list(
    open_page: OpenPage, serve: Callable[..., DeskServer]
) -> None:
    server = serve()
    database = Database(Settings(data_dir=server.data).resolved_database_url)
    for number in range(9):
        service.grant(
            database, factories.manager(), account=f"Customer {number}", amount_credits=500, reason="package"
        )
    database.close()
    page = open_page(f"{server.url}/credits", width=PHONE_WIDTH, height=844)
    wait_until_drawn(page, "Credits")
    expect(page.get_by_role("heading", name="Credits")).to_be_in_viewport()
    for name in ("Customer 1", "Customer 2"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("heading", name=name)).to_be_in_viewport()
