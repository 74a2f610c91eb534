"""Can a person stage a whole listing and take its results home, in a real browser?"""

import io
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests import pictures_to_send
from tests.browser.conftest import OpenPage
from tests.browser.server import DeskServer

SLOW_MS = 30_000


def test_a_listing_is_dropped_set_right_staged_and_downloaded(open_page: OpenPage, server: DeskServer) -> None:
    page = open_page(f"{server.url}/listings")
    page.get_by_label("Address or reference").fill("12 Elm Street")
    page.get_by_role("button", name="Open the listing").click()
    expect(page.get_by_role("heading", name="12 Elm Street")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        [
            {"name": "kitchen.jpg", "mimeType": "image/jpeg", "buffer": pictures_to_send.photo(41)},
            {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": pictures_to_send.photo(42)},
            {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"},
        ]
    )
    expect(page.get_by_text("2 photos added, 1 refused")).to_be_visible()
    thumbnail = page.get_by_alt_text("kitchen.jpg, as photographed")
    assert thumbnail.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.get_by_placeholder("Which room?").nth(1).click()
    page.get_by_role("option", name="Bedroom").click()
    page.get_by_role("button", name="Stage 2 photos · 80 credits").click()
    expect(page.get_by_text("2 of 2 done")).to_be_visible(timeout=SLOW_MS)
    expect(page.locator(".frame:not(.pending)")).to_have_count(4, timeout=SLOW_MS)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download all (ZIP)").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert waiting.value.suggested_filename == "12-Elm-Street.zip"
    assert len(archive.namelist()) == 6
