"""Can a person stage a photo and compare what came of it, in a real browser?"""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests import pictures_to_send
from tests.browser.conftest import HEIGHT, WIDTH, OpenPage
from tests.browser.server import DeskServer

SLOW_MS = 30_000
ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


def choose_photo(page: Page, data: bytes, name: str) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": data})
    expect(page.get_by_text(f"{name} · {WIDTH} × {HEIGHT}")).to_be_visible()


def stage_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Stage · 2 variants · 40 credits")


def finished_frames(page: Page) -> Locator:
    frames = page.locator(".frame:not(.pending)")
    expect(frames).to_have_count(2, timeout=SLOW_MS)
    return frames


def assert_pictures_loaded(frames: Locator) -> None:
    for picture in frames.locator("img").all():
        picture.evaluate("image => image.decode()")
        assert picture.evaluate("image => image.naturalWidth") > 0


def split(frame: Locator) -> float:
    return float(frame.evaluate("frame => frame.style.getPropertyValue('--split')").rstrip("%"))


def download(page: Page, label: str) -> tuple[str, bytes, Image.Image]:
    """The first download of that label: its suggested name, its bytes, and the picture they make."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label).first.click()
    data = Path(waiting.value.path()).read_bytes()
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return waiting.value.suggested_filename, data, picture


def test_a_person_stages_a_photo_sees_both_variants_and_downloads_them(
    open_page: OpenPage, server: DeskServer, photo: bytes
) -> None:
    page = open_page(server.url)
    choose_photo(page, photo, "living.jpg")
    stage_button(page).click()
    expect(page.get_by_text("living.jpg: Both variants are ready. 40 credits used.")).to_be_visible(timeout=SLOW_MS)
    frames = finished_frames(page)
    assert frames.locator("img").count() == 4
    assert_pictures_loaded(frames)

    name, data, labeled = download(page, "Download")
    assert (labeled.format, name) == ("JPEG", "living_living-room_modern_A_virtually-staged.jpg")
    assert labeled.width / labeled.height == pytest.approx(WIDTH / HEIGHT, rel=0.01)

    clean_name, clean_data, clean = download(page, "Clean copy, no label")
    job = server.job(page.url.rpartition("=")[2])
    stored = server.client.get(f"{server.url}{job['resultUrls'][0]}")
    assert clean_data == stored.content
    assert data != clean_data
    assert clean_name == f"living_living-room_modern_A_clean.{ENDINGS[str(clean.format)]}"
    assert clean.size == labeled.size


def test_the_line_between_before_and_after_moves_by_keyboard_and_by_dragging(
    open_page: OpenPage, server: DeskServer, finished_job: str
) -> None:
    page = open_page(f"{server.url}/?job={finished_job}")
    frame = finished_frames(page).first
    slider = frame.get_by_role("slider")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert split(frame) == 52.0
    page.keyboard.press("Home")
    assert split(frame) == 0.0

    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.3, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=5)
    page.mouse.up()
    assert split(frame) == pytest.approx(80, abs=5)
    clip = frame.locator(".after").evaluate("image => getComputedStyle(image).clipPath")
    assert f"{split(frame):g}%" in clip


def test_a_double_click_on_stage_makes_one_job(open_page: OpenPage, server: DeskServer) -> None:
    ids, balance = server.job_ids(), server.balance()
    page = open_page(server.url)
    choose_photo(page, pictures_to_send.photo(78, width=WIDTH, height=HEIGHT), "double.jpg")
    stage_button(page).dblclick()
    finished_frames(page)
    expect(stage_button(page)).to_be_disabled()
    assert len(server.job_ids()) == len(ids) + 1
    assert server.balance() == balance - 40


def test_reloading_the_page_finds_the_job_again(open_page: OpenPage, server: DeskServer, finished_job: str) -> None:
    page = open_page(f"{server.url}/?job={finished_job}")
    finished_frames(page)
    page.reload()
    assert_pictures_loaded(finished_frames(page))
    assert f"job={finished_job}" in page.url
    expect(page.get_by_role("heading", name="finished.jpg")).to_be_visible()


def test_a_job_in_flight_is_found_again_after_a_reload_and_finishes_before_ones_eyes(
    open_page: OpenPage, server: DeskServer
) -> None:
    page = open_page(server.url)
    choose_photo(page, pictures_to_send.photo(79, width=WIDTH, height=HEIGHT), "reload.jpg")
    stage_button(page).click()
    page.wait_for_url("**/?job=*")
    page.reload()
    expect(page.get_by_role("heading", name="reload.jpg")).to_be_visible()
    assert_pictures_loaded(finished_frames(page))
