"""What do browser tests share? One real Chromium, one real server, and an eye on the console."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests import pictures_to_send
from tests.browser.server import DeskServer

WIDTH, HEIGHT = 1200, 800
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but the desk is reachable: a page that needs another host shows itself as an error in the console.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_PATIENCE_MS = 20_000
# What the console may say, each with its reason.
_HARMLESS = (
    # On a deep link Streamlit's frontend looks for its server below the page's own address first, then at the root.
    re.compile(r"404 \(Not Found\) \(http://127\.0\.0\.1:\d+/\w+/_stcore/(health|host-config)\)"),
)

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


# Not for the whole session: while Playwright runs, its event loop is the main thread's.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("there is no Chromium: put `chromium` on the PATH, or its path into CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskServer]:
    """The desk that most tests share; at the end, Ctrl-C stops it."""
    started = DeskServer(tmp_path_factory.mktemp("desk") / "data")
    yield started
    started.interrupt()


@pytest.fixture
def serve(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., DeskServer]]:
    """Starts desks of the test's own, all on the same data: `serve(simulator_seconds=4)`."""
    started: list[DeskServer] = []

    def start(**options: Any) -> DeskServer:
        started.append(DeskServer(tmp_path / "data", **options))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens an address in a browser profile of its own. At the end, no console may have shown an error."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(pattern.search(text) for pattern in _HARMLESS):
            said.append(text)

    contexts: list[BrowserContext] = []

    def open_address(address: str, *, width: int = 1280, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.set_default_timeout(_PATIENCE_MS)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: said.append(f"uncaught: {error}"))
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert not said


@pytest.fixture(scope="package")
def photo() -> bytes:
    """A photo that is no other test's."""
    return pictures_to_send.photo(77, width=WIDTH, height=HEIGHT)


@pytest.fixture(scope="package")
def finished_job(server: DeskServer) -> str:
    """The id of a job with its two results, of a photo of its own: the same again would be given these."""
    (job_id,) = server.stage(pictures_to_send.photo(75, width=WIDTH, height=HEIGHT), name="finished.jpg")
    server.wait_for(job_id, "completed")
    return job_id
